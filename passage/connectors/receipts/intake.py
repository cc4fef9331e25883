"""The import itself: receipts in batches, then the cancellations, each counted by what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from django.db import transaction

from passage.connectors.receipts.grouping import Group, grouped, sale_of
from passage.connectors.receipts.matching import Matched, Shelf
from passage.connectors.receipts.refusals import Refusal, Report
from passage.connectors.receipts.rows import Sheet, Survey
from passage.members import actions as enrolling
from passage.members import queries as members
from passage.programme.models import Programme, Source
from passage.purchases import actions as purchases
from passage.purchases.values import Answer, Item, Problem, Sale, Status

T = TypeVar("T")
BATCH = 500
BY = "system:import-sales"


@dataclass(slots=True)
class Count:
    """What became of sales or of returns. ``known`` were recorded by an earlier run."""

    recorded: int = 0
    known: int = 0
    waiting: int = 0
    refused: int = 0

    def add(self, status: Status) -> None:
        match status:
            case Status.RECORDED:
                self.recorded += 1
            case Status.REPLAYED:
                self.known += 1
            case Status.PARKED:
                self.waiting += 1
            case Status.REFUSED:
                self.refused += 1


@dataclass(slots=True)
class Summary:
    """What became of the file. ``alone`` counts cancelled lines that found no sale."""

    rows: int = 0
    without_member: int = 0
    receipts: int = 0
    sales: Count = field(default_factory=Count)
    cancellations: int = 0
    returns: Count = field(default_factory=Count)
    alone: int = 0
    members_new: int = 0
    members_known: int = 0


class Intake:
    """One run over one file. ``now`` is the door's clock. Without a ``source`` it is a rehearsal and writes nothing."""

    def __init__(
        self,
        *,
        programme: Programme,
        source: Source | None,
        sheet: Sheet,
        report: Report,
        now: Callable[[], datetime],
        tell: Callable[[int], None],
    ) -> None:
        self.programme, self.source, self.sheet, self.report = programme, source, sheet, report
        self.now, self.tell = now, tell
        self.summary = Summary()
        self._met: dict[str, bool] = {}  # member numbers of this file, and whether they will do

    def run(self, survey: Survey) -> Summary:
        """All sales of the file in its order, then its returns in theirs: what is in from an earlier run stays."""
        shelf = Shelf(wanted=survey.wanted)
        cancellations: list[Group] = []
        for groups in in_batches(self._groups(survey)):
            self._meet(groups)
            cancellations += [group for group in groups if group.given_back()]
            self._sell([group for group in groups if group.sold()], shelf)
        self.summary.rows = survey.rows - 1
        self.summary.without_member = self.sheet.without_member
        self.summary.cancellations = len(cancellations)
        done = survey.rows
        for matched in in_batches(shelf.match(cancellations)):
            self._take_back(matched)
            done += sum(len(each.group.given_back()) for each in matched)
            self.tell(done)
        return self.summary

    def _groups(self, survey: Survey) -> Iterator[Group]:
        """The receipts that can be read; the reasons against the others go to the report."""
        for group in grouped(self.sheet.rows(), last_rows=survey.last_rows):
            for refusal in group.refusals:
                self.report.add(refusal)
            if group.rows:
                self.tell(group.rows[-1].row)
                yield group

    def _meet(self, groups: Sequence[Group]) -> None:
        """Know the members of these receipts, and enrol those that are new where the profile says so."""
        numbers = {group.member for group in groups} - self._met.keys()
        create = self.sheet.profile.members.create
        found = members.by_external_ids(programme=self.programme, external_ids=numbers)
        new = numbers - found.keys()
        if create and new and self.source is not None:
            enrolling.enrol_many(programme=self.programme, external_ids=sorted(new), at=self.now(), by=BY)
        self._met |= {number: create or number in found for number in numbers}
        self.summary.members_known += len(found)
        self.summary.members_new += len(new) if create else 0

    def _sell(self, groups: Sequence[Group], shelf: Shelf) -> None:
        self.summary.receipts += len(groups)
        for group in groups:
            shelf.put(group)
        currency = self.sheet.profile.currency
        answers = self._record([sale_of(group, currency=currency) for group in groups])
        for group, answer in zip(groups, answers, strict=True):
            self.summary.sales.add(answer.status)
            self._report(group, answer)

    def _take_back(self, matched: Sequence[Matched]) -> None:
        for pairs in in_batches((each.group, item) for each in matched for item in each.returns):
            answers = self._record([item for _, item in pairs])
            for (group, _), answer in zip(pairs, answers, strict=True):
                self.summary.returns.add(answer.status)
                self._report(group, answer)
        self._park([each for each in matched if each.alone])

    def _park(self, lonely: Sequence[Matched]) -> None:
        """Keep the cancelled lines that found no sale, for a person to look at."""
        for each in lonely:
            self.summary.alone += len(each.alone)
            for row in each.alone:
                self.report.add(Refusal(row.row, row.receipt, "", "no_sale"))
        if self.source is None or not lonely:
            return
        numbers = {each.group.member for each in lonely}
        found = members.by_external_ids(programme=self.programme, external_ids=numbers)
        with transaction.atomic():  # one commit for all of them, not one for each
            for each in lonely:
                purchases.park(
                    source=self.source,
                    client_id=f"{each.group.receipt}/unmatched",
                    request=unmatched(each),
                    member=found.get(each.group.member),
                    by=BY,
                    at=self.now(),
                )

    def _record(self, items: Sequence[Item]) -> list[Answer]:
        if self.source is None:
            return [self._rehearsed(item) for item in items]
        return purchases.record(programme=self.programme, source=self.source, batch=items, by=BY, at=self.now())

    def _rehearsed(self, item: Item) -> Answer:
        if isinstance(item, Sale) and not self._met[item.member.external_id]:
            return Answer(item.client_id, Status.REFUSED, problem=Problem("unknown_member", "member"))
        return Answer(item.client_id, Status.RECORDED)

    def _report(self, group: Group, answer: Answer) -> None:
        row = group.rows[0].row
        if answer.problem is not None:
            column = self.sheet.profile.columns.member if answer.problem.field == "member" else ""
            self.report.add(Refusal(row, group.receipt, column, answer.problem.code, answer.problem.params))
        elif answer.status is Status.PARKED:
            self.report.add(Refusal(row, group.receipt, "", "sale_missing"))


def unmatched(matched: Matched) -> dict[str, Any]:
    """What is kept of cancelled lines that found no sale: enough for a person to find it."""
    group = matched.group
    return {
        "receipt": group.receipt,
        "member": group.member,
        "occurred_at": group.at.isoformat(),
        "lines": [
            {"product": row.product, "name": row.name, "quantity": row.quantity, "amount": row.amount}
            for row in matched.alone
        ],
    }


def in_batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
