"""What each rule has given a member so far: read before a sale, moved by a sale and by what comes back of it.

Shared by the state, whose counters are rows, and by a trial, whose counters are forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Protocol

from passage.earning.models import RuleUsage
from passage.earning.queries import EVER
from passage.engine import conditions
from passage.engine.basket import NOTHING, Returned
from passage.engine.carry import normalised
from passage.engine.earning import Earned
from passage.engine.facts import Facts, Moment, Terms, Used
from passage.engine.returns import Kept
from passage.engine.rules import PerAmount, Rule
from passage.purchases.recorded import RecordedSale

Key = tuple[int, int, str, date]  # member, family, span, day


class Count(Protocol):
    points: int
    times: int
    carry: int


class Counters(Protocol):
    def usage(self, member_id: int, family: int, span: str, day: date) -> Count:
        """The counter to move."""
        ...


def feast_year(rule: Rule, facts: Facts, day: date, terms: Terms) -> int | None:
    """The year whose birthday or name day a feast rule celebrates on ``day``."""
    return conditions.feast_year(rule.when, facts, day, terms)


def used(counted: Mapping[Key, Count], member_id: int, rule: Rule, day: date, *, year: int | None) -> Used:
    """What ``rule`` has given the member ever, on ``day``, and for the feast of ``year``."""
    ever = counted.get((member_id, rule.family, RuleUsage.Span.EVER, EVER))
    today = counted.get((member_id, rule.family, RuleUsage.Span.DAY, day))
    feast = counted.get((member_id, rule.family, RuleUsage.Span.YEAR, date(year, 1, 1))) if year else None
    return Used(
        carry=ever.carry if ever else 0,
        points=ever.points if ever else 0,
        times=ever.times if ever else 0,
        day_points=today.points if today else 0,
        day_times=today.times if today else 0,
        year_times=feast.times if feast else 0,
    )


def count(
    counters: Counters,
    member_id: int,
    rule: Rule,
    when: tuple[date, int | None],
    *,
    points: int,
    times: int,
    carry: int,
) -> None:
    """Add to a rule's counters for the member, ``when`` a day and a feast's year; only those that somebody reads."""
    day, year = when
    limits = rule.limits
    spans = [
        (RuleUsage.Span.EVER, EVER, _carries(rule) or limits.member is not None or limits.times_member is not None),
        (RuleUsage.Span.DAY, day, limits.day is not None or limits.times_day is not None),
        (RuleUsage.Span.YEAR, date(year or 1, 1, 1), year is not None),
    ]
    for span, first, read in spans:
        if read:
            usage = counters.usage(member_id, rule.family, span, first)
            usage.points += points
            usage.times += times
            usage.carry += carry if span == RuleUsage.Span.EVER else 0


def count_sale(
    counters: Counters, member_id: int, earned: Iterable[Earned], *, facts: Facts, moment: Moment, terms: Terms
) -> None:
    """Count what a sale gave by each rule."""
    day = moment.local(terms).date()
    for each in earned:
        year = feast_year(each.rule, facts, day, terms)
        count(counters, member_id, each.rule, (day, year), points=each.points, times=1, carry=each.carry)


def recount(
    counters: Counters, member_id: int, past: RecordedSale, *, before: Returned, after: Returned
) -> dict[int, tuple[Rule, int]]:
    """By rule family, the points that the rest of the sale no longer earns; counters and remainders follow (E-03)."""
    if past.facts is None:
        return {}
    sale = past.earning(NOTHING)
    had_all, has_all = past.kept(before, sale=sale), past.kept(after, sale=sale)
    day = past.moment.local(past.terms).date()
    owed: dict[int, tuple[Rule, int]] = {}
    for family in dict.fromkeys([*had_all, *has_all]):
        rule = (had_all.get(family) or has_all[family]).rule
        had = had_all.get(family, Kept(rule, 0, 0))
        has = has_all.get(family, Kept(rule, 0, 0))
        points, carry = had.points - has.points, had.carry - has.carry
        times = int(bool(has.points or has.carry)) - int(bool(had.points or had.carry))
        year = feast_year(rule, past.facts, day, past.terms)
        count(counters, member_id, rule, (day, year), points=-points, times=times, carry=-carry)
        points -= _borrow(counters, member_id, rule) if carry else 0
        owed[family] = (rule, points)
    return owed


def _borrow(counters: Counters, member_id: int, rule: Rule) -> int:
    """Bring the member's remainder back between zero and one step; the points that makes (E-03)."""
    if not isinstance(rule.earns, PerAmount) or not rule.earns.carry:
        return 0
    usage = counters.usage(member_id, rule.family, RuleUsage.Span.EVER, EVER)
    points, usage.carry = normalised(usage.carry, rule.earns)
    usage.points += points
    return points


def _carries(rule: Rule) -> bool:
    return isinstance(rule.earns, PerAmount) and rule.earns.carry
