"""Trying a draft on past sales, a portion at a time, and publishing what was tried; dating a rule back (E-37)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from passage.audit import actions as audit
from passage.earning import actions as earning
from passage.earning import drafts
from passage.earning import queries as rules
from passage.earning.models import Rule, RuleVersion
from passage.engine.expiry import start_of_day
from passage.engine.rules import Event
from passage.outbox.actions import Order, queue
from passage.programme import queries as programmes
from passage.programme.errors import Refused
from passage.programme.models import Programme
from passage.programme.transactions import Clock, lock_configuration, moment_of_change, retried
from passage.purchases import actions as purchases
from passage.trials import queries
from passage.trials.findings import Findings
from passage.trials.models import Backdating, Trial
from passage.trials.replay import Replay
from passage.trials.tally import Tally

WEEKS = (4, 8, 13, 26)
AT_ONCE = 1500  # sales: as many as somebody waits for
PORTION = 40  # members: what is read into memory at a time
PORTIONS = 10  # in one job, so that the worker comes back to what the tills wait for
JOB = "try_rule"
SOON = 400  # sales to be judged again, by the books: as many as somebody waits for
DATE_BACK = "date_back_rule"
BY = "system:dated_back"


@dataclass(frozen=True, slots=True)
class Wish:
    """What to try: a draft, on how many weeks; ``worth`` is minor units for a hundred of its unit, if anybody knows."""

    name: str
    definition: dict[str, Any]
    weeks: int
    worth: int | None = None


@transaction.atomic
def begin(*, programme: Programme, rule: Rule | None, wish: Wish, by: str, at: datetime) -> Trial:
    """Keep the draft and what is to be read for it; Refused where the draft cannot be. `run` or the worker goes on."""
    if wish.weeks not in WEEKS:
        raise Refused("unknown_period", field="weeks")
    name = (rule.name if rule else wish.name).strip()
    if not name:
        raise Refused("missing", field="name")
    draft = drafts.read(programme, wish.definition, family=rule.pk if rule else drafts.NEW, name=name)
    if isinstance(draft.earns, Event):
        raise Refused("nothing_to_try", field="earns")
    zone = programmes.terms(programme=programme).tz
    since = start_of_day(at.astimezone(zone).date() - timedelta(weeks=wish.weeks), zone)
    row = Trial.objects.create(
        programme=programme,
        rule=rule,
        name=name,
        definition=rules.definition(draft),
        before=queries.newest_number(rule) if rule else 0,
        weeks=wish.weeks,
        since=since,
        made_at=at,
        by=by,
        worth=wish.worth,
        expected=queries.sales(programme, since=since).count(),
        found=Findings().as_json(),
    )
    audit.note(programme=programme, by=by, verb="rule.tried", subject=f"trial:{row.pk}", at=at, reason=name)
    return row


def _queue(row: Trial, at: datetime) -> None:
    order = Order(
        kind=JOB,
        key=f"{JOB}:{row.pk}:{row.reached}",
        run_at=at,
        programme=row.programme,
        payload={"trial": row.pk},
    )
    queue(orders=[order])


def run(*, trial: Trial, at: datetime) -> bool:
    """Go through all that is left of a small trial at once; False for a large one, which is left to the worker."""
    if trial.expected > AT_ONCE:
        _queue(trial, at)
        return False
    while not trial.done_at:
        advance(trial=trial, at=at)
    return True


def work(*, programme: Programme, payload: dict[str, Any], at: datetime) -> None:
    """The worker's part: some portions, and a job for the rest. Safe to run again from wherever it stopped."""
    row = queries.trial(programme, pk=payload["trial"])
    if row is None:
        return
    for _ in range(PORTIONS):
        if row.done_at or not advance(trial=row, at=at):
            return
    _queue(row, at)


def advance(*, trial: Trial, at: datetime) -> bool:
    """Settle the sales of the next members again and add what was found; False when somebody else did it meanwhile.

    Everything is read and computed before the one short write, so that no till waits for it.
    """
    people = queries.next_members(trial.programme, since=trial.since, after=trial.reached, limit=PORTION)
    found, reached = Findings.read(trial.found), trial.reached
    if people:
        draft, reached = queries.draft(trial), people[-1]
        held = queries.held_by(trial.programme, members=people, since=trial.since)
        before = set()
        if draft.asks_for_the_first:
            before = queries.bought_before(trial.programme, members=people, since=trial.since)
        for member_id in people:
            Replay(member_id, draft, bought_before=member_id in before).run(held[member_id])
            found.add(member_id, held[member_id], draft)
    done_at = None if people else at
    mine = Trial.objects.of(trial.programme).filter(pk=trial.pk, reached=trial.reached, done_at=None)
    if not mine.update(found=found.as_json(), reached=reached, done_at=done_at):
        trial.refresh_from_db()
        return False
    trial.found, trial.reached, trial.done_at = found.as_json(), reached, done_at
    return True


@transaction.atomic
def publish(*, trial: Trial, effective_from: datetime | None, by: str, now: Clock) -> RuleVersion:
    """The draft becomes a rule from a moment on that is not over (None: from now on, E-37); once."""
    lock_configuration(trial.programme, exclusive=True)
    row = Trial.objects.of(trial.programme).select_for_update(of=("self",)).get(pk=trial.pk)
    if row.published_id is not None:
        raise Refused("published_already", field="trial")
    if row.rule is not None and queries.newest_number(row.rule) != row.before:
        raise Refused("changed_meanwhile", field="trial")
    version = earning.publish(
        programme=row.programme,
        rule=row.rule,
        name=row.name,
        definition=row.definition,
        effective_from=effective_from,
        by=by,
        at=now,
    )
    row.published = version
    row.save(update_fields=["published"])
    trial.published = version
    return version


@transaction.atomic
def begin_back(*, rule: Rule, since: datetime, by: str, at: datetime) -> Backdating:
    """Keep what is to be dated back, and until when; Refused where it cannot be. Nothing counts before `confirm`."""
    back = rules.rule_set(rule.programme).dated_back(rule.pk, since=since, at=at)
    row = Backdating.objects.create(
        programme=rule.programme,
        rule=rule,
        definition=rules.definition(back.rule),
        before=queries.newest_number(rule),
        since=since,
        made_at=at,
        by=by,
        expected=queries.sales(rule.programme, since=since).count(),
        found=Tally().as_json(),
    )
    return row


def rehearse(*, backdating: Backdating, at: datetime) -> bool:
    """Go through all that a small one would change at once; False for a large one, which is left to the worker."""
    if backdating.expected > SOON:
        _queue_back(backdating, at)
        return False
    while not backdating.looked_at:
        advance_back(backdating=backdating, at=at)
    return True


@transaction.atomic
def confirm(*, backdating: Backdating, reason: str, by: str, now: Clock) -> Backdating:
    """The rule holds since then, for whatever is recorded from now on; the worker judges what was recorded before."""
    at = moment_of_change(backdating.programme, now=now)
    rows = Backdating.objects.of(backdating.programme).select_for_update(of=("self",))
    row: Backdating = rows.select_related("rule", "programme").get(pk=backdating.pk)
    if row.confirmed_at is not None:
        raise Refused("dated_back_already", field="reason")
    if row.looked_at is None:
        raise Refused("still_counting", field="reason")
    if queries.newest_number(row.rule) != row.before:
        raise Refused("changed_since", field="reason")
    said = earning.date_back(rule=row.rule, since=row.since, reason=reason, by=by, now=lambda: at)
    if rules.definition(said) != row.definition:  # another version has begun since
        raise Refused("changed_since", field="reason")
    row.confirmed_at, row.given, row.reached = at, Tally().as_json(), 0
    row.save(update_fields=["confirmed_at", "given", "reached"])
    _queue_back(row, at)
    return row


def _queue_back(row: Backdating, at: datetime) -> None:
    deed = "judge" if row.confirmed_at else "rehearse"
    key = f"{DATE_BACK}:{row.pk}:{deed}:{row.reached}"
    payload = {"backdating": row.pk}
    queue(orders=[Order(kind=DATE_BACK, key=key, run_at=at, programme=row.programme, payload=payload)])


def work_back(*, programme: Programme, payload: dict[str, Any], at: datetime) -> None:
    """The worker's part, of the rehearsal and of the deed. Safe to run again from wherever it stopped."""
    row = queries.backdating(programme, pk=payload["backdating"])
    if row is None:
        return
    for _ in range(PORTIONS):
        if row.rests or not advance_back(backdating=row, at=at):
            return
    _queue_back(row, at)


@retried
def advance_back(*, backdating: Backdating, at: datetime) -> bool:
    """Judge what the next members bought, and add what that came to; False when somebody else did it meanwhile.

    Points and how far it has come are written together: killed anywhere, it goes on with nobody judged twice.
    """
    row = backdating
    people = queries.next_members(row.programme, since=row.since, after=row.reached, limit=PORTION)
    mine = Backdating.objects.of(row.programme).filter(pk=row.pk, reached=row.reached, confirmed_at=row.confirmed_at)
    over, kept = ("done_at", "given") if row.confirmed_at else ("looked_at", "found")
    reached = people[-1] if people else row.reached
    if not mine.filter(**{over: None}).update(reached=reached, **({} if people else {over: at})):
        row.refresh_from_db()
        return False
    tally = Tally.read(getattr(row, kept))
    if people:
        tally.add(_judged(row, people, at), among=people, unit=row.definition["unit"])
        Backdating.objects.of(row.programme).filter(pk=row.pk).update(**{kept: tally.as_json()})
    row.reached = reached
    setattr(row, kept, tally.as_json())
    setattr(row, over, None if people else at)
    return True


def _judged(row: Backdating, people: list[int], at: datetime) -> list[purchases.Judged]:
    if row.confirmed_at:
        return purchases.recompute(programme=row.programme, records=people, since=row.since, by=BY, at=at)
    back = rules.rule_set(row.programme).dated_back(row.rule_id, since=row.since, at=row.made_at)
    return purchases.rehearse_recompute(
        programme=row.programme, records=people, since=row.since, by=BY, at=at, rules=back.rules
    )
