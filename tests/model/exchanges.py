"""Rewards of the reference: set aside, used with a sale or without one, let go, given back (E-14 to E-16, E-20, E-30)."""

from datetime import timedelta

from tests.model import bills, earning
from tests.model.accounts import Account
from tests.model.bills import Terms, Verdict, Wish
from tests.model.books import Books, Exchange, all_or_nothing
from tests.model.earning import Purchase

DAYS_OF_A_LATE_RESTORE = 30
# Conditions that only a basket answers.
NEEDS_A_BASKET = {"minimum", "any_of", "all_of", "first_purchase", "shops"}


class Exchanges(Books):
    """What needs points and not only earns them."""

    # -- rewards ----------------------------------------------------------------------------------------

    @all_or_nothing
    def reserve(self, id: str, *, record: str, reward: str, amount: int | None = None) -> str:  # noqa: A002
        content = ("wish", record, reward, amount)
        if id in self.known:
            if self.known[id] != content:
                raise Verdict("other_content")
            return "replayed"
        self._check_present(record)
        terms = self.rewards[reward]
        account = self.accounts[record, terms["unit"]]
        self._check_conditions(record, terms)
        self._check_limit(record, reward)
        points = self._price(terms, account.available(self.now), amount)
        if account.debt:
            raise Verdict("in_debt")
        if points > account.available(self.now):
            raise Verdict("insufficient_points")
        exchange = Exchange(id, record, reward, terms, points, self.now + timedelta(minutes=15), self.now, amount)
        self._take_stock(exchange)
        account.held += points
        self.exchanges[id] = exchange
        self.known[id] = content
        return "recorded"

    def _price(self, terms: Terms, available: int, amount: int | None) -> int:
        if terms["gives"]["kind"] != "cashback":
            return int(terms["cost"])
        return max(available, 1) if amount is None else -(-amount // int(terms["gives"]["worth"]))

    def _check_present(self, record: str) -> None:
        if self.records[record].into is not None:
            raise Verdict("member_merged")
        if self.records[record].erased:
            raise Verdict("member_erased")

    def _check_conditions(self, record: str, terms: Terms) -> None:
        """What can be judged without a basket is judged when the reward is set aside; the rest when the basket comes."""
        known = {key: value for key, value in terms.get("when", {}).items() if key not in NEEDS_A_BASKET}
        here = Purchase("", self.now, "", [], record, self._facts(record, self.now))
        if failed := earning.failing(known, [], 0, here, True, self.zone):
            raise Verdict(failed)

    def _check_limit(self, record: str, reward: str, *, using: Exchange | None = None) -> None:
        """What a person has had counts, and what waits for them; of two that wait the one asked for first goes first."""
        person, limit = self.person(record), self.rewards[reward].get("per_member")
        names = list(self.exchanges)
        had = [
            each
            for each in self.exchanges.values()
            if each.reward == reward
            and self.person(each.record) == person
            and each is not using
            and (each.state == "captured" or (each.state == "reserved" and not self._is_before(using, each, names)))
        ]
        if limit is not None and len(had) >= limit:
            raise Verdict("limit_reached")

    def _is_before(self, using: Exchange | None, other: Exchange, names: list[str]) -> bool:
        """Whether the one that is used now was promised before the other one."""
        return using is not None and using.state == "reserved" and names.index(using.id) < names.index(other.id)

    def _take_stock(self, exchange: Exchange) -> None:
        left = self.stock[exchange.reward]
        if left == 0:
            raise Verdict("out_of_stock")
        exchange.from_stock = left is not None
        if left is not None:
            self.stock[exchange.reward] = left - 1

    def _put_back_stock(self, exchange: Exchange) -> None:
        """Only what was taken off the shelf goes back on it."""
        left = self.stock[exchange.reward]
        if exchange.from_stock and left is not None:
            self.stock[exchange.reward] = left + 1

    def _use(self, sale: Purchase, wanted: tuple[str, ...], owner: str | None) -> None:
        """The rewards of a sale: judged and priced together, then spent, all or nothing."""
        chosen = []
        for id in wanted:  # noqa: A001
            exchange = self.exchanges.get(id)
            if exchange is None or owner is None or self.person(exchange.record) != owner:
                raise Verdict("unknown_redemption")
            if exchange.state not in ("reserved", "expired"):
                raise Verdict(f"redemption_{exchange.state}")
            chosen.append(exchange)
        before = [each for each in self._standing(owner) if (each.at, each.id) < (sale.at, sale.id)] if owner else []
        chosen.sort(key=lambda each: bills.place(each.terms))
        taken, gone = [], dict.fromkeys(self.units, 0)  # what those before take of what is free
        for exchange in chosen:
            when = exchange.terms.get("when", {})
            amount = sum(line.paid for line in sale.lines if line.kind not in bills.OUTSIDE)  # after those before
            if failed := earning.failing(when, sale.lines, amount, sale, not before, self.zone):
                raise Verdict(failed)
            self._check_limit(exchange.record, exchange.reward, using=exchange)
            wish = Wish(exchange.terms, self._may_cost(exchange, gone[exchange.terms["unit"]]), exchange.amount)
            points, _, per_line = bills.put_on(wish, sale.lines)
            taken.append((exchange, points, per_line))
            gone[exchange.terms["unit"]] += points if exchange.state == "expired" else 0
        for exchange, points, per_line in taken:
            self._spend(exchange, points)
            exchange.on = (sale.id, per_line)
            self._stay_awake(self.person(exchange.record), sale.at)

    def _may_cost(self, exchange: Exchange, gone: int) -> int:
        """What is held; where nothing is held any more, as much of it as is there (E-15) and not ``gone`` already."""
        if exchange.state == "reserved":
            return exchange.points
        account = self._account(exchange)
        if account.debt:
            raise Verdict("in_debt")
        return min(max(account.available(self.now) - gone, 0), exchange.points)

    def _account(self, exchange: Exchange) -> Account:
        return self.accounts[self.person(exchange.record), exchange.terms["unit"]]

    def _spend(self, exchange: Exchange, points: int) -> None:
        account, was_held = self._account(exchange), exchange.state == "reserved"
        if not was_held:
            self._take_stock(exchange)
        else:
            account.held -= exchange.points
        exchange.taken = account.spend(points, self.now, exchange.made if was_held else None)
        if was_held and points < exchange.points:
            account.free_again(self.now)
        exchange.state, exchange.spent = "captured", points

    @all_or_nothing
    def capture(self, id: str) -> None:  # noqa: A002
        """Handed over without a sale. What a sale has used is not handed over too."""
        exchange = self.exchanges[id]
        if exchange.state == "captured":
            if exchange.on:
                raise Verdict("redemption_captured")
            return
        if exchange.state not in ("reserved", "expired"):
            raise Verdict(f"redemption_{exchange.state}")
        self._check_conditions(self.person(exchange.record), exchange.terms)
        self._check_limit(exchange.record, exchange.reward, using=exchange)
        if NEEDS_A_BASKET & set(exchange.terms.get("when", {})):
            raise Verdict("needs_a_sale")
        self._spend(exchange, exchange.points)
        self._stay_awake(self.person(exchange.record), self.now, only=exchange.terms["unit"])

    @all_or_nothing
    def release(self, id: str) -> None:  # noqa: A002
        exchange = self.exchanges[id]
        if exchange.state in ("released", "expired"):
            return
        self._check_no_sale(exchange)
        if exchange.state != "reserved":
            raise Verdict("already_captured")
        self._let_go(exchange, "released")

    def _let_go(self, exchange: Exchange, state: str) -> None:
        account = self._account(exchange)
        account.held -= exchange.points
        account.free_again(self.now)
        self._put_back_stock(exchange)
        exchange.state = state

    @all_or_nothing
    def reverse(self, id: str, points: int | None = None) -> None:  # noqa: A002
        exchange = self.exchanges[id]
        if exchange.state == "reversed":
            return
        self._check_no_sale(exchange)
        if exchange.state != "captured":
            raise Verdict("not_captured")
        more = exchange.spent - exchange.back if points is None else points
        if not 0 < more <= exchange.spent - exchange.back:
            raise Verdict("too_much")
        self._reverse(exchange, more)

    def _check_no_sale(self, exchange: Exchange) -> None:
        """What a sale has used comes back with that sale: else its bill would keep the discount."""
        if exchange.state == "captured" and exchange.on:
            raise Verdict("captured_by_sale")

    def _reverse(self, exchange: Exchange, points: int) -> None:
        """The last lot taken is the first that gets its points back (E-20)."""
        if points <= 0:
            return
        back, skip = [], exchange.back
        for lot, part in reversed(exchange.taken):
            take = min(max(part - skip, 0), points)
            skip = max(skip - part, 0)
            points -= take
            exchange.back += take
            if take:
                back.append((lot, take))
        self._account(exchange).restore(back, self.now, DAYS_OF_A_LATE_RESTORE)
        if exchange.back == exchange.spent:
            exchange.state = "reversed"
            self._put_back_stock(exchange)
