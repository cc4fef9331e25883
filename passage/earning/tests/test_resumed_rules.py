"""A rule that was ended and begun again: what was left over from purchases is never worth more by it."""

import random
from datetime import timedelta
from fractions import Fraction

import pytest

from passage.earning import actions
from passage.earning.models import Rule, RuleVersion
from passage.ledger import queries as ledger
from passage.programme.errors import Refused
from tests.cast import BY
from tests.world import World, a_world

pytestmark = pytest.mark.django_db
RATES = ((1, 100), (100, 10_000), (3, 200), (1, 5_000), (7, 300))


@pytest.fixture
def world() -> World:
    world = a_world()
    for rule in Rule.objects.of(world.bakery):
        actions.end_rule(rule=rule, effective_from=world.now - timedelta(hours=1), by=BY, at=world.now)
    world.now += timedelta(minutes=1)
    return world


def definition(points, step, **more):
    return {"unit": "points", "earns": {"kind": "per_amount", "points": points, "step": step, **more}}


def publish(world, rule, said):
    world.now += timedelta(minutes=1)
    version = actions.publish(
        programme=world.bakery,
        rule=rule,
        name="The rule",
        definition=said,
        effective_from=None,
        by=BY,
        now=lambda: world.now,
    )
    return version.rule


def buy(world, amount):
    world.now += timedelta(minutes=1)
    [answer] = world.record(world.sale({"cake": amount}))
    return sum(each["points"] for each in answer.receipt.settlement["earned"])


def end(world, rule):
    world.now += timedelta(minutes=1)
    actions.stop(rule=rule, by=BY, now=lambda: world.now)


def test_the_same_rate_in_other_numbers_goes_on_with_what_was_left_over(world):
    rule = publish(world, None, definition(100, 10_000))
    assert buy(world, 99) == 0
    end(world, rule)
    assert publish(world, rule, definition(1, 100)) == rule
    assert buy(world, 1) == 1
    assert buy(world, 99) == 0


def test_another_rate_after_a_pause_is_a_new_rule_of_the_same_name(world):
    rule = publish(world, None, definition(1, 5_000))
    assert buy(world, 4_999) == 0
    end(world, rule)
    again = publish(world, rule, definition(1, 100))
    assert (again.name, again == rule) == ("The rule", False)
    assert buy(world, 1) == 0
    with pytest.raises(Refused, match="new_scale"):
        actions.change_rule(rule=rule, definition=definition(1, 100), effective_from=world.now, by=BY, at=world.now)


def test_a_rest_that_fills_whole_steps_only_goes_on_in_no_other_steps(world):
    rule = publish(world, None, definition(100, 10_000, whole_steps=True))
    assert buy(world, 9_900) == 0
    end(world, rule)
    assert publish(world, rule, definition(1, 100, whole_steps=True)) != rule
    assert buy(world, 100) == 1


def recounted(bought):
    """Family by family, each in its one scale: all that was bought while one of its versions was in force."""
    total = 0
    for family in {rule for rule, _ in bought if rule}:
        versions = RuleVersion.objects.filter(rule_id=family).exclude(definition={})
        [scale] = {(each.definition["earns"]["points"], each.definition["earns"]["step"]) for each in versions}
        total += sum(amount for rule, amount in bought if rule == family) * scale[0] // scale[1]
    return total


@pytest.mark.parametrize("seed", range(12))
def test_no_sequence_of_ending_and_beginning_again_gives_more_than_each_rate_gave(world, seed):
    chance = random.Random(seed)
    rule, rate, is_on, bought, exact = None, None, False, [], Fraction(0)
    for _ in range(30):
        deed = chance.random()
        if deed < 0.2:
            rate = chance.choice(RATES)
            rule, is_on = publish(world, rule, definition(*rate)), True
        elif deed < 0.35 and is_on:
            end(world, rule)
            is_on = False
        else:
            amount = chance.randint(1, 400)
            buy(world, amount)
            bought.append((rule.pk if is_on else None, amount))
            exact += Fraction(amount * rate[0], rate[1]) if is_on else 0
    balance = ledger.balances(world.anna, at=world.now)[0].balance
    assert balance == recounted(bought)
    assert balance <= exact
