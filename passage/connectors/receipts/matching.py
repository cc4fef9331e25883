"""Finding the sale that a cancellation is about; the rules stand in docs/connectors/csv.md, word for word.

A cancelled line goes to the latest sale, not after it, of the same member, that has one line of the same product
at the same price with enough of it left. Everything is decided by the file, in its order of time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from passage.connectors.receipts.grouping import Group
from passage.connectors.receipts.rows import Piece, Row
from passage.purchases.values import Return, SaleRef


@dataclass(slots=True)
class Sold:
    """A line of a sale that may come back, and how much of it (thousandths) has not yet."""

    at: datetime
    receipt: str
    line: int
    left: int

    @property
    def rank(self) -> tuple[datetime, int, str, int]:
        """The highest is taken: the later sale, then the higher receipt number, then the earlier line."""
        return self.at, len(self.receipt), self.receipt, -self.line


@dataclass(slots=True)
class Matched:
    """A cancellation: the returns it became, and the lines that found no sale."""

    group: Group
    returns: list[Return] = field(default_factory=list)
    alone: list[Row] = field(default_factory=list)


class Shelf:
    """The sold lines that a cancellation of this file may be about, and no others."""

    def __init__(self, *, wanted: Iterable[Piece]) -> None:
        self._sold: dict[Piece, list[Sold]] = {piece: [] for piece in wanted}

    def put(self, group: Group) -> None:
        for line, row in enumerate(group.sold(), 1):
            sold = self._sold.get(row.piece)
            if sold is not None:
                sold.append(Sold(group.at, group.receipt, line, row.quantity))

    def match(self, cancellations: Iterable[Group]) -> Iterator[Matched]:
        """Each cancellation with its sales, in the order of (moment, number). Takes what it matches."""
        for group in sorted(cancellations, key=lambda each: (each.at, len(each.receipt), each.receipt)):
            yield self._match(group)

    def _match(self, group: Group) -> Matched:
        matched = Matched(group)
        found: dict[str, dict[str, int]] = {}
        for row in group.given_back():
            sold = self._latest(row, group.at)
            if sold is None:
                matched.alone.append(row)
                continue
            sold.left -= row.quantity
            back = found.setdefault(sold.receipt, {})
            back[str(sold.line)] = back.get(str(sold.line), 0) + row.quantity
        matched.returns = [_return(group, receipt, back) for receipt, back in found.items()]
        return matched

    def _latest(self, row: Row, at: datetime) -> Sold | None:
        fits = (each for each in self._sold.get(row.piece, ()) if each.at <= at and each.left >= row.quantity)
        return max(fits, key=lambda each: each.rank, default=None)


def _return(group: Group, receipt: str, quantities: Mapping[str, int]) -> Return:
    return Return(
        client_id=f"{group.receipt}/{receipt}",
        occurred_at=group.at,
        sale=SaleRef(client_id=receipt),
        quantities=quantities,
    )
