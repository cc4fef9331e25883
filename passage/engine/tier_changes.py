"""Tiers through time: what credits, reviews, schemes and gifts by hand make of them, as one pure function (E-40).

It replays: a credit lifts at its moment, a review judges at its due moment, a gift by hand holds until its end. So the
order in which sales, returns and merges arrived changes nothing, and neither does whether the nightly job has run.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from zoneinfo import ZoneInfo

from passage.engine.tiers import Tier, TierPolicy, Window, judged_window, qualified, review_due, reviewed, window_start

BEGINNING = datetime.min.replace(tzinfo=UTC)


class Why(StrEnum):
    REACHED = "reached"
    REVIEWED = "reviewed"
    GIVEN = "given"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Credit:
    """``amount`` counts at ``counts_at``, the moment of the sale, also where a return at ``occurred_at`` takes it back."""

    counts_at: datetime
    occurred_at: datetime
    amount: int


@dataclass(frozen=True, slots=True)
class Scheme:
    """Which tiers there are from ``since`` on, and how they are won and lost."""

    since: datetime
    tiers: tuple[Tier, ...]
    policy: TierPolicy


@dataclass(frozen=True, slots=True)
class Deed:
    """A tier given by hand until ``until`` (None: until it is taken back); without a ``code`` it is taken back.

    ``record`` is whom it was done to; ``is_own``: the person's own record, not one that a merge brought.
    """

    at: datetime
    code: str | None
    until: datetime | None
    record: int
    is_own: bool


@dataclass(frozen=True, slots=True)
class Held:
    """The tier from ``at`` on, and when its period began. ``until`` is the end of one given by hand.

    Without ``why`` it goes on as it was: only what had been written down at that moment differs.
    """

    at: datetime
    code: str | None
    since: datetime
    why: Why | None
    credits: int = 0
    until: datetime | None = None

    @property
    def is_given(self) -> bool:
        return self.why is Why.GIVEN

    def is_as(self, other: Held) -> bool:
        """Whether both hold the same tier, since the same moment and until the same one."""
        if self.code is None or other.code is None:
            return self.code == other.code
        mine, theirs = (self.code, self.since, self.is_given), (other.code, other.since, other.is_given)
        return mine == theirs and (not self.is_given or self.until == other.until)


NOTHING = Held(BEGINNING, None, BEGINNING, None)


@dataclass(frozen=True, slots=True)
class Past:
    """All that decides a person's tier. ``before``: the sum of the credits older than those told one by one.

    ``schemes`` oldest first; ``known``: what each tier asked for last, for one that a scheme does not know any more.
    """

    schemes: Sequence[Scheme]
    known: Mapping[str, int]
    zone: ZoneInfo
    credits: Sequence[Credit] = ()
    before: int = 0
    deeds: Sequence[Deed] = ()

    def scheme(self, moment: datetime) -> Scheme | None:
        """The scheme in force: of two that begin together the later one."""
        index = bisect_right(self.schemes, moment, key=lambda each: each.since)
        return self.schemes[index - 1] if index else None

    def tier(self, code: str | None, scheme: Scheme) -> Tier | None:
        """The tier that was called ``code``; where there is none any more, the best that asks for no more."""
        if code is None:
            return None
        same = next((tier for tier in scheme.tiers if tier.code == code), None)
        return same or qualified(scheme.tiers, self.known.get(code, 0))

    def earned(self, start: datetime | None, last: datetime) -> int:
        """Credits from ``start`` (None: ever) to ``last``, by all that is known today."""
        recent = sum(
            each.amount
            for each in self.credits
            if (start is None or start <= each.counts_at) and each.counts_at <= last
        )
        return recent + (self.before if start is None else 0)


@dataclass(frozen=True, slots=True)
class Due:
    """A moment at which a tier ends or is judged; without a ``scheme`` it is the end of one given by hand."""

    at: datetime
    scheme: Scheme | None


def next_due(held: Held, past: Past) -> Due | None:
    """When ``held`` ends or is judged. By the scheme in force then, and never because a scheme began: where its
    policy would have judged before it was there, the period begins with it.
    """
    if held.code is None:
        return None
    if held.is_given:
        return Due(held.until, None) if held.until is not None else None
    for scheme, following in zip(past.schemes, [*past.schemes[1:], None], strict=True):
        if (following is not None and following.since <= held.at) or past.tier(held.code, scheme) is None:
            continue
        due = review_due(scheme.policy, since=held.since, zone=past.zone)
        if due is not None and due < scheme.since:
            due = review_due(scheme.policy, since=scheme.since, zone=past.zone)
        if due is not None and due > held.since and (following is None or due < following.since):
            return Due(due, scheme)
    return None


def replayed_from(held: Held, past: Past, *, since: datetime) -> datetime:
    """Where a replay begins that is to be right from ``since`` on: at what is due before and was not done."""
    due = next_due(held, past)
    return since if due is None else min(since, max(due.at, held.at))


def reads(past: Past, *, begin: datetime, until: datetime) -> tuple[datetime, bool]:
    """From when on a replay needs credits one by one, and whether it needs the sum of the older ones as well."""
    in_force = [
        scheme
        for scheme, following in zip(past.schemes, [*past.schemes[1:], None], strict=True)
        if scheme.since <= until and (following is None or following.since >= begin)
    ]
    first = begin
    for scheme in in_force:
        # A review judges the window that ended its days of grace before.
        earliest = begin - timedelta(days=scheme.policy.grace_days + 2)
        first = min(first, window_start(scheme.policy, at=earliest, zone=past.zone) or first)
    return first, any(scheme.policy.window is Window.LIFETIME for scheme in in_force)


def tier_changes(held: Held, past: Past, *, begin: datetime, until: datetime) -> list[Held]:
    """Every change from ``begin`` to ``until``, in order, beginning with what is ``held`` before."""
    return _Replay(held, past).run(begin, until)


def corrections(written: Sequence[Held], wanted: Sequence[Held], *, start: Held) -> list[Held]:
    """What must be written for the latest of each moment to say what is ``wanted``, both after ``start``, in order."""
    said, should = _last_of_each(written), _last_of_each(wanted)
    missing, now = [], start
    for moment in sorted({*said, *should}):
        before, now = now, should.get(moment, now)
        if not said.get(moment, before).is_as(now):
            missing.append(now if now.at == moment else _going_on(now, moment))
    return missing


def _last_of_each(changes: Sequence[Held]) -> dict[datetime, Held]:
    return {each.at: each for each in changes}


def _going_on(held: Held, moment: datetime) -> Held:
    return replace(held, at=moment, why=Why.GIVEN if held.is_given else None)


class _Sums:
    """Credits of any window, as far as they were known at a moment."""

    def __init__(self, credits: Sequence[Credit], before: int) -> None:
        ordered = sorted(credits, key=lambda each: each.counts_at)
        self.moments = [each.counts_at for each in ordered]
        self._totals = list(accumulate((each.amount for each in ordered), initial=before))
        self._late = [each for each in ordered if each.occurred_at > each.counts_at]

    def between(self, start: datetime | None, last: datetime, *, seen: datetime | None, open_end: bool = False) -> int:
        """From ``start`` (None: ever) to ``last`` (``open_end``: before it); ``seen``: without what happened later."""
        find = bisect_left if open_end else bisect_right
        end = find(self.moments, last)
        first = self._totals[bisect_left(self.moments, start)] if start is not None else 0
        unseen = sum(
            each.amount
            for each in self._late
            if seen is not None
            and each.occurred_at > seen
            and (start is None or start <= each.counts_at)
            and (each.counts_at < last or (each.counts_at == last and not open_end))
        )
        return self._totals[end] - first - unseen


class _Replay:
    def __init__(self, held: Held, past: Past) -> None:
        self.held, self.past = held, past
        self.sums = _Sums(past.credits, past.before)
        self.deeds = sorted(past.deeds, key=lambda each: each.at)
        self.changes: list[Held] = []

    def run(self, begin: datetime, until: datetime) -> list[Held]:
        moments = sorted({moment for moment in self.sums.moments if begin <= moment <= until})
        events: list[tuple[datetime, Deed | None]] = [(moment, None) for moment in moments]
        events += [(deed.at, deed) for deed in self.deeds if begin <= deed.at <= until]
        # Of one moment: what ends there, then what was bought, then what was done by hand.
        for moment, deed in sorted(events, key=lambda each: (each[0], each[1] is not None)):
            self._pass(moment)
            if deed is None:
                self._reach(moment)
            else:
                self._obey(deed)
        self._pass(until)
        return self.changes

    def _change(self, at: datetime, tier: Tier | None, why: Why, credits: int) -> None:
        self._hold(Held(at, tier.code if tier else None, at, why, credits))

    def _hold(self, held: Held) -> None:
        self.held = held
        self.changes.append(held)

    def _reach(self, moment: datetime) -> None:
        """The tier after a sale: never down. What came back whole had never been, or had been, as the policy says."""
        scheme = self.past.scheme(moment)
        if scheme is None:
            return
        seen = None if scheme.policy.revoke_on_return else moment
        if self.sums.between(moment, moment, seen=seen) <= 0:
            return
        credits = self._credits(scheme, moment)
        reached, held = qualified(scheme.tiers, credits), self.past.tier(self.held.code, scheme)
        if reached is not None and (held is None or reached.threshold > held.threshold):
            self._change(moment, reached, Why.REACHED, credits)

    def _credits(self, scheme: Scheme, moment: datetime) -> int:
        """Credits of the window that holds ``moment``, as far as they have been earned by then."""
        start = window_start(scheme.policy, at=moment, zone=self.past.zone)
        return self.sums.between(start, moment, seen=None if scheme.policy.revoke_on_return else moment)

    def _pass(self, moment: datetime) -> None:
        """All that is due by ``moment``: more than one period may have ended."""
        while (due := next_due(self.held, self.past)) is not None and due.at <= moment:
            if due.scheme is None:
                self._end(due.at)
            else:
                self._review(due.scheme, due.at)

    def _review(self, scheme: Scheme, due: datetime) -> None:
        held = self.past.tier(self.held.code, scheme)
        assert held is not None  # else nothing were due
        start, end = judged_window(scheme.policy, due=due, zone=self.past.zone)
        seen = None if scheme.policy.revoke_on_return else due
        credits = self.sums.between(start, end, seen=seen, open_end=True)
        tier = reviewed(scheme.tiers, held=held, credits=credits, policy=scheme.policy)
        self._change(max(due, self.held.at), tier, Why.REVIEWED, credits)

    def _end(self, moment: datetime) -> None:
        """What was given by hand is over: what was given besides it holds, or what was earned."""
        given, scheme = self._given(moment), self.past.scheme(moment)
        if given is not None:
            self._hold(Held(moment, given.code, given.at, Why.GIVEN, self.held.credits, given.until))
            return
        credits = self._credits(scheme, moment) if scheme else 0
        self._change(moment, qualified(scheme.tiers, credits) if scheme else None, Why.ENDED, credits)

    def _obey(self, deed: Deed) -> None:
        """The person's own gift counts whatever was earned; one that a merge brought, only where it is higher."""
        given = self._given(deed.at)
        if given is None:
            if self.held.is_given:
                self._end(deed.at)
            return
        if self.held.is_given or (deed.is_own and deed.code is not None) or self._is_higher(given):
            scheme = self.past.scheme(deed.at)
            credits = self._credits(scheme, deed.at) if scheme else 0
            self._hold(Held(deed.at, given.code, given.at, Why.GIVEN, credits, given.until))

    def _given(self, moment: datetime) -> Deed | None:
        """The best of what was given by hand and still holds at ``moment``: one for each record of the person."""
        running: dict[int, Deed] = {}
        for deed in self.deeds:
            if deed.at > moment:
                break
            if deed.code is not None:
                running[deed.record] = deed
            elif deed.is_own:
                running.clear()
            else:
                running.pop(deed.record, None)
        alive = [each for each in running.values() if each.until is None or each.until > moment]
        return max(alive, key=lambda each: (self._threshold(each.code, moment), each.is_own), default=None)

    def _is_higher(self, deed: Deed) -> bool:
        return self._threshold(deed.code, deed.at) > self._threshold(self.held.code, deed.at)

    def _threshold(self, code: str | None, moment: datetime) -> int:
        scheme = self.past.scheme(moment)
        tier = self.past.tier(code, scheme) if scheme else None
        return tier.threshold if tier else 0
