"""The import itself: receipts in batches, then the cancellations, each counted by what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from typing import Any

from passage.connectors.receipts.grouping import Group, grouped, sale_of
from passage.connectors.receipts.matching import Matched, Shelf
from passage.connectors.receipts.refusals import Refusal, Report
from passage.connectors.receipts.rows import Row, Sheet
from passage.members import actions as members
from passage.members import queries as known_members
from passage.programme.models import Programme, Source
from passage.purchases import actions as purchases
from passage.purchases.values import Answer, Item, Status

BATCH = 500
BY = "system:import-sales"


@dataclass(slots=True)
class Summary:
    """What became of the file: rows, receipts (sales), cancellations (returns) and members."""

    rows: int = 0
    without_member: int = 0
    refused_rows: int = 0
    sales: int = 0
    sales_recorded: int = 0
    sales_known: int = 0
    sales_refused: int = 0
    members_new: int = 0
    members_known: int = 0
    cancellations: int = 0
    returns: int = 0
    returns_recorded: int = 0
    returns_known: int = 0
    returns_refused: int = 0
    parked_lines: int = 0


@dataclass(slots=True)
class Intake:
    """One run of one file. ``now`` is the door's clock; without a ``source`` it is a rehearsal and writes nothing."""

    programme: Programme
    source: Source | None
    sheet: Sheet
    report: Report
    now: Callable[[], datetime]
    tell: Callable[[int], None] = lambda rows: None
    summary: Summary = field(default_factory=Summary)
    _members: set[str] = field(default_factory=set)

    def run(self, *, total: int, last_rows: dict[str, int], shelf: Shelf) -> Summary:
        """All of the file, in an order that depends on the file alone."""
        cancellations: list[Group] = []
        for groups in _in_batches(self._groups(last_rows)):
            cancellations += [group for group in groups if group.given_back()]
            sales = [group for group in groups if group.sold()]
            for group in sales:
                shelf.put(group)
            self._sell(sales)
        self.summary.rows = total - 1
        self.summary.without_member = self.sheet.without_member
        self.summary.cancellations = len(cancellations)
        for matched in _in_batches(shelf.match(cancellations)):
            self._take_back(matched)
        return self.summary
