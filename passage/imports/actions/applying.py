"""The good rows are taken in, each at most once; what each did is kept with it.

What is there is looked up again: between the rehearsal and now somebody may have enrolled the same person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from passage.cards import actions as cards
from passage.cards.models import Card
from passage.imports import queries
from passage.imports.actions.checking import AT_ONCE, count
from passage.imports.cells import Said
from passage.imports.deciding import Outcome, Verdict, World, verdict
from passage.imports.models import Deed, Import, Row
from passage.members import actions as members
from passage.members.models import Member

SOURCE = "import"
Kind = Deed.Kind


@dataclass(slots=True)
class Plan:
    """What one row is about to do. ``member`` is there once a new one is enrolled."""

    row: Row
    said: Said
    told: Verdict
    member: Member | None
    changes: dict[str, Any]
    consents: dict[str, bool]
    before: dict[str, Any]
    card: Card | None = None
    was_blank: bool = False

    @property
    def kind(self) -> Kind:
        if self.told.outcome == Outcome.CARD:
            return Kind.CARD
        return Kind.MEMBER if self.told.outcome == Outcome.NEW else Kind.CHANGE

    def deed(self, upload: Import) -> Deed:
        return Deed(
            programme=upload.programme,
            upload=upload,
            row=self.row,
            kind=self.kind,
            member=self.member,
            card=self.card,
            was_blank=self.was_blank,
            before=self.before,
            after=self.said.details if self.kind == Kind.MEMBER else self.changes,
            consents=self.consents,
        )


def apply_batch(upload: Import, *, at: datetime) -> bool:
    """The next rows; True after the last one."""
    rows = queries.rows(upload, after=upload.position, limit=AT_ONCE)
    good = [row for row in rows if row.outcome in (Outcome.NEW, Outcome.CARD, Outcome.CHANGE)]
    said = [Said(row.said["details"], row.card, row.said["consents"]) for row in good]
    world = queries.world(upload.programme, said)
    plans = _plans(upload, good, said, world)
    _enrol(upload, plans)
    changes = {plan.member.pk: plan.changes for plan in plans if plan.kind == Kind.CHANGE and plan.member}
    members.change_all(programme=upload.programme, changes={pk: each for pk, each in changes.items() if each})
    answers = [(plan.member, plan.consents) for plan in plans if plan.member and plan.consents]
    by, since = upload.applied_by, upload.applied_at or at
    members.record_consents_of_all(programme=upload.programme, said=answers, source=SOURCE, by=by, at=since)
    _give_cards(upload, plans, world, since)
    Deed.objects.bulk_create([plan.deed(upload) for plan in plans])
    upload.deeds += len(plans)
    for plan in plans:
        count(upload.done, plan.kind)
    upload.position = rows[-1].number if rows else upload.position
    return len(rows) < AT_ONCE


def _plans(upload: Import, rows: Sequence[Row], said: Sequence[Said], world: World) -> list[Plan]:
    """What is still to be done; rows that have become wrong meanwhile say so and stay out."""
    plans: list[Plan] = []
    touched: set[int] = set()
    for row, each in zip(rows, said, strict=True):
        told = verdict(each, world)
        if told.member is not None and told.member.pk in touched:
            told = Verdict(Outcome.WRONG, faults=[("", "somebody_elses", {})])
        if told.outcome == Outcome.WRONG:
            _turn_wrong(upload, row, told)
            continue
        changes = told.changes(upload.choice)
        consents = told.consents if told.outcome == Outcome.NEW else told.answers(upload.choice)
        skipped = told.outcome == Outcome.CHANGE and upload.choice == Import.Choice.SKIP
        if told.outcome == Outcome.SAME or skipped or not (_makes(told) or changes or consents or told.needs_card):
            continue
        if told.member is not None:
            touched.add(told.member.pk)
        before = {column: getattr(told.member, column) for column in changes}
        plans.append(Plan(row, each, told, told.member, changes, consents, before))
    return plans


def _makes(told: Verdict) -> bool:
    return told.outcome in (Outcome.NEW, Outcome.CARD)


def _turn_wrong(upload: Import, row: Row, told: Verdict) -> None:
    count(upload.found, row.outcome, -1)
    count(upload.found, Outcome.WRONG)
    row.outcome, row.faults = Outcome.WRONG, told.faults
    row.save(update_fields=["outcome", "faults"])


def _enrol(upload: Import, plans: Sequence[Plan]) -> None:
    fresh = [plan for plan in plans if plan.kind == Kind.MEMBER]
    assert upload.applied_at is not None  # set by whoever pressed the button
    people = [plan.said.details for plan in fresh]
    made = members.enrol_all(programme=upload.programme, people=people, at=upload.applied_at)
    for plan, member in zip(fresh, made, strict=True):
        plan.member = member


def _give_cards(upload: Import, plans: Sequence[Plan], world: World, at: datetime) -> None:
    wanted = [plan for plan in plans if plan.told.needs_card]
    blank = {plan.row.pk: world.cards[plan.said.card] for plan in wanted if plan.said.card in world.cards}
    fresh = [plan for plan in wanted if plan.row.pk not in blank]
    made = cards.issue_all(programme=upload.programme, owners=[(each.said.card, each.member) for each in fresh], at=at)
    for plan, card in zip(fresh, made, strict=True):
        plan.card = card
    owners = {blank[plan.row.pk].pk: plan.member.pk for plan in wanted if plan.row.pk in blank and plan.member}
    cards.bind_all(programme=upload.programme, owners=owners, at=at)
    for plan in wanted:
        if plan.row.pk in blank:
            plan.card, plan.was_blank = blank[plan.row.pk], True
