"""One locked account in memory: what is posted here is written by the AccountBatch, all or nothing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from passage.engine import lots as engine
from passage.engine.facts import Clawback
from passage.engine.lots import NEVER, NotEnoughPoints, Taken
from passage.engine.reasons import Because, Step, because
from passage.ledger.actions.account_rows import AccountRows, is_good
from passage.ledger.actions.posting import Cause, Clawed, Life
from passage.ledger.models import Debt, Entry, Lot, Reservation


class AccountState(AccountRows):
    """The verbs: each is one movement of the account and keeps all that must hold of its rows."""

    def credit(
        self,
        points: int,
        *,
        kind: str,
        cause: Cause,
        life: Life,
        steps: Sequence[Step],
        credits: int = 0,
        origin: uuid.UUID | None = None,
    ) -> Entry:
        """Post points as one lot; debts are repaid from it first (E-22). ``origin``: the sale that earned them.

        Whoever is given something is active: what a sale earned from the sale on, all else from now on (E-23).
        """
        if points < 0:
            raise ValueError("a credit is not below zero")
        entry = self._entry(kind, points, cause, steps, credits=credits, origin=origin)
        if points:
            lot = self._open_lot(entry, life, cause)
            self._put_right([lot], at=cause.at)
            self.keep_alive(active_at=cause.occurred_at if kind == Entry.Kind.EARN else cause.at)
        return entry

    def spend(
        self,
        points: int,
        *,
        cause: Cause,
        steps: Sequence[Step],
        kind: str = Entry.Kind.SPEND,
        held_at: datetime | None = None,
        owing: bool = False,
    ) -> Entry:
        """Take exactly ``points`` from usable lots, soonest to expire first, or raise NotEnoughPoints.

        ``held_at`` is when a reservation of these points, closed just before, was made: lots that were
        good then are still good (E-19), and a debt that came later does not undo it. With ``owing`` what is
        not there is owed: it was spent before, by what a backup did not hold (E-12).
        """
        usable = [
            lot for lot in self.values() if lot.usable(at=cause.at) or (held_at is not None and lot.usable(at=held_at))
        ]
        free = sum(lot.left for lot in usable) - self.account.reserved
        if self.account.debt and held_at is None:
            free = 0
        missing = max(points - max(free, 0), 0)
        if missing and not owing:
            raise NotEnoughPoints(missing)
        remarks = [because(Because.OWED, points=missing)] if missing else []
        entry = self._entry(kind, -points, cause, [*steps, *remarks])
        self._take(entry, engine.take_up_to(usable, points - missing), cause.at)
        self._owe(entry, missing)
        if kind == Entry.Kind.SPEND:
            self.keep_alive(active_at=cause.occurred_at)
        return entry

    def clawback(
        self,
        owed: int,
        *,
        own: Sequence[Lot],
        policy: Clawback,
        cause: Cause,
        steps: Sequence[Step],
        credits: int = 0,
        origin: uuid.UUID | None = None,
    ) -> Clawed:
        """Take back ``owed`` points of the sale ``origin``: from its ``own`` lots, then others, then by ``policy`` (E-21).

        Others only lend: they get it back when the own lots hold something again.
        """
        mine = {key for key, lot in self.lots.items() if any(lot is each for each in own)}
        free = self._free()
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
        result = Clawed(owed, got, debt, owed - got - debt)
        if got + debt or credits:
            steps = [*steps, *_remarks(result)]
            entry = self._entry(Entry.Kind.CLAWBACK, -(got + debt), cause, steps, credits=-credits, origin=origin)
            self._take(entry, taken, cause.at)
            self._owe(entry, debt)
        return result

    def restore(self, back: Sequence[Taken], *, cause: Cause, steps: Sequence[Step], least_days: int) -> int:
        """Put points back into the lots they came from (E-20); how many came back.

        A lot that has expired meanwhile is replaced by one of ``least_days``, or, at 0, stays expired. A lot
        of a member who was merged into this one is replaced by one with the same end.
        """
        known = self._posted.known
        late = [part for part in back if not is_good(known[part.key], cause.at)]
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
        entry = self._entry(Entry.Kind.RESTORE, points, cause, [*steps, *remarks])
        lots = [self._put_back(entry, part, cause.at) for part in good]
        lots += [self._replace(entry, known[part.key], part.points, until) for part in late]
        self._put_right(lots, at=cause.at)
        self.settle_debts(at=cause.at)
        self.keep_alive(active_at=cause.at)
        return points

    def owed_for(self, spending: uuid.UUID) -> int:
        """What spending for this cause owes still."""
        return sum(debt.left for debt in self._owed_for(spending))

    def let_off(self, points: int, *, of: uuid.UUID, cause: Cause, steps: Sequence[Step]) -> None:
        """These points that spending for ``of`` owes are owed no more: what they were spent on came back."""
        if points:
            entry = self._entry(Entry.Kind.RESTORE, points, cause, steps)
            self._open_lot(entry, Life(cause.at), cause, repays=self._owed_for(of))

    def _owed_for(self, spending: uuid.UUID) -> list[Debt]:
        return [debt for debt in self.debts if debt.entry.cause == spending and debt.entry.kind == Entry.Kind.SPEND]

    def _put_back(self, entry: Entry, part: Taken, at: datetime) -> Lot:
        lot = self._posted.known[part.key]
        if part.key not in self.lots:
            return self._replace(entry, lot, part.points, lot.expires_at)
        self._allocate(entry, lot, part.points, at)
        return lot

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
                entry = self._entry(Entry.Kind.EXPIRE, -points, cause, [because(Because.EXPIRED, points=points)])
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

    def hold_again(self, points: int, *, made_at: datetime, until: datetime, ended: bool, at: datetime) -> Reservation:
        """A reservation that a backup did not hold, as it was made; ``ended``: its points are free again by now."""
        reservation = Reservation(
            programme_id=self.account.programme_id, account=self.account, points=points, made_at=made_at, until=until
        )
        if ended:
            reservation.state, reservation.closed_at = Reservation.State.RELEASED, at
        else:
            self.account.reserved += points
        self.touched = True
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
            out = self._entry(Entry.Kind.MERGE, -points, cause, steps)
            self._take(out, [Taken(key, left) for key, left in parts], cause.at)
            into = other._entry(Entry.Kind.MERGE, points, cause, steps)
            for key, left in parts:
                other._replace(into, self.lots[key], left, self.lots[key].expires_at)
        other.account.reserved += self.account.reserved  # before the debts: nobody pays with what is held
        self.account.reserved = 0
        self._move_debts(other, cause)
        other._idle_not_before(self.account.idle_until)
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
            out = self._entry(Entry.Kind.MERGE, -points, cause, steps)
            self._take(out, [Taken(key, lot.size) for key, lot in mine], cause.at)
            into = other._entry(Entry.Kind.MERGE, points, cause, steps)
            for _, lot in mine:
                assert lot.instead_of_id is not None  # only such lots are mine
                other._allocate(into, other.lots[lot.instead_of_id], lot.size, cause.at)
        other._idle_not_before(self.account.idle_until)
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
            self._write_off(Entry.Kind.ADJUST, owed, cause, [because(Because.ERASED, points=owed)])
        parts = [Taken(key, lot.left) for key, lot in self.lots.items() if lot.left]
        points = sum(part.points for part in parts)
        if points:
            entry = self._entry(Entry.Kind.EXPIRE, -points, cause, [because(Because.ERASED, points=points)])
            self._take(entry, parts, cause.at)
        return points

    def _move_debts(self, other: AccountState, cause: Cause) -> None:
        owed = [(debt.entry.origin, debt.left) for debt in self.debts if debt.left]
        steps = [because(Because.MERGED, points=self.account.debt)]
        if owed:
            self._write_off(Entry.Kind.MERGE, self.account.debt, cause, steps)
        for origin, points in owed:
            steps = [because(Because.MERGED, points=points)]
            own = other.own_lots(origin)
            other.clawback(points, own=own, policy=Clawback.DEBT, cause=cause, steps=steps, origin=origin)

    def _write_off(self, kind: str, owed: int, cause: Cause, steps: Sequence[Step]) -> None:
        """Points that repay all debts and are gone with them: nobody was active."""
        self._open_lot(self._entry(kind, owed, cause, steps), Life(cause.at), cause)

    def _credit_only(self, credits: int, cause: Cause, moment: datetime) -> None:
        """Tier credits without points, counting at the moment they were earned."""
        steps = [because(Because.MERGED, points=0)]
        self._entry(Entry.Kind.MERGE, 0, replace(cause, counts_at=moment), steps, credits=credits)


def _remarks(result: Clawed) -> list[Step]:
    remarks = []
    if result.debt:
        remarks.append(because(Because.OWED, points=result.debt))
    if result.written_off:
        remarks.append(because(Because.WRITTEN_OFF, points=result.written_off))
    return remarks
