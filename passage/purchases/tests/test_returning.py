"""Goods come back: the golden return, moves, merges, debts, tiers, through the real books."""

from datetime import timedelta

import pytest

from passage.config.verification import verify
from passage.earning import actions as earning_actions
from passage.earning import queries as earning
from passage.earning.models import Rule
from passage.engine.basket import Basket, Line
from passage.ledger import actions as ledger_actions
from passage.ledger import queries as ledger
from passage.members import actions as members
from passage.programme.errors import Refused
from passage.purchases import actions
from passage.purchases.actions import claiming
from passage.purchases.models import Purchase
from passage.purchases.values import MemberRef, Return, Sale, SaleRef, Status
from passage.rewards import actions as rewards
from passage.rewards.models import Redemption
from tests.cast import AT, BY
from tests.world import World, a_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return a_world()


def points(world, member=None):
    return ledger.balances(member or world.anna, at=world.now)[0]


def fifteen_off(world):
    definition = {"unit": "points", "cost": 150, "gives": {"kind": "value_off", "amount": 1500}}
    return rewards.create_reward(
        programme=world.bakery, name="15 off", definition=definition, effective_from=world.now, by=BY, at=world.now
    )


def a_plain_world() -> World:
    """One point for each zloty and nothing else."""
    world = a_world()
    for rule in Rule.objects.of(world.bakery).exclude(name="A point for each zloty"):
        earning_actions.end_rule(rule=rule, effective_from=AT, by=BY, at=world.now)
    return world


def test_the_golden_return_after_a_redemption():
    """E-25: 40 / 25 / 35, a 15 reward for 150 points; line 2 comes back, then the rest."""
    world = a_plain_world()
    reward = fifteen_off(world)
    world.give(150)
    hold = world.reserve(reward)
    lines = (Line("1", 4000), Line("2", 2500), Line("3", 3500))
    sale = Sale(
        client_id="golden",
        occurred_at=world.now,
        basket=Basket("PLN", lines),
        member=MemberRef(card="ANNA1"),
        redemptions=(hold.public_id,),
    )
    (sold,) = world.record(sale)
    assert [line["discount"] for line in sold.receipt.settlement["lines"]] == [600, 375, 525]
    assert (sold.receipt.settlement["payable"], points(world).balance) == (8500, 85)

    (back,) = world.record(world.back(sale, quantities={"2": 1000}))
    assert back.receipt.settlement["refund"] == 2125
    assert back.receipt.settlement["clawed"][0]["owed"] == 22
    assert back.receipt.settlement["restored"][0]["points"] == 38

    (first,) = world.record(world.back(sale, quantities={"1": 1000}))
    (last,) = world.record(world.back(sale))
    assert [each.receipt.settlement["restored"][0]["points"] for each in (first, last)] == [60, 52]
    assert points(world).balance == 150
    assert Redemption.objects.get().state == "reversed"
    assert list(verify(programme=world.bakery)) == []


def test_points_already_spent_become_a_debt_that_the_next_sale_repays():
    world = a_plain_world()
    sale = world.sale({"cake": 4000})
    world.record(sale)
    world.now += timedelta(days=3)
    hold = world.reserve(world.rewards[0])
    claiming.capture(redemption=hold, by=BY, at=world.now)
    (answer,) = world.record(world.back(sale))
    assert answer.receipt.settlement["clawed"][0]["debt"] == 20
    assert (points(world).balance, points(world).debt) == (-20, 20)
    with pytest.raises(Refused, match="in_debt"):
        world.reserve(world.rewards[0])
    world.record(world.sale({"cake": 5000}))
    assert (points(world).balance, points(world).debt) == (30, 0)
    movement = ledger.history(world.anna)[0]
    assert {"code": "repaid", "points": 20, "of": 20} in movement.because
    assert list(verify(programme=world.bakery)) == []


def test_more_than_was_sold_never_comes_back(world):
    sale = world.sale({"cake": 1000})
    world.record(sale)
    world.record(world.back(sale, quantities={"0": 600}))
    (answer,) = world.record(world.back(sale, quantities={"0": 600}))
    assert (answer.problem.code, answer.problem.params["left"]) == ("too_much", 400)
    world.record(world.back(sale))
    (again,) = world.record(world.back(sale))
    assert again.problem.code == "nothing_left"


def test_a_returned_sale_revokes_the_tier_it_reached():
    world = a_plain_world()
    sale = world.sale({"cake": 12_000})
    world.record(sale)
    held = earning.tier_history(world.bakery, members=[world.anna.pk])
    assert held.now(world.anna.pk, at=world.now).code == "silver"
    world.now += timedelta(hours=1)
    world.record(world.back(sale))
    held = earning.tier_history(world.bakery, members=[world.anna.pk])
    assert held.now(world.anna.pk, at=world.now) is None


def test_the_sale_that_reaches_a_tier_earned_at_the_old_one_and_late_sales_are_judged_by_their_own_day():
    world = a_plain_world()
    early = world.sale({"cake": 9000}, at=world.now - timedelta(hours=20))
    world.record(world.sale({"cake": 1000}))
    held = earning.tier_history(world.bakery, members=[world.anna.pk])
    assert held.now(world.anna.pk, at=world.now) is None
    world.record(early)
    held = earning.tier_history(world.bakery, members=[world.anna.pk])
    assert held.held(world.anna.pk, before=world.now) is None
    assert held.now(world.anna.pk, at=world.now).code == "silver"


def test_a_period_that_ends_without_enough_credits_ends_the_tier():
    world = a_plain_world()
    world.record(world.sale({"cake": 12_000}))
    world.now += timedelta(days=200)
    world.upkeep()
    held = earning.tier_history(world.bakery, members=[world.anna.pk])
    assert held.now(world.anna.pk, at=world.now) is None


def test_a_sale_on_the_wrong_member_moves_in_one_step_and_returns_follow_it():
    world = a_plain_world()
    piotr = members.enrol(programme=world.bakery, by=BY, at=world.now, first_name="Piotr")
    sale = world.sale({"cake": 4050})
    world.record(sale)
    row = Purchase.objects.get()
    moved, known = actions.move(source=world.till, sale=row, to=piotr, client_id="m-1", by=BY, at=world.now)
    assert not known
    assert (points(world).balance, points(world, piotr).balance) == (0, 40)
    again, known = actions.move(source=world.till, sale=row, to=piotr, client_id="m-1", by=BY, at=world.now)
    assert (known, again.pk) == (True, moved.pk)
    world.record(world.back(sale))
    assert points(world, piotr).balance == 0
    assert list(verify(programme=world.bakery)) == []


def test_a_sale_with_a_reward_is_not_moved():
    world = a_plain_world()
    world.give(20)
    hold = world.reserve(world.rewards[0])
    sale = world.sale({"cake": 4000}, redeem=(hold.public_id,))
    world.record(sale)
    piotr = members.enrol(programme=world.bakery, by=BY, at=world.now, first_name="Piotr")
    with pytest.raises(Refused, match="reward_used"):
        actions.move(source=world.till, sale=Purchase.objects.get(), to=piotr, client_id="m", by=BY, at=world.now)


def test_merged_members_hold_everything_together_and_can_be_two_again():
    world = a_plain_world()
    double = members.enrol(programme=world.bakery, by=BY, at=world.now, first_name="Ania", email="ania@example.org")
    ledger_actions.adjust(member=double, unit="points", points=70, reason="a gift", by=BY, at=world.now)
    world.record(world.sale({"cake": 5000}))
    row = actions.merge(gone=double, kept=world.anna, choices={"first_name": "kept"}, by=BY, at=world.now)
    assert points(world).balance == 120
    assert row.kept.email == "ania@example.org"
    undone = actions.unmerge(row=row, by=BY, at=world.now)
    assert undone.undone_at is not None
    double.refresh_from_db()
    assert (points(world).balance, points(world, double).balance) == (50, 70)
    assert (double.email, double.status) == ("ania@example.org", "active")
    assert list(verify(programme=world.bakery)) == []


def test_a_merge_asks_where_both_told_something_else():
    world = a_plain_world()
    double = members.enrol(programme=world.bakery, by=BY, at=world.now, first_name="Ania")
    with pytest.raises(Refused) as refusal:
        actions.merge(gone=double, kept=world.anna, by=BY, at=world.now)
    assert refusal.value.params["fields"] == ["first_name"]
    double.refresh_from_db()
    assert double.status == "active"


def test_a_merge_is_not_undone_once_its_points_are_spent():
    world = a_plain_world()
    double = members.enrol(programme=world.bakery, by=BY, at=world.now)
    ledger_actions.adjust(member=double, unit="points", points=30, reason="a gift", by=BY, at=world.now)
    row = actions.merge(gone=double, kept=world.anna, by=BY, at=world.now)
    claiming.capture(redemption=world.reserve(world.rewards[0]), by=BY, at=world.now)
    with pytest.raises(Refused, match="merge_in_use"):
        actions.unmerge(row=row, by=BY, at=world.now)


def test_a_sale_of_a_merged_member_is_returned_to_the_member_they_became():
    world = a_plain_world()
    sale = world.sale({"cake": 5000})
    world.record(sale)
    kept = members.enrol(programme=world.bakery, by=BY, at=world.now)
    actions.merge(gone=world.anna, kept=kept, by=BY, at=world.now)
    (answer,) = world.record(world.back(sale))
    assert answer.status is Status.RECORDED, answer.problem
    assert points(world, kept).balance == 0
    assert list(verify(programme=world.bakery)) == []


def test_a_reward_spent_before_a_merge_comes_back_to_the_member_they_became():
    world = a_plain_world()
    world.give(20)
    hold = world.reserve(world.rewards[0])
    sale = world.sale({"cake": 500}, redeem=(hold.public_id,))
    world.record(sale)
    kept = members.enrol(programme=world.bakery, by=BY, at=world.now)
    actions.merge(gone=world.anna, kept=kept, by=BY, at=world.now)
    world.record(world.back(sale))
    assert points(world, kept).available == 20
    assert list(verify(programme=world.bakery)) == []


def test_points_given_back_to_a_lot_that_has_ended_live_a_little_longer():
    world = a_plain_world()
    world.record(world.sale({"cake": 2000}))
    world.now += timedelta(days=58)
    hold = world.reserve(world.rewards[0])
    sale = world.sale({"tea": 900}, redeem=(hold.public_id,))
    world.record(sale)
    world.now += timedelta(days=10)
    world.upkeep()
    world.record(world.back(sale))
    assert points(world).available == 20
    world.now += timedelta(days=31)
    world.upkeep()
    assert points(world).balance == 0
    assert list(verify(programme=world.bakery)) == []


def test_a_void_is_a_full_return_by_another_name(world):
    sale = world.sale({"cake": 4000})
    world.record(sale)
    (answer,) = world.record(
        Return(client_id="v-1", occurred_at=world.now, sale=SaleRef(client_id=sale.client_id), void=True, reason="typo")
    )
    assert (answer.receipt.kind, answer.receipt.settlement["whole"], points(world).balance) == ("void", True, 0)


@pytest.mark.parametrize("is_early", [False, True])
def test_a_sale_that_expired_before_it_arrived_and_went_back_at_once_costs_no_other_points(world, is_early):
    world.now += timedelta(days=200)
    world.give(500)
    before = world.state()["balances"]
    old = world.sale({"tea": 3000}, at=world.now - timedelta(days=150))
    if is_early:
        world.record(world.back(old))
        world.record(old)
    else:
        world.record(old, world.back(old))
    assert world.state()["balances"] == before


def test_a_rehearsed_return_says_what_the_real_one_then_does_and_leaves_no_trace():
    world = a_plain_world()
    sale = world.sale({"bread": 4000, "cake": 2500})
    world.record(sale)
    back = world.back(sale, quantities={"1": 1000})
    before = world.state()
    rehearsed = actions.rehearse(programme=world.bakery, source=world.till, item=back, by=BY, at=world.now)
    assert world.state() == before
    assert not Purchase.objects.filter(kind=Purchase.Kind.RETURN).exists()
    (done,) = world.record(back)
    assert done.status is rehearsed.status is Status.RECORDED
    assert done.receipt.settlement == rehearsed.receipt.settlement
    assert done.receipt.settlement["clawed"][0]["owed"] == 25


def test_a_rehearsed_return_of_too_much_says_so_and_leaves_no_trace():
    world = a_plain_world()
    sale = world.sale({"bread": 4000})
    world.record(sale)
    back = world.back(sale, quantities={"0": 9000})
    rehearsed = actions.rehearse(programme=world.bakery, source=world.till, item=back, by=BY, at=world.now)
    assert (rehearsed.status, rehearsed.problem.code) == (Status.REFUSED, "too_much")


def test_a_free_product_kept_while_other_goods_come_back_is_warned_of():
    """E-27: and what is itself brought back is nobody's gift any more."""
    world = a_plain_world()
    definition = {
        "unit": "points",
        "cost": 20,
        "gives": {"kind": "free_product", "products": {"products": ["cake"]}},
    }
    reward = rewards.create_reward(
        programme=world.bakery, name="Cake", definition=definition, effective_from=world.now, by=BY, at=world.now
    )
    world.give(20)
    sale = world.sale({"bread": 4000, "cake": 2500}, redeem=(world.reserve(reward).public_id,))
    world.record(sale)
    kept = world.back(sale, quantities={"0": 3000})
    (warned,) = world.record(kept)
    assert warned.receipt.settlement["warnings"] == ["free_product_kept"]
    (quiet,) = world.record(world.back(sale, quantities={"1": 1000}))
    assert quiet.receipt.settlement["warnings"] == []
