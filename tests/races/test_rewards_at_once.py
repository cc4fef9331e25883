"""Rewards taken, given back and merged at the same moment: stock, reservations and approvals stay right."""

import threading
from datetime import timedelta

import pytest

from passage.config.verification import verify
from passage.ledger import actions as ledger
from passage.members import actions as members
from passage.members.models import Member
from passage.programme import actions as programmes
from passage.programme.models import Staff
from passage.purchases.actions import claiming, merge
from passage.purchases.values import Status
from passage.rewards import actions as rewards
from passage.rewards.models import Redemption, Reward
from tests.cast import AT, BY, a_bakery
from tests.races.test_races import at_once
from tests.world import World, a_world

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 8


@pytest.fixture
def world() -> World:
    world = a_world()
    world.now += timedelta(days=1)
    return world


def a_double(world, number):
    """Another record of Anna's, with a reward that is held."""
    double = members.enrol(programme=world.bakery, by=BY, at=world.now, external_id=f"K-{number}")
    ledger.adjust(member=double, unit="points", points=20, reason="a gift", by=BY, at=world.now)
    wish = rewards.Wish(client_id=f"double-{number}", reward=world.rewards[0])
    held, _ = claiming.reserve(source=world.till, member=double, wish=wish, by=BY, at=world.now)
    return double, held


@pytest.mark.parametrize("deed", ["capture", "release"])
def test_a_reward_taken_while_its_member_is_merged_is_taken_once(world, deed):
    act = {"capture": claiming.capture, "release": rewards.release}[deed]
    for number in range(ROUNDS):
        double, held = a_double(world, number)
        anna = Member.objects.get(pk=world.anna.pk)
        seen = Redemption.objects.select_related("member", "programme").get(pk=held.pk)
        merged, done = at_once(
            lambda double=double, anna=anna: merge(gone=double, kept=anna, by=BY, at=world.now),
            lambda seen=seen: act(redemption=seen, by=BY, at=world.now),
        )
        assert (merged.gone_id, done.state) == (double.pk, f"{deed}d")
        Reward.objects.filter(pk=world.rewards[0].pk).update(stock=5)
    assert list(verify(programme=world.bakery)) == []


def test_two_rewards_of_one_sale_and_their_voids_wait_for_each_other_in_one_order(world):
    """Two persons take the same two rewards, one of them in the other order, while a third one's come back."""
    five, ten = world.rewards[0], world.rewards[1]
    Reward.objects.update(stock=1000)
    world.give(2000)
    for _ in range(ROUNDS):
        sales = []
        for order in ((five, ten), (ten, five), (five, ten), (ten, five)):
            held = [world.reserve(reward).public_id for reward in order]
            sales.append(world.sale({"cake": 9000}, redeem=tuple(held)))
        world.now += timedelta(minutes=16)
        world.upkeep()
        got = at_once(*[lambda sale=sale: world.record(sale)[0].status for sale in sales])
        assert got == [Status.RECORDED] * 4
        voids = [world.back(sale, void=True) for sale in sales]
        assert at_once(*[lambda void=void: world.record(void)[0].status for void in voids]) == [Status.RECORDED] * 4
    assert set(Reward.objects.filter(pk__in=[five.pk, ten.pk]).values_list("stock", flat=True)) == {1000}
    assert list(verify(programme=world.bakery)) == []


def test_an_approval_is_used_once_by_two_that_come_at_once():
    cast = a_bakery()
    till = programmes.add_till(shop=cast.rynek, code="1")
    programmes.set_pin(staff=cast.maria, pin="2580", by=BY, at=AT)
    maria = Staff.objects.get(pk=cast.maria.pk)
    for number in range(ROUNDS):
        text = programmes.approve(staff=maria, till=till, kind="void", sale=str(number), at=AT)
        meet = threading.Barrier(4)

        def use(text=text, number=number, meet=meet):
            meet.wait(timeout=30)
            return programmes.use_approval(
                text=text, till=till, kind="void", sales=[str(number)], done_at=AT, at=AT + timedelta(minutes=1)
            )

        assert sorted(bool(each) for each in at_once(*[use] * 4)) == [False, False, False, True]
