"""The product behind the same words as the reference: each deed by its real action, each answer as a plain value."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from passage.cards import actions as cards
from passage.config.verification import verify
from passage.earning import actions as earning
from passage.earning import queries as earning_queries
from passage.earning.models import Rule, RuleUsage
from passage.engine.basket import Basket
from passage.engine.basket import Line as EngineLine
from passage.engine.expiry import Expiry, ExpiryKind
from passage.engine.tiers import TierPolicy, Window
from passage.ledger import actions as ledger
from passage.ledger.models import Account, Lot
from passage.members import actions as members
from passage.members.models import Member, Merge
from passage.privacy import actions as privacy
from passage.programme import actions as programmes
from passage.programme.errors import Refused
from passage.purchases import actions as purchases
from passage.purchases import queries as purchase_queries
from passage.purchases.facts import member_facts
from passage.purchases.models import Purchase
from passage.purchases.values import Answer, MemberRef, Return, Sale, SaleRef
from passage.rewards import actions as rewards
from passage.rewards.models import Redemption, Reward
from tests.model.bakery import BEGUN, BY, PEOPLE, REWARDS, RULES, SHOPS, START, TIERS, UNITS, ZONE
from tests.model.bills import Line, Terms, Verdict
from tests.model.earning import Facts

NO_RULE: Terms = {"earns": {}}  # one that a test has made for itself


def said(answer: Answer) -> str:
    """An answer of `record` in the reference's words."""
    if answer.problem is not None:
        raise Verdict(answer.problem.code)
    return str(answer.status)


class Product:
    """A programme of its own in the real database."""

    def __init__(self) -> None:
        self.now = START
        self.bakery = programmes.create_programme(
            name="Piekarnia", slug="piekarnia", currency="PLN", zone=ZONE, language="pl", region="PL", at=BEGUN, by=BY
        )
        for shop in SHOPS:
            programmes.open_shop(programme=self.bakery, code=shop, name=shop)
        self.till = programmes.add_source(programme=self.bakery, code="till", name="Till")
        self._set_up_units()
        self.rules: dict[str, Rule] = {}
        for name, terms in RULES.items():
            self.rules[name] = earning.create_rule(
                programme=self.bakery, name=name, definition=terms, effective_from=BEGUN, by=BY, at=BEGUN
            )
        policy = TierPolicy(window=Window.ROLLING_MONTHS, months=3)
        tiers = [(code, code.title(), least) for code, least in TIERS.items()]
        earning.set_tiers(programme=self.bakery, tiers=tiers, policy=policy, by=BY, at=BEGUN)
        self.rewards = {
            name: rewards.create_reward(
                programme=self.bakery, name=name, definition=terms, stock=stock, effective_from=BEGUN, by=BY, at=BEGUN
            )
            for name, (terms, stock) in REWARDS.items()
        }
        self.members = {name: self._enrol(name, PEOPLE[name]) for name in PEOPLE}
        self.merges: list[Merge] = []

    def _set_up_units(self) -> None:
        for code, unit in UNITS.items():
            life = Expiry()
            if unit.days is not None:
                life = Expiry(ExpiryKind.DAYS, unit.days)
            if unit.idle is not None:
                life = Expiry(ExpiryKind.INACTIVITY, unit.idle)
            terms = {"expiry": life, "pending_days": unit.pending, "qualifies": unit.qualifies}
            ledger.set_up_unit(programme=self.bakery, code=code, name=code, **terms)

    def with_people(self, *names: str) -> None:
        """Others from now on: the answers tell of these alone."""
        self.members = {name: self._enrol(name, Facts()) for name in names}
        self.merges = []

    def _enrol(self, name: str, facts: Facts) -> Member:
        birthday = f"{facts.birthday[0]:02}-{facts.birthday[1]:02}" if facts.birthday else ""
        member = members.enrol(programme=self.bakery, by=BY, at=BEGUN, first_name=name, birthday=birthday)
        if facts.tags:
            Member.objects.filter(pk=member.pk).update(tags=list(facts.tags))
        cards.issue(programme=self.bakery, member=member, number=f"{name.upper()}1", by=BY, at=BEGUN)
        return member

    def _member(self, name: str) -> Member:
        found: Member = Member.objects.select_related("programme", "merged_into").get(pk=self.members[name].pk)
        return found

    # -- deeds ----------------------------------------------------------------------------------------

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
        goods = tuple(
            EngineLine(
                each.id,
                each.amount,
                product=each.product,
                quantity=each.quantity,
                vat_bp=2300,
                measured=each.measured,
            )
            for each in lines
        )
        ref = MemberRef(card=f"{member.upper()}1") if member else MemberRef()
        used = tuple(self._redemption(each).public_id for each in exchanges)
        basket = Basket("PLN", goods)
        sale = Sale(client_id=id, occurred_at=at, shop=shop, basket=basket, member=ref, redemptions=used)
        return self._record(sale)

    def give_back(self, id: str, *, sale: str, at: datetime, void: bool = False, **what: Any) -> str:  # noqa: A002
        ref = SaleRef(client_id=sale)
        return self._record(Return(client_id=id, occurred_at=at, sale=ref, void=void, **what))

    def _record(self, item: Sale | Return) -> str:
        (answer,) = purchases.record(programme=self.bakery, source=self.till, batch=[item], by=BY, at=self.now)
        return said(answer)

    def move(self, id: str, *, sale: str, to: str | None) -> str:  # noqa: A002
        row = Purchase.objects.of(self.bakery).get(client_id=sale)
        to_whom = self._member(to) if to else None
        _, known = purchases.move(source=self.till, sale=row, to=to_whom, client_id=id, by=BY, at=self.now)
        return "replayed" if known else "recorded"

    def merge(self, *, gone: str, kept: str) -> int:
        choices = {"birthday": "kept", "first_name": "kept", "last_name": "kept"}
        both = {"gone": self._member(gone), "kept": self._member(kept)}
        self.merges.append(purchases.merge(**both, choices=choices, by=BY, at=self.now))
        return len(self.merges)

    def unmerge(self, number: int) -> None:
        purchases.unmerge(row=Merge.objects.get(pk=self.merges[number - 1].pk), by=BY, at=self.now)

    def erase(self, record: str) -> None:
        privacy.erase(member=self._member(record), why="asked", by=BY, at=self.now)

    def reserve(self, id: str, *, record: str, reward: str, amount: int | None = None) -> str:  # noqa: A002
        row = Reward.objects.get(pk=self.rewards[reward].pk)
        wish = rewards.Wish(client_id=id, reward=row, amount=amount)
        who = {"member": self._member(record), "facts": self._facts}
        _, known = rewards.reserve(source=self.till, **who, wish=wish, by=BY, at=self.now)
        return "replayed" if known else "recorded"

    def _facts(self, member: Member) -> Any:
        return member_facts(programme=self.bakery, member=member, at=self.now)

    def _redemption(self, id: str) -> Redemption:  # noqa: A002
        found: Redemption = Redemption.objects.of(self.bakery).get(client_id=id)
        return found

    def capture(self, id: str) -> None:  # noqa: A002
        rewards.capture(redemption=self._redemption(id), facts=self._facts, by=BY, at=self.now)

    def release(self, id: str) -> None:  # noqa: A002
        rewards.release(redemption=self._redemption(id), by=BY, at=self.now)

    def reverse(self, id: str, points: int | None = None) -> None:  # noqa: A002
        rewards.reverse(redemption=self._redemption(id), points=points, by=BY, at=self.now)

    def adjust(self, *, record: str, unit: str, points: int) -> None:
        ledger.adjust(member=self._member(record), unit=unit, points=points, reason="a gift", by=BY, at=self.now)

    def publish(self, name: str, terms: Terms | None, *, since: datetime) -> None:
        rule = self.rules[name]
        if terms is None:
            earning.end_rule(rule=rule, effective_from=since, by=BY, at=self.now)
        else:
            what = {"name": name, "definition": dict(terms), "effective_from": since}
            version = earning.publish(programme=self.bakery, rule=rule, **what, by=BY, at=lambda: self.now)
            self.rules[name] = version.rule

    def restock(self, reward: str, pieces: int) -> None:
        rewards.restock(reward=self.rewards[reward], pieces=pieces, reason="counted", by=BY, at=self.now)

    def upkeep(self) -> None:
        rewards.end_reservations(programme=self.bakery, at=self.now)
        ledger.expire_points(programme=self.bakery, at=self.now)
        earning.review_tiers(programme=self.bakery, at=self.now)
        purchases.match_parked(programme=self.bakery, at=self.now)

    # -- answers ----------------------------------------------------------------------------------------

    def faults(self) -> list[str]:
        return [str(fault) for fault in verify(programme=self.bakery)]

    def person_of(self) -> dict[int, str]:
        """By the number of each record, the name of the record that is the person today."""
        names = {member.pk: name for name, member in self.members.items()}
        rows = dict(Member.objects.of(self.bakery).values_list("pk", "merged_into_id"))

        def leads_to(number: int) -> int:
            into = rows[number]
            return number if into is None else leads_to(into)

        return {number: names[leads_to(number)] for number in names}

    def balances(self) -> dict[str, Any]:
        who = self.person_of()
        found: dict[str, Any] = {}
        for row in Account.objects.of(self.bakery).filter(member_id__in=who).select_related("unit"):
            key = f"{who[row.member_id]} {row.unit.code}"
            before = found.get(key, (0, 0, 0))
            found[key] = (before[0] + row.balance, before[1] + row.debt, before[2] + row.reserved)
        return {key: value for key, value in found.items() if any(value)}

    def lots(self) -> dict[str, Any]:
        who = self.person_of()
        sums: dict[str, dict[tuple[str, ...], int]] = {}
        for row in (
            Lot.objects.of(self.bakery).filter(left__gt=0, account__member_id__in=who).select_related("account__unit")
        ):
            key = f"{who[row.account.member_id]} {row.account.unit.code}"
            dates = tuple(each.astimezone(UTC).isoformat() if each else "" for each in _dates(row))
            sums.setdefault(key, {})[dates] = sums.get(key, {}).get(dates, 0) + row.left
        return {key: sorted((*dates, left) for dates, left in each.items()) for key, each in sums.items()}

    def tiers(self) -> dict[str, str]:
        numbers = [member.pk for member in self.members.values()]
        history = earning_queries.tier_history(self.bakery, members=numbers, at=self.now)
        found = {}
        for number, name in self.person_of().items():
            held = history.now(number, at=self.now)
            if held and self.members[name].pk == number:
                found[name] = held.code
        return found

    def usage(self) -> dict[str, Any]:
        return self._counted(lambda row: (row.points, row.times), limited=True)

    def remainders(self) -> dict[str, Any]:
        def fraction(row: RuleUsage) -> tuple[Fraction]:
            earns = RULES.get(row.rule.name, NO_RULE)["earns"]
            return (Fraction(row.carry, earns.get("step", 1)),)

        return {key: str(value[0]) for key, value in self._counted(fraction, limited=False).items()}

    def _counted(self, read: Callable[[RuleUsage], tuple[Any, ...]], *, limited: bool) -> dict[str, Any]:
        who, found = self.person_of(), {}
        for row in RuleUsage.objects.of(self.bakery).filter(span="ever", member_id__in=who).select_related("rule"):
            if ("limits" in RULES.get(row.rule.name, NO_RULE)) is limited:
                key = f"{who[row.member_id]} {row.rule.name}"
                before = found.get(key, tuple(0 for _ in read(row)))
                found[key] = tuple(old + new for old, new in zip(before, read(row), strict=True))
        return {key: value for key, value in found.items() if any(value)}

    def visits(self) -> dict[str, str]:
        numbers = {member.pk: name for name, member in self.members.items()}
        rows = Member.objects.of(self.bakery).filter(pk__in=numbers, merged_into=None).select_related("programme")
        present = {numbers[row.pk]: row for row in rows}
        last = purchase_queries.last_visits(self.bakery, members=list(present.values()))
        return {
            name: last[row.pk].occurred_at.astimezone(UTC).isoformat()
            for name, row in present.items()
            if row.pk in last
        }

    def exchanged(self) -> dict[str, Any]:
        rows = Redemption.objects.of(self.bakery).filter(member_id__in=self.person_of())
        rows = rows.values_list("client_id", "state", "spent", "reversed")
        return {name: (state, spent, back) for name, state, spent, back in rows}

    def stock(self) -> dict[str, int | None]:
        return dict(Reward.objects.of(self.bakery).values_list("name", "stock"))


def _dates(row: Lot) -> tuple[datetime | None, ...]:
    return (row.opened_at, row.active_from, row.expires_at)


def outcome(deed: Callable[[], Any]) -> str:
    """What a deed answered, or the code of its refusal; any other exception is a fault of the product."""
    try:
        return str(deed() or "done")
    except Verdict as verdict:
        return verdict.code
    except Refused as refused:
        return refused.code
