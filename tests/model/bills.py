"""What is on a bill and what rewards take off it (E-05 to E-08), and what comes back of it in money (E-25)."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.model.amounts import half_up, shared

PIECE = 1000
# Deposits, tips and gift cards take no part in discounts and earn nothing (E-04).
OUTSIDE = ("deposit", "tip", "gift_card", "top_up")
ORDER = ("free_product", "product_discount", "value_off", "percent_off", "cashback")

Terms = Mapping[str, Any]  # a definition, as the product is given it


class Verdict(Exception):
    """The deed is refused, with this code; nothing has changed."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Line:
    """``discount`` lowers the price, ``tendered`` was paid with points, ``gone`` is the share that came back."""

    id: str
    product: str
    amount: int
    quantity: int = PIECE
    kind: str = "product"
    measured: bool = False  # by weight: one, however much
    discount: int = 0
    tendered: int = 0
    gone: Fraction = Fraction(0)

    @property
    def paid(self) -> int:
        return self.amount - self.discount - self.tendered

    @property
    def pieces(self) -> int:
        """Weighed goods are one."""
        return 1 if self.measured or self.quantity % PIECE else self.quantity // PIECE


@dataclass
class Wish:
    """A reward on the bill. ``held`` are the points that wait for it, the most it may cost."""

    terms: Terms
    held: int
    amount: int | None = None


def place(terms: Terms) -> int:
    """Products first, then the order's value, then its percentage, money last; else as they were asked for."""
    return ORDER.index(terms["gives"]["kind"])


def put_on(wish: Wish, lines: list[Line]) -> tuple[int, int, list[int]]:
    """Take the wish off the lines; its points, its value, and how much off each line."""
    per_line = _off(wish, lines)
    value = sum(per_line)
    if not value:
        raise Verdict("nothing_to_pay")
    points = wish.terms["cost"]
    if wish.terms["gives"]["kind"] == "cashback":
        points = -(-value // wish.terms["gives"]["worth"])  # rounded up: the last cents can be paid (E-08)
    if points > wish.held:
        raise Verdict("insufficient_points")
    for line, part in zip(lines, per_line, strict=True):
        if wish.terms.get("settlement") == "tender":
            line.tendered += part
        else:
            line.discount += part
    return points, value, per_line


def _off(wish: Wish, lines: list[Line]) -> list[int]:
    gives = wish.terms["gives"]
    room = [0 if line.kind in OUTSIDE else max(line.paid, 0) for line in lines]
    due = max(sum(line.paid for line in lines), 0)
    most = min(sum(room), due)
    if gives["kind"] == "value_off":
        return shared(min(gives["amount"], most), room)
    if gives["kind"] == "percent_off":
        return shared(half_up(Fraction(most * gives["percent_bp"], 10_000)), room)
    if gives["kind"] == "free_product":
        return _free(gives["products"]["products"], lines, due)
    room = [0 if line.kind in ("gift_card", "top_up") else max(line.paid, 0) for line in lines]
    most = min(sum(room), due)
    if most and not wish.held:
        raise Verdict("insufficient_points")
    money = min(most, wish.held * gives["worth"] if wish.amount is None else wish.amount)
    if money < min(gives.get("least", 1), most):
        raise Verdict("below_step")
    return shared(money, room)


def _free(wanted: list[str], lines: list[Line], due: int) -> list[int]:
    """The dearest piece, as far as it still costs something; of equal ones the first on the bill."""
    off = [0 for _ in lines]
    dearest = -1
    for number, line in enumerate(lines):
        if line.product not in wanted or line.amount < 0 or line.kind in OUTSIDE:
            continue
        price, dearer = divmod(line.amount, line.pieces)
        prices = [price] * (line.pieces - dearer) + [price + 1] * dearer
        left = max(line.paid, 0)
        for each in prices:  # what was taken off before was taken off the last ones
            costs = min(each, left)
            left -= costs
            if costs > dearest:
                dearest = costs
                off = [0 for _ in lines]
                off[number] = min(costs, due)
    if dearest < 0:
        raise Verdict("product_not_in_basket")
    return off


# -- what comes back ---------------------------------------------------------------------------------


def refund(line: Line, gone: Fraction) -> int:
    """The money of a share of a line: what was paid for it, rounded once, cumulative (E-25)."""
    return half_up(line.paid * gone)


def by_quantity(lines: list[Line], quantities: Mapping[str, int]) -> dict[str, Fraction]:
    known = {line.id: line for line in lines}
    parts = {}
    for name, quantity in quantities.items():
        if name not in known:
            raise Verdict("too_much")
        parts[name] = Fraction(quantity, known[name].quantity)
        if quantity <= 0 or parts[name] + known[name].gone > 1:
            raise Verdict("too_much")
    return parts


def by_amount(lines: list[Line], amount: int) -> dict[str, Fraction]:
    """Money back, out of what is left of each line in proportion; all the money is all the goods."""
    owed = sum(line.paid - refund(line, line.gone) for line in lines)
    if amount <= 0 or amount > owed:
        raise Verdict("too_much")
    if amount == owed:
        return the_rest(lines)
    left = [max(line.paid - refund(line, line.gone), 0) if line.paid > 0 else 0 for line in lines]
    parts = {}
    for line, room, taken in zip(lines, left, shared(amount, left), strict=True):
        if taken:
            parts[line.id] = 1 - line.gone if taken == room else Fraction(taken, line.paid)
    return parts


def the_rest(lines: list[Line]) -> dict[str, Fraction]:
    return {line.id: 1 - line.gone for line in lines if line.gone < 1}


def is_whole(lines: list[Line]) -> bool:
    return all(line.gone >= 1 for line in lines)


def money_gone(lines: list[Line]) -> Fraction:
    """The share of the money that came back; where nothing was paid, all or nothing."""
    if is_whole(lines):
        return Fraction(1)
    counted = [line for line in lines if line.paid > 0]
    paid = sum(line.paid for line in counted)
    return (
        min(sum((line.paid * line.gone for line in counted), Fraction(0)) / paid, Fraction(1)) if paid else Fraction(0)
    )


def points_back(points: int, per_line: list[int], lines: list[Line]) -> int:
    """Points of a reward that all returns so far give back together: the share of its discount (E-25)."""
    value = sum(per_line)
    if is_whole(lines) or not value:
        return points if is_whole(lines) else 0
    back = sum((part * line.gone for part, line in zip(per_line, lines, strict=True)), Fraction(0))
    return half_up(points * min(back / value, Fraction(1)))
