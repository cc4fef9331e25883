"""Rows become receipts: all rows of one number together, judged as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from passage.connectors.receipts.refusals import Refusal
from passage.connectors.receipts.rows import Row
from passage.engine.basket import MAX_LINES, Basket, Line
from passage.engine.money import MAX_AMOUNT
from passage.purchases.values import MemberRef, Sale


@dataclass(slots=True)
class Group:
    """The rows of one receipt in the order of the file, and what was refused of it."""

    receipt: str
    rows: list[Row] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def member(self) -> str:
        return self.rows[0].member

    @property
    def at(self) -> datetime:
        """The moment of a receipt is that of its first row."""
        return self.rows[0].at

    def sold(self) -> list[Row]:
        return [row for row in self.rows if not row.given_back]

    def given_back(self) -> list[Row]:
        return [row for row in self.rows if row.given_back]


def grouped(items: Iterable[Row | Refusal], *, last_rows: Mapping[str, int]) -> Iterator[Group]:
    """The receipts, each as soon as it is whole.

    ``last_rows`` names the receipts whose rows stand apart from each other, with the last row of each: they
    are held until then, so that only they and one more are in memory.
    """
    held: dict[str, Group] = {}
    current = Group("")
    for item in items:
        if item.receipt != current.receipt:
            yield from _whole(current, last_rows)
            current = held.get(item.receipt) or Group(item.receipt)
            if item.receipt in last_rows:
                held[item.receipt] = current
        if isinstance(item, Refusal):
            current.refusals.append(item)
        else:
            current.rows.append(item)
    yield from _whole(current, last_rows)


def _whole(group: Group, last_rows: Mapping[str, int]) -> Iterator[Group]:
    numbers = [row.row for row in group.rows[-1:]] + [refusal.row for refusal in group.refusals[-1:]]
    latest = max(numbers, default=0)
    if latest and latest >= last_rows.get(group.receipt, 0):
        yield judged(group)


def judged(group: Group) -> Group:
    """The receipt as it is, or without rows and with a reason for each of them."""
    if group.rows and not group.refusals:
        group.refusals = list(_faults(group))
    if group.refusals and group.receipt:
        named = {refusal.row for refusal in group.refusals}
        group.refusals += [
            Refusal(row.row, row.receipt, "", "same_receipt") for row in group.rows if row.row not in named
        ]
        group.refusals.sort(key=lambda refusal: refusal.row)
        group.rows = []
    return group


def _faults(group: Group) -> Iterator[Refusal]:
    first = group.rows[0]
    for row in group.rows:
        if row.member != first.member:
            yield Refusal(row.row, row.receipt, "", "two_members", {"first": first.member, "second": row.member})
            return
        if row.shop != first.shop:
            yield Refusal(row.row, row.receipt, "", "two_shops", {"first": first.shop, "second": row.shop})
            return
    if len(group.rows) > MAX_LINES:
        lines = {"lines": len(group.rows), "limit": MAX_LINES}
        yield Refusal(group.rows[MAX_LINES].row, group.receipt, "", "too_many_lines", lines)
    if sum(row.amount for row in group.rows) > MAX_AMOUNT:
        yield Refusal(first.row, group.receipt, "", "too_large")


def sale_of(group: Group, *, currency: str) -> Sale:
    """The sale of a receipt. Its lines are called 1, 2, 3 in the order of the file."""
    return Sale(
        client_id=group.receipt,
        receipt=group.receipt,
        occurred_at=group.at,
        basket=Basket(currency, lines_of(group.sold())),
        member=MemberRef(external_id=group.member),
        shop=group.rows[0].shop,
    )


def lines_of(rows: Sequence[Row]) -> tuple[Line, ...]:
    return tuple(
        Line(
            id=str(number),
            amount=row.amount,
            quantity=row.quantity,
            measured=row.measured,
            product=row.product,
            name=row.name,
            categories=(row.category,) if row.category else (),
            kind=row.kind,
        )
        for number, row in enumerate(rows, 1)
    )
