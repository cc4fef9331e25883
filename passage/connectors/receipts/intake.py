"""The import itself: person by person, first what they bought, then what they brought back.

A rehearsal does the very same and undoes it, some people at a time: what it says is what then happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TypeVar

from django.db import transaction

from passage.connectors.receipts.grouping import Group, cancellation_of, grouped, sale_of
from passage.connectors.receipts.people import Guests
from passage.connectors.receipts.refusals import Refusal, Report
from passage.connectors.receipts.rows import Sheet
from passage.connectors.receipts.spool import Spool
from passage.connectors.receipts.summary import Summary
from passage.earning import queries as earning
from passage.members import actions as enrolling
from passage.programme.models import Programme, Source
from passage.programme.patience import give_way, patiently
from passage.purchases import actions as purchases
from passage.purchases import waiting
from passage.purchases.cancelling import ENDING
from passage.purchases.models import Parked
from passage.purchases.values import Answer, Sale, Status
from passage.ui.wording import measure_text

T = TypeVar("T")
BATCH = 100  # in one transaction: on SQLite the tills wait for it
BY = "system:import-sales"


class Intake:
    """One run over one file. ``now`` is the door's clock; ``source`` finds or makes what the receipts are known under."""

    def __init__(
        self,
        *,
        programme: Programme,
        source: Callable[[], Source],
        sheet: Sheet,
        report: Report,
        now: Callable[[], datetime],
        rehearsal: bool,
    ) -> None:
        self.programme, self.sheet, self.report, self.now = programme, sheet, report, now
        self.rehearsal = rehearsal
        self.summary = Summary()
        self._source = source
        self._guests = Guests(programme=programme, profile=sheet.profile)
        self._rules = earning.rule_set(programme)

    def read(self, spool: Spool) -> None:
        """The file from end to end: its receipts go to the spool, each under the person it is of."""
        survey = self.sheet.survey()
        for groups in in_batches(self._groups(survey.last_rows)):
            self._guests.meet(group.member for group in groups)
            for group in groups:
                member = self._guests[group.member].member
                spool.put(str(member.pk) if member else group.member, group)
        self.summary.rows = survey.rows - 1
        self.summary.without_member = self.sheet.without_member
        guests = self._guests.known.values()
        self.summary.members_known = sum(guest.member is not None for guest in guests)
        self.summary.members_new = sum(guest.is_new for guest in guests)

    def run(self, spool: Spool, *, tell: Callable[[int], None]) -> Summary:
        """What was read goes in: what is in from an earlier run stays."""
        done = 0
        for groups in spool.chunks():
            with self._perhaps_undone():
                source = patiently(self._source)
                self._enrol(groups)
                self._sell(source, [group for group in groups if group.sold()])
                self._take_back(source, groups)
            done += sum(len(group.rows) for group in groups)
            tell(done)
            give_way()
        return self.summary

    @contextmanager
    def _perhaps_undone(self) -> Iterator[None]:
        if not self.rehearsal:
            yield
            return
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    def _groups(self, last_rows: dict[str, int]) -> Iterator[Group]:
        """The receipts that can be read; the reasons against the others go to the report."""
        for group in grouped(self.sheet.rows(), last_rows=last_rows):
            for refusal in group.refusals:
                self.report.add(refusal)
            if group.rows:
                yield group

    def _enrol(self, groups: Sequence[Group]) -> None:
        new = sorted({group.member for group in groups if self._guests[group.member].is_new})
        if new:
            enrol = partial(enrolling.enrol_many, programme=self.programme, external_ids=new, at=self.now(), by=BY)
            found = patiently(enrol)
            self._guests.enrolled(found)

    def _sell(self, source: Source, groups: Sequence[Group]) -> None:
        currency = self.sheet.profile.currency
        for part in in_batches(groups):
            sales = [sale_of(group, currency=currency, member=self._guests[group.member].ref) for group in part]
            at = self.now()
            record = partial(purchases.record, programme=self.programme, source=source, batch=sales, by=BY, at=at)
            answers = patiently(record)
            give_way()
            for group, sale, answer in zip(part, sales, answers, strict=True):
                self.summary.sales.add(answer)
                self._count(answer, at)
                if answer.status is Status.RECORDED and not self._is_covered(sale):
                    self.summary.uncovered += 1
                self._report(group, answer)

    def _take_back(self, source: Source, groups: Sequence[Group]) -> None:
        """Keep the cancellations, and return what they and those of earlier files are found to be about."""
        back = {group.receipt: group for group in groups if group.given_back()}
        people = {text: member for text in {group.member for group in groups} if (member := self._guests[text].member)}
        cancellations = [cancellation_of(group, member=people.get(group.member)) for group in back.values()]
        at = self.now()
        keep = partial(purchases.keep_cancellations, source=source, cancellations=cancellations, by=BY, at=at)
        conflicts = patiently(keep)
        patiently(partial(purchases.name_members, source=source, named=people))
        ids = {member.pk for member in people.values()}
        told = patiently(partial(purchases.match_cancellations, source=source, people=ids, by=BY, at=at))
        rows = waiting.of_source(source, client_ids=[each.client_id for each in cancellations])
        for parked, answer in told:
            self.summary.returns.add(answer)
            self._count(answer, at)
            self.summary.late += parked.request["receipt"] not in back and answer.status is Status.RECORDED
            if (group := back.get(parked.request["receipt"])) is not None:
                self._report(group, answer)
        recorded = {answer.client_id for _, answer in told if answer.status is Status.RECORDED}
        self.summary.cancellations += len(back)
        for number, group in back.items():
            self._tell_of(group, rows[f"{number}{ENDING}"], recorded, conflicts=conflicts)

    def _tell_of(self, group: Group, parked: Parked, recorded: set[str], *, conflicts: set[str]) -> None:
        """What is known of a cancellation from earlier runs, and which of its lines wait."""
        self.summary.returns.known += len(set(parked.request.get("returns", ())) - recorded)
        if group.receipt in conflicts:
            self.summary.returns.conflicting += 1
            self.report.add(Refusal(group.given_back()[0].row, group.receipt, "", "conflict"))
        elif parked.state == Parked.State.WAITING:
            for row, line in zip(group.given_back(), parked.request["lines"], strict=True):
                if left := line["left"]:
                    code = "no_sale" if left == row.quantity else "some_of_it"
                    texts = {"left": measure_text(left), "quantity": measure_text(row.quantity)}
                    self.summary.alone += 1
                    self.report.add(Refusal(row.row, row.receipt, "", code, texts))

    def _count(self, answer: Answer, at: datetime) -> None:
        if answer.status is Status.RECORDED and answer.receipt is not None:
            self.summary.settle(answer.receipt.settlement, at=at)

    def _is_covered(self, sale: Sale) -> bool:
        return bool(self._rules.at(sale.occurred_at))

    def _report(self, group: Group, answer: Answer) -> None:
        if answer.problem is not None:
            column = self.sheet.profile.columns.member if answer.problem.field in {"member", "card"} else ""
            row = group.rows[0].row
            self.report.add(Refusal(row, group.receipt, column, answer.problem.code, answer.problem.params))


def in_batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
