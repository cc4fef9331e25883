"""Whatever was bought, paid with points and brought back in whatever order: each lot holds what it held before (B-05)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from passage.cards import actions as cards
from passage.config.verification import verify
from passage.earning import actions as earning
from passage.engine.expiry import Expiry, ExpiryKind
from passage.ledger import actions as ledger
from passage.ledger.models import Account, Lot
from passage.members import actions as members
from passage.programme import actions as programmes
from passage.programme.errors import Refused
from passage.purchases.values import Status
from passage.rewards import actions as rewards
from tests.cast import AT, BY
from tests.world import World

pytestmark = pytest.mark.django_db
CALM = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture)
FAST = (Phase.explicit, Phase.reuse, Phase.generate)  # shrinking takes longer than reading
PER_ZLOTY = {"unit": "points", "earns": {"kind": "per_amount", "points": 1, "step": 100, "carry": False}}
CASHBACK = {"unit": "points", "cost": 0, "settlement": "tender", "gives": {"kind": "cashback", "worth": 5}}
FIVE_OFF = {"unit": "points", "cost": 20, "gives": {"kind": "value_off", "amount": 500}}


def a_shop() -> World:
    """Anna has old points that end on two days and some that never end."""
    bakery = programmes.create_programme(
        name="Piekarnia", slug="piekarnia", currency="PLN", zone="Europe/Warsaw", region="PL", at=AT, by=BY
    )
    year = Expiry(ExpiryKind.DAYS, 365)
    ledger.set_up_unit(programme=bakery, code="points", name="Punkty", qualifies=True, expiry=year)
    rule = {"programme": bakery, "definition": PER_ZLOTY, "effective_from": AT, "by": BY, "at": AT}
    earning.create_rule(name="A point for each zloty", **rule)
    catalogue = [
        rewards.create_reward(programme=bakery, name=name, definition=each, effective_from=AT, by=BY, at=AT)
        for name, each in (("Pay with points", CASHBACK), ("5 zł off", FIVE_OFF))
    ]
    anna = members.enrol(programme=bakery, by=BY, at=AT, first_name="Anna")
    cards.issue(programme=bakery, member=anna, number="ANNA1", by=BY, at=AT)
    world = World(bakery, programmes.add_source(programme=bakery, code="till", name="Till"), anna, catalogue)
    for amount in (1500, 1000):
        world.record(world.sale({"tea": amount}))
        world.now += timedelta(days=3)
    world.give(25)
    return world


def held(world: World) -> dict[int, int]:
    """What each lot with something left holds."""
    return dict(Lot.objects.of(world.bakery).filter(left__gt=0).values_list("id", "left"))


def buy(world: World, amounts, paid):
    """A sale, paid in part with points where that many are there."""
    redeem = ()
    if paid:
        try:
            hold = world.reserve(world.rewards[0], paid) if paid > 20 else world.reserve(world.rewards[1])
            redeem = (hold.public_id,)
        except Refused:
            redeem = ()
    sale = world.sale(amounts, redeem=redeem)
    (answer,) = world.record(sale)
    assert answer.status is Status.RECORDED
    return sale


def bring_back(world: World, sale, **what):
    (answer,) = world.record(world.back(sale, **what))
    assert answer.status is Status.RECORDED or answer.problem.code in {"too_much", "nothing_left"}


amounts = st.dictionaries(st.sampled_from(["bread", "cake", "tea"]), st.integers(100, 9000), min_size=1)
purchases = st.tuples(st.just("buy"), amounts, st.integers(0, 150))
returns = st.tuples(st.just("return"), st.integers(0, 5), st.integers(1, 4000))
days = st.tuples(st.just("wait"), st.integers(1, 5), st.just(0))


def live(world: World, story):
    sold = []
    for what, which, how in story:
        if what == "buy":
            sold.append(buy(world, which, how))
        elif what == "return" and sold:
            bring_back(world, sold[which % len(sold)], amount=how)
        elif what == "wait":
            world.now += timedelta(days=which)
    return sold


@settings(suppress_health_check=CALM, deadline=None, phases=FAST)
@given(
    first=purchases,
    story=st.lists(purchases | returns | days, min_size=2, max_size=9),
    order=st.randoms(use_true_random=False),
)
def test_when_everything_came_back_every_lot_holds_what_it_held_before(first, story, order):
    with transaction.atomic():
        world = a_shop()
        before = held(world)
        sold = live(world, [first, *story])
        order.shuffle(sold)
        for sale in sold:
            bring_back(world, sale)
        assert held(world) == before
        assert Account.objects.get(member=world.anna).debt == 0
        assert [str(fault) for fault in verify(programme=world.bakery)] == []
        transaction.set_rollback(True)
