"""Reading the file: one row after the other, checked and exact, without ever holding the whole of it."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from passage.connectors.receipts.exact import PRICE_PLACES, QUANTITY_PLACES, cost, exact
from passage.connectors.receipts.profile import Profile
from passage.connectors.receipts.refusals import Refusal
from passage.engine.basket import MAX_QUANTITY, LineKind
from passage.engine.money import MAX_AMOUNT

# Half of what a purchase's id may have: a return's id is made of two numbers.
RECEIPT = 31
MEMBER = 80
TEXT = 80
LONGEST_LINE = 1024 * 1024


class BadFile(Exception):
    """The file cannot be read as a whole; nothing of it went in, or what went in stays."""


class Row(NamedTuple):
    """A line of a receipt. ``quantity`` in thousandths is more than zero; ``amount`` in minor units is below it for a
    discount.

    ``price`` of a thousandth, in minor units, is exact, and only compared; ``given_back`` says that the goods came back,
    ``measured`` that the quantity is a weight or a length and no number of pieces.
    """

    row: int
    receipt: str
    member: str
    at: datetime
    product: str
    name: str
    category: str
    shop: str
    kind: LineKind
    quantity: int
    price: Fraction
    amount: int
    given_back: bool
    measured: bool


class Survey(NamedTuple):
    """``rows`` in the file, headings included; the last row of each receipt whose rows stand apart."""

    rows: int
    last_rows: dict[str, int]


class Places(NamedTuple):
    """Where in a row each column stands; None where the profile names none."""

    receipt: int
    member: int
    date: int
    time: int | None
    product: int
    quantity: int
    unit: int | None
    price: int | None
    amount: int | None
    name: int | None
    category: int | None
    shop: int | None


class Refuse(Exception):
    def __init__(self, column: str, code: str, **params: object) -> None:
        super().__init__(code)
        self.column, self.code, self.params = column, code, params


Cells = list[str]


class Sheet:
    """A file under a profile. ``minor`` is how many places the currency has.

    Reading it twice reads it from its beginning; ``without_member`` counts what the last reading left out.
    """

    def __init__(self, *, path: Path, profile: Profile, minor: int) -> None:
        self.path = path
        self.profile = profile
        self.minor = minor
        self.without_member = 0
        self._moment = _moments(profile.date.format, ZoneInfo(profile.date.zone))
        self._kind = _kinds(profile.kinds.patterns())

    def rows(self) -> Iterator[Row | Refusal]:
        """Every row that names a member, in the order of the file, or why it is refused."""
        for each in self._each():
            yield each if isinstance(each, Refusal) else self._row(*each)

    def survey(self) -> Survey:
        """A quick first reading, for what has to be known before the first receipt is whole."""
        count, before = 0, ""
        last_rows: dict[str, int] = {}
        seen: set[str] = set()
        for each in self._each():
            count, receipt = each[0], self._receipt(each)
            if receipt and (receipt in last_rows or (receipt != before and receipt in seen)):
                last_rows[receipt] = count
            seen.add(receipt)
            before = receipt
        return Survey(count, last_rows)

    def _each(self) -> Iterator[tuple[int, str, Cells] | Refusal]:
        """Number, member and cells of every row that has the shape of the headings and names a member."""
        self.without_member = 0
        ending = self.profile.members.drop_ending
        with _opened(self.path, self.profile.file.encoding) as lines:
            records = _records(csv.reader(_lines(lines), delimiter=self.profile.file.delimiter))
            width = self._read_headings(next(records, (1, []))[1] or [])
            at_member = self._places.member
            for number, cells in records:
                if cells is None:
                    yield Refusal(number, "", "", "unreadable")
                elif len(cells) != width:
                    # The receipt's number is trusted where the row is long enough to have one.
                    receipt = cells[self._places.receipt].strip() if self._places.receipt < len(cells) else ""
                    yield Refusal(number, receipt[:RECEIPT], "", "columns", {"have": len(cells), "want": width})
                elif member := cells[at_member].strip().removesuffix(ending):
                    yield number, member, cells
                else:
                    self.without_member += 1

    def _read_headings(self, cells: Cells) -> int:
        headings = [cell.strip() for cell in cells]
        named = self.profile.columns
        missing = [name for _, name in named if name and headings.count(name) != 1]
        if missing:
            raise BadFile(
                f"{self.path.name}: the headings need exactly one column called {', '.join(missing)};"
                f" they are: {', '.join(headings)[:300]}"
            )
        where = {field: headings.index(name) if (name := getattr(named, field)) else None for field in Places._fields}
        self._places = Places(**where)  # type: ignore[arg-type]  # the columns that are needed always have a name
        return len(headings)

    def _receipt(self, each: tuple[int, str, Cells] | Refusal) -> str:
        if isinstance(each, Refusal):
            return each.receipt
        return each[2][self._places.receipt].strip()[:RECEIPT]

    def _row(self, number: int, member: str, cells: Cells) -> Row | Refusal:
        receipt = cells[self._places.receipt].strip()
        try:
            return self._read(number, receipt, member, cells)
        except Refuse as refuse:
            heading = getattr(self.profile.columns, refuse.column) or ""
            return Refusal(number, receipt[:RECEIPT], heading, refuse.code, refuse.params)

    def _read(self, number: int, receipt: str, member: str, cells: Cells) -> Row:
        places = self._places
        self._fits("receipt", receipt, RECEIPT)
        self._fits("member", member, MEMBER)
        product = cells[places.product].strip()
        self._fits("product", product, TEXT)
        quantity, given_back = self._quantity(cells[places.quantity].strip(), receipt)
        price, amount = self._cost(cells, quantity, given_back=given_back)
        return Row(
            number,
            receipt,
            member,
            self._at(cells),
            product,
            self._text("name", cells, places.name),
            self._text("category", cells, places.category),
            self._text("shop", cells, places.shop) or self.profile.shop,
            self._kind(product),
            quantity,
            price,
            amount,
            given_back,
            self._is_measured(cells),
        )

    def _fits(self, column: str, text: str, limit: int) -> None:
        if not text:
            raise Refuse(column, "missing")
        if len(text) > limit:
            raise Refuse(column, "too_long", limit=limit)
        if not text.isprintable():
            raise Refuse(column, "encoding", encoding=self.profile.file.encoding)

    def _text(self, column: str, cells: Cells, place: int | None) -> str:
        """A text that nothing depends on may be cut, and be empty."""
        text = cells[place].strip()[:TEXT] if place is not None else ""
        if text and not text.isprintable():
            raise Refuse(column, "encoding", encoding=self.profile.file.encoding)
        return text

    def _at(self, cells: Cells) -> datetime:
        places = self._places
        text = cells[places.date].strip()
        if places.time is not None:
            text = f"{text} {cells[places.time].strip()}"
        at = self._moment(text) if len(text) <= TEXT else None
        if at is None:
            raise Refuse("date", "date", text=text[:TEXT], form=self.profile.date.format)
        return at

    def _number(self, column: str, text: str, places: int) -> int:
        signs = self.profile.file
        number = exact(text[:TEXT], places=places, decimal=signs.decimal, thousands=signs.thousands)
        if number is None:
            raise Refuse(column, "number", text=text[:TEXT], places=places, decimal=signs.decimal)
        return number

    def _quantity(self, text: str, receipt: str) -> tuple[int, bool]:
        """The quantity without its sign, and whether it came back."""
        number = self._number("quantity", text, QUANTITY_PLACES)
        marks = self.profile.returns
        marked = bool(marks.prefix) and receipt.startswith(marks.prefix)
        if number == 0:
            raise Refuse("quantity", "no_quantity")
        if marked and number > 0:
            raise Refuse("quantity", "quantity_above_zero")
        if number < 0 and not (marked or marks.negative_quantity):
            raise Refuse("quantity", "quantity_below_zero")
        if abs(number) > MAX_QUANTITY:
            raise Refuse("quantity", "too_large")
        return abs(number), number < 0

    def _is_measured(self, cells: Cells) -> bool:
        unit = self._text("unit", cells, self._places.unit)
        has_decimals = self.profile.file.decimal in cells[self._places.quantity]
        return self.profile.measures.is_one(unit, has_decimals=has_decimals)

    def _cost(self, cells: Cells, quantity: int, *, given_back: bool) -> tuple[Fraction, int]:
        """The exact price of a thousandth, and what the line comes to; below zero is a discount."""
        places = self._places
        price: int | None = None
        amount, column = 0, "price"
        if places.price is not None:
            price = self._number("price", cells[places.price].strip(), PRICE_PLACES)
            amount = cost(price=price, quantity=quantity, minor=self.minor)
        if places.amount is not None:
            column = "amount"
            amount = self._number("amount", cells[places.amount].strip(), self.minor)
            # Where goods come back, files write the line's amount with or without its sign.
            if given_back:
                amount = -abs(amount) if price is not None and price < 0 else abs(amount)
        if abs(amount) > MAX_AMOUNT:
            raise Refuse(column, "too_large")
        if price is None or places.amount is not None:
            return Fraction(amount, quantity), amount
        return Fraction(price * 10**self.minor, 10 ** (PRICE_PLACES + QUANTITY_PLACES)), amount


def _moments(form: str, zone: ZoneInfo) -> Callable[[str], datetime | None]:
    @lru_cache(maxsize=1024)
    def moment(text: str) -> datetime | None:
        """The instant in UTC. An hour that the clock showed twice is taken for the first of the two."""
        if not text.isascii():
            return None
        try:
            return datetime.strptime(text, form).replace(tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    return moment


def _kinds(patterns: Sequence[tuple[str, LineKind]]) -> Callable[[str], LineKind]:
    @lru_cache(maxsize=65_536)
    def kind(product: str) -> LineKind:
        return next((kind for pattern, kind in patterns if fnmatchcase(product, pattern)), LineKind.PRODUCT)

    return kind


@contextmanager
def _opened(path: Path, encoding: str) -> Iterator[io.TextIOWrapper]:
    """The text of a plain or gzipped file. A byte that the encoding does not know refuses its row only."""
    # Windows begins UTF-8 with a mark that belongs to no heading.
    encoding = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    try:
        raw = gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # noqa: SIM115 - closed with the text
        with io.TextIOWrapper(raw, encoding=encoding, errors="surrogateescape", newline="") as lines:
            yield lines
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadFile(f"{path.name}: {error}; fetch the file again") from None
    except OSError as error:
        raise BadFile(f"{path.name}: {error.strerror or error}") from None


def _lines(file: io.TextIOWrapper) -> Iterator[str]:
    """A line without end is cut, not kept in memory, and one line all the same."""
    while line := file.readline(LONGEST_LINE):
        yield line
        while len(line) == LONGEST_LINE and not line.endswith("\n"):
            line = file.readline(LONGEST_LINE)


def _records(reader: Iterator[Cells]) -> Iterator[tuple[int, Cells | None]]:
    """Numbered as in a spreadsheet; None for a row that cannot be read. Empty lines count and are passed over."""
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield number, None
            continue
        if cells:
            yield number, cells
