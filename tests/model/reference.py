"""The reference: every deed in the order in which it arrives, and what each person then has.

Earning is a function of the purchases that stand, sorted by when they happened (`earning.judged`); spending happens
when it arrives. After each deed what each purchase deserves is asked anew, and only the difference is posted.
"""

import copy
from collections.abc import Iterable, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from tests.model import bills
from tests.model.accounts import Lot
from tests.model.bills import Line, Terms, Verdict
from tests.model.books import all_or_nothing
from tests.model.earning import Facts, Purchase
from tests.model.exchanges import Exchanges


class Reference(Exchanges):
    """All deeds. Each answers what the product must answer, or raises `Verdict`."""

    # -- sales ----------------------------------------------------------------------------------------

    @all_or_nothing
    def sell(
        self,
        id: str,  # noqa: A002
        *,
        at: datetime,
        shop: str,
        lines: list[Line],
        member: str | None,
        exchanges: Iterable[str] = (),
    ) -> str:
        content = ("sale", at, shop, copy.deepcopy(lines), member, tuple(exchanges))
        if self._seen(id, content):
            return "replayed"
        owner = self._usable(member)
        sale = Purchase(id, at, shop, copy.deepcopy(lines), owner)
        sale.rules = self.rules_at(at)
        if owner is not None:
            sale.facts = self._facts(owner, at)
        self._use(sale, tuple(exchanges), owner)
        self.sales[id] = sale
        self.known[id] = content
        self._settle(id, happened=at)
        if owner is not None:
            self._stay_awake(owner, at)
        for waiting in sorted(self.parked.values(), key=lambda each: (each["at"], each["void"], each["id"])):
            if waiting["sale"] == id:
                self._apply_parked(waiting)
        return "recorded"

    def _apply_parked(self, waiting: dict[str, Any]) -> None:
        """One that asks for more than was sold stays where it is, to be looked at."""
        try:
            self._return(waiting)
        except Verdict:
            return
        del self.parked[waiting["id"]]

    # -- what came back ---------------------------------------------------------------------------------

    @all_or_nothing
    def give_back(self, id: str, *, sale: str, at: datetime, void: bool = False, **what: Any) -> str:  # noqa: A002
        """``quantities`` by line, or ``amount`` of money, or all that is left."""
        asked = {"id": id, "sale": sale, "at": at, "void": void, **what}
        if self._seen(id, asked):
            return "parked" if id in self.parked and sale not in self.sales else self._again(asked)
        if sale not in self.sales:
            self.parked[id] = self.known[id] = asked
            return "parked"
        self._return(asked)
        self.known[id] = asked
        return "recorded"

    def _again(self, asked: dict[str, Any]) -> str:
        """What waits though its sale is here is tried again."""
        if asked["id"] not in self.parked:
            return "replayed"
        self._return(asked)
        del self.parked[asked["id"]]
        return "recorded"

    def _return(self, asked: Mapping[str, Any]) -> None:
        sale = self.sales[asked["sale"]]
        if asked.get("quantities"):
            parts = bills.by_quantity(sale.lines, asked["quantities"])
        elif asked.get("amount") is not None:
            parts = bills.by_amount(sale.lines, asked["amount"])
        else:
            parts = bills.the_rest(sale.lines)
            if not parts:
                raise Verdict("nothing_left")
        for line in sale.lines:
            line.gone += parts.get(line.id, Fraction(0))
        for exchange in self.exchanges.values():
            if exchange.on and exchange.on[0] == sale.id:
                due = bills.points_back(exchange.spent, exchange.on[1], sale.lines)
                self._reverse(exchange, max(due - exchange.back, 0))
        self._settle(sale.id, happened=asked["at"])

    @all_or_nothing
    def move(self, id: str, *, sale: str, to: str | None) -> str:  # noqa: A002
        """Two linked compensations in one step (E-28): what it earned leaves one, and is earned anew by the other."""
        content = ("move", sale, to)
        if self._seen(id, content):
            return "replayed"
        if to and self.records[self.person(to)].erased:
            raise Verdict("unknown_member")  # who is named by their own id, not by a card
        row, person = self.sales[sale], self._usable(to)
        if any(line.gone for line in row.lines):
            raise Verdict("already_returned")
        if any(each.on and each.on[0] == sale for each in self.exchanges.values()):
            raise Verdict("reward_used")
        if (self.person(row.owner) if row.owner else None) == person:
            raise Verdict("same_member")
        row.owner = person
        row.rules = self.rules_at(row.at)
        row.facts = self._facts(person, row.at) if person else Facts()
        self.known[id] = content
        self._settle(sale, happened=row.at)
        if person:
            self._stay_awake(person, row.at)
        return "recorded"

    # -- one person, two records ------------------------------------------------------------------------

    @all_or_nothing
    def merge(self, *, gone: str, kept: str) -> int:
        if gone == kept:
            raise Verdict("same_member")
        if self.records[gone].into or self.records[kept].into:
            raise Verdict("member_merged")
        row = {"gone": gone, "kept": kept, "undone": False, "aliases": self.records_of(gone)}
        self.merges.append(row)
        for name in row["aliases"]:
            self.records[name].into = kept
        mine, theirs = self.records[kept].facts, self.records[gone].facts
        row["facts"] = mine
        self.records[kept].facts = Facts(
            tags=tuple(dict.fromkeys((*mine.tags, *theirs.tags))),
            birthday=mine.birthday or theirs.birthday,
            name_day=mine.name_day or theirs.name_day,
        )
        number = len(self.merges)
        # Judged together before the points move (0025): each record's own lots pay for what it loses by the merge.
        self._settle(None, happened=self.now, by=f"merge {number}", account_of=dict.fromkeys(row["aliases"], gone))
        for unit in self.units:
            self.accounts[kept, unit].absorb(self.accounts[gone, unit], number, self.now)
        return number

    @all_or_nothing
    def unmerge(self, number: int) -> None:
        """Two people after all: each has their own purchases again, and what moved with the merge goes back."""
        row = self.merges[number - 1]
        if row["undone"]:
            return
        if self.records[row["kept"]].into or self.records[row["kept"]].erased:
            raise Verdict("merge_in_use")
        row["undone"] = True
        for name in row["aliases"]:
            self.records[name].into = None if name == row["gone"] else row["gone"]
        for unit in self.units:
            self.accounts[row["kept"], unit].part(self.accounts[row["gone"], unit], number)
        self.records[row["kept"]].facts = row["facts"]
        self._settle(None, happened=self.now, by=f"merge {number}")

    def erase(self, record: str) -> None:
        """Forgotten, with every record of theirs; returns that come later give and take nothing (E-29, E-36)."""
        person = self.person(record)
        for exchange in self.exchanges.values():
            if exchange.state == "reserved" and self.person(exchange.record) == person:
                self._let_go(exchange, "released")
        for name in self.records_of(person):
            self.records[name].erased = True
            for unit in self.units:
                self.accounts[name, unit].close()

    # -- by hand, and in time ------------------------------------------------------------------------------

    @all_or_nothing
    def adjust(self, *, record: str, unit: str, points: int) -> None:
        if self.records[record].into is not None:
            raise Verdict("member_merged")
        if self.records[record].erased:
            raise Verdict("member_erased")
        account = self.accounts[record, unit]
        if points < 0:
            if -points > account.available(self.now):
                raise Verdict("insufficient_points")
            account.spend(-points, self.now, None)
        else:
            account.credit(Lot(points, self.now, self.now), self.now)
        if points > 0:  # what the office takes away is nothing that the member did
            self._stay_awake(record, self.now, only=unit)

    def publish(self, name: str, terms: Terms | None, *, since: datetime) -> None:
        """A rule from a moment on; None ends it. Purchases that happened before keep the rules of their moment (E-37)."""
        self.versions.append((name, since, terms))

    def restock(self, reward: str, pieces: int) -> None:
        """More on the shelf; what was without end is counted from here."""
        left = self.stock[reward]
        self.stock[reward] = pieces if left is None else left + pieces

    def upkeep(self) -> None:
        for exchange in self.exchanges.values():
            if exchange.state == "reserved" and exchange.until <= self.now:
                self._let_go(exchange, "expired")
        for account in self.accounts.values():
            account.expire(self.now)
