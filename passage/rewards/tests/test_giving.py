"""Prizes from hand to hand: waiting, handed over, cancelled; each once, with its points and its piece."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from passage.audit.models import Event
from passage.config.verification import verify
from passage.ledger import queries as ledger
from passage.programme import actions as programmes
from passage.programme.errors import Refused
from passage.purchases.actions import claiming
from passage.purchases.values import Status
from passage.rewards import actions, prizes
from passage.rewards.models import Redemption, Reward
from tests.cast import BY
from tests.world import World, a_world

pytestmark = pytest.mark.django_db
BREAD, FIVE_OFF = 2, 0


@pytest.fixture
def world() -> World:
    world = a_world()
    world.now += timedelta(days=1)
    world.give(100)
    world.give(8, "stamps")
    particulars = actions.Particulars(worth=1290)
    actions.set_particulars(reward=world.rewards[BREAD], particulars=particulars, by=BY, at=world.now)
    actions.restock(reward=world.rewards[BREAD], pieces=10, reason="Baked", by=BY, at=world.now)
    world.rewards[BREAD].refresh_from_db()
    return world


@pytest.fixture
def shop(world):
    return programmes.open_shop(programme=world.bakery, code="corner", name="Corner")


def redeem(world, shop=None, *, waits, client_id=None):
    wish = actions.Wish(client_id=client_id or world.fresh(), reward=world.rewards[BREAD])
    return claiming.redeem(source=world.till, member=world.anna, wish=wish, shop=shop, waits=waits, by=BY, at=world.now)


def stamps(world):
    return next(each.available for each in ledger.balances(world.anna, at=world.now) if each.unit == "stamps")


def stock(world):
    return Reward.objects.get(pk=world.rewards[BREAD].pk).stock


def verbs(world):
    events = Event.objects.of(world.bakery).filter(verb__startswith="prize.").order_by("id")
    return [event.verb for event in events]


def test_a_prize_waits_and_is_handed_over_once(world, shop):
    prize = redeem(world, shop, waits=True)
    assert (prize.handing, prize.handed_at, prize.worth, prize.shop) == ("waiting", None, 1290, shop)
    assert (stamps(world), stock(world)) == (6, 14)
    assert [row.pk for row in prizes.waiting(world.bakery)] == [prize.pk]
    world.now += timedelta(hours=5)
    for _ in range(2):
        given = actions.hand_out(redemption=prize, shop=shop, by="staff:7", at=world.now)
    assert (given.handing, given.handed_at, given.handed_by, given.shop) == ("handed_over", world.now, "staff:7", shop)
    assert prizes.waiting(world.bakery) == []
    assert verbs(world) == ["prize.waits", "prize.handed_over"]
    assert list(verify(programme=world.bakery)) == []


def test_a_prize_that_is_cancelled_gives_its_points_and_its_piece_back_once(world):
    prize = redeem(world, waits=True)
    for _ in range(2):
        gone = actions.cancel_prize(redemption=prize, reason="Stale", by=BY, at=world.now)
    assert (gone.handing, gone.state) == ("cancelled", "reversed")
    assert (stamps(world), stock(world)) == (8, 15)
    assert verbs(world) == ["prize.waits", "prize.cancelled"]
    with pytest.raises(Refused, match="not_waiting"):
        actions.hand_out(redemption=prize, shop=None, by=BY, at=world.now)
    assert list(verify(programme=world.bakery)) == []


def test_what_was_handed_over_is_not_cancelled_and_a_cancellation_needs_a_reason(world):
    waits, given = redeem(world, waits=True), redeem(world, waits=False)
    assert (given.handing, given.handed_at) == ("handed_over", world.now)
    with pytest.raises(Refused, match="not_waiting"):
        actions.cancel_prize(redemption=given, reason="Stale", by=BY, at=world.now)
    with pytest.raises(Refused, match="reason_missing"):
        actions.cancel_prize(redemption=waits, reason=" \u200b ", by=BY, at=world.now)
    assert stamps(world) == 4


def test_the_same_wish_twice_is_one_prize(world):
    first, again = (redeem(world, waits=True, client_id="once") for _ in range(2))
    assert first.pk == again.pk
    assert (stamps(world), verbs(world)) == (6, ["prize.waits"])


def test_a_prize_that_cannot_be_had_spends_nothing(world):
    for _ in range(4):
        redeem(world, waits=True)
    with pytest.raises(Refused, match="insufficient_points"):
        redeem(world, waits=True)
    assert Redemption.objects.of(world.bakery).count() == 4


def test_a_free_product_on_a_bill_is_handed_over_with_it_and_a_discount_is_nothing_to_hand_over(world):
    bread, five = world.reserve(world.rewards[BREAD]), world.reserve(world.rewards[FIVE_OFF])
    sale = world.sale({"bread": 900, "cake": 5000}, redeem=(bread.public_id, five.public_id))
    assert world.record(sale)[0].status is Status.RECORDED
    bread.refresh_from_db()
    five.refresh_from_db()
    assert (bread.handing, bread.handed_at, bread.handed_by, bread.worth) == ("handed_over", sale.occurred_at, BY, 1290)
    assert (five.handing, five.handed_at, five.worth) == ("", None, None)
    world.record(world.back(sale, void=True))
    [line] = prizes.register(world.bakery, year=sale.occurred_at.year)
    assert (line.row.pk, line.is_taken_back, line.tax) == (bread.pk, True, 0)


def test_points_given_back_by_another_way_cancel_what_waits(world):
    prize = redeem(world, waits=True)
    actions.reverse(redemption=prize, by=BY, at=world.now)
    prize.refresh_from_db()
    assert prize.handing == "cancelled"


def test_the_shelf_of_a_shop_holds_what_may_be_had_anywhere_too(world, shop):
    other = programmes.open_shop(programme=world.bakery, code="other", name="Other")
    here, anywhere, there = (redeem(world, place, waits=True) for place in (shop, None, other))
    assert [row.pk for row in prizes.waiting(world.bakery, shop=shop)] == [here.pk, anywhere.pk]
    assert prizes.how_many_wait(world.bakery, shop=shop) == 2
    assert prizes.how_many_wait(world.bakery) == 3
    assert there.shop == other


@pytest.mark.parametrize(
    "wrong",
    [
        {"handing": "waiting", "state": "released"},
        {"handing": "cancelled", "state": "captured"},
        {"handing": "handed_over", "handed_at": None},
    ],
)
def test_the_database_keeps_no_prize_that_cannot_be(world, wrong):
    prize = redeem(world, waits=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Redemption.objects.filter(pk=prize.pk).update(**wrong)


@pytest.mark.parametrize(
    ("worth", "above", "tax"),
    [(None, False, 0), (0, False, 0), (200_000, False, 0), (200_001, True, 20_000), (200_005, True, 20_001)],
)
def test_the_tax_is_due_only_above_the_threshold_and_then_on_all_of_it(world, worth, above, tax):
    programme = world.bakery
    programme.prize_watch, programme.prize_threshold, programme.prize_tax_bp = True, 200_000, 1000
    assert (prizes.is_above(worth, programme=programme), prizes.tax_due(worth, programme=programme)) == (above, tax)
    programme.prize_watch = False
    assert (prizes.is_above(worth, programme=programme), prizes.tax_due(worth, programme=programme)) == (False, 0)
