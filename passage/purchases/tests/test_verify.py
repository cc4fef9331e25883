"""What a purchase says it moved is held against its entries; a planted difference is named."""

import pytest
from django.db import connection

from passage.config.verification import verify
from tests.plugin import defences_asleep
from tests.world import World, a_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """A sale with a reward in it, half of which came back."""
    world = a_world()
    world.give(150)
    hold = world.reserve(world.rewards[0])
    sale = world.sale({"bread": 3000, "cake": 5000}, redeem=(hold.public_id,))
    world.record(sale)
    world.record(world.back(sale, quantities={"0": 3000}))
    return world


def plant(sql):
    with defences_asleep(), connection.cursor() as cursor:
        cursor.execute(sql)
        assert cursor.rowcount > 0, "nothing was planted"


def found(world):
    return {fault.kind: fault for fault in verify(programme=world.bakery)}


def test_the_books_of_a_sale_and_its_return_are_right(world):
    assert found(world) == {}


@pytest.mark.parametrize("kind", ["earn", "clawback"])
def test_an_entry_that_differs_from_its_settlement_is_named(world, kind):
    plant(f"UPDATE ledger_entry SET points = points - 1 WHERE kind = '{kind}'")
    fault = found(world)["purchase_points"]
    assert fault.where.startswith("purchase ")
    assert int(fault.expected) - int(fault.found) == 1


def test_an_entry_under_another_cause_is_named_at_the_purchase_that_lost_it(world):
    plant("UPDATE ledger_entry SET cause = '00000000-0000-4000-8000-000000000000' WHERE kind = 'clawback'")
    assert found(world)["purchase_points"].found == "0"


def test_more_given_back_than_the_settlement_says_is_named(world):
    plant("UPDATE ledger_entry SET points = points + 1 WHERE kind = 'restore'")
    fault = found(world)["purchase_restored"]
    assert int(fault.found) - int(fault.expected) == 1


def test_a_redemption_that_forgets_what_came_back_is_named(world):
    plant("UPDATE rewards_redemption SET reversed = reversed - 1")
    fault = found(world)["redemption_reversed"]
    assert int(fault.found) - int(fault.expected) == 1
