"""A rule that is dated back gives what it would have given had it been there: nothing more, however often it is judged."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from passage.config.verification import verify
from passage.earning import actions as earning
from passage.earning.models import Rule, RuleUsage, RuleVersion, TierChange
from passage.earning.queries import rule_set, tier_history
from passage.engine.basket import Basket, Line
from passage.engine.expiry import Expiry, ExpiryKind
from passage.ledger import actions as ledger
from passage.ledger.models import Account, Entry, Lot
from passage.members import actions as members
from passage.members.models import Member
from passage.programme import actions as programmes
from passage.programme.errors import Refused
from passage.programme.models import Programme, Source
from passage.purchases import actions
from passage.purchases.models import Purchase
from passage.purchases.values import MemberRef, Return, Sale, SaleRef, Status
from tests.cast import AT, BY

pytestmark = pytest.mark.django_db
OPENED = AT
NOW = AT + timedelta(days=500)
FOR_EVER = Expiry()
A_YEAR = Expiry(ExpiryKind.DAYS, 365)
TICK = timedelta(seconds=1)
PEOPLE = ("Anna", "Ola", "Ewa")
RULES = {
    "A point for each zloty": {"earns": {"kind": "per_amount", "points": 1, "step": 130}},
    "A day has thirty": {"earns": {"kind": "per_amount", "points": 2, "step": 170}, "limits": {"day": 30}},
    "First purchase": {"earns": {"kind": "fixed", "points": 50}, "when": {"first_purchase": True}},
    "Visit": {"earns": {"kind": "per_visit", "points": 7, "minutes_between": 10}},
    "Twice ever": {"earns": {"kind": "fixed", "points": 5}, "limits": {"times_member": 2}},
    "Thirty ever": {"earns": {"kind": "fixed", "points": 20}, "limits": {"member": 30}},
    "Birthday": {"earns": {"kind": "fixed", "points": 100}, "when": {"birthday_days": 3}},
    "The best": {"earns": {"kind": "fixed", "points": 9}, "when": {"minimum": 1500}, "group": "best"},
    "The second": {"earns": {"kind": "fixed", "points": 4}, "group": "best"},
    "Twice": {"earns": {"kind": "multiplier", "num": 2}, "when": {"shops": ["dworzec"]}},
}

WHOLE = [name for name, said in RULES.items() if said["earns"]["kind"] != "per_amount"]


class House:
    """A programme that imports its history, and then goes on."""

    def __init__(self, slug: str, *, life: Expiry = FOR_EVER) -> None:
        self.programme: Programme = programmes.create_programme(
            name=slug, slug=slug, currency="PLN", zone="Europe/Warsaw", language="pl", region="PL", at=AT, by=BY
        )
        for code in ("rynek", "dworzec"):
            programmes.open_shop(programme=self.programme, code=code, name=code.title())
        ledger.set_up_unit(programme=self.programme, code="points", name="Punkty", expiry=life, qualifies=True)
        earning.set_tiers(
            programme=self.programme,
            tiers=[("silver", "Srebrny", 100), ("gold", "Złoty", 190)],
            effective_from=OPENED,
            by=BY,
            at=OPENED,
        )
        for name in PEOPLE:
            members.enrol(
                programme=self.programme, first_name=name, by=BY, at=AT, birthday=f"{AT + timedelta(days=30):%m-%d}"
            )
        self.till: Source = programmes.add_source(programme=self.programme, code="till", name="Till")

    def person(self, name: str) -> Member:
        found: Member = Member.objects.of(self.programme).get(first_name=name)
        return found

    def publish(self, name: str, *, since: datetime) -> Rule:
        said = {"unit": "points", **RULES[name]}
        return earning.create_rule(
            programme=self.programme, name=name, definition=said, effective_from=since, by=BY, at=NOW
        )

    def send(self, item: Sale | Return) -> None:
        (answer,) = actions.record(programme=self.programme, source=self.till, batch=[item], by=BY, at=NOW)
        assert answer.status is Status.RECORDED, answer

    def date_back(self, *names: str, since: datetime = OPENED) -> None:
        for name in names:
            rule = self.publish(name, since=NOW)
            earning.date_back(rule=rule, since=since, reason="Migrated", by=BY, now=lambda: NOW + TICK)

    def recompute(self, *, since: datetime = OPENED, records: list[int] | None = None) -> list[actions.Judged]:
        everybody = list(Member.objects.of(self.programme).values_list("pk", flat=True))
        return actions.recompute(programme=self.programme, records=records or everybody, since=since, by=BY, at=NOW)

    def sell(self, name: str, days: float, amount: int = 1000, *, by: str = "Anna", shop: str = "rynek") -> None:
        sale = Sale(
            client_id=name,
            occurred_at=OPENED + timedelta(days=days),
            basket=Basket("PLN", (Line("1", amount, quantity=2000),)),
            member=MemberRef(public_id=self.person(by).public_id) if by else MemberRef(),
            shop=shop,
        )
        self.send(sale)

    def back(self, name: str, days: float, *, void: bool = True) -> None:
        quantities = {} if void else {"1": 1000}
        moment = OPENED + timedelta(days=days)
        self.send(
            Return(
                client_id=f"{name}-back-{days}",
                occurred_at=moment,
                sale=SaleRef(client_id=name),
                void=void,
                quantities=quantities,
            )
        )

    def move(self, name: str, to: str) -> None:
        sale = Purchase.objects.of(self.programme).get(client_id=name)
        actions.move(source=self.till, sale=sale, to=self.person(to), client_id=f"{name}-to-{to}", by=BY, at=NOW)

    def merge(self, gone: str, kept: str) -> None:
        choices = {"first_name": "kept"}
        actions.merge(gone=self.person(gone), kept=self.person(kept), choices=choices, by=BY, at=NOW)

    def told(self) -> object:
        """All that a rule which was always there would have left."""
        names = {row.pk: row.first_name for row in Member.objects.of(self.programme)}
        units = Account.objects.of(self.programme).select_related("member")
        balances = {names[each.member_id]: each.balance for each in units}
        lots: dict[tuple[object, ...], int] = {}
        for lot in Lot.objects.of(self.programme).filter(left__gt=0).select_related("account"):
            key = (names[lot.account.member_id], lot.opened_at, lot.active_from, lot.expires_at)
            lots[key] = lots.get(key, 0) + lot.left
        used: dict[tuple[object, ...], tuple[int, int, int]] = {}
        for row in RuleUsage.objects.of(self.programme).exclude(points=0, times=0, carry=0).select_related("rule"):
            used[names[row.member_id], row.rule.name, row.span, row.day] = (row.points, row.times, row.carry)
        people = list(Member.objects.of(self.programme).filter(merged_into=None).values_list("pk", flat=True))
        tiers = tier_history(self.programme, members=people, at=NOW)
        held = {names[each]: getattr(tiers.now(each, at=NOW), "code", "") for each in people}
        return balances, lots, used, held

    def is_right(self) -> bool:
        return [str(fault) for fault in verify(programme=self.programme)] == []


def a_history(house: House) -> None:
    """Some of it older than points live, some within minutes, three people, two shops."""
    for number, (days, amount, by, shop) in enumerate(
        [
            (1, 1990, "Anna", "rynek"),
            (1.003, 470, "Anna", "rynek"),
            (1.02, 3999, "Anna", "dworzec"),
            (2, 777, "Ola", "rynek"),
            (29, 1501, "Anna", "rynek"),
            (31, 1500, "Anna", "rynek"),
            (120, 333, "Ewa", "dworzec"),
            (240, 2222, "Anna", "rynek"),
            (240.004, 2222, "Ola", "rynek"),
            (395, 90, "Ola", "rynek"),
            (395.1, 40, "Ola", "rynek"),
            (400, 5050, "Ewa", "rynek"),
        ]
    ):
        house.sell(f"s{number}", days, amount, by=by, shop=shop)
    house.sell("nobodys", 250, 900, by="")


HISTORIES: dict[str, Callable[[House], None]] = {
    "as imported": lambda house: None,
    "a part came back": lambda house: house.back("s7", 245, void=False),
    "the first came back": lambda house: house.back("s0", 3),
    "moved": lambda house: house.move("s3", "Anna"),
    "given to somebody": lambda house: house.move("nobodys", "Ewa"),
    "merged": lambda house: house.merge("Ola", "Anna"),
    "merged, and a part came back": lambda house: (house.merge("Ola", "Anna"), house.back("s8", 420, void=False)),
}


def twins(
    *names: str, before: Callable[[House], None], after: Callable[[House], None], life: Expiry = FOR_EVER
) -> tuple[House, House]:
    """A programme whose rules were dated back, and one in which they had always been."""
    late, always = House("late", life=life), House("always", life=life)
    for name in names:
        always.publish(name, since=OPENED)
    for house in (late, always):
        a_history(house)
        before(house)
    late.date_back(*names)
    late.recompute()
    for house in (late, always):
        after(house)
        assert house.is_right()
    return late, always


@pytest.mark.one_database
@pytest.mark.parametrize("life", [FOR_EVER, A_YEAR], ids=["for ever", "a year"])
@pytest.mark.parametrize("history", ["as imported", "a part came back"])
def test_a_history_earns_what_it_would_have_had_the_rules_been_there(history, life):
    late, always = twins(*RULES, before=HISTORIES[history], after=lambda house: None, life=life)
    assert late.told() == always.told()
    assert sum(late.told()[0].values()) > 0


@pytest.mark.parametrize("history", HISTORIES)
def test_a_remainder_is_neither_lost_nor_given_twice(history):
    """It is filled in the order of arrival: in which of two lots its point lies may differ, not how many there are."""
    late, always = twins("A point for each zloty", before=HISTORIES[history], after=lambda house: None)
    balances, _lots, used, tiers = late.told()
    expected, _others, counted, held = always.told()
    assert (balances, tiers) == (expected, held)
    assert {key: row[2] for key, row in used.items()} == {key: row[2] for key, row in counted.items()}


@pytest.mark.one_database
@pytest.mark.parametrize("history", HISTORIES)
def test_what_happens_afterwards_is_judged_as_if_the_rules_had_been_there(history):
    late, always = twins(*RULES, before=lambda house: None, after=HISTORIES[history])
    assert late.told() == always.told()


@pytest.mark.one_database
@pytest.mark.parametrize("name", RULES)
def test_each_kind_of_rule_alone_gives_what_it_would_have_given(name):
    late, always = twins(name, before=HISTORIES["a part came back"], after=HISTORIES["the first came back"])
    assert late.told() == always.told()


@pytest.mark.parametrize("life", [FOR_EVER, A_YEAR], ids=["for ever", "a year"])
def test_a_late_sale_takes_its_place_before_what_was_judged_again(life):
    def late_one(house: House) -> None:
        house.sell("late", 0.9, 2000)

    late, always = twins(*WHOLE, before=lambda house: None, after=late_one, life=life)
    assert late.told() == always.told()


@pytest.mark.one_database
@pytest.mark.parametrize("history", HISTORIES)
def test_points_that_end_are_where_they_would_have_been(history):
    """Without remainders: those are filled in the order of arrival, and a point of two purchases lies with the later."""
    late, always = twins(*WHOLE, before=HISTORIES[history], after=lambda house: None, life=A_YEAR)
    assert late.told() == always.told()


def test_a_second_run_changes_nothing():
    house = House("late")
    a_history(house)
    house.date_back(*RULES)
    first = house.recompute()
    assert sum(each.changed for each in first) > 0
    before, rows = house.told(), Purchase.objects.count()
    assert sum(each.changed for each in house.recompute()) == 0
    assert (house.told(), Purchase.objects.count()) == (before, rows)


def test_somebody_at_a_time_with_sales_in_between_ends_as_all_at_once():
    late, always = House("late"), House("always")
    for name in WHOLE:
        always.publish(name, since=OPENED)
    for house in (late, always):
        a_history(house)
    late.date_back(*WHOLE)
    for number, name in enumerate(PEOPLE):
        for house in (late, always):
            house.sell(f"now-{name}", 450 + number, 1800, by=name)
            house.sell(f"other-{name}", 450.001 + number, 1800, by=PEOPLE[number - 1])
        late.recompute(records=[late.person(name).pk])
    assert late.is_right()
    assert late.told() == always.told()


def test_points_whose_life_is_over_are_given_and_end_where_everybody_can_see_it():
    house = House("late", life=A_YEAR)
    house.sell("old", 1, 1300)
    house.date_back("A point for each zloty")
    (judged,) = house.recompute()
    assert (judged.sales, judged.changed) == ((house.person("Anna").pk,), 1)
    assert judged.points == {"points": actions.Points(given=10, taken=0, expired=10)}
    moved = Entry.objects.of(house.programme).order_by("id").values_list("kind", "points", "counts_at")
    old = OPENED + timedelta(days=1)
    assert [(kind, points) for kind, points, _ in moved] == [("earn", 10), ("expire", -10)]
    assert moved[0][2] == old
    assert house.is_right()


def test_only_what_was_bought_since_then_is_judged():
    house = House("late")
    house.sell("before", 300, 1300)
    house.sell("after", 310, 1300)
    house.date_back("A point for each zloty", since=OPENED + timedelta(days=305))
    house.recompute()
    assert house.told()[0]["Anna"] == 10


def test_a_rule_that_gave_less_takes_the_place_of_what_it_said_since_then():
    """Versions are added, none is changed: where it said something else since, it says so again."""
    house = House("late")
    rule = house.publish("First purchase", since=OPENED)
    house.sell("a", 300)
    twenty = {"unit": "points", **RULES["First purchase"], "earns": {"kind": "fixed", "points": 20}}
    earning.change_rule(rule=rule, definition=twenty, effective_from=OPENED + timedelta(days=400), by=BY, at=NOW)
    assert house.told()[0]["Anna"] == 50
    earning.date_back(rule=rule, since=OPENED - timedelta(days=9), reason="Promised", by=BY, now=lambda: NOW)
    moments = [OPENED - timedelta(days=9), OPENED, OPENED + timedelta(days=400)]
    for moment in moments:
        assert [each.earns.points for each in rule_set(house.programme).at(moment)] == [20]
    assert RuleVersion.objects.of(house.programme).filter(rule=rule).count() == 4
    (judged,) = house.recompute()
    assert judged.points == {"points": actions.Points(given=0, taken=30, expired=0)}
    assert house.told()[0]["Anna"] == 20
    assert house.is_right()


def test_a_version_still_to_come_stays_and_nothing_is_put_before_it():
    house = House("late")
    rule = house.publish("First purchase", since=OPENED)
    coming = NOW + timedelta(days=30)
    twenty = {"unit": "points", **RULES["First purchase"], "earns": {"kind": "fixed", "points": 20}}
    earning.change_rule(rule=rule, definition=twenty, effective_from=coming, by=BY, at=NOW)
    earning.date_back(rule=rule, since=OPENED - timedelta(days=9), reason="Promised", by=BY, now=lambda: NOW)
    assert [each.earns.points for each in rule_set(house.programme).at(coming)] == [20]
    with pytest.raises(Refused, match="before_last_version"):
        earning.change_rule(rule=rule, definition=twenty, effective_from=coming - timedelta(days=1), by=BY, at=NOW)
    earning.stop(rule=rule, by=BY, now=lambda: NOW)
    assert rule_set(house.programme).at(coming) == ()


@pytest.mark.parametrize(
    ("days", "reason", "code"),
    [(0, " ", "missing"), (501, "Late", "not_in_the_past"), (-60_000, "Late", "not_in_the_past")],
)
def test_what_cannot_be_dated_back_is_refused(days, reason, code):
    house = House("late")
    rule = house.publish("First purchase", since=NOW)
    with pytest.raises(Refused, match=code):
        earning.date_back(rule=rule, since=OPENED + timedelta(days=days), reason=reason, by=BY, now=lambda: NOW)


def test_a_rule_that_has_ended_and_a_bonus_without_a_purchase_are_not_dated_back():
    house = House("late")
    rule = house.publish("First purchase", since=OPENED)
    earning.end_rule(rule=rule, effective_from=NOW, by=BY, at=NOW)
    joined = {"unit": "points", "earns": {"kind": "event", "on": "joined", "points": 5}}
    bonus = earning.create_rule(
        programme=house.programme, name="Joined", definition=joined, effective_from=OPENED, by=BY, at=NOW
    )
    for each, code in ((rule, "not_in_force"), (bonus, "nothing_to_judge")):
        with pytest.raises(Refused, match=code):
            earning.date_back(rule=each, since=OPENED, reason="Late", by=BY, now=lambda: NOW + TICK)


def test_who_was_erased_is_given_nothing():
    house = House("late")
    a_history(house)
    Member.objects.filter(pk=house.person("Ewa").pk).update(status=Member.Status.ERASED)
    house.date_back("Visit")
    judged = {each.person for each in house.recompute()}
    assert judged == {house.person(name).pk for name in ("Anna", "Ola")}


def test_a_rehearsal_says_what_the_deed_comes_to_and_writes_nothing():
    house = House("late")
    a_history(house)
    rule = house.publish("Thirty ever", since=NOW)
    rows = [each.pk for each in Member.objects.of(house.programme)]
    before, counts = house.told(), (Purchase.objects.count(), Entry.objects.count(), TierChange.objects.count())
    back = rule_set(house.programme).dated_back(rule.pk, since=OPENED, at=NOW)
    said = actions.rehearse_recompute(
        programme=house.programme, records=rows, since=OPENED, by=BY, at=NOW, rules=back.rules
    )
    assert (house.told(), (Purchase.objects.count(), Entry.objects.count(), TierChange.objects.count())) == (
        before,
        counts,
    )
    earning.date_back(rule=rule, since=OPENED, reason="Migrated", by=BY, now=lambda: NOW)
    assert house.recompute() == said
