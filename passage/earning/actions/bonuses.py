"""Points for what is no purchase: joining, a birthday, a name day. Each once, however often the worker looks (E-41)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from passage.earning import queries
from passage.earning.actions.rules import write_usages
from passage.earning.models import RuleUsage
from passage.engine.conditions import Case, failing
from passage.engine.expiry import active_from, expires_at
from passage.engine.facts import Moment, Terms, celebration_year
from passage.engine.lots import NEVER
from passage.engine.reasons import Because, because
from passage.engine.rules import Event, Occasion, Rule
from passage.ledger.actions import AccountBatch, Cause, Life
from passage.members import queries as members
from passage.members.models import Member
from passage.programme import queries as programmes
from passage.programme.models import Programme

LOOK_BACK = timedelta(days=3)  # a worker that stood still for a weekend forgets nobody
AT_ONCE = 200
LEAP_DAY = "02-29"


def welcome(*, programme: Programme, at: datetime, by: str = "system:bonuses") -> int:
    """Give whoever has just joined the bonuses for joining; how many. Safe to run again."""
    return _give_all(programme, {Occasion.JOINED}, at, by)


def keep_feasts(*, programme: Programme, at: datetime, by: str = "system:bonuses") -> int:
    """Give the bonuses of today's birthdays and name days; how many. Safe to run again."""
    return _give_all(programme, {Occasion.BIRTHDAY, Occasion.NAME_DAY}, at, by)


def _give_all(programme: Programme, occasions: set[Occasion], at: datetime, by: str) -> int:
    """Bonuses count for no level: a level is reached by buying."""
    rule_set = queries.rule_set(programme)
    terms = programmes.terms(programme=programme)
    given = 0
    for rule in rule_set.at(at):
        if isinstance(rule.earns, Event) and rule.earns.on in occasions:
            for people in _due(programme, rule_set, rule, rule.earns, at, terms):
                given += _give(programme, rule, rule.earns, people, at, by, terms)
    return given


def _due(
    programme: Programme, rule_set: queries.RuleSet, rule: Rule, earns: Event, at: datetime, terms: Terms
) -> Iterator[list[tuple[int, date]]]:
    """Members whose occasion it is, with the year that it is kept in, some at a time and in the order of their keys."""
    after = 0
    rows = Member.objects.of(programme).active().filter(_whose(earns.on, at, terms)).order_by("id")
    while people := list(rows.filter(id__gt=after)[:AT_ONCE]):
        after = people[-1].pk
        kept = [(person, when) for person in people if (when := _kept_in(person, rule_set, rule, earns, at, terms))]
        wanted = [person.pk for person, _ in kept] if rule.when.tiers else []
        tiers = queries.tier_history(programme, members=wanted, at=at) if wanted else queries.TierHistory(programme)
        yield [
            (person.pk, each.year) for person, each in kept if not _failing(rule, person, each.judged_at, tiers, terms)
        ]


@dataclass(frozen=True, slots=True)
class Kept:
    """An occasion that is to be kept: the first day of the year it belongs to (for joining: of all years), and the
    moment whose facts count."""

    year: date
    judged_at: datetime


def _failing(rule: Rule, person: Member, at: datetime, tiers: queries.TierHistory, terms: Terms) -> bool:
    """Whether the rule is not for this member, as they are known at that moment."""
    facts = queries.facts(person, tier=tiers.now(person.pk, at=at))
    return failing(rule.when, Case(0, (), terms.currency, facts, Moment(at), terms), name=rule.name) is not None


def _whose(on: Occasion, at: datetime, terms: Terms) -> Q:
    if on is Occasion.JOINED:
        return Q(joined_at__gt=at - LOOK_BACK, joined_at__lte=at)
    today = at.astimezone(terms.tz).date()
    days = {f"{today - timedelta(days=back):%m-%d}" for back in range(LOOK_BACK.days)}
    return Q(**{f"{on.value}__in": [*days, LEAP_DAY] if days & {"02-28", "03-01"} else days})


def _kept_in(
    person: Member, rule_set: queries.RuleSet, rule: Rule, earns: Event, at: datetime, terms: Terms
) -> Kept | None:
    """The occasion, or None where it is not due. A feast that the worker missed is judged by its own last moment."""
    if earns.on is Occasion.JOINED:
        was_in_force = any(each.family == rule.family for each in rule_set.at(person.joined_at))
        return Kept(queries.EVER, at) if was_in_force else None
    text: str = getattr(person, earns.on.value)
    today = at.astimezone(terms.tz).date()
    for back in range(LOOK_BACK.days):
        day = today - timedelta(days=back)
        feast = int(text[:2]), int(text[3:])
        year = celebration_year(feast, on=day, within=0, leap_on_28th=terms.leap_day_on_28th)
        last = datetime.combine(day, datetime.max.time(), tzinfo=terms.tz)
        if year is not None and any(each.family == rule.family for each in rule_set.at(last)):
            return Kept(date(year, 1, 1), min(last, at))
    return None


@transaction.atomic
def _give(
    programme: Programme,
    rule: Rule,
    earns: Event,
    people: Sequence[tuple[int, date]],
    at: datetime,
    by: str,
    terms: Terms,
) -> int:
    span = RuleUsage.Span.EVER if earns.on is Occasion.JOINED else RuleUsage.Span.YEAR
    had = _had(programme, rule, span, [pk for pk, _ in people])
    missing = {pk: when for pk, when in people if (pk, when) not in had}
    if not missing:
        return 0  # almost always: no lock is taken for looking
    accounts = AccountBatch.open(programme=programme, members=missing)
    had = _had(programme, rule, span, missing)
    lifespan = accounts.units[rule.unit].terms(at)
    start = active_from(pending_days=lifespan.pending_days, at=at, zone=terms.tz)
    life = Life(start, expires_at(lifespan.expiry, start=start, zone=terms.tz))
    steps = [because(Because.FIXED, rule=rule.name, points=earns.points)]
    steps += [because(Because.PENDING, until=start.isoformat())] if start > at else []
    steps += [because(Because.EXPIRES, on=life.expires_at.isoformat())] if life.expires_at != NEVER else []
    usages = []
    for member_id, when in missing.items():
        if (member_id, when) not in had:
            cause = Cause(uuid.uuid4(), by, at, at)
            accounts.account_state(member_id, rule.unit).credit(
                earns.points, kind="earn", cause=cause, life=life, steps=steps
            )
            row = RuleUsage(programme=programme, member_id=member_id, rule_id=rule.family, span=span, day=when)
            row.points, row.times = earns.points, 1
            usages.append(row)
    accounts.write()
    write_usages(usages)
    return len(usages)


def _had(programme: Programme, rule: Rule, span: str, people: Collection[int]) -> set[tuple[int, date]]:
    """Who has had it for which year already, under any record of theirs."""
    records = members.records(programme, people=people)
    rows = RuleUsage.objects.of(programme).filter(rule_id=rule.family, span=span, times__gte=1)
    given = rows.filter(member_id__in=list(records)).values_list("member_id", "day")
    return {(records[record], day) for record, day in given}
