"""A waiting return is closed once: by hand, by its sale that arrives, or by a file, all at the same moment."""

from collections import Counter
from datetime import timedelta
from fractions import Fraction
from functools import partial

import pytest

from passage.config.verification import verify
from passage.ledger import queries as ledger
from passage.purchases import actions as purchases
from passage.purchases.cancelling import Cancellation, CancelledLine
from passage.purchases.models import Parked, Purchase
from passage.purchases.values import Return, SaleRef
from tests.cast import BY
from tests.races.test_races import at_once
from tests.world import World, a_world

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 10


@pytest.fixture
def world() -> World:
    world = a_world()
    world.now += timedelta(days=1)
    return world


def sale_of(world, client_id):
    world.record(world.sale({"cake": 1000}, client_id=client_id))
    return Purchase.objects.get(client_id=client_id)


def early(world, client_id, sale):
    item = Return(client_id=client_id, occurred_at=world.now, sale=SaleRef(client_id=sale))
    world.record(item)
    return Parked.objects.get(client_id=client_id)


def cancelled(world, number, sale):
    line = sale.basket["lines"][0]
    amount, quantity = line["amount"], line.get("quantity", 1000)
    kept = CancelledLine(
        product=line["product"], name="", quantity=quantity, price=Fraction(amount, quantity), amount=amount
    )
    given = Cancellation(number=number, occurred_at=world.now, named="77", member=world.anna, lines=(kept,))
    purchases.keep_cancellations(source=world.till, cancellations=[given], by=BY, at=world.now)
    return Parked.objects.get(client_id=f"{number}/unmatched")


def by_hand(world, parked, sale):
    purchases.match_by_hand(parked=parked, sale=sale, by=BY, at=world.now)


def imported(world):
    purchases.match_cancellations(source=world.till, people={world.anna.pk}, by=BY, at=world.now)


def dismissed(world, parked):
    purchases.dismiss(parked=parked, reason="nothing", by=BY, at=world.now)


def test_two_people_choose_two_sales_for_one_return_and_one_is_returned(world):
    for number in range(ROUNDS):
        one, two = sale_of(world, f"one-{number}"), sale_of(world, f"two-{number}")
        parked = early(world, f"r-{number}", "never-comes")
        at_once(partial(by_hand, world, parked, one), partial(by_hand, world, parked, two))
        assert one.followers.count() + two.followers.count() == 1
    assert list(verify(programme=world.bakery)) == []


def test_a_return_matched_and_dismissed_at_once_is_one_of_the_two(world):
    for number in range(ROUNDS):
        sale = sale_of(world, f"s-{number}")
        parked = early(world, f"r-{number}", "never-comes")
        at_once(partial(by_hand, world, parked, sale), partial(dismissed, world, parked))
        parked.refresh_from_db()
        assert sale.followers.exists() == (parked.state == "applied")
    assert list(verify(programme=world.bakery)) == []


def test_a_sale_that_arrives_while_a_person_chooses_another_takes_the_return_once(world):
    seen = Counter()
    for number in range(ROUNDS):
        other = sale_of(world, f"other-{number}")
        parked = early(world, f"r-{number}", f"late-{number}")
        late = world.sale({"cake": 1000}, client_id=f"late-{number}")
        at_once(partial(by_hand, world, parked, other), partial(world.record, late))
        arrived = Purchase.objects.get(client_id=f"late-{number}")
        assert other.followers.count() + arrived.followers.count() == 1
        seen["by hand" if other.followers.exists() else "by the sale"] += 1
    assert sum(seen.values()) == ROUNDS
    assert list(verify(programme=world.bakery)) == []


def test_a_cancellation_is_matched_once_by_two_imports_and_a_person(world):
    for number in range(ROUNDS):
        sales = [sale_of(world, f"{name}-{number}") for name in "ab"]
        parked = cancelled(world, f"K{number}", sales[0])
        at_once(*[partial(imported, world)] * 2, partial(by_hand, world, parked, sales[0]))
        assert sum(sale.followers.count() for sale in sales) == 1
        parked.refresh_from_db()
        assert parked.state == "applied"
    assert list(verify(programme=world.bakery)) == []
    assert ledger.balances(world.anna, at=world.now)[0].balance == 10 * ROUNDS
