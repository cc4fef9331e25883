"""The rows of one locked account in memory, and how entries, lots, allocations and debts hang together."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from passage.engine import lots as engine
from passage.engine.expiry import idle_until
from passage.engine.lots import NEVER, Taken
from passage.engine.reasons import Because, Step, because
from passage.ledger.actions.posting import Cause, LedgerEffects, Life
from passage.ledger.models import Account, Allocation, Debt, Entry, Lot, Unit

# Keys of lots that are not written yet lie beyond any row id: they come last among equals.
NEW = 2**62


class AccountRows:
    """A member's account of one unit, with its open lots and debts.

    Two things always hold of a sale whose points were taken back, here called lent: what other lots gave because its
    own were spent. While its own lots hold something nothing of it is owed, and nothing lent by a lot that is good.
    """

    def __init__(self, *, account: Account, unit: Unit, posted: LedgerEffects, zone: ZoneInfo) -> None:
        self.account = account
        self.unit = unit
        self.lots: dict[int, Lot] = {}
        self.debts: list[Debt] = []
        self.clawed: list[tuple[Entry, Lot, int]] = []  # what clawbacks of sales took from lots and gave back
        self.touched = False
        self.most_owed = account.debt  # at any moment since: a debt may come and go within one batch
        self._posted = posted
        self._zone = zone

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

    def own_lots(self, origin: uuid.UUID | None) -> list[Lot]:
        """The lots of the sale ``origin``, those made instead of them included."""
        return [lot for lot in self.lots.values() if origin is not None and origin_of(lot) == origin]

    # -- activity ------------------------------------------------------------------------------

    def keep_alive(self, *, active_at: datetime) -> None:
        """Move the end by inactivity: what a member does, and what they are given, keeps the points (E-23).

        Crediting, spending and giving back do it themselves; what is left is a purchase that earned nothing.
        """
        until = idle_until(self.unit.terms(active_at).expiry, active_at=active_at, zone=self._zone)
        self._idle_not_before(None if until == NEVER else until)

    def _idle_not_before(self, until: datetime | None) -> None:
        if until is not None and (self.account.idle_until is None or self.account.idle_until < until):
            self.account.idle_until = until
            self.touched = True

    # -- debts and what was lent ---------------------------------------------------------------

    def settle_debts(self, *, at: datetime) -> None:
        """Repay debts from points that are free (after a reservation ended or points came back), the sale's own first."""
        for debt in self.debts:
            mine = self._keys(debt.entry.origin)
            for own in (True, False):
                values = [lot for lot in self.values() if (lot.key in mine) is own]
                for part in engine.take_up_to(values, min(debt.left, self._free())):
                    self._pay(debt, self.lots[part.key], part.points, at)

    def repay_lenders(self, *, at: datetime) -> None:
        """Give back what was lent while a reservation held a sale's own points, out of these."""
        sales = {entry.origin for entry, _, _ in self.clawed}
        own = engine.in_order(each for each in self.values() if origin_of(self.lots[each.key]) in sales)
        self._put_right([self.lots[each.key] for each in own], at=at)

    def _free(self) -> int:
        return max(sum(lot.left for lot in self.lots.values()) - self.account.reserved, 0)

    def _keys(self, origin: uuid.UUID | None) -> set[int]:
        return {key for key, lot in self.lots.items() if origin is not None and origin_of(lot) == origin}

    def _put_right(self, lots: Iterable[Lot], *, at: datetime) -> None:
        """Points came into ``lots``: where those are of a sale that was taken back, they are what was taken back.

        What the sale owes is repaid, then other lots get what they lent. One that does may be of such a sale itself:
        it goes on until nothing moves, and ends because with each step less is owed and lent.
        """
        waiting = deque(lots)
        while waiting:
            waiting.extend(self._put_one_right(waiting.popleft(), at))

    def _put_one_right(self, own: Lot, at: datetime) -> list[Lot]:
        """The lots that got something back."""
        origin = origin_of(own)
        if origin is None or not own.left:
            return []
        for debt in self.debts:
            if debt.entry.origin == origin and (points := min(debt.left, own.left, self._free())):
                self._pay(debt, own, points, at)
        lenders = []
        for entry, lender, lent in self._lent(origin):
            points = min(lent, own.left)
            if points and is_good(lender, at):
                self._allocate(entry, own, -points, at)
                self._allocate(entry, lender, points, at)
                lenders.append(lender)
        return lenders

    def _lent(self, origin: uuid.UUID) -> list[tuple[Entry, Lot, int]]:
        """What other lots lent to the clawbacks of a sale, and to which of them; the last first."""
        found: dict[tuple[int, int], tuple[Entry, Lot, int]] = {}
        for entry, lot, points in self.clawed:
            if entry.origin == origin and origin_of(lot) != origin:
                key = (entry.pk or id(entry), id(lot))
                found[key] = (entry, lot, found.get(key, (entry, lot, 0))[2] - points)
        return [each for each in reversed(found.values()) if each[2] > 0]

    def _owe(self, entry: Entry, points: int) -> None:
        if points:
            debt = Debt(programme_id=entry.programme_id, account=self.account, entry=entry, points=points, left=points)
            self._posted.debts.append(debt)
            self.debts.append(debt)
            self.account.debt += points
            self.most_owed = max(self.most_owed, self.account.debt)
            self.touched = True

    def _repay(self, entry: Entry, lot: Lot, debts: Sequence[Debt], at: datetime) -> None:
        for debt in sorted(debts, key=lambda debt: lot.origin is None or debt.entry.origin != lot.origin):
            points = min(debt.left, lot.left)
            if points:
                entry.because.append(because(Because.REPAID, points=points, of=debt.points).as_json())
                self._pay(debt, lot, points, at)

    def _pay(self, debt: Debt, lot: Lot, points: int, at: datetime) -> None:
        debt.left -= points
        self.account.debt -= points
        self.touched = True
        self._allocate(debt.entry, lot, -points, at)

    # -- entries and lots ----------------------------------------------------------------------

    def _entry(
        self,
        kind: str,
        points: int,
        cause: Cause,
        steps: Sequence[Step],
        *,
        credits: int = 0,
        origin: uuid.UUID | None = None,
    ) -> Entry:
        entry = Entry(
            programme_id=self.account.programme_id,
            account=self.account,
            kind=kind,
            points=points,
            credits=credits,
            cause=cause.id,
            origin=origin,
            because=[step.as_json() for step in steps],
            by=cause.by,
            occurred_at=cause.occurred_at,
            counts_at=cause.counts_at or cause.occurred_at,
        )
        self._posted.entries.append(entry)
        self.account.balance += points
        return entry

    def _open_lot(self, entry: Entry, life: Life, cause: Cause, *, repays: Sequence[Debt] | None = None) -> Lot:
        """The points of ``entry`` as one lot; debts are repaid from it first, oldest first (E-22), or only those named."""
        lot = Lot(
            programme_id=entry.programme_id,
            account=self.account,
            entry=entry,
            size=entry.points,
            left=entry.points,
            opened_at=cause.occurred_at,
            active_from=life.active_from,
            expires_at=None if life.expires_at == NEVER else life.expires_at,
            origin=entry.origin,
        )
        self._posted.lots.append(lot)
        self.add_lot(lot)
        self._repay(entry, lot, self.debts if repays is None else repays, cause.at)
        return lot

    def _replace(self, entry: Entry, old: Lot, points: int, until: datetime | None) -> Lot:
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
            origin=origin_of(old),
        )
        self._posted.lots.append(lot)
        self.add_lot(lot)
        return lot

    def _take(self, entry: Entry, taken: Sequence[Taken], at: datetime) -> None:
        for part in taken:
            self._allocate(entry, self.lots[part.key], -part.points, at)

    def _allocate(self, entry: Entry, lot: Lot, points: int, at: datetime) -> None:
        lot.left += points
        self._posted.allocations.append(
            Allocation(programme_id=entry.programme_id, entry=entry, lot=lot, points=points, at=at)
        )
        if entry.kind == Entry.Kind.CLAWBACK:
            self.clawed.append((entry, lot, points))


def origin_of(lot: Lot) -> uuid.UUID | None:
    """The sale that a lot came from. Rows older than the column know what credited them, which was the sale or a move."""
    if lot.origin is not None:
        return lot.origin
    return lot.entry.cause if lot.entry.kind == Entry.Kind.EARN else None


def is_good(lot: Lot, at: datetime) -> bool:
    return lot.expires_at is None or lot.expires_at > at
