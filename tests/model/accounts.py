"""An account: lots, debts and what is held (E-18 to E-23). Spending happens in the order of arrival and is never chosen anew."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from tests.model.amounts import NEVER
from tests.model.bills import Verdict

numbers = count(1)


@dataclass
class Lot:
    """Points credited together. ``origin`` is the sale that earned them, for ever."""

    left: int
    opened: datetime
    active: datetime
    ends: datetime = NEVER
    origin: str = ""
    expired: int = 0
    number: int = field(default_factory=lambda: next(numbers))
    came_with: list[int] = field(default_factory=list)  # the merges that brought it to where it is

    @property
    def order(self) -> tuple[datetime, datetime, int]:
        """Soonest to end first, ties oldest first, without an end last (E-18)."""
        return (self.ends, self.opened, self.number)


@dataclass
class Debt:
    left: int
    origin: str = ""


@dataclass
class Taken:
    """What returns took back of one sale: ``owed`` in all, ``net`` of what had ended by itself."""

    owed: int = 0
    net: int = 0


@dataclass
class Loan:
    """What a lot gave for a sale that is not its own."""

    sale: str
    lot: Lot
    points: int


@dataclass
class Account:
    lots: list[Lot] = field(default_factory=list)
    debts: list[Debt] = field(default_factory=list)
    held: int = 0
    idle_until: datetime | None = None
    taken: dict[str, Taken] = field(default_factory=dict)
    loans: list[Loan] = field(default_factory=list)  # stay when the account is joined to another one (0027)
    joined: dict[int, "Account"] = field(default_factory=dict)  # those that became this one, by merge
    closed: bool = False  # the person was erased: nothing comes in any more, nothing is owed (E-36)

    @property
    def debt(self) -> int:
        return sum(debt.left for debt in self.debts)

    @property
    def balance(self) -> int:
        return sum(lot.left for lot in self.lots) - self.debt

    def available(self, at: datetime) -> int:
        usable = sum(lot.left for lot in self.lots if lot.active <= at < lot.ends)
        return 0 if self.debt else max(usable - self.held, 0)

    def credit(self, lot: Lot, at: datetime) -> None:
        """Earnings repay what their own sale owes, then the oldest debt first (E-22)."""
        if self.closed:
            return
        self.lots.append(lot)
        for debt in sorted(self.debts, key=lambda debt: not _is_own(lot, debt.origin)):
            self._pay(debt, lot, min(debt.left, lot.left))
        self._put_right([lot], at)

    def settle_debts(self) -> None:
        """What became free (a reservation ended, points came back) repays what is owed, the sale's own lots first."""
        free = sum(lot.left for lot in self.lots) - self.held
        for debt in self.debts:
            for lot in sorted(self.lots, key=lambda each: (not _is_own(each, debt.origin), each.order)):
                points = min(debt.left, lot.left, max(free, 0))
                self._pay(debt, lot, points)
                free -= points
        self._forget_paid()

    def free_again(self, at: datetime) -> None:
        """A reservation has ended: its points repay what is owed, and a sale's own ones who lent meanwhile."""
        self.settle_debts()
        sales = {loan.sale for loan in self.loans}
        own = [lot for lot in self.lots if lot.origin in sales]
        self._put_right(sorted(own, key=lambda lot: lot.order), at)

    def _put_right(self, came_into: list[Lot], at: datetime) -> None:
        """Points came into these lots: what their sale owes is repaid, then who lent to it, the last one first (B-05).

        Who gets something back may owe in turn. What has ended gets nothing.
        """
        waiting = list(came_into)
        while waiting:
            own = waiting.pop(0)
            for debt in self.debts:
                if _is_own(own, debt.origin):
                    free = sum(lot.left for lot in self.lots) - self.held
                    self._pay(debt, own, min(debt.left, own.left, max(free, 0)))
            for loan in reversed(self.loans):
                back = min(loan.points, own.left)
                if back and _is_own(own, loan.sale) and loan.lot.ends > at:
                    own.left, loan.lot.left, loan.points = own.left - back, loan.lot.left + back, loan.points - back
                    waiting.append(loan.lot)
        self.loans = [loan for loan in self.loans if loan.points]
        self._forget_paid()

    def _pay(self, debt: Debt, lot: Lot, points: int) -> None:
        debt.left -= points
        lot.left -= points
        if points and debt.origin and lot.origin != debt.origin:
            self.loans.append(Loan(debt.origin, lot, points))

    def _forget_paid(self) -> None:
        self.debts = [debt for debt in self.debts if debt.left]

    # -- spending ------------------------------------------------------------------------------------

    def spend(self, points: int, at: datetime, held_at: datetime | None) -> list[tuple[Lot, int]]:
        """Which lots paid. What a reservation held when it was made is still good (E-19)."""
        usable = [
            lot for lot in self.lots if lot.active <= at < lot.ends or (held_at and lot.active <= held_at < lot.ends)
        ]
        free = sum(lot.left for lot in usable) - self.held
        if points > free or (self.debt and held_at is None):
            raise Verdict("insufficient_points")
        return self._take(usable, points)

    def restore(self, back: list[tuple[Lot, int]], at: datetime, least_days: int) -> None:
        """Into the very lots they came from (E-20). What has ended meanwhile gets a short life, or stays ended."""
        if self.closed:
            return
        came_into = []
        for lot, points in back:
            good = lot.ends > at
            if not good and not least_days:
                continue
            if not good or lot not in self.lots:  # with the same dates here, where it is of a record that was joined
                until = lot.ends if good else at + timedelta(days=least_days)
                lot = Lot(0, lot.opened, lot.active, until, lot.origin)  # noqa: PLW2901
                self.lots.append(lot)
            lot.left += points
            came_into.append(lot)
        self._put_right(came_into, at)
        self.settle_debts()

    def _take(self, lots: list[Lot], points: int) -> list[tuple[Lot, int]]:
        taken = []
        for lot in sorted(lots, key=lambda each: each.order):
            part = min(points, lot.left)
            if part:
                lot.left -= part
                points -= part
                taken.append((lot, part))
        return taken

    # -- what a sale deserves has changed --------------------------------------------------------------

    def take_back(self, sale: str, owed: int, at: datetime) -> None:
        """Out of the sale's own lots, then others, then as a debt (E-21).

        What ended by itself out of the sale's own lots is not taken twice: without the sale it would not have been.
        """
        before = self._taken_of(sale)
        own = [lot for lot in self.lots if lot.origin == sale]
        net = max(before.owed + owed - sum(lot.expired for lot in own), 0)
        points = min(max(net - before.net, 0), owed)
        said = self.taken.setdefault(sale, Taken())
        said.owed += owed
        said.net += points
        if self.closed:
            return
        free = max(sum(lot.left for lot in self.lots) - self.held, 0)
        mine = self._take(own, min(points, free))
        rest = points - sum(part for _, part in mine)
        others = [lot for lot in self.lots if lot.origin != sale and lot.ends > at]
        lent = self._take(others, min(rest, free - (points - rest)))
        self.loans += [Loan(sale, lot, part) for lot, part in lent]
        rest -= sum(part for _, part in lent)
        if rest:
            self.debts.append(Debt(rest, sale))

    def _taken_of(self, sale: str) -> Taken:
        """All that was taken back of it here, and from who was joined; what was given again had lots of its own."""
        parts = [self.taken.get(sale, Taken()), *(each._taken_of(sale) for each in self.joined.values())]
        return Taken(sum(each.owed for each in parts), sum(each.net for each in parts))

    # -- time, merges, the end -------------------------------------------------------------------------

    def expire(self, at: datetime) -> None:
        """What is past its end goes, but for what is held (E-19)."""
        idle = self.idle_until is not None and self.idle_until <= at
        ended = [lot for lot in self.lots if lot.left and (idle or lot.ends <= at)]
        keep = max(self.held - sum(lot.left for lot in self.lots if lot not in ended), 0)
        for lot in sorted(ended, key=lambda each: (each.ends, each.number)):
            gone = max(lot.left - keep, 0)
            keep = max(keep - lot.left, 0)
            lot.left -= gone
            lot.expired += gone

    def absorb(self, gone: "Account", merge: int, at: datetime) -> None:
        """Lots with their dates, what is held and what is owed move; a debt takes what is free here first (E-31)."""
        for lot in gone.lots:
            lot.came_with.append(merge)
        self.lots += gone.lots
        self.held += gone.held
        self.joined[merge] = gone
        self.debts += gone.debts
        self._stay_awake_as(gone)
        gone.lots, gone.held, gone.debts = [], 0, []
        self.settle_debts()

    def part(self, gone: "Account", merge: int) -> None:
        """The way back of `absorb`, for lots that came with the merge. While they were one, both were active."""
        back = [lot for lot in self.lots if merge in lot.came_with]
        self.lots = [lot for lot in self.lots if lot not in back]
        for lot in back:
            lot.came_with.remove(merge)
        gone.lots += back
        gone._stay_awake_as(self)
        del self.joined[merge]

    def _stay_awake_as(self, other: "Account") -> None:
        if other.idle_until and (self.idle_until is None or self.idle_until < other.idle_until):
            self.idle_until = other.idle_until

    def close(self) -> None:
        self.lots, self.debts, self.held, self.closed = [], [], 0, True

    def picture(self) -> list[tuple[str, str, str, int]]:
        """Lots as they compare: what has the same dates is one."""
        sums: dict[tuple[str, str, str], int] = {}
        for lot in self.lots:
            key = (lot.opened.isoformat(), lot.active.isoformat(), "" if lot.ends == NEVER else lot.ends.isoformat())
            sums[key] = sums.get(key, 0) + lot.left
        return sorted((*key, left) for key, left in sums.items() if left)


def _is_own(lot: Lot, sale: str) -> bool:
    return bool(sale) and lot.origin == sale
