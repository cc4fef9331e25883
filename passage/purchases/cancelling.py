"""Cancellations that name no sale, and which sold lines they take back; the rules stand in docs/connectors/csv.md.

In order of their moment and number, each cancellation takes from the latest sales not after it. What it should have is
asked of everything that is known of a piece, so that what came back of it in all does not depend on the order in which
files arrive. What is recorded stays: a cancellation that is short takes from wherever something of its piece is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from passage.members.models import Member
from passage.purchases import codec
from passage.purchases.models import Parked

# The end of the name that a cancellation is kept under: a sale may have the same number.
ENDING = "/unmatched"
Piece = tuple[str, Fraction]


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelledLine:
    """``quantity`` thousandths at the exact ``price`` of a thousandth, in minor units; ``amount`` what it came to."""

    product: str
    name: str
    quantity: int
    price: Fraction
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """What a source says came back, under a number of its own. ``named`` is how it names the member."""

    number: str
    occurred_at: datetime
    named: str
    member: Member | None
    lines: tuple[CancelledLine, ...]
    shop: str = ""

    @property
    def client_id(self) -> str:
        return f"{self.number}{ENDING}"

    def request(self) -> dict[str, Any]:
        """As it is kept. What of it is ``left`` and which ``returns`` it became is written there as well."""
        return {
            "receipt": self.number,
            "member": self.named,
            "shop": self.shop,
            "occurred_at": self.occurred_at.isoformat(),
            "lines": [
                {
                    "product": line.product,
                    "name": line.name,
                    "quantity": line.quantity,
                    "price": str(line.price),
                    "amount": line.amount,
                    "left": line.quantity,
                }
                for line in self.lines
            ],
            "returns": [],
        }

    def fingerprint(self) -> str:
        """The same cancellation has the same, whoever its member is today."""
        said = self.request()
        return codec.fingerprint({key: said[key] for key in ("receipt", "member", "occurred_at", "lines")})


@dataclass(slots=True, kw_only=True)
class Sold:
    """A line of a sale. ``open`` is what cancellations may take in all, ``left`` what has not come back yet."""

    sale: str
    at: datetime
    line: str
    place: int
    product: str
    amount: int
    quantity: int
    open: int
    left: int

    @property
    def rank(self) -> tuple[datetime, int, str, int]:
        """The highest is taken: the later sale, then the higher number, then the earlier line."""
        return self.at, len(self.sale), self.sale, -self.place


@dataclass(slots=True, kw_only=True)
class Wanted:
    """A cancelled line: how much was cancelled, and how much of that is recorded as returned."""

    parked: Parked
    number: str
    at: datetime
    place: int
    product: str
    price: Fraction
    quantity: int
    had: int

    @property
    def piece(self) -> Piece:
        return self.product, self.price

    @property
    def rank(self) -> tuple[datetime, int, str, int]:
        return self.at, len(self.number), self.number, self.place

    def fits(self, sold: Sold) -> bool:
        return comes_to(self.price, sold.quantity) == sold.amount


@dataclass(frozen=True, slots=True)
class Taken:
    """So much of a sold line comes back for a cancelled one."""

    wanted: Wanted
    sold: Sold
    quantity: int


@dataclass(slots=True)
class Known:
    """What is known of one person's cancellations and sales of one source."""

    wanted: list[Wanted] = field(default_factory=list)
    sold: list[Sold] = field(default_factory=list)

    def due(self) -> Iterator[Taken]:
        """What is to be recorded now. Takes it from what is left."""
        shelves = self._shelves()
        ordered = sorted(self.wanted, key=lambda each: each.rank)
        deserved = dict(zip(map(id, ordered), _deserved(ordered, shelves), strict=True))
        missing: dict[Piece, int] = {}
        for each in ordered:
            missing[each.piece] = missing.get(each.piece, 0) + deserved[id(each)] - each.had
        for each in ordered:
            short = min(deserved[id(each)] - each.had, missing[each.piece])
            for taken in _taken(each, short, shelves.get(each.product, ())):
                missing[each.piece] -= taken.quantity
                yield taken

    def _shelves(self) -> dict[str, list[Sold]]:
        """The lines of each product that is cancelled, the latest first."""
        shelves: dict[str, list[Sold]] = {each.product: [] for each in self.wanted}
        for sold in sorted(self.sold, key=lambda line: line.rank, reverse=True):
            if sold.product in shelves:
                shelves[sold.product].append(sold)
        return shelves


def is_cancellation(parked: Parked) -> bool:
    """Whether it came from a source that names no sale; else it is a return that came before its sale."""
    return parked.client_id.endswith(ENDING)


def comes_to(price: Fraction, quantity: int) -> int:
    """What ``quantity`` costs, in minor units, rounded once, half up."""
    return (2 * price * quantity + 1) // 2


def price_of(line: dict[str, Any]) -> Fraction:
    """Of a kept line. Lines kept by an early version say no price."""
    return Fraction(line["price"]) if "price" in line else Fraction(line["amount"], line["quantity"])


def wanted_of(parked: Parked) -> list[Wanted]:
    """The lines of a kept cancellation."""
    request = parked.request
    return [
        Wanted(
            parked=parked,
            number=request["receipt"],
            at=datetime.fromisoformat(request["occurred_at"]),
            place=place,
            product=line["product"],
            price=price_of(line),
            quantity=line["quantity"],
            had=line["quantity"] - line.get("left", line["quantity"]),
        )
        for place, line in enumerate(request["lines"])
    ]


def _deserved(ordered: Iterable[Wanted], shelves: dict[str, list[Sold]]) -> Iterator[int]:
    """What each should have of all that was ever sold, each from the latest sales not after it."""
    room = {id(sold): sold.open for shelf in shelves.values() for sold in shelf}
    for each in ordered:
        need = each.quantity
        for sold in shelves[each.product]:
            if need and sold.at <= each.at and each.fits(sold):
                taken = min(need, room[id(sold)])
                room[id(sold)] -= taken
                need -= taken
        yield each.quantity - need


def _taken(each: Wanted, short: int, shelf: Sequence[Sold]) -> Iterator[Taken]:
    """Where a cancellation that is short finds it: before it the latest first, then after it the earliest first."""
    before = [sold for sold in shelf if sold.at <= each.at]
    after = [sold for sold in reversed(shelf) if sold.at > each.at]
    for sold in [*before, *after]:
        taken = min(short, sold.left)
        if taken > 0 and each.fits(sold):
            sold.left -= taken
            short -= taken
            yield Taken(each, sold, taken)
