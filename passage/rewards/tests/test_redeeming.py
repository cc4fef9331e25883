"""Reserve, capture, release, reverse: points held for an order, spent, or let go."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from passage.config.verification import verify
from passage.ledger import actions as ledger_actions
from passage.ledger import queries as ledger
from passage.members import actions as members
from passage.programme.errors import Refused
from passage.purchases.actions import claiming, merge
from passage.purchases.values import Status
from passage.rewards import actions
from passage.rewards.models import Redemption, Reward
from tests.cast import AT, BY
from tests.world import World, a_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    world = a_world()
    world.now += timedelta(days=1)
    world.give(100)
    world.give(2, "stamps")
    return world


def points(world):
    return ledger.balances(world.anna, at=world.now)[0]


def test_a_reservation_holds_points_and_a_release_lets_them_go(world):
    hold = world.reserve(world.rewards[0])
    assert (points(world).available, points(world).reserved, points(world).balance) == (80, 20, 100)
    assert Reward.objects.get(pk=world.rewards[0].pk).stock == 4
    for _ in range(2):
        released = actions.release(redemption=hold, by=BY, at=world.now)
    assert (released.state, points(world).available) == ("released", 100)
    assert Reward.objects.get(pk=world.rewards[0].pk).stock == 5


def test_a_reservation_asked_for_twice_is_one(world):
    wish = actions.Wish(client_id="r-1", reward=world.rewards[0])
    first, known = claiming.reserve(source=world.till, member=world.anna, wish=wish, by=BY, at=world.now)
    again, known_again = claiming.reserve(source=world.till, member=world.anna, wish=wish, by=BY, at=world.now)
    assert (known, known_again, again.pk) == (False, True, first.pk)
    other = actions.Wish(client_id="r-1", reward=world.rewards[1])
    with pytest.raises(Refused, match="other_content"):
        claiming.reserve(source=world.till, member=world.anna, wish=other, by=BY, at=world.now)


def test_time_ends_a_reservation_and_the_points_come_back_by_themselves(world):
    hold = world.reserve(world.rewards[0])
    world.now += timedelta(minutes=16)
    assert actions.end_reservations(programme=world.bakery, at=world.now) == 1
    hold.refresh_from_db()
    assert (hold.state, points(world).available) == ("expired", 100)


def test_a_sale_after_the_reservation_ended_still_redeems_while_the_points_are_there(world):
    hold = world.reserve(world.rewards[0])
    world.now += timedelta(minutes=16)
    world.upkeep()
    (answer,) = world.record(world.sale({"cake": 3000}, redeem=(hold.public_id,)))
    assert answer.status is Status.RECORDED
    assert answer.receipt.settlement["payable"] == 2500
    assert list(verify(programme=world.bakery)) == []


def test_a_sale_after_the_reservation_ended_says_so_when_the_points_are_gone(world):
    hold = world.reserve(world.rewards[0])
    world.now += timedelta(minutes=16)
    world.upkeep()
    claiming.capture(redemption=world.reserve(world.rewards[3], 500), by=BY, at=world.now)
    (answer,) = world.record(world.sale({"cake": 3000}, redeem=(hold.public_id,)))
    assert (answer.status, answer.problem.code) == (Status.REFUSED, "insufficient_points")
    hold.refresh_from_db()
    assert hold.state == "expired"


def test_a_cashback_used_after_its_time_costs_no_more_than_was_reserved_however_much_came_since(world):
    hold = world.reserve(world.rewards[3])
    world.now += timedelta(minutes=16)
    world.upkeep()
    world.give(5000)
    (answer,) = world.record(world.sale({"cake": 3000}, redeem=(hold.public_id,)))
    assert answer.status is Status.RECORDED
    hold.refresh_from_db()
    assert (hold.points, hold.spent) == (100, 100)
    assert list(verify(programme=world.bakery)) == []


def test_a_reward_handed_over_without_a_sale_spends_its_points_once(world):
    hold = world.reserve(world.rewards[0])
    for _ in range(2):
        captured = claiming.capture(redemption=hold, by=BY, at=world.now)
    assert (captured.state, captured.spent, points(world).balance) == ("captured", 20, 80)


def test_reversals_together_never_give_back_more_than_was_spent(world):
    hold = claiming.capture(redemption=world.reserve(world.rewards[0]), by=BY, at=world.now)
    part = actions.reverse(redemption=hold, points=5, by=BY, at=world.now)
    assert (part.reversed, points(world).balance) == (5, 85)
    with pytest.raises(Refused, match="too_much"):
        actions.reverse(redemption=hold, points=16, by=BY, at=world.now)
    whole = actions.reverse(redemption=hold, by=BY, at=world.now)
    again = actions.reverse(redemption=hold, by=BY, at=world.now)
    assert (whole.state, again.pk, points(world).balance) == ("reversed", whole.pk, 100)
    assert list(verify(programme=world.bakery)) == []


def test_cashback_pays_the_last_cents_and_the_rest_of_the_hold_is_free_again(world):
    """E-08: at 0.05 a point, 3.37 costs 68 points and takes exactly 3.37."""
    hold = world.reserve(world.rewards[3], 500)
    (answer,) = world.record(world.sale({"cake": 337}, redeem=(hold.public_id,)))
    (applied,) = answer.receipt.settlement["rewards"]
    assert (applied["points"], applied["value"], applied["lost"]) == (68, 337, 3)
    assert (answer.receipt.settlement["payable"], points(world).available) == (0, 32)
    assert answer.receipt.settlement["vat"] == {"2300": 63}  # a tender leaves the VAT as it is
    assert list(verify(programme=world.bakery)) == []


def test_stamps_buy_the_bread_that_is_in_the_basket(world):
    hold = world.reserve(world.rewards[2])
    (answer,) = world.record(world.sale({"bread": 1500, "tea": 300}, redeem=(hold.public_id,)))
    assert [line["discount"] for line in answer.receipt.settlement["lines"]] == [500, 0]


def test_a_reward_of_another_member_is_not_this_ones(world):
    hold = world.reserve(world.rewards[0])
    Redemption.objects.filter(pk=hold.pk).update(member=world.anna)
    sale = world.sale({"cake": 3000}, redeem=(hold.public_id,))
    (nobody,) = world.record(
        type(sale)(client_id="x", occurred_at=world.now, basket=sale.basket, redemptions=sale.redemptions)
    )
    assert nobody.problem.code == "unknown_redemption"
    assert points(world).reserved == 20


def test_a_limit_for_each_member_counts_what_is_held_and_had(world):
    definition = {"unit": "points", "cost": 1, "per_member": 1, "gives": {"kind": "value_off", "amount": 100}}
    once = actions.create_reward(
        programme=world.bakery, name="Once", definition=definition, effective_from=world.now, by=BY, at=world.now
    )
    hold = world.reserve(once)
    with pytest.raises(Refused, match="limit_reached"):
        world.reserve(once)
    actions.release(redemption=hold, by=BY, at=world.now)
    world.reserve(once)


@pytest.mark.parametrize(
    ("definition", "field"),
    [
        ({"unit": "points", "cost": 5}, "gives.kind"),
        ({"unit": "points", "cost": 5, "gives": {"kind": "value_off", "amount": 0}}, "gives"),
        ({"unit": "points", "cost": 1.5, "gives": {"kind": "value_off", "amount": 5}}, "cost"),
        ({"unit": "gold", "cost": 5, "gives": {"kind": "value_off", "amount": 5}}, "unit"),
        ({"unit": "points", "cost": 5, "gives": {"kind": "value_off", "amount": 5}, "when": {"minimun": 3}}, "when"),
    ],
)
def test_a_reward_that_cannot_be_is_refused_with_its_field(world, definition, field):
    with pytest.raises(Refused) as refusal:
        actions.create_reward(
            programme=world.bakery, name="x", definition=definition, effective_from=world.now, by=BY, at=world.now
        )
    assert refusal.value.field.startswith(field)


def test_a_reservation_that_ended_is_no_way_around_the_limit(world):
    world.give(100)
    world.now += timedelta(days=3)
    once = {"unit": "points", "cost": 10, "per_member": 1, "gives": {"kind": "value_off", "amount": 100}}
    reward = actions.create_reward(
        programme=world.bakery, name="Once", definition=once, effective_from=world.now, by=BY, at=world.now
    )
    first = world.reserve(reward)
    world.now += timedelta(hours=1)
    world.upkeep()
    second = world.reserve(reward)
    assert world.record(world.sale({"tea": 3000}, redeem=(second.public_id,)))[0].status is Status.RECORDED
    (refused,) = world.record(world.sale({"tea": 3000}, redeem=(first.public_id,)))
    assert (refused.status, refused.problem.code) == (Status.REFUSED, "limit_reached")


def test_a_reward_that_a_sale_has_taken_off_the_bill_is_not_handed_over_too(world):
    world.give(100)
    world.now += timedelta(days=3)
    held = world.reserve(world.rewards[0])
    world.record(world.sale({"tea": 3000}, redeem=(held.public_id,)))
    with pytest.raises(Refused, match="redemption_captured"):
        claiming.capture(redemption=held, by=BY, at=world.now)


def test_a_reversal_does_not_say_that_goods_came_back(world):
    hold = claiming.capture(redemption=world.reserve(world.rewards[0]), by=BY, at=world.now)
    actions.reverse(redemption=hold, by=BY, at=world.now)
    assert [step["code"] for step in ledger.history(world.anna)[0].because] == ["reversed"]


def test_a_new_price_holds_from_its_day_and_an_ended_reward_is_gone(world):
    reward, dearer = world.rewards[0], {"unit": "points", "cost": 30, "gives": {"kind": "value_off", "amount": 500}}
    actions.change_reward(reward=reward, definition=dearer, effective_from=world.now, by=BY, at=world.now)
    assert world.reserve(reward).points == 30
    actions.change_reward(reward=reward, definition={}, effective_from=world.now, by=BY, at=world.now)
    with pytest.raises(Refused, match="reward_ended"):
        world.reserve(reward)


def test_the_order_that_holds_a_reward_holds_it_longer_and_no_other_order_does(world):
    wish = actions.Wish(client_id="r-1", reward=world.rewards[0], order="table 4")
    hold, _ = claiming.reserve(source=world.till, member=world.anna, wish=wish, by=BY, at=world.now)
    world.now += timedelta(minutes=10)
    with pytest.raises(Refused, match="other_order"):
        actions.renew(redemption=hold, order="table 5", at=world.now)
    actions.renew(redemption=hold, order="table 4", at=world.now)
    world.now += timedelta(minutes=14)
    assert actions.end_reservations(programme=world.bakery, at=world.now) == 0
    assert (points(world).reserved, list(verify(programme=world.bakery))) == (20, [])
    world.now += timedelta(minutes=2)
    assert actions.end_reservations(programme=world.bakery, at=world.now) == 1
    with pytest.raises(Refused, match="redemption_expired"):
        actions.renew(redemption=hold, order="table 4", at=world.now)


def test_guests_at_a_table_are_given_six_hours_and_a_renewal_never_shortens_them(world):
    wish = actions.Wish(client_id="r-1", reward=world.rewards[0], order="table 4", at_table=True)
    hold, _ = claiming.reserve(source=world.till, member=world.anna, wish=wish, by=BY, at=world.now)
    assert hold.until == world.now + timedelta(hours=6)
    assert actions.renew(redemption=hold, order="table 4", at=world.now).until == hold.until


def pieces(reward):
    return Reward.objects.get(pk=reward.pk).stock


@pytest.mark.parametrize("way", ["release", "expire", "reverse", "void"])
def test_only_what_was_taken_from_counted_stock_is_put_back(world, way):
    """Counted while a reward from the endless stock was held or given: that one brings no piece back."""
    Reward.objects.filter(pk=world.rewards[0].pk).update(stock=None)
    endless = Reward.objects.get(pk=world.rewards[0].pk)
    hold = world.reserve(endless)
    sale = world.sale({"cake": 3000}, redeem=(hold.public_id,))
    if way == "reverse":
        hold = claiming.capture(redemption=hold, by=BY, at=world.now)
    if way == "void":
        world.record(sale)
    actions.restock(reward=endless, pieces=5, reason="counted", by=BY, at=world.now)
    counted = world.reserve(endless)
    assert pieces(endless) == 4
    match way:
        case "release":
            actions.release(redemption=hold, by=BY, at=world.now)
        case "expire":
            world.now += timedelta(minutes=16)
            world.upkeep()
            counted = world.reserve(endless)
        case "reverse":
            actions.reverse(redemption=hold, by=BY, at=world.now)
        case "void":
            assert world.record(world.back(sale, void=True))[0].status is Status.RECORDED
    assert pieces(endless) == 4
    actions.release(redemption=counted, by=BY, at=world.now)
    assert pieces(endless) == 5


def test_what_a_sale_captured_is_neither_released_nor_reversed_by_itself(world):
    """Its bill keeps the discount: the sale is returned, and the reward with it."""
    hold = world.reserve(world.rewards[0])
    sale = world.sale({"cake": 3000}, redeem=(hold.public_id,))
    world.record(sale)
    for act in (actions.release, actions.reverse):
        with pytest.raises(Refused, match="captured_by_sale"):
            act(redemption=hold, by=BY, at=world.now)
    world.record(world.back(sale))
    hold.refresh_from_db()
    assert (hold.state, points(world).available) == ("reversed", 100)


@pytest.mark.parametrize("with_sale", [False, True])
def test_what_the_calendar_allowed_when_points_were_held_it_allows_until_the_hold_ends(world, with_sale):
    local = world.now.astimezone(ZoneInfo(world.bakery.zone))
    minute = local.hour * 60 + local.minute
    terms = {"unit": "points", "cost": 1, "when": {"hours": [[minute, minute + 5]]}}
    gives = {"kind": "value_off", "amount": 100}
    reward = actions.create_reward(
        programme=world.bakery, name="Now", definition={**terms, "gives": gives}, effective_from=AT, by=BY, at=world.now
    )

    def taken(hold):
        if not with_sale:
            return claiming.capture(redemption=hold, by=BY, at=world.now).state
        (answer,) = world.record(world.sale({"cake": 3000}, redeem=(hold.public_id,)))
        if answer.problem:
            raise Refused(answer.problem.code)
        return "captured"

    first, second = world.reserve(reward), world.reserve(reward)
    world.now += timedelta(minutes=10)
    assert taken(first) == "captured"
    with pytest.raises(Refused, match="wrong_hour"):
        world.reserve(reward)
    world.now += timedelta(minutes=6)  # the hold is over, whether or not anybody has swept
    with pytest.raises(Refused, match="wrong_hour"):
        taken(second)


def test_a_limit_counts_what_was_held_first_where_two_records_become_one(world):
    once = {"unit": "points", "cost": 1, "per_member": 1, "gives": {"kind": "value_off", "amount": 100}}
    reward = actions.create_reward(
        programme=world.bakery, name="Once", definition=once, effective_from=AT, by=BY, at=world.now
    )
    double = members.enrol(programme=world.bakery, by=BY, at=world.now, external_id="K-2")
    ledger_actions.adjust(member=double, unit="points", points=5, reason="a gift", by=BY, at=world.now)
    first = world.reserve(reward)
    wish = actions.Wish(client_id="second", reward=reward)
    second, _ = claiming.reserve(source=world.till, member=double, wish=wish, by=BY, at=world.now)
    merge(gone=double, kept=world.anna, by=BY, at=world.now)
    with pytest.raises(Refused, match="limit_reached"):
        claiming.capture(redemption=second, by=BY, at=world.now)
    assert claiming.capture(redemption=first, by=BY, at=world.now).state == "captured"
