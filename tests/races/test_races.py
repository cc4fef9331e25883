"""Two tills at once. Each race is first run by a naive hand, which must lose it, and then by ours, which must not."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from passage.config.verification import verify
from passage.ledger import queries as ledger
from passage.ledger.models import Account, Reservation
from passage.members.models import Member
from passage.programme.errors import Refused
from passage.purchases.actions import claiming
from passage.purchases.models import Purchase
from passage.purchases.values import Status
from passage.rewards import actions as rewards
from passage.rewards.models import Redemption, Reward
from tests.cast import BY
from tests.world import World, a_world

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 10


@pytest.fixture
def world() -> World:
    world = a_world()
    world.now += timedelta(days=1)  # not a Tuesday: nothing counts double
    return world


def at_once(*hands: Callable[[], Any]) -> list[Any]:
    """Let all hands go at the same moment, each on its own connection; what each of them got."""
    start = threading.Barrier(len(hands))

    def go(hand: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=30)
            return hand()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(hands)) as pool:
        return list(pool.map(go, hands))


def naive_reserve(world: World, meet: threading.Barrier) -> bool:
    """Look, then write: what everybody writes first."""
    account = Account.objects.get(member=world.anna, unit__code="points")
    enough = ledger.balances(world.anna, at=world.now)[0].available >= 20
    meet.wait(timeout=30)
    if enough:
        Reservation.objects.create(
            programme=world.bakery, account=account, points=20, made_at=world.now, until=world.now
        )
    return enough


def honest_reserve(world: World, client_id: str, reward: Reward) -> tuple[str, int]:
    wish = rewards.Wish(client_id=client_id, reward=reward)
    try:
        claiming.reserve(source=world.till, member=world.anna, wish=wish, by=BY, at=world.now)
    except Refused as refusal:
        return (refusal.code, refusal.params["available"])
    return ("held", 20)


def test_the_naive_hand_gives_the_last_points_away_twice(world):
    world.give(20)
    meet = threading.Barrier(2)
    assert at_once(*[lambda: naive_reserve(world, meet)] * 2) == [True, True]


def test_of_two_tills_that_want_the_last_points_exactly_one_succeeds(world):
    for number in range(ROUNDS):
        world.give(20)
        got = at_once(
            lambda number=number: honest_reserve(world, f"a{number}", world.rewards[0]),
            lambda number=number: honest_reserve(world, f"b{number}", world.rewards[0]),
        )
        assert sorted(got) == [("held", 20), ("insufficient_points", 0)]
        held = Redemption.objects.get(state="reserved")
        claiming.capture(redemption=held, by=BY, at=world.now)
        Reward.objects.filter(pk=world.rewards[0].pk).update(stock=5)
    assert list(verify(programme=world.bakery)) == []


def naive_record(world: World, client_id: str, meet: threading.Barrier) -> int:
    """Seen before? No: write. Both hands look before either writes."""
    seen = Purchase.objects.filter(client_id__startswith=client_id).exists()
    meet.wait(timeout=30)
    if not seen:
        world.record(world.sale({"cake": 1000}, client_id=f"{client_id}{threading.get_ident()}"))
    return int(not seen)


def test_the_naive_hand_counts_a_receipt_as_often_as_it_comes(world):
    meet = threading.Barrier(2)
    assert sum(at_once(*[lambda: naive_record(world, "again", meet)] * 2)) == 2
    assert ledger.balances(world.anna, at=world.now)[0].balance == 20


def test_the_same_receipt_sent_eight_times_at_once_is_one_purchase(world):
    for number in range(ROUNDS):
        sale = world.sale({"cake": 1000}, client_id=f"same-{number}")
        answers = at_once(*[lambda sale=sale: world.record(sale)[0]] * 8)
        assert sorted(each.status for each in answers) == [Status.RECORDED] + [Status.REPLAYED] * 7
        assert len({each.receipt.public_id for each in answers}) == 1
    assert Purchase.objects.count() == ROUNDS
    assert ledger.balances(world.anna, at=world.now)[0].balance == 10 * ROUNDS


def test_the_same_full_return_by_two_ids_at_once_gives_back_once(world):
    for _ in range(ROUNDS):
        sale = world.sale({"cake": 4000})
        world.record(sale)
        backs = [world.back(sale), world.back(sale)]
        answers = at_once(*[lambda back=back: world.record(back)[0] for back in backs])
        assert sorted(each.status for each in answers) == [Status.RECORDED, Status.REFUSED]
    assert ledger.balances(world.anna, at=world.now)[0].balance == 0
    assert list(verify(programme=world.bakery)) == []


def test_the_last_piece_in_stock_goes_once(world):
    reward = world.rewards[0]
    Reward.objects.filter(pk=reward.pk).update(stock=1)
    world.give(200)
    double = Member.objects.get(pk=world.anna.pk)

    def hand(number):
        wish = rewards.Wish(client_id=f"stock-{number}", reward=reward)
        try:
            claiming.reserve(source=world.till, member=double, wish=wish, by=BY, at=world.now)
        except Refused as refusal:
            return refusal.code
        return "held"

    got = at_once(*[lambda number=number: hand(number) for number in range(4)])
    assert sorted(got) == ["held", "out_of_stock", "out_of_stock", "out_of_stock"]


def test_many_sales_of_one_member_at_once_are_all_counted(world):
    sales = [world.sale({"cake": 1000}) for _ in range(16)]

    def hand(sale):
        for _ in range(5):
            try:
                return world.record(sale)[0].status
            except OperationalError:
                continue
        return None

    assert at_once(*[lambda sale=sale: hand(sale) for sale in sales]) == [Status.RECORDED] * 16
    assert ledger.balances(world.anna, at=world.now)[0].balance == 160
    assert list(verify(programme=world.bakery)) == []
