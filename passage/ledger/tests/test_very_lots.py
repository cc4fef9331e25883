"""Whatever was bought, paid with points and brought back in whatever order: each lot holds what it held before (B-05)."""

from __future__ import annotations

from dataclasses import replace
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
from passage.ledger.models import Account, Entry, Lot
from passage.members import actions as members
from passage.programme import actions as programmes
from passage.programme.errors import Refused
from passage.purchases import actions
from passage.purchases.values import MemberRef, Status
from passage.rewards import actions as rewards
from tests.cast import AT, BY
from tests.world import World

pytestmark = pytest.mark.django_db
CALM = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture)
FAST = (Phase.explicit, Phase.reuse, Phase.generate)  # shrinking takes longer than reading
PER_ZLOTY = {"unit": "points", "earns": {"kind": "per_amount", "points": 1, "step": 100, "carry": False}}
WORTH = 5
CASHBACK = {"unit": "points", "cost": 0, "settlement": "tender", "gives": {"kind": "cashback", "worth": WORTH}}
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
    """A sale, paid in part with so many points where they are there."""
    redeem = ()
    if paid:
        try:
            hold = world.reserve(world.rewards[0], WORTH * paid) if paid > 20 else world.reserve(world.rewards[1])
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
purchases = st.tuples(st.just("buy"), amounts, st.integers(0, 80))
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


@settings(max_examples=max(settings().max_examples // 4, 5), suppress_health_check=CALM, deadline=None, phases=FAST)
@given(
    first=purchases,
    story=st.lists(purchases | returns | days, min_size=2, max_size=9),
    order=st.randoms(use_true_random=False),
    together=st.booleans(),
)
def test_when_everything_came_back_every_lot_holds_what_it_held_before(first, story, order, together):
    with transaction.atomic():
        world = a_shop()
        before = held(world)
        sold = live(world, [first, *story])
        order.shuffle(sold)
        if together:
            world.record(*(world.back(sale) for sale in sold))
        for sale in sold:
            bring_back(world, sale)
        assert held(world) == before
        assert Account.objects.get(member=world.anna).debt == 0
        assert [str(fault) for fault in verify(programme=world.bakery)] == []
        transaction.set_rollback(True)


def spent_and_returned(world: World):
    """A sale whose points paid for the next one, both to be returned: the 28 points that grew young."""
    sale = buy(world, {"cake": 3000}, 0)
    paid = buy(world, {"bread": 9000}, 50)
    return sale, paid


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("together", [True, False])
def test_points_that_a_return_took_from_other_lots_go_back_when_the_reward_does(order, together):
    world = a_shop()
    before = held(world)
    sales = spent_and_returned(world)
    backs = [world.back(sales[which]) for which in order]
    answers = world.record(*backs) if together else [each for back in backs for each in world.record(back)]
    assert [answer.status for answer in answers] == [Status.RECORDED] * 2
    assert held(world) == before
    assert list(verify(programme=world.bakery)) == []


def test_a_sale_paid_with_points_and_returned_in_the_batch_that_brings_it_leaves_no_trace():
    world = a_shop()
    before = held(world)
    sale = buy(world, {"cake": 3000}, 0)
    hold = world.reserve(world.rewards[0], 50)
    paid = world.sale({"bread": 9000}, redeem=(hold.public_id,))
    answers = world.record(paid, world.back(sale), world.back(paid))
    assert [answer.status for answer in answers] == [Status.RECORDED] * 3
    assert held(world) == before


def test_a_debt_that_a_gift_repaid_is_given_back_to_the_gift():
    world = a_shop()
    before = held(world)
    sale = buy(world, {"cake": 3000}, 0)
    paid = buy(world, {"bread": 400}, 80)
    bring_back(world, sale)
    account = Account.objects.get(member=world.anna)
    assert (account.debt > 0, account.balance < 0) == (True, True)
    world.give(60)
    gift = Lot.objects.latest("id")
    assert gift.left < 60
    bring_back(world, paid)
    gift.refresh_from_db()
    assert (gift.left, held(world)) == (60, {**before, gift.pk: 60})
    assert list(verify(programme=world.bakery)) == []


def test_a_gift_that_paid_for_points_while_they_were_held_gets_them_when_the_reservation_ends():
    world = a_shop()
    before = held(world)
    sale = buy(world, {"cake": 3000}, 0)
    hold = world.reserve(world.rewards[0], WORTH * 80)
    bring_back(world, sale)
    world.give(60)
    gift = Lot.objects.latest("id")
    assert gift.left == 30
    rewards.release(redemption=hold, by=BY, at=world.now)
    assert held(world) == {**before, gift.pk: 60}
    assert list(verify(programme=world.bakery)) == []


def another(world: World) -> World:
    """Ewa, in the same shop, who will be found to be Anna."""
    ewa = members.enrol(programme=world.bakery, by=BY, at=AT, first_name="Anna")
    cards.issue(programme=world.bakery, member=ewa, number="EWA1", by=BY, at=AT)
    return replace(world, anna=ewa)


def test_a_return_after_a_merge_takes_the_very_lots_that_came_with_it():
    world = a_shop()
    before = held(world)
    ewa = another(world)
    sale = replace(ewa.sale({"cake": 3000}), member=MemberRef(card="EWA1"))
    ewa.record(sale)
    actions.merge(gone=ewa.anna, kept=world.anna, reason="the same", by=BY, at=world.now)
    assert Lot.objects.latest("id").origin == Lot.objects.get(pk=max(before) + 1).origin is not None
    bring_back(world, sale)
    assert held(world) == before
    assert list(verify(programme=world.bakery)) == []


def test_what_expired_before_a_merge_is_not_taken_back_after_it():
    world = a_shop()
    ewa = another(world)
    sale = replace(ewa.sale({"cake": 3000}), member=MemberRef(card="EWA1"))
    ewa.record(sale)
    world.now += timedelta(days=366)
    ledger.expire_points(programme=world.bakery, at=world.now)
    before = held(world)
    actions.merge(gone=ewa.anna, kept=world.anna, reason="the same", by=BY, at=world.now)
    bring_back(world, sale)
    assert held(world) == before != {}
    assert list(verify(programme=world.bakery)) == []


def test_a_debt_that_is_merged_still_knows_its_sale():
    world = a_shop()
    ewa = another(world)
    sale = replace(ewa.sale({"cake": 3000}), member=MemberRef(card="EWA1"))
    ewa.record(sale)
    ledger.adjust(member=ewa.anna, unit="points", points=-30, reason="a slip", by=BY, at=world.now)
    bring_back(world, sale)
    origin = Entry.objects.get(kind=Entry.Kind.CLAWBACK).origin
    actions.merge(gone=ewa.anna, kept=world.anna, reason="the same", by=BY, at=world.now)
    assert {each.origin for each in Entry.objects.filter(kind=Entry.Kind.CLAWBACK)} == {origin}
    assert list(verify(programme=world.bakery)) == []
