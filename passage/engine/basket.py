"""What was rung up: lines, tenders, and the values that cannot be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from passage.engine.money import MAX_AMOUNT, in_range

# One piece is 1000 thousandths, so that 0.345 kg is the whole number 345.
PIECE = 1000
MAX_QUANTITY = 10**9
# A wholesale receipt can be long: 542 lines is the longest met so far.
MAX_LINES = 1000
MAX_COVERS = 10_000


class LineKind(StrEnum):
    PRODUCT = "product"
    SERVICE = "service"
    DELIVERY = "delivery"
    DEPOSIT = "deposit"  # bottle deposits: FR consigne, PL kaucja
    TIP = "tip"
    GIFT_CARD = "gift_card"  # the sale of a gift card
    TOP_UP = "top_up"  # money put into a purse


class TenderKind(StrEnum):
    CASH = "cash"
    CARD = "card"
    GIFT_CARD = "gift_card"
    POINTS = "points"
    PURSE = "purse"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the receipt.

    ``amount`` is what the line costs in minor units, tax included, after discounts given at the
    till and before rewards; negative for goods taken back in exchange. ``quantity`` is in
    thousandths, of a piece or, where it is ``measured``, of a kilogram, a litre, a metre.
    ``vat_bp`` is the tax rate in basis points, or None where it is not known.
    """

    id: str
    amount: int
    quantity: int = PIECE
    product: str = ""
    name: str = ""
    categories: tuple[str, ...] = ()
    kind: LineKind = LineKind.PRODUCT
    vat_bp: int | None = None
    discounted: bool = False
    measured: bool = False

    def __post_init__(self) -> None:
        in_range("line amount in minor units", self.amount, -MAX_AMOUNT, MAX_AMOUNT)
        in_range("line quantity in thousandths", self.quantity, 1, MAX_QUANTITY)
        if self.vat_bp is not None:
            in_range("tax rate in basis points", self.vat_bp, 0, 10_000)

    @property
    def units(self) -> int:
        """Whole pieces in the line; what is measured is one piece, whatever it comes to, and so is a part of a piece."""
        return 1 if self.measured or self.quantity % PIECE else self.quantity // PIECE


@dataclass(frozen=True, slots=True)
class Tender:
    """How a part of the bill was paid, minor units."""

    kind: TenderKind
    amount: int

    def __post_init__(self) -> None:
        in_range("tender amount in minor units", self.amount, -MAX_AMOUNT, MAX_AMOUNT)


@dataclass(frozen=True, slots=True)
class Basket:
    """A sale as the engine sees it. ``covers`` is the number of guests, 0 where unknown."""

    currency: str
    lines: tuple[Line, ...]
    tenders: tuple[Tender, ...] = ()
    covers: int = 0

    def __post_init__(self) -> None:
        if (
            len(self.currency) != 3
            or not self.currency.isascii()
            or not (self.currency.isalpha() and self.currency.isupper())
        ):
            raise ValueError("currency is a three-letter ISO 4217 code")
        if not 0 < len(self.lines) <= MAX_LINES:
            raise ValueError(f"a basket has 1 to {MAX_LINES} lines")
        if len({line.id for line in self.lines}) != len(self.lines):
            raise ValueError("every line of a basket has its own id")
        in_range("what the lines of a basket add up to", self.total, -MAX_AMOUNT, MAX_AMOUNT)
        in_range("number of guests", self.covers, 0, MAX_COVERS)

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)


# What has been given back of each line, as an exact share of it (0..1), by line id.
Returned = dict[str, Fraction]
NOTHING: Returned = {}
