"""The open accounts of a batch: locks accounts in one order, posts in memory, writes in a few statements."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q, QuerySet

from passage.engine.lots import Taken
from passage.ledger.actions.account_rows import origin_of
from passage.ledger.actions.account_state import AccountState
from passage.ledger.actions.posting import Cause, LedgerEffects
from passage.ledger.models import Account, Allocation, Debt, Entry, Lot, Reservation, Unit
from passage.members.models import Member
from passage.programme.models import Programme

__all__ = ["AccountBatch", "Cause"]


class AccountBatch:
    """All accounts of some members of one programme. Use inside a database transaction.

    ``open`` locks in order of account id, so that two books never wait for each other in a circle.
    Nothing reaches the database before ``write``.
    """

    def __init__(self, *, programme: Programme) -> None:
        self.programme = programme
        self.units = {unit.code: unit for unit in Unit.objects.of(programme)}
        self._zone = ZoneInfo(programme.zone)
        self._posted = LedgerEffects()
        self.merged: set[int] = set()  # members who were somebody else, or nobody, by the time the lock was had
        self._holdings: dict[tuple[int, str], AccountState] = {}
        self._debts_before: dict[int, int] = {}
        self._taken: dict[uuid.UUID, list[Taken]] = {}
        self._clawed: list[Allocation] = []
        self._became: dict[int, int] = {}  # members who were merged, and who they are since
        self._looked_into: set[int] = set()  # members whose open lots are loaded
        self._causes: set[uuid.UUID] = set()  # whose lots are loaded
        self._knows_clawed = False

    @classmethod
    def open(
        cls,
        *,
        programme: Programme,
        members: Collection[int],
        with_lots: Collection[int] = (),
        causes: Collection[uuid.UUID] = (),
        spent: Collection[uuid.UUID] = (),
        lots: Collection[int] = (),
    ) -> AccountBatch:
        """Lock the accounts of ``members``, opening those that are missing.

        Loads the open lots of the members in ``with_lots``, and also the lots that ``causes`` (sales and what
        followed them) credited and that spending for ``spent`` took from and those numbered in ``lots``, however
        little is left in them. Where points may come back, also what clawbacks took from which lots.
        """
        accounts = cls(programme=programme)
        accounts._lock(members)
        taken = accounts._load_taken(spent)
        if taken or causes:
            accounts._load_clawed()
        accounts._load_lots(with_lots, {*taken, *lots, *(part.lot_id for part in accounts._clawed)}, causes)
        accounts._load_debts()
        accounts._hand_out_clawed()
        return accounts

    @classmethod
    def peek(cls, *, programme: Programme, members: Collection[int]) -> AccountBatch:
        """The same without locks, for answers that write nothing. Missing accounts are empty ones."""
        accounts = cls(programme=programme)
        rows = Account.objects.of(programme).filter(member_id__in=members)
        accounts._know(rows, members)
        accounts._load_lots(members, (), ())
        accounts._load_debts()
        return accounts

    def account_state(self, member_id: int, unit: str) -> AccountState:
        return self._holdings[member_id, unit]

    def account_states(self, member_id: int) -> list[AccountState]:
        return [self._holdings[member_id, unit] for unit in self.units]

    def look_into(self, *, members: Collection[int], causes: Collection[uuid.UUID] = (), lent: bool = False) -> None:
        """Load the open lots of these members and those of ``causes``, where they are not known yet.

        ``lent``: also what clawbacks took from which lots, which comes with anything else that is loaded here.
        """
        unseen, missing = set(members) - self._looked_into, set(causes) - self._causes
        known = self._knows_clawed
        if not unseen and not missing and (known or not lent):
            return
        if not known:
            self._load_clawed()
        self._load_lots(unseen, {part.lot_id for part in self._clawed}, missing)
        if not known:
            self._hand_out_clawed()

    def free_again(self, account_state: AccountState, *, at: datetime) -> None:
        """A reservation has ended and its points are free: they repay what is owed, and who lent meanwhile."""
        self.look_into(members=[account_state.account.member_id], lent=True)
        account_state.settle_debts(at=at)
        account_state.repay_lenders(at=at)

    def lots_of(self, account_state: AccountState, cause: uuid.UUID, *, origin: uuid.UUID | None = None) -> list[Lot]:
        """The very lots of a sale on this account and on those of the same unit that were merged into it.

        ``origin`` is the sale; ``cause`` is what counts for it now, the sale or a move: older rows know only that.
        """
        today, unit = self._person(account_state.account.member_id), account_state.unit.code
        return [
            lot
            for (member, code), each in self._holdings.items()
            if code == unit and self._person(member) == today
            for lot in each.lots.values()
            if origin_of(lot) in {cause, origin or cause}
        ]

    def taken_by(self, cause: uuid.UUID) -> tuple[Taken, ...]:
        """What spending for ``cause`` took from which lot, in the order it was taken."""
        keys = {id(lot): key for key, lot in self._posted.known.items()}
        new = [Taken(keys[id(lot)], points) for lot, points in self._posted.taken_by(cause)]
        return (*self._taken.get(cause, ()), *new)

    def expired_of(self, sale: Collection[uuid.UUID], *, unit: str, records: Collection[int]) -> int:
        """How many points of a sale have expired in the accounts of these records, whether those are open here or not.

        ``sale``: its own id, and that of what counts for it now, as in `lots_of`.
        """

        def is_of(lot: Lot) -> bool:
            mine = lot.account.member_id in records and lot.account.unit_id == self.units[unit].pk
            return mine and origin_of(lot) in sale

        posted = (part for part in self._posted.allocations if part.entry.kind == Entry.Kind.EXPIRE)
        points = [part.points for part in posted if is_of(part.lot)]
        expiries = Allocation.objects.of(self.programme).filter(entry__kind=Entry.Kind.EXPIRE)
        written = expiries.filter(
            lot__programme=self.programme,
            lot__origin__in=list(sale),
            lot__account__unit=self.units[unit],
            lot__account__member_id__in=list(records),
        )
        points += written.values_list("points", flat=True)
        # Lots from before they named their sale were loaded, as what it credited.
        lots = (lot for each in self._holdings.values() for lot in each.lots.values())
        if old := [lot.pk for lot in lots if lot.pk and lot.origin is None and is_of(lot)]:
            points += expiries.filter(lot_id__in=old).values_list("points", flat=True)
        return -sum(points)

    def credited(self, *, after: int) -> list[Entry]:
        """What was posted and not written yet, but for the first ``after`` entries."""
        return self._posted.entries[after:]

    def move_reservations(self, *, gone: int, kept: int) -> None:
        """Open reservations follow a merge; what they hold was moved with the accounts."""
        for code in self.units:
            rows = Reservation.objects.of(self.programme).filter(
                account=self._holdings[gone, code].account, state=Reservation.State.OPEN
            )
            rows.update(account=self._holdings[kept, code].account)

    def write(self) -> None:
        """Write all that was posted. Raises the database's IntegrityError if it disagrees."""
        posted = self._posted
        changed = [each.account for each in self._holdings.values() if each.touched]
        self._write_debts_upwards()
        Entry.objects.bulk_create(posted.entries)
        self._write_lots(posted.lots)
        for allocation in posted.allocations:
            allocation.entry_id, allocation.lot_id = allocation.entry.pk, allocation.lot.pk
        Allocation.objects.bulk_create(posted.allocations)
        self._write_debts(posted.debts)
        known = [each for each in posted.reservations if not each._state.adding]
        Reservation.objects.bulk_create([each for each in posted.reservations if each._state.adding])
        Reservation.objects.bulk_update(known, ["state", "closed_at", "until"])
        Account.objects.bulk_update(changed, ["debt", "reserved", "idle_until"])
        for pile in (posted.entries, posted.lots, posted.allocations, posted.debts, posted.reservations):
            pile.clear()

    # -- loading -------------------------------------------------------------------------------

    def _lock(self, members: Collection[int]) -> None:
        rows = list(self._locked(members))
        have = {(row.member_id, row.unit_id) for row in rows}
        missing = [
            Account(programme=self.programme, member_id=member, unit=unit)
            for member in sorted(members)
            for unit in self.units.values()
            if (member, unit.pk) not in have
        ]
        if missing:
            Account.objects.bulk_create(missing, ignore_conflicts=True)
            rows = list(self._locked(members))
        is_gone = Q(merged_into__isnull=False) | Q(status=Member.Status.ERASED)
        gone = Member.objects.of(self.programme).filter(is_gone, id__in=members).values_list("id", "merged_into_id")
        self._became = {member: today for member, today in gone if today is not None}
        self.merged = {member for member, _ in gone}
        self._know(rows, members)

    def _locked(self, members: Collection[int]) -> QuerySet[Account]:
        rows: QuerySet[Account] = Account.objects.of(self.programme).filter(member_id__in=members)
        # SQLite has one writer: its transaction, begun IMMEDIATE, is the lock.
        if connection.features.has_select_for_no_key_update:
            rows = rows.order_by("id").select_for_update(no_key=True)
        return rows

    def _know(self, rows: Iterable[Account], members: Collection[int]) -> None:
        by_id = {unit.pk: unit for unit in self.units.values()}
        for row in rows:
            unit = by_id[row.unit_id]
            self._holdings[row.member_id, unit.code] = self._state(row, unit)
            self._debts_before[row.pk] = row.debt
        for member in members:
            for code, unit in self.units.items():
                if (member, code) not in self._holdings:
                    empty = Account(programme=self.programme, member_id=member, unit=unit)
                    self._holdings[member, code] = self._state(empty, unit)

    def _state(self, account: Account, unit: Unit) -> AccountState:
        return AccountState(account=account, unit=unit, posted=self._posted, zone=self._zone)

    def _person(self, member: int) -> int:
        while member in self._became:
            member = self._became[member]
        return member

    def _load_taken(self, spent: Collection[uuid.UUID]) -> set[int]:
        """What spending for ``spent`` took; the lots it took from."""
        if not spent:
            return set()
        rows = Allocation.objects.of(self.programme).filter(entry__cause__in=spent, entry__kind=Entry.Kind.SPEND)
        for cause, lot, points in rows.order_by("id").values_list("entry__cause", "lot_id", "points"):
            self._taken.setdefault(cause, []).append(Taken(lot, -points))
        return {part.key for taken in self._taken.values() for part in taken}

    def _load_clawed(self) -> None:
        """What clawbacks of sales took from which lots and gave back, on all these accounts."""
        accounts = [each.account.pk for each in self._holdings.values() if each.account.pk]
        clawbacks = Entry.objects.of(self.programme).filter(account_id__in=accounts, kind=Entry.Kind.CLAWBACK)
        entries = clawbacks.filter(origin__isnull=False)
        rows = Allocation.objects.of(self.programme).filter(entry_id__in=entries.values("id"))
        self._clawed = list(rows.select_related("entry").order_by("id"))
        self._knows_clawed = True

    def _hand_out_clawed(self) -> None:
        by_account = {each.account.pk: each for each in self._holdings.values() if each.account.pk}
        for part in self._clawed:
            each = by_account[part.entry.account_id]
            if part.lot_id in each.lots:  # else `verify` says so, and no till stops
                each.clawed.append((part.entry, each.lots[part.lot_id], part.points))

    def _load_lots(self, with_lots: Collection[int], lots: Collection[int], causes: Collection[uuid.UUID]) -> None:
        by_account = {each.account.pk: each for each in self._holdings.values() if each.account.pk}
        members = {*with_lots, *self._owing()} - self._looked_into
        self._looked_into |= members
        self._causes |= set(causes)
        wanted = Q(
            left__gt=0, account_id__in=[pk for pk, each in by_account.items() if each.account.member_id in members]
        )
        wanted |= Q(id__in=list(lots)) | Q(entry__cause__in=list(causes)) | Q(origin__in=list(causes))
        if members or lots or causes:
            rows = Lot.objects.of(self.programme).filter(wanted, account_id__in=list(by_account))
            for lot in rows.select_related("entry").order_by("id"):
                if lot.pk not in by_account[lot.account_id].lots:
                    by_account[lot.account_id].add_lot(lot)

    def _owing(self) -> set[int]:
        return {each.account.member_id for each in self._holdings.values() if each.account.debt}

    def _load_debts(self) -> None:
        owing = {each.account.pk: each for each in self._holdings.values() if each.account.debt}
        if owing:
            rows = Debt.objects.of(self.programme).filter(left__gt=0, account_id__in=list(owing))
            for debt in rows.select_related("entry").order_by("id"):
                owing[debt.account_id].debts.append(debt)

    # -- writing -------------------------------------------------------------------------------

    def _write_debts_upwards(self) -> None:
        """Debts that grow are written before the entries: the database allows a balance below zero by its debt.

        In full, also where the batch itself repays them: SQLite judges the balance after each entry.
        """
        grown = [
            Account(pk=each.account.pk, debt=each.most_owed)
            for each in self._holdings.values()
            if each.touched and each.most_owed > self._debts_before.get(each.account.pk, 0)
        ]
        if grown:
            Account.objects.bulk_update(grown, ["debt"])

    def _write_lots(self, lots: list[Lot]) -> None:
        """New lots go in full: their allocations take the rest away."""
        left = [lot.left for lot in lots]
        waiting = list(lots)
        while waiting:  # one that replaces another of this batch comes after it
            ready = [lot for lot in waiting if lot.instead_of is None or lot.instead_of.pk]
            for lot in ready:
                lot.entry_id, lot.left = lot.entry.pk, lot.size
                lot.instead_of_id = lot.instead_of.pk if lot.instead_of else None
            Lot.objects.bulk_create(ready)
            waiting = [lot for lot in waiting if not lot.pk]
        for lot, remains in zip(lots, left, strict=True):
            lot.left = remains

    def _write_debts(self, debts: list[Debt]) -> None:
        for debt in debts:
            debt.entry_id = debt.entry.pk
        Debt.objects.bulk_create(debts)
        old = [debt for each in self._holdings.values() for debt in each.debts if debt not in debts]
        if old:
            Debt.objects.bulk_update(old, ["left"])
