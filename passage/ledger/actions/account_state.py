"""One locked account in memory: what is posted here is written by the AccountBatch, all or nothing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from passage.engine import lots as engine
from passage.engine.expiry import idle_until
from passage.engine.facts import Clawback
from passage.engine.lots import NEVER, NotEnoughPoints, Taken
from passage.engine.reasons import Because, Step, because
from passage.ledger.actions.posting import Cause, Clawed, LedgerEffects, Life
from passage.ledger.models import Account, Allocation, Debt, Entry, Lot, Reservation, Unit

# Keys of lots that are not written yet lie beyond any row id: they come last among equals.
NEW = 2**62


class AccountState:
    """A member's account of one unit, with its open lots and debts."""

    def __init__(self, *, account: Account, unit: Unit, posted: LedgerEffects) -> None:
        self.account = account
        self.unit = unit
        self.lots: dict[int, Lot] = {}
        self.debts: list[Debt] = []
        self._posted = posted
        self.touched = False
        self.most_owed = account.debt  # at any moment since: a debt may come and go within one batch

    # -- reading -------------------------------------------------------------------------------

    def add_lot(self, lot: Lot) -> int:
        """Know a lot; the key it goes by in the engine's answers."""
        if lot._state.adding:
            key = NEW + len(self._posted.known)
        else:
            key = lot.pk
        self.lots[key] = self._posted.known[key] = lot
        return key

    def values(self) -> list[engine.Lot]:
        return [
            engine.Lot(key, lot.left, lot.opened_at, lot.active_from, lot.expires_at or NEVER)
            for key, lot in self.lots.items()
        ]

    def available(self, *, at: datetime) -> int:
        """Points free to spend at ``at``: none while there is a debt."""
        if self.account.debt:
            return 0
        return max(engine.available(self.values(), at=at) - self.account.reserved, 0)

    # -- posting -------------------------------------------------------------------------------

    def credit(
        self,
        points: int,
        *,
        kind: str,
        cause: Cause,
        life: Life,
        steps: Sequence[Step],
        credits: int = 0,
        instead_of: Lot | None = None,
    ) -> Entry:
        """Post points as one lot; debts are repaid from it first, oldest first (E-22)."""
        entry = self._entry(kind, points, cause, steps, credits)
        if points > 0:
            lot = Lot(
                programme_id=self.account.programme_id,
                account=self.account,
                entry=entry,
                size=points,
                left=points,
                opened_at=cause.occurred_at,
                active_from=life.active_from,
                expires_at=None if life.expires_at == NEVER else life.expires_at,
                instead_of=instead_of,
            )
            self._posted.lots.append(lot)
            self.add_lot(lot)
            self._repay(entry, lot, cause.at)
        return entry

    def spend(
        self,
        points: int,
        *,
        cause: Cause,
        steps: Sequence[Step],
        kind: str = Entry.Kind.SPEND,
        held_at: datetime | None = None,
    ) -> Entry:
        """Take exactly ``points`` from usable lots, soonest to expire first, or raise NotEnoughPoints.

        ``held_at`` is when a reservation of these points, closed just before, was made: lots that were
        good then are still good (E-19), and a debt that came later does not undo it.
        """
        usable = [
            lot for lot in self.values() if lot.usable(at=cause.at) or (held_at is not None and lot.usable(at=held_at))
        ]
        free = sum(lot.left for lot in usable) - self.account.reserved
        if self.account.debt and held_at is None:
            free = 0
        if points > free:
            raise NotEnoughPoints(points - max(free, 0))
        entry = self._entry(kind, -points, cause, steps, 0)
        self._take(entry, engine.take_up_to(usable, points), cause.at)
        return entry

    def clawback(
        self,
        owed: int,
        *,
        own: Sequence[Lot],
        policy: Clawback,
        cause: Cause,
        steps: Sequence[Step],
        expired: int = 0,
        credits: int = 0,
    ) -> Clawed:
        """Take back ``owed`` points: from the sale's ``own`` lots, then others, then by ``policy`` (E-21)."""
        mine = {key for key, lot in self.lots.items() if any(lot is each for each in own)}
        free = max(sum(lot.left for lot in self.lots.values()) - self.account.reserved, 0)
        values = self.values()
        taken = engine.take_up_to((lot for lot in values if lot.key in mine), min(owed, free))
        rest = owed - sum(part.points for part in taken)
        others = [lot for lot in values if lot.key not in mine and lot.expires_at > cause.at]
        if policy is Clawback.PENDING_ONLY:
            others = [lot for lot in others if lot.active_from > cause.at]
        room = free - (owed - rest)
        taken += engine.take_up_to(others, min(rest, room))
        got = sum(part.points for part in taken)
        debt = owed - got if policy is Clawback.DEBT else 0
        result = Clawed(owed, got, debt, owed - got - debt, expired)
        if got + debt or credits:
            entry = self._entry(Entry.Kind.CLAWBACK, -(got + debt), cause, [*steps, *_remarks(result)], -credits)
            self._take(entry, taken, cause.at)
            self._owe(entry, debt)
        return result

    def restore(self, back: Sequence[Taken], *, cause: Cause, steps: Sequence[Step], least_days: int) -> int:
        """Put points back into the lots they came from (E-20); how many came back.

        A lot that has expired meanwhile is replaced by one of ``least_days``, or, at 0, stays expired. A lot
        of a member who was merged into this one is replaced by one with the same end.
        """
        late = [part for part in back if not self._good(part.key, cause.at)]
        good = [part for part in back if part not in late]
        late = late if least_days else []
        points = sum(part.points for part in (*good, *late))
        if not points:
            return 0
        until = cause.at + timedelta(days=least_days)
        remarks = []
        if late:
            gone = sum(part.points for part in late)
            remarks = [because(Because.RESTORED_LATE, points=gone, until=until.isoformat())]
        entry = self._entry(Entry.Kind.RESTORE, points, cause, [*steps, *remarks], 0)
        for part in good:
            lot = self._posted.known[part.key]
            if part.key in self.lots:
                self._allocate(entry, lot, part.points, cause.at)
            else:
                self._replace(entry, lot, part.points, lot.expires_at, cause)
        for part in late:
            self._replace(entry, self._posted.known[part.key], part.points, until, cause)
        self.settle_debts(at=cause.at)
        return points

    def expire(self, *, at: datetime, by: str) -> int:
        """Expire what is left of lots past their end, but for what open reservations hold (E-19)."""
        ended = [key for key, lot in self.lots.items() if lot.left and lot.expires_at and lot.expires_at <= at]
        idle = self.account.idle_until is not None and self.account.idle_until <= at
        if idle:
            ended = [key for key, lot in self.lots.items() if lot.left]
        rest = sum(lot.left for key, lot in self.lots.items() if key not in ended)
        keep = max(self.account.reserved - rest, 0)
        gone = 0
        for key in sorted(ended, key=lambda key: (self.lots[key].expires_at or NEVER, key)):
            lot = self.lots[key]
            points = max(lot.left - keep, 0)
            keep = max(keep - lot.left, 0)
            if points:
                moment = (self.account.idle_until if idle else lot.expires_at) or at
                cause = Cause(uuid.uuid4(), by, moment, at)
                entry = self._entry(Entry.Kind.EXPIRE, -points, cause, [because(Because.EXPIRED, points=points)], 0)
                self._take(entry, (Taken(key, points),), at)
                gone += points
        return gone

    def hold(self, points: int, *, at: datetime, until: datetime) -> Reservation:
        """Reserve points for an order, or raise NotEnoughPoints."""
        have = self.available(at=at)
        if points > have:
            raise NotEnoughPoints(points - have)
        self.account.reserved += points
        self.touched = True
        reservation = Reservation(
            programme_id=self.account.programme_id, account=self.account, points=points, made_at=at, until=until
        )
        self._posted.reservations.append(reservation)
        return reservation

    def let_go(self, reservation: Reservation, *, state: str, at: datetime) -> None:
        """Close a reservation; its points are free again, and repay debts first."""
        if reservation.state != Reservation.State.OPEN:
            raise ValueError("only an open reservation can be closed")
        reservation.state = state
        reservation.closed_at = at
        self.account.reserved -= reservation.points
        self.touched = True
        self._posted.reservations.append(reservation)

    def prolong(self, reservation: Reservation, *, until: datetime) -> None:
        """An open reservation holds its points for longer."""
        if reservation.state != Reservation.State.OPEN or until < reservation.until:
            raise ValueError("only an open reservation can be made longer, and never shorter")
        reservation.until = until
        self._posted.reservations.append(reservation)

    def move_into(self, other: AccountState, *, cause: Cause, credits: Sequence[tuple[datetime, int]] = ()) -> None:
        """All there is here goes to ``other``: lots with their dates, debts, reservations, tier credits (E-31)."""
        parts = [(key, lot.left) for key, lot in self.lots.items() if lot.left]
        points = sum(left for _, left in parts)
        if points:
            steps = [because(Because.MERGED, points=points)]
            out = self._entry(Entry.Kind.MERGE, -points, cause, steps, 0)
            self._take(out, [Taken(key, left) for key, left in parts], cause.at)
            into = other._entry(Entry.Kind.MERGE, points, cause, steps, 0)
            for key, left in parts:
                other._replace(into, self.lots[key], left, self.lots[key].expires_at, cause)
        self._move_debt(other, cause)
        other.account.reserved += self.account.reserved
        self.account.reserved = 0
        self.touched = other.touched = True
        for moment, amount in credits:
            self._credit_only(-amount, cause, moment)
            other._credit_only(amount, cause, moment)
        other.settle_debts(at=cause.at)

    def move_back(self, other: AccountState, *, cause: Cause, credits: Sequence[tuple[datetime, int]] = ()) -> None:
        """The way back of `move_into` for lots that ``cause`` made here and nobody has touched since."""
        mine = [(key, lot) for key, lot in self.lots.items() if lot.entry.cause == cause.id and lot.instead_of_id]
        points = sum(lot.size for _, lot in mine)
        if points:
            steps = [because(Because.MERGED, points=points)]
            out = self._entry(Entry.Kind.MERGE, -points, cause, steps, 0)
            self._take(out, [Taken(key, lot.size) for key, lot in mine], cause.at)
            into = other._entry(Entry.Kind.MERGE, points, cause, steps, 0)
            for _, lot in mine:
                assert lot.instead_of_id is not None  # only such lots are mine
                other._allocate(into, other.lots[lot.instead_of_id], lot.size, cause.at)
        for moment, amount in credits:
            self._credit_only(-amount, cause, moment)
            other._credit_only(amount, cause, moment)

    def close(self, *, cause: Cause) -> int:
        """The end, because the person is forgotten: what they owe is written off, what they have expires; how much.

        Nothing may be reserved any more.
        """
        if self.account.reserved:
            raise ValueError("an account with something reserved is not closed")
        owed = self.account.debt
        if owed:
            steps = [because(Because.ERASED, points=owed)]
            self.credit(owed, kind=Entry.Kind.ADJUST, cause=cause, life=Life(cause.at), steps=steps)
        parts = [Taken(key, lot.left) for key, lot in self.lots.items() if lot.left]
        points = sum(part.points for part in parts)
        if points:
            entry = self._entry(Entry.Kind.EXPIRE, -points, cause, [because(Because.ERASED, points=points)], 0)
            self._take(entry, parts, cause.at)
        return points

    def keep_alive(self, *, active_at: datetime, zone: ZoneInfo) -> None:
        """Move the end by inactivity: a purchase or a redemption keeps the points (E-23)."""
        until = idle_until(self.unit.terms(active_at).expiry, active_at=active_at, zone=zone)
        if until != NEVER and (self.account.idle_until is None or self.account.idle_until < until):
            self.account.idle_until = until
            self.touched = True

    def settle_debts(self, *, at: datetime) -> None:
        """Repay debts from points that are free (after a reservation ended or points came back)."""
        free = sum(lot.left for lot in self.lots.values()) - self.account.reserved
        for debt in self.debts:
            for part in engine.take_up_to(self.values(), min(debt.left, max(free, 0))):
                self._pay(debt, self.lots[part.key], part.points, at)
                free -= part.points

    def _move_debt(self, other: AccountState, cause: Cause) -> None:
        owed = self.account.debt
        if owed:
            steps = [because(Because.MERGED, points=owed)]
            self.credit(owed, kind=Entry.Kind.MERGE, cause=cause, life=Life(cause.at), steps=steps)
            other.clawback(owed, own=(), policy=Clawback.DEBT, cause=cause, steps=steps)

    def _credit_only(self, credits: int, cause: Cause, moment: datetime) -> None:
        """Tier credits without points, counting at the moment they were earned."""
        steps = [because(Because.MERGED, points=0)]
        self._entry(Entry.Kind.MERGE, 0, replace(cause, counts_at=moment), steps, credits)

    # -- the parts of posting ------------------------------------------------------------------

    def _entry(self, kind: str, points: int, cause: Cause, steps: Sequence[Step], credits: int) -> Entry:
        entry = Entry(
            programme_id=self.account.programme_id,
            account=self.account,
            kind=kind,
            points=points,
            credits=credits,
            cause=cause.id,
            because=[step.as_json() for step in steps],
            by=cause.by,
            occurred_at=cause.occurred_at,
            counts_at=cause.counts_at or cause.occurred_at,
        )
        self._posted.entries.append(entry)
        self.account.balance += points
        return entry

    def _take(self, entry: Entry, taken: Sequence[Taken], at: datetime) -> None:
        for part in taken:
            self._allocate(entry, self.lots[part.key], -part.points, at)

    def _allocate(self, entry: Entry, lot: Lot, points: int, at: datetime) -> None:
        lot.left += points
        self._posted.allocations.append(
            Allocation(programme_id=entry.programme_id, entry=entry, lot=lot, points=points, at=at)
        )

    def _good(self, key: int, at: datetime) -> bool:
        lot = self._posted.known[key]
        return lot.expires_at is None or lot.expires_at > at

    def _replace(self, entry: Entry, old: Lot, points: int, until: datetime | None, cause: Cause) -> None:
        lot = Lot(
            programme_id=entry.programme_id,
            account=self.account,
            entry=entry,
            size=points,
            left=points,
            opened_at=old.opened_at,
            active_from=old.active_from,
            expires_at=until,
            instead_of=old,
        )
        self._posted.lots.append(lot)
        self.add_lot(lot)

    def _owe(self, entry: Entry, points: int) -> None:
        if points:
            debt = Debt(programme_id=entry.programme_id, account=self.account, entry=entry, points=points, left=points)
            self._posted.debts.append(debt)
            self.debts.append(debt)
            self.account.debt += points
            self.most_owed = max(self.most_owed, self.account.debt)
            self.touched = True

    def _repay(self, entry: Entry, lot: Lot, at: datetime) -> None:
        for debt in self.debts:
            points = min(debt.left, lot.left)
            if points:
                entry.because.append(because(Because.REPAID, points=points, of=debt.points).as_json())
                self._pay(debt, lot, points, at)

    def _pay(self, debt: Debt, lot: Lot, points: int, at: datetime) -> None:
        debt.left -= points
        self.account.debt -= points
        self.touched = True
        self._allocate(debt.entry, lot, -points, at)


def _remarks(result: Clawed) -> list[Step]:
    remarks = []
    if result.expired:
        remarks.append(because(Because.ALREADY_EXPIRED, points=result.expired))
    if result.debt:
        remarks.append(because(Because.OWED, points=result.debt))
    if result.written_off:
        remarks.append(because(Because.WRITTEN_OFF, points=result.written_off))
    return remarks
