"""The books of the reference: who is who, what was bought, and what each purchase deserves.

Earning is a function of the purchases that stand, sorted by when they happened (`earning.judged`); spending happens
when it arrives. After each deed what each purchase deserves is asked anew, and only the difference is posted.
"""

import copy
import functools
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from tests.model import earning
from tests.model.accounts import Account, Lot
from tests.model.amounts import NEVER, end_of_day
from tests.model.bills import Terms, Verdict
from tests.model.earning import Facts, Purchase
from tests.model.tiers import Credit, Scheme, tier_at

SHALLOW = ("units", "scheme", "rewards", "versions", "known", "zone")  # what a deed never changes within


def all_or_nothing(deed: Callable[..., Any]) -> Callable[..., Any]:
    """A deed that is refused has changed nothing."""

    @functools.wraps(deed)
    def done(self: Any, *arguments: Any, **named: Any) -> Any:
        # Written down and not copied: reading it back is slow, and only the refused need it.
        before = pickle.dumps({name: value for name, value in self.__dict__.items() if name not in SHALLOW})
        kept = {name: copy.copy(self.__dict__[name]) for name in SHALLOW}
        try:
            return deed(self, *arguments, **named)
        except Verdict:
            self.__dict__ = {**pickle.loads(before), **kept}
            raise

    return done


@dataclass
class Unit:
    """How points live: ``days`` from the day they can be used, ``idle`` days without any activity."""

    days: int | None = None
    pending: int = 0
    idle: int | None = None
    qualifies: bool = False


@dataclass
class Record:
    """A row of a member. ``into`` is the record that is the person today; aliases are flat."""

    name: str
    into: str | None = None
    erased: bool = False
    facts: Facts = field(default_factory=Facts)


@dataclass
class Exchange:
    """A redemption."""

    id: str
    record: str
    reward: str
    terms: Terms
    points: int
    until: datetime
    made: datetime
    amount: int | None = None
    state: str = "reserved"
    spent: int = 0
    back: int = 0
    taken: list[tuple[Lot, int]] = field(default_factory=list)
    from_stock: bool = False
    on: tuple[str, list[int]] | None = None  # the sale, and what it took off each line


class Books:
    """All that is known, and what each purchase deserves of it."""

    def __init__(
        self, *, zone: str, units: Mapping[str, Unit], rewards: Mapping[str, tuple[Terms, int | None]], scheme: Scheme
    ) -> None:
        self.zone = ZoneInfo(zone)
        self.units, self.scheme = units, scheme
        self.rewards = {name: terms for name, (terms, _) in rewards.items()}
        self.stock = {name: stock for name, (_, stock) in rewards.items()}
        self.versions: list[tuple[str, datetime, Terms | None]] = []
        self.records: dict[str, Record] = {}
        self.accounts: dict[tuple[str, str], Account] = {}
        self.sales: dict[str, Purchase] = {}
        self.exchanges: dict[str, Exchange] = {}
        self.parked: dict[str, dict[str, Any]] = {}
        self.known: dict[str, Any] = {}
        self.merges: list[dict[str, Any]] = []
        self.credits: list[tuple[str, Credit]] = []  # by record
        self.posted: dict[tuple[str, str, str], int] = {}  # sale, record, rule
        self.paid: dict[tuple[str, str], int] = {}  # record, rule that carries: whole points of all its sales
        self.given: dict[str, dict[str, dict[str, earning.Given]]] = {}  # by person, sale and rule, as judged last
        self.now = datetime.min.replace(tzinfo=UTC)

    # -- who ------------------------------------------------------------------------------------------

    def enrol(self, name: str, facts: Facts) -> None:
        self.records[name] = Record(name, facts=facts)
        for unit in self.units:
            self.accounts[name, unit] = Account()

    def person(self, record: str) -> str:
        return self.records[record].into or record

    def everybody(self) -> list[str]:
        return [name for name, record in self.records.items() if record.into is None]

    def records_of(self, person: str) -> list[str]:
        return [name for name in self.records if self.person(name) == person]

    def _usable(self, record: str | None) -> str | None:
        if record is None:
            return None
        person = self.person(record)
        if self.records[person].erased:
            raise Verdict("card_unknown")  # their plastic leads to nobody any more
        return person

    def _facts(self, person: str, at: datetime) -> Facts:
        facts = copy.copy(self.records[person].facts)
        facts.tier = self.tier(person, at, before=True)
        return facts

    def rules_at(self, at: datetime) -> dict[str, Terms]:
        # In the order they were made: the later one of equals holds.
        found: dict[str, Terms | None] = {name: terms for name, since, terms in self.versions if since <= at}
        return {name: terms for name, terms in found.items() if terms is not None}

    def _seen(self, id: str, content: Any) -> bool:  # noqa: A002
        if id in self.known and self.known[id] != content:
            raise Verdict("conflict")
        return id in self.known

    # -- what each purchase deserves ------------------------------------------------------------------------

    def _standing(self, person: str) -> list[Purchase]:
        return [
            sale for sale in self.sales.values() if sale.owner and self.person(sale.owner) == person and sale.stands
        ]

    def _settle(
        self,
        about: str | None,
        *,
        happened: datetime,
        by: str = "",
        account_of: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Post the difference between what was posted and what each purchase deserves now; the deed's own sale first.

        ``by``: the merge that is judged, which remainders that come together are the points of. ``account_of``: whose
        account the points of a record stand in, where it is not the person's yet.
        """
        wanted = self._deserved()
        if about is None:
            for (person, unit), points in self._carried().items():
                self._post(None, person, unit, points, happened, by=by)
                if points > 0:
                    self._stay_awake(person, self.now, only=unit)
        for sale in sorted(self.sales.values(), key=lambda sale: (sale.id != about, sale.at, sale.id)):
            change = self._changed(sale.id, wanted, account_of)
            if sale.id == about:
                for key, points in self._carried().items():
                    change[key] = change.get(key, 0) + points
            for (person, unit), points in sorted(change.items(), key=lambda pair: pair[1]):
                self._post(sale, person, unit, points, happened if sale.id == about else sale.at)
        self.posted = wanted

    def _deserved(self) -> dict[tuple[str, str, str], int]:
        """By sale, record and rule, but for rules whose remainder waits: those are paid by person (see `_carried`)."""
        wanted: dict[tuple[str, str, str], int] = {}
        self.given = {person: earning.judged(self._standing(person), self.zone) for person in self.everybody()}
        for sales in self.given.values():
            for sale, given in sales.items():
                owner = self.sales[sale].owner or ""
                wanted |= {(sale, owner, rule): each.points for rule, each in given.items() if each.points}
        return wanted

    def _changed(
        self, sale: str, wanted: Mapping[tuple[str, str, str], int], account_of: Mapping[str, str]
    ) -> dict[tuple[str, str], int]:
        """By account and unit, what the sale gives more or less than was posted for it."""
        change: dict[tuple[str, str], int] = {}
        for key in {*wanted, *self.posted}:
            if key[0] == sale:
                mine = (account_of.get(key[1]) or self.person(key[1]), self._unit_of(key[2]))
                change[mine] = change.get(mine, 0) + wanted.get(key, 0) - self.posted.get(key, 0)
        return change

    def _unit_of(self, rule: str) -> str:
        return str(next(terms["unit"] for name, _, terms in self.versions if name == rule and terms is not None))

    def remainders(self) -> dict[tuple[str, str], Fraction]:
        """By person and rule, all that purchases are worth exactly; what is whole of it was paid out (E-03)."""
        found: dict[tuple[str, str], Fraction] = {}
        for person, sales in self.given.items():
            for given in sales.values():
                for rule, each in given.items():
                    if each.worth:
                        found[person, rule] = found.get((person, rule), Fraction(0)) + each.worth
        return found

    def _carried(self) -> dict[tuple[str, str], int]:
        """By person and unit, what full steps came together or apart since the last time; now told as paid."""
        change: dict[tuple[str, str], int] = {}
        worth = self.remainders()
        rules = {name for name, _, terms in self.versions if terms and terms["earns"]["kind"] == "per_amount"}
        for person in self.everybody():
            for rule in rules:
                terms = [each for name, _, each in self.versions if name == rule and each is not None][-1]
                whole = earning.paid_out(terms["earns"], worth.get((person, rule), Fraction(0)))
                had = sum(self.paid.get((record, rule), 0) for record in self.records_of(person))
                if terms["earns"].get("carry", True) and whole != had:
                    key = (person, terms["unit"])
                    change[key] = change.get(key, 0) + whole - had
                    self.paid[person, rule] = self.paid.get((person, rule), 0) + whole - had
        return change

    def _post(
        self, sale: Purchase | None, person: str, unit: str, points: int, happened: datetime, *, by: str = ""
    ) -> None:
        account, origin = self.accounts[person, unit], sale.id if sale else by
        at = sale.at if sale else self.now
        if points < 0:
            account.take_back(origin, -points, self.now)
        elif points > 0:
            lot = self._lot(unit, points, at, origin)
            account.credit(lot, self.now)
            if lot.ends <= self.now:
                account.expire(self.now)  # one whose end has passed on arrival is credited, and ends (E-11)
        if points and sale and self.units[unit].qualifies:
            self.credits.append((self.sale_owner(sale, person), Credit(at, happened, points)))

    def sale_owner(self, sale: Purchase, person: str) -> str:
        """The record that keeps what happened under it."""
        return sale.owner if sale.owner and self.person(sale.owner) == person else person

    def _lot(self, unit: str, points: int, at: datetime, origin: str) -> Lot:
        terms = self.units[unit]
        active = at
        if terms.pending:
            active = end_of_day(self._day(at) + timedelta(days=terms.pending - 1), self.zone)
        ends = NEVER if terms.days is None else end_of_day(self._day(active) + timedelta(days=terms.days), self.zone)
        return Lot(points, at, active, ends, origin)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _stay_awake(self, person: str, at: datetime, *, only: str = "") -> None:
        """Buying keeps every account of a person from being idle, spending and every gift the one it is in (E-23)."""
        for unit, terms in self.units.items():
            if terms.idle is not None and only in ("", unit):
                account = self.accounts[person, unit]
                until = end_of_day(self._day(at) + timedelta(days=terms.idle), self.zone)
                account.idle_until = max(account.idle_until or until, until)

    # -- answers ------------------------------------------------------------------------------------------

    def tier(self, person: str, at: datetime, *, before: bool = False) -> str:
        mine = [credit for record, credit in self.credits if self.person(record) == person]
        return tier_at(self.scheme, mine, at, self.zone, before=before)

    def last_visit(self, person: str) -> datetime | None:
        return max((sale.at for sale in self._standing(person)), default=None)
