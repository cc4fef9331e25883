"""A basket after its rewards: what each line costs, what was paid for it, what of it earns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from passage.engine.basket import Basket, Line, LineKind, Returned, TenderKind
from passage.engine.facts import Terms
from passage.engine.money import ceil_div, share, split
from passage.engine.vat import vat_in

# Gift-card sales, top-ups, deposits and tips neither earn nor take part in order discounts (E-04).
OUTSIDE = frozenset({LineKind.GIFT_CARD, LineKind.TOP_UP, LineKind.DEPOSIT, LineKind.TIP})
# Points and purse money pay for everything on the bill but prepaid money (P-39).
PREPAID = frozenset({LineKind.GIFT_CARD, LineKind.TOP_UP})

NONE_OF_IT = Fraction(0)


@dataclass(frozen=True, slots=True)
class SettledLine:
    """``discount`` lowers the price, ``tendered`` was paid with points or purse; both minor units >= 0."""

    line: Line
    discount: int = 0
    tendered: int = 0
    gift_paid: int = 0

    @property
    def net(self) -> int:
        """The price after discounts: the base of VAT."""
        return self.line.amount - self.discount

    @property
    def paid(self) -> int:
        """What the member paid in money for the line: what a return refunds."""
        return self.net - self.tendered

    @property
    def vat(self) -> int:
        return 0 if self.line.vat_bp is None else vat_in(self.net, self.line.vat_bp)


@dataclass(frozen=True, slots=True)
class BasisLine:
    """What of a line counts for earning: ``amount`` minor units, ``units`` pieces."""

    line: Line
    amount: int
    units: int


def payable_by_points(lines: Sequence[SettledLine]) -> list[int]:
    """What points or purse money can still pay of each line."""
    return [0 if line.line.kind in PREPAID else max(line.paid, 0) for line in lines]


def spread_tenders(lines: Sequence[SettledLine], basket: Basket) -> tuple[SettledLine, ...]:
    """Spread what was paid by points, purse and gift card over the lines it can have paid for."""
    points = sum(t.amount for t in basket.tenders if t.kind in (TenderKind.POINTS, TenderKind.PURSE) and t.amount > 0)
    gift = sum(t.amount for t in basket.tenders if t.kind is TenderKind.GIFT_CARD and t.amount > 0)
    # A cashback tender of a claim is already on the lines: the till lists it among its tenders too.
    points = max(points - sum(line.tendered for line in lines), 0)
    if not points and not gift:
        return tuple(lines)
    room = payable_by_points(lines)
    by_points = split(min(points, sum(room)), room)
    left = [max(line.paid - part, 0) for line, part in zip(lines, by_points, strict=True)]
    by_gift = split(min(gift, sum(left)), left)
    return tuple(
        replace(line, tendered=line.tendered + p, gift_paid=g)
        for line, p, g in zip(lines, by_points, by_gift, strict=True)
    )


def basis(lines: Sequence[SettledLine], *, terms: Terms, returned: Returned) -> tuple[BasisLine, ...]:
    """The lines that count for earning, less what was ``returned`` of them (E-04)."""
    counted = []
    for each in lines:
        part = returned.get(each.line.id, NONE_OF_IT)
        if part >= 1 or not _eligible(each.line, terms):
            continue
        amount = _amount(each, terms)
        counted.append(
            BasisLine(
                line=each.line,
                amount=amount - _signed_share(amount, part),
                units=_units_left(each.line, part),
            )
        )
    return tuple(counted)


def _eligible(line: Line, terms: Terms) -> bool:
    if line.kind is LineKind.DELIVERY:
        return terms.delivery_earns
    return line.kind not in OUTSIDE


def _amount(each: SettledLine, terms: Terms) -> int:
    amount = each.net
    if not terms.points_paid_earns:
        amount -= each.tendered
    if not terms.gift_card_paid_earns:
        amount -= each.gift_paid
    if not terms.basis_with_tax and each.line.vat_bp is not None:
        amount -= vat_in(amount, each.line.vat_bp)
    return amount


def _signed_share(amount: int, part: Fraction) -> int:
    if not part:
        return 0  # almost always: long receipts are many, and exact shares slow
    return share(amount, part) if amount >= 0 else -share(-amount, part)


def _units_left(line: Line, part: Fraction) -> int:
    if line.amount < 0:
        return 0
    if not part:
        return line.units
    # A piece counts until all of it has come back: money given back for a part of it takes no stamp away.
    left = line.units * (1 - part)
    return ceil_div(left.numerator, left.denominator)
