"""What each rule has given a person so far: read before a sale, moved by a sale and by what comes back of it.

Points and times stand under the record that the sale counts for, and a person's are those of all their records; the
remainder stands with the person. Shared by the batch, whose counters are rows, and by a trial, whose are forgotten.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from passage.earning.models import RuleUsage
from passage.earning.queries import EVER
from passage.engine.basket import NOTHING, Returned
from passage.engine.carry import normalised
from passage.engine.conditions import feast_year
from passage.engine.earning import Earned
from passage.engine.facts import Facts, Moment, Terms, Used
from passage.engine.returns import Kept
from passage.engine.rules import PerAmount, Rule
from passage.purchases.recorded import RecordedSale

Span = RuleUsage.Span
Key = tuple[int, int, str, date]  # record, family, span, day
# How much a sale counts by each rule: in which spans, points, times.
Counted = Iterable[tuple[Rule, tuple[date, int | None], int, int]]


@dataclass(frozen=True, slots=True)
class Holder:
    """For whom something is counted: ``record`` is the one that the sale counts for, ``person`` who that is today."""

    record: int
    person: int


class Count(Protocol):
    points: int
    times: int
    carry: int


class Counters(Protocol):
    def usage(self, record: int, family: int, span: str, day: date) -> Count:
        """The counter to move."""
        ...


def used(
    counted: Mapping[Key, Count],
    records: Collection[int],
    rule: Rule,
    day: date,
    *,
    year: int | None,
    later: Counted = (),
    carry: int | None = None,
) -> Used:
    """What ``rule`` has given the person of these records ever, on ``day``, and for the feast of ``year``.

    Without what ``later`` sales count; ``carry`` where the remainder is known otherwise.
    """
    ever = _sum(counted, records, rule, Span.EVER, EVER)
    today = _sum(counted, records, rule, Span.DAY, day)
    feast = _sum(counted, records, rule, Span.YEAR, date(year, 1, 1)) if year else [0, 0, 0]
    totals = {(str(Span.EVER), EVER): ever, (str(Span.DAY), day): today}
    totals |= {(str(Span.YEAR), date(year, 1, 1)): feast} if year else {}
    for each, when, points, times in later:
        if each.family != rule.family:
            continue
        for span, first in spans(each, when):
            total = totals.get((span, first))
            if total is not None:
                total[0] -= points
                total[1] -= times
    return Used(
        carry=ever[2] if carry is None else carry,
        points=ever[0],
        times=ever[1],
        day_points=today[0],
        day_times=today[1],
        year_times=feast[1],
    )


def _sum(counted: Mapping[Key, Count], records: Collection[int], rule: Rule, span: str, day: date) -> list[int]:
    rows = [row for each in records if (row := counted.get((each, rule.family, span, day))) is not None]
    return [sum(row.points for row in rows), sum(row.times for row in rows), sum(row.carry for row in rows)]


def spans(rule: Rule, when: tuple[date, int | None], /) -> Iterator[tuple[str, date]]:
    """The counters that somebody reads for this rule, on a day and for the feast of a year."""
    day, year = when
    limits = rule.limits
    if carries(rule) or limits.member is not None or limits.times_member is not None:
        yield str(Span.EVER), EVER
    if limits.day is not None or limits.times_day is not None:
        yield str(Span.DAY), day
    if year is not None:
        yield str(Span.YEAR), date(year, 1, 1)


def count(
    counters: Counters,
    holder: Holder,
    rule: Rule,
    when: tuple[date, int | None],
    *,
    points: int,
    times: int,
    carry: int,
) -> None:
    """Add to a rule's counters, ``when`` a day and a feast's year; only to those that somebody reads."""
    for span, first in spans(rule, when):
        row = counters.usage(holder.record, rule.family, span, first)
        row.points += points
        row.times += times
    if carry:
        counters.usage(holder.person, rule.family, Span.EVER, EVER).carry += carry


def count_sale(
    counters: Counters, holder: Holder, earned: Iterable[Earned], *, facts: Facts, moment: Moment, terms: Terms
) -> None:
    """Count what a sale gave by each rule."""
    day = moment.local(terms).date()
    for each in earned:
        year = feast_year(each.rule.when, facts, day, terms)
        count(counters, holder, each.rule, (day, year), points=each.points, times=1, carry=each.carry)


def recount(
    counters: Counters, holder: Holder, past: RecordedSale, *, before: Returned, after: Returned
) -> dict[int, tuple[Rule, int]]:
    """By rule family, the points that the rest of the sale no longer earns; counters and remainders follow (E-03)."""
    if past.facts is None:
        return {}
    sale = past.earning(NOTHING)
    had, has = past.kept(before, sale=sale), past.kept(after, sale=sale)
    return change(counters, holder, past, past, had=had, has=has)


def change(
    counters: Counters,
    holder: Holder,
    past: RecordedSale,
    now: RecordedSale,
    *,
    had: Mapping[int, Kept],
    has: Mapping[int, Kept],
) -> dict[int, tuple[Rule, int]]:
    """By rule family, the points that the sale does not give any more (below zero: that it gives beyond).

    ``past`` and ``now`` are the sale as it was judged and as it is; ``had`` and ``has`` what each comes to.
    """
    owed: dict[int, tuple[Rule, int]] = {}
    for family in dict.fromkeys([*had, *has]):
        mine, theirs = had.get(family), has.get(family)
        rule = mine.rule if mine is not None else has[family].rule
        if mine is not None:
            _count_kept(counters, holder, past, mine, sign=-1)
        if theirs is not None:
            _count_kept(counters, holder, now, theirs, sign=1)
        points = (mine.points if mine else 0) - (theirs.points if theirs else 0)
        carry = (mine.carry if mine else 0) - (theirs.carry if theirs else 0)
        owed[family] = (rule, points - (_borrow(counters, holder, rule) if carry else 0))
    return owed


def _count_kept(counters: Counters, holder: Holder, past: RecordedSale, kept: Kept, *, sign: int) -> None:
    when = past.counted_in(kept.rule)
    times = int(bool(kept.points or kept.carry))
    count(counters, holder, kept.rule, when, points=sign * kept.points, times=sign * times, carry=sign * kept.carry)


def _borrow(counters: Counters, holder: Holder, rule: Rule) -> int:
    """Bring the person's remainder back between zero and one step; the points that makes (E-03)."""
    if not isinstance(rule.earns, PerAmount) or not rule.earns.carry:
        return 0
    row = counters.usage(holder.person, rule.family, Span.EVER, EVER)
    points, row.carry = normalised(row.carry, rule.earns)
    counters.usage(holder.record, rule.family, Span.EVER, EVER).points += points
    return points


def carries(rule: Rule) -> bool:
    return isinstance(rule.earns, PerAmount) and rule.earns.carry
