"""What a person earned is what they would have earned in the order it happened, whatever the order of arrival."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import permutations

import pytest
from django.db import transaction

from passage.config.verification import verify
from passage.earning import actions as earning
from passage.earning.models import RuleUsage
from passage.engine.basket import Basket, Line
from passage.ledger.models import Account, Lot
from passage.members import actions as members
from passage.members.models import Member, Merge
from passage.programme import actions as programmes
from passage.purchases import actions, queries
from passage.purchases.models import Purchase
from passage.purchases.values import MemberRef, Return, Sale, SaleRef, Status
from tests.cast import BY
from tests.world import START, World, a_world

pytestmark = pytest.mark.django_db
NOW = START + timedelta(days=3)
HISTORIC = {
    "First purchase": {"earns": {"kind": "fixed", "points": 50}, "when": {"first_purchase": True}},
    "Visit": {"earns": {"kind": "per_visit", "points": 7, "minutes_between": 10}},
    "Long visit": {"earns": {"kind": "per_visit", "points": 11, "minutes_between": 1440}},
    "Fifty a day": {"earns": {"kind": "per_amount", "points": 2, "step": 100}, "limits": {"day": 50}},
    "Twice ever": {"earns": {"kind": "fixed", "points": 5}, "limits": {"times_member": 2}},
    "Thirty ever": {"earns": {"kind": "fixed", "points": 20}, "limits": {"member": 30}},
    "Once a day": {"earns": {"kind": "fixed", "points": 3}, "limits": {"times_day": 1}},
    "Birthday": {"earns": {"kind": "fixed", "points": 100}, "when": {"birthday_days": 3}},
}
Deed = Callable[[], object]


@dataclass
class Shop(World):
    """A world whose rules all look at history; Ola is somebody else, and Anna twice."""

    def bought(self, name: str, minutes: int, amount: int = 1000, *, by: str = "anna", shop: str = "rynek") -> Deed:
        sale = Sale(
            client_id=name,
            occurred_at=START + timedelta(minutes=minutes),
            basket=Basket("PLN", (Line("1", amount, quantity=2000),)),
            member=MemberRef(public_id=self.people[by].public_id) if by else MemberRef(),
            shop=shop,
        )
        return lambda: self.sent(sale)

    def back(self, name: str, minutes: int, *, void: bool = True) -> Deed:  # type: ignore[override]
        item = Return(
            client_id=f"{name}-back-{minutes}",
            occurred_at=START + timedelta(minutes=minutes),
            sale=SaleRef(client_id=name),
            void=void,
            quantities={} if void else {"1": 1000},
        )
        return lambda: self.sent(item)

    def sent(self, item: Sale | Return) -> None:
        (answer,) = actions.record(programme=self.bakery, source=self.till, batch=[item], by=BY, at=NOW)
        assert answer.status in (Status.RECORDED, Status.PARKED), answer

    @property
    def people(self) -> dict[str, Member]:
        rows = Member.objects.of(self.bakery).order_by("id")
        return {row.first_name.lower(): row for row in rows}

    def moved(self, name: str, to: str) -> Deed:
        def move() -> None:
            sale = Purchase.objects.get(client_id=name)
            who = self.people[to] if to else None
            actions.move(source=self.till, sale=sale, to=who, client_id=f"{name}-to-{to}", by=BY, at=NOW)

        return move

    def told(self) -> object:
        """All that the order of arrival could change."""
        rows = RuleUsage.objects.of(self.bakery).exclude(points=0, times=0, carry=0)
        used: dict[tuple[object, ...], list[int]] = {}
        for row in rows.select_related("rule"):
            person = row.member.merged_into_id or row.member_id
            total = used.setdefault((person, row.rule.name, row.span, row.day), [0, 0, 0])
            for place, number in enumerate((row.points, row.times, row.carry)):
                total[place] += number
        lots: dict[tuple[object, ...], int] = {}
        for lot in Lot.objects.of(self.bakery).filter(left__gt=0).select_related("account"):
            key = (lot.account.member_id, lot.account.unit_id, lot.opened_at, lot.active_from, lot.expires_at)
            lots[key] = lots.get(key, 0) + lot.left
        accounts = Account.objects.of(self.bakery).order_by("member_id", "unit_id")
        balances = list(accounts.values_list("member_id", "unit_id", "balance"))
        everybody = list(self.people.values())
        visits = {pk: row.occurred_at for pk, row in queries.last_visits(self.bakery, members=everybody).items()}
        return balances, lots, used, visits


@pytest.fixture
def shop() -> Shop:
    plain = a_world()
    shop = Shop(plain.bakery, plain.till, plain.anna, plain.rewards)
    programmes.open_shop(programme=shop.bakery, code="rynek", name="Rynek", city="Kielce")
    for name, definition in HISTORIC.items():
        earning.create_rule(
            programme=shop.bakery,
            name=name,
            definition={"unit": "points", **definition},
            effective_from=START - timedelta(days=9),
            by=BY,
            at=START,
        )
    members.edit(member=shop.anna, by=BY, at=START, birthday=f"{START:%m-%d}")
    members.enrol(programme=shop.bakery, first_name="Ola", by=BY, at=START)
    return shop


def in_every_order(shop: Shop, deeds: list[Deed], *, after: dict[int, int] | None = None) -> list[object]:
    """What is told after each order of arrival; ``after``: a deed that cannot come before another one."""
    told = []
    for order in permutations(range(len(deeds))):
        if any(order.index(late) < order.index(early) for late, early in (after or {}).items()):
            continue
        with transaction.atomic():
            for each in order:
                deeds[each]()
            assert [str(fault) for fault in verify(programme=shop.bakery)] == []
            told.append(shop.told())
            transaction.set_rollback(True)
    return told


@pytest.mark.parametrize(
    "deeds",
    [
        lambda s: [s.bought("a", 0), s.bought("b", 8), s.bought("c", 16)],
        lambda s: [s.bought("a", 0), s.bought("b", 8), s.back("a", 9), s.bought("c", 30)],
        lambda s: [s.bought("a", 0, 2000), s.bought("b", 5, 2000), s.back("a", 40, void=False), s.bought("c", 1500)],
        lambda s: [s.bought("a", 0), s.bought("b", 0), s.back("a", 4), s.bought("c", 0)],
    ],
    ids=["visits", "a void between", "a part comes back", "one moment"],
)
def test_any_order_of_arrival_ends_alike(shop, deeds):
    first, *others = in_every_order(shop, deeds(shop))
    assert all(each == first for each in others)


def test_a_move_counts_for_whom_it_moved_to_from_its_own_place(shop):
    deeds = [
        shop.bought("a", 0, by="ola"),
        shop.bought("b", 5),
        shop.bought("c", 7, by="ola"),
        shop.moved("a", "anna"),
    ]
    first, *others = in_every_order(shop, deeds, after={3: 0})
    assert all(each == first for each in others)


def test_a_sale_of_nobody_is_nobodys_until_it_is_given_to_somebody(shop):
    deeds = [shop.bought("a", 0, by=""), shop.bought("b", 5), shop.moved("a", "anna"), shop.bought("c", 300)]
    first, *others = in_every_order(shop, deeds, after={2: 0})
    assert all(each == first for each in others)


def test_two_records_earn_what_one_person_would_and_are_parted_without_a_trace(shop):
    for each in (shop.bought("a", 0, by="ola"), shop.bought("b", 5), shop.bought("c", 700)):
        each()
    apart = shop.told()
    merge = actions.merge(gone=shop.people["ola"], kept=shop.anna, choices={"first_name": "kept"}, by=BY, at=NOW)
    together = sum(Account.objects.filter(member=shop.anna, unit__code="points").values_list("balance", flat=True))
    assert [str(fault) for fault in verify(programme=shop.bakery)] == []
    actions.unmerge(row=Merge.objects.get(pk=merge.pk), by=BY, at=NOW)
    assert [str(fault) for fault in verify(programme=shop.bakery)] == []
    balances, _lots, used, visits = shop.told()
    assert (balances, used, visits) == (apart[0], apart[2], apart[3])
    fresh = members.enrol(programme=shop.bakery, first_name="Ewa", by=BY, at=START, birthday=f"{START:%m-%d}")
    for name, minutes in (("x", 0), ("y", 5), ("z", 700)):
        shop.bought(name, minutes, by="ewa")()
    assert together == Account.objects.get(member=fresh, unit__code="points").balance


def test_the_moment_of_an_arrival_is_no_excuse_for_a_day_of_visits(shop):
    """Half a day lay between two visits, and the rule says a day: the window had been twelve hours."""
    shop.bought("a", 0)()
    shop.bought("b", 810)()
    earned = [row.settlement["earned"] for row in Purchase.objects.filter(kind="sale").order_by("occurred_at")]
    rules = [{rule["rule"] for unit in each for rule in unit["rules"]} for each in earned]
    assert ["Long visit" in each for each in rules] == [True, False]
