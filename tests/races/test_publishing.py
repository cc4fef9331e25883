"""A rule that counts from now on and a sale at the same moment: the sale is judged by the rule of its moment."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from passage.earning import actions as earning
from passage.earning import queries
from passage.earning.models import Rule
from passage.purchases import actions as purchases
from passage.purchases.models import Purchase
from tests.cast import BY
from tests.races.test_races import at_once
from tests.world import World, a_world

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 10


@pytest.fixture
def world() -> World:
    return a_world()


def clock() -> datetime:
    return datetime.now(UTC)


def a_sale(world: World) -> Any:
    at = clock()
    sale = world.sale({"cake": 1_000}, at=at)
    return purchases.record(programme=world.bakery, source=world.till, batch=[sale], by=BY, at=at)


def a_rule(world: World, points: int, now: Callable[[], datetime]) -> Any:
    return earning.publish(
        programme=world.bakery,
        rule=Rule.objects.of(world.bakery).filter(name="The bonus").first(),
        name="The bonus",
        definition={"unit": "points", "earns": {"kind": "fixed", "points": points}},
        effective_from=None,
        by=BY,
        now=now,
    )


def misjudged(world: World) -> list[str]:
    """Sales whose rules are not those in force at their moment."""
    rule_set = queries.rule_set(world.bakery)
    return [
        row.client_id
        for row in Purchase.objects.of(world.bakery)
        if sorted(row.context["rules"]) != sorted(rule.version for rule in rule_set.at(row.occurred_at))
    ]


def test_a_moment_that_was_read_before_the_lock_misses_the_sale_in_between(world):
    early = clock()
    a_sale(world)
    a_rule(world, 1, lambda: early)
    assert len(misjudged(world)) == 1


def test_every_sale_is_judged_by_the_rule_of_its_moment(world):
    for number in range(ROUNDS):
        at_once(
            lambda: a_sale(world),
            lambda number=number: a_rule(world, number + 1, clock),
            lambda: a_sale(world),
        )
    assert Purchase.objects.count() == 2 * ROUNDS
    assert misjudged(world) == []


def test_a_rule_that_is_ended_ends_between_two_sales(world):
    for number in range(ROUNDS):
        rule = a_rule(world, number + 1, clock).rule
        at_once(lambda: a_sale(world), lambda rule=rule: earning.stop(rule=rule, by=BY, now=clock))
    assert misjudged(world) == []


def test_a_version_says_when_it_was_written_down(world):
    before = clock() - timedelta(minutes=1)
    version = a_rule(world, 1, clock)
    version.refresh_from_db()
    assert before < version.recorded_at < clock() + timedelta(minutes=1)
