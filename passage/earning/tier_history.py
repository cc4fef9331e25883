"""What is written of members' tiers, and what their credits, reviews and gifts by hand make of it: see the engine."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from passage.earning.models import Tier, TierChange, TierScheme
from passage.engine import tier_changes as engine
from passage.engine.tier_changes import NOTHING, Credit, Deed, Held, Past, Scheme
from passage.engine.tiers import Downgrade, TierPolicy, Window, window_start
from passage.engine.tiers import Tier as EngineTier
from passage.ledger import queries as ledger
from passage.members import queries as members
from passage.programme.models import Programme

NO_POLICY = TierPolicy()


def engine_tiers(row: TierScheme) -> tuple[EngineTier, ...]:
    """Lowest first."""
    return tuple(EngineTier(code, least) for code, least in sorted(row.thresholds.items(), key=lambda pair: pair[1]))


def policy(row: TierScheme) -> TierPolicy:
    return TierPolicy(
        window=Window(row.window),
        months=row.months,
        grace_days=row.grace_days,
        downgrade=Downgrade(row.downgrade),
        revoke_on_return=row.revoke_on_return,
    )


@dataclass(slots=True)
class TierHistory:
    """The tiers of a programme and the changes of some persons' tiers, with every review that is due by now.

    ``changes`` are by person; ``unwritten`` those of them that nobody has written yet. ``deeds`` are of all their
    records, ``credits`` as far back as has been asked for (``read_from``).
    """

    programme: Programme
    policy: TierPolicy = NO_POLICY
    tiers: tuple[EngineTier, ...] = ()
    rows: dict[str, Tier] = field(default_factory=dict)
    changes: dict[int, list[TierChange]] = field(default_factory=dict)
    schemes: tuple[Scheme, ...] = ()
    records: dict[int, int] = field(default_factory=dict)
    unwritten: dict[int, list[TierChange]] = field(default_factory=dict)
    _deeds: dict[int, list[Deed]] = field(default_factory=dict)
    _credits: dict[int, list[Credit]] = field(default_factory=dict)
    _before: dict[int, int] = field(default_factory=dict)
    _posted: dict[int, list[Credit]] = field(default_factory=dict)
    _read_from: datetime | None = None
    _has_sums: bool = False

    # -- asking --------------------------------------------------------------------------------

    def held(self, member_id: int, *, before: datetime) -> EngineTier | None:
        """The tier a sale at ``before`` earns at: a change at that very moment comes after it (E-40)."""
        found = _latest([change for change in self.changes.get(member_id, ()) if change.at < before])
        return self.standing_for(found, at=before) if found else None

    def now(self, member_id: int, *, at: datetime) -> EngineTier | None:
        found = self.latest(member_id, at=at)
        return self.standing_for(found, at=at) if found else None

    def latest(self, member_id: int, *, at: datetime | None = None) -> TierChange | None:
        """The member's last change, up to ``at``; of two at one moment the one recorded later."""
        return _latest([each for each in self.changes.get(member_id, ()) if at is None or each.at <= at])

    def standing_for(self, change: TierChange, *, at: datetime) -> EngineTier | None:
        """The tier that ``change`` left, as it is called at ``at``: the best of what it had needed if it is gone."""
        past = self._past(change.member_id)
        scheme = past.scheme(at)
        return past.tier(change.tier.code if change.tier else None, scheme) if scheme else None

    def due(self, member_id: int, *, at: datetime) -> datetime | None:
        """When the tier held at ``at`` is judged next or, given by hand, ends."""
        found = self.latest(member_id, at=at)
        due = engine.next_due(_value(found), self._past(member_id)) if found else None
        return due.at if due else None

    def credits_at(self, member_id: int, *, at: datetime) -> int:
        """Credits of the window that holds ``at``, as far as they have been earned by then."""
        start = window_start(self.policy, at=at, zone=self._zone)
        self._read(start or at, with_sums=start is None)
        return self._past(member_id).earned(start, at)

    def credits_within(self, member_id: int, start: datetime, end: datetime) -> int:
        """Credits from ``start`` on, before ``end``."""
        self._read(start, with_sums=False)
        return sum(each.amount for each in self._past(member_id).credits if start <= each.counts_at < end)

    def is_kept(self, member_id: int, *, since: datetime, at: datetime) -> bool:
        """Whether a tier is held that what came back since ``since`` would have taken: until its period ends (E-40)."""
        scheme = self._bare.scheme(at)
        if scheme is None or scheme.policy.revoke_on_return:
            return False
        start, begin = self._begin(member_id, since)
        self._read_for(begin, at)
        past = self._past(member_id)
        strict = [replace(each, policy=replace(each.policy, revoke_on_return=True)) for each in past.schemes]
        changes = engine.tier_changes(start, replace(past, schemes=strict), begin=begin, until=at)
        left, held = past.tier((changes or [start])[-1].code, scheme), self.now(member_id, at=at)
        return held is not None and (left is None or left.threshold < held.threshold)

    # -- judging -------------------------------------------------------------------------------

    def add_credits(self, credits: Iterable[tuple[int, Credit]]) -> None:
        """What this transaction has posted and not written yet, by record."""
        for record, credit in credits:
            self._posted.setdefault(self.records.get(record, record), []).append(credit)

    def judge(self, member_id: int, *, since: datetime, at: datetime, why: str, cause: uuid.UUID) -> list[TierChange]:
        """The changes to write after the person's credits have changed from ``since`` on.

        Replayed from what is written before ``since`` to ``at``; nothing that was written is changed, a later row at
        the same moment holds. ``why`` is said where a moment was written down that now changes nothing.
        """
        if not self.schemes:
            return []
        found = self._replayed(member_id, since=since, at=at, why=why)
        self.unwritten[member_id] = [*self.unwritten.get(member_id, ()), *found]
        return self.take_due(cause=cause, of=member_id)

    def take_due(self, *, cause: uuid.UUID, of: int | None = None) -> list[TierChange]:
        """What nobody has written yet (``of`` this person), to be written now."""
        people = [of] if of is not None else list(self.unwritten)
        changes = [change for person in people for change in self.unwritten.pop(person, ())]
        for change in changes:
            change.cause = cause
        return changes

    def look_ahead(self, *, at: datetime) -> None:
        """Know every review and every end of a gift that is due by ``at``, whether or not the nightly job has run."""
        late = [person for person in self.changes if (due := self.due(person, at=at)) is not None and due <= at]
        for person in late:
            found = self._replayed(person, since=at, at=at, why=TierChange.Why.REVIEWED)
            if found:
                self.unwritten[person] = found

    def read(self, *, since: datetime, at: datetime) -> None:
        """Read at once what judging anybody from ``since`` on will need."""
        begins = [self._begin(person, since)[1] for person in set(self.records.values())]
        self._read_for(min(begins, default=since), at)

    def _replayed(self, member_id: int, *, since: datetime, at: datetime, why: str) -> list[TierChange]:
        start, begin = self._begin(member_id, since)
        written = self.changes.setdefault(member_id, [])
        self._read_for(begin, at)
        past = self._past(member_id)
        until = max([at, *(each.at for each in written), *(each.counts_at for each in past.credits)])
        wanted = engine.tier_changes(start, past, begin=begin, until=until)
        later = [_value(each) for each in written if each.at >= begin]
        found = [self._row(member_id, each, why) for each in engine.corrections(later, wanted, start=start)]
        written.extend(found)
        return found

    def _begin(self, member_id: int, since: datetime) -> tuple[Held, datetime]:
        """What is held before ``since``, and from when on it is replayed."""
        before = _latest([each for each in self.changes.get(member_id, ()) if each.at < since])
        start = _value(before) if before else NOTHING
        return start, engine.replayed_from(start, self._bare, since=since)

    def _row(self, member_id: int, held: Held, why: str) -> TierChange:
        return TierChange(
            programme=self.programme,
            member_id=member_id,
            tier=self.rows[held.code] if held.code else None,
            why=held.why.value if held.why else why,
            credits=held.credits,
            at=held.at,
            since=held.since,
            until=held.until,
        )

    # -- reading -------------------------------------------------------------------------------

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.programme.zone)

    @property
    def _bare(self) -> Past:
        return Past(self.schemes, {code: row.threshold for code, row in self.rows.items()}, self._zone)

    def _past(self, member_id: int) -> Past:
        return Past(
            self.schemes,
            {code: row.threshold for code, row in self.rows.items()},
            self._zone,
            credits=[*self._credits.get(member_id, ()), *self._posted.get(member_id, ())],
            before=self._before.get(member_id, 0),
            deeds=self._deeds.get(member_id, ()),
        )

    def _read_for(self, begin: datetime, until: datetime) -> None:
        first, with_sums = engine.reads(self._bare, begin=begin, until=until)
        self._read(first, with_sums=with_sums)

    def _read(self, since: datetime, *, with_sums: bool) -> None:
        """Credits from ``since`` on one by one, and the sum of the older ones where a tier for life asks for it."""
        if self._read_from is not None and self._read_from <= since and (self._has_sums or not with_sums):
            return
        first = since if self._read_from is None else min(since, self._read_from)
        self._has_sums = self._has_sums or with_sums
        self._credits = ledger.credits(self.programme, records=self.records, since=first)
        if self._has_sums:
            self._before = ledger.credits_before(self.programme, records=self.records, until=first)
        self._read_from = first


def tier_history(
    programme: Programme, *, members: Collection[int], at: datetime | None = None, since: datetime | None = None
) -> TierHistory:
    """The scheme in force at ``at`` (None: the last one that was made), and all changes of the members' tiers.

    Four statements, and those that read credits where a review is due; one where there are no tiers. ``since``: they
    are to be judged from there on.
    """
    schemes = list(TierScheme.objects.of(programme).order_by("number"))
    if not schemes:
        return TierHistory(programme)
    found = TierHistory(
        programme,
        rows={row.code: row for row in Tier.objects.of(programme)},
        schemes=tuple(Scheme(row.effective_from, engine_tiers(row), policy(row)) for row in schemes),
        records=people_of(programme, members),
    )
    in_force = found.schemes[-1] if at is None else found._bare.scheme(at)
    if in_force is not None:
        found.policy, found.tiers = in_force.policy, in_force.tiers
    _read_changes(found)
    if at is not None:
        if since is not None and found.records:
            found.read(since=since, at=at)
        found.look_ahead(at=at)
    return found


def people_of(programme: Programme, members_: Collection[int]) -> dict[int, int]:
    return members.records(programme, people=members_) if members_ else {}


def _read_changes(history: TierHistory) -> None:
    rows = TierChange.objects.of(history.programme).filter(member_id__in=list(history.records)).select_related("tier")
    by_record: dict[int, list[TierChange]] = {}
    for change in rows.order_by("id"):
        by_record.setdefault(change.member_id, []).append(change)
    for record, changes in by_record.items():
        person = history.records[record]
        if person == record:
            history.changes[person] = changes
        history._deeds.setdefault(person, []).extend(_deeds(changes, is_own=person == record))


def _deeds(changes: Sequence[TierChange], *, is_own: bool) -> Iterable[Deed]:
    """What was done by hand: rows without a cause, but for the ends that the nightly job wrote before it named one."""
    given = [each for each in changes if each.why == TierChange.Why.GIVEN and each.cause is None]
    ends = {each.until for each in given}
    for each in changes:
        is_taking = each.why == TierChange.Why.ENDED and each.cause is None and each.at not in ends
        if is_taking or (each.why == TierChange.Why.GIVEN and each.cause is None):
            code = each.tier.code if each.tier and not is_taking else None
            yield Deed(each.at, code, each.until, each.member_id, is_own)


def _latest(changes: Sequence[TierChange]) -> TierChange | None:
    return max(enumerate(changes), key=lambda pair: (pair[1].at, pair[0]))[1] if changes else None


WHYS = {why.value: why for why in engine.Why}


def _value(change: TierChange) -> Held:
    return Held(
        change.at,
        change.tier.code if change.tier else None,
        change.since,
        WHYS.get(change.why),
        change.credits,
        change.until,
    )
