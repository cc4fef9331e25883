"""Rules as of the moment of the sale, limits across sales, and versions that nobody changes."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from passage.earning import actions
from passage.earning.models import Rule, RuleUsage, RuleVersion
from passage.ledger import queries as ledger
from passage.members import actions as members
from passage.programme.errors import Refused
from tests.cast import BY
from tests.world import World, a_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Without rules: each test brings its own."""
    world = a_world()
    world.now += timedelta(days=1)
    for rule in Rule.objects.of(world.bakery):
        actions.end_rule(rule=rule, effective_from=world.now - timedelta(hours=20), by=BY, at=world.now)
    return world


def a_rule(world, **definition):
    return actions.create_rule(
        programme=world.bakery,
        name="The rule",
        definition={"unit": "points", **definition},
        effective_from=world.now - timedelta(hours=20),
        by=BY,
        at=world.now,
    )


def earned(world, *sales):
    return [sum(each["points"] for each in answer.receipt.settlement["earned"]) for answer in world.record(*sales)]


def test_a_late_sale_earns_by_the_rules_of_its_own_moment(world):
    rule = a_rule(world, earns={"kind": "fixed", "points": 5})
    change = world.now
    actions.change_rule(
        rule=rule,
        definition={"unit": "points", "earns": {"kind": "fixed", "points": 7}},
        effective_from=change,
        by=BY,
        at=world.now,
    )
    world.now += timedelta(days=2)
    late = world.sale({"cake": 100}, at=change - timedelta(minutes=1))
    assert earned(world, late, world.sale({"cake": 100}, at=change)) == [5, 7]


def test_a_version_is_never_changed_and_never_before_the_last(world):
    rule = a_rule(world, earns={"kind": "fixed", "points": 5})
    with pytest.raises(DatabaseError), transaction.atomic():
        RuleVersion.objects.filter(rule=rule).update(definition={})
    with pytest.raises(Refused, match="before_last_version"):
        actions.end_rule(rule=rule, effective_from=world.now - timedelta(days=2), by=BY, at=world.now)


def test_a_definition_is_kept_with_every_default_written_out(world):
    rule = a_rule(world, earns={"kind": "per_amount", "points": 1, "step": 100})
    kept = RuleVersion.objects.get(rule=rule).definition
    assert kept["earns"]["carry"] is True
    assert kept["limits"]["day"] is None


@pytest.mark.parametrize(
    ("definition", "field"),
    [
        ({"unit": "points"}, "earns.kind"),
        ({"unit": "points", "earns": {"kind": "fixed", "points": "5"}}, "earns"),
        ({"unit": "points", "earns": {"kind": "fixed", "points": 0}}, "earns"),
        ({"unit": "gold", "earns": {"kind": "fixed", "points": 5}}, "unit"),
        ({"unit": "points", "earns": {"kind": "fixed", "points": 5}, "wehn": {}}, "wehn"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_field(world, definition, field):
    with pytest.raises(Refused) as refusal:
        actions.create_rule(
            programme=world.bakery, name="x", definition=definition, effective_from=world.now, by=BY, at=world.now
        )
    assert refusal.value.field.startswith(field)


def test_a_daily_cap_counts_across_sales_and_a_return_makes_room(world):
    a_rule(world, earns={"kind": "per_amount", "points": 1, "step": 100}, limits={"day": 50})
    first, second = world.sale({"cake": 3000}), world.sale({"cake": 4000})
    assert earned(world, first, second) == [30, 20]
    world.record(world.back(first))  # the room that it leaves is the second one's: it would have earned 40
    assert earned(world, world.sale({"cake": 6000})) == [10]
    assert RuleUsage.objects.get(span="day").points == 50


def test_a_bonus_once_for_each_member_is_given_once_even_in_one_batch(world):
    a_rule(world, earns={"kind": "fixed", "points": 5}, limits={"times_member": 1})
    assert earned(world, world.sale({"cake": 100}), world.sale({"cake": 100})) == [5, 0]


def test_a_first_purchase_is_first_again_once_it_has_come_back(world):
    a_rule(world, earns={"kind": "fixed", "points": 5}, when={"first_purchase": True})
    first = world.sale({"cake": 100})
    assert earned(world, first) == [5]
    assert earned(world, world.sale({"cake": 100})) == [0]


def test_a_wholly_returned_first_purchase_was_none(world):
    a_rule(world, earns={"kind": "fixed", "points": 5}, when={"first_purchase": True})
    first = world.sale({"cake": 100})
    world.record(first)
    world.record(world.back(first))
    assert earned(world, world.sale({"cake": 100})) == [5]


def test_a_second_visit_within_ten_minutes_in_the_same_shop_is_the_same_visit(world):
    a_rule(world, earns={"kind": "per_visit", "points": 3})
    later = world.now + timedelta(minutes=9)
    world.now += timedelta(minutes=30)
    sales = [
        world.sale({"cake": 100}, at=world.now - timedelta(minutes=30)),
        world.sale({"cake": 100}, at=later),
        world.sale({"cake": 100}, at=world.now),
    ]
    assert earned(world, *sales) == [3, 0, 3]


def test_a_birthday_is_celebrated_once_a_year_and_another_date_does_not_start_it_again(world):
    a_rule(world, earns={"kind": "fixed", "points": 5}, when={"birthday_days": 3})
    members.edit(member=world.anna, by=BY, at=world.now, birthday="01-08")
    assert earned(world, world.sale({"cake": 100})) == [5]
    members.edit(member=world.anna, by=BY, at=world.now, birthday="01-09")
    assert earned(world, world.sale({"cake": 100})) == [0]


def test_the_same_basket_in_one_batch_or_in_many_earns_the_same(world):
    a_rule(world, earns={"kind": "per_amount", "points": 1, "step": 500})
    earned(world, *[world.sale({"cake": 130}) for _ in range(10)])
    together = ledger.balances(world.anna, at=world.now)[0].balance
    for _ in range(10):
        earned(world, world.sale({"cake": 130}))
    assert ledger.balances(world.anna, at=world.now)[0].balance == 2 * together + 1  # 13.00 twice is 26.00: 5, not 4


def test_remainders_never_change_their_scale_a_new_coefficient_is_a_new_rule(world):
    rule = a_rule(world, earns={"kind": "per_amount", "points": 1, "step": 5000})
    assert earned(world, world.sale({"cake": 4999})) == [0]
    finer = {"unit": "points", "earns": {"kind": "per_amount", "points": 1, "step": 100}}
    with pytest.raises(Refused, match="new_scale"):
        actions.change_rule(rule=rule, definition=finer, effective_from=world.now, by=BY, at=world.now)
    limited = {"unit": "points", "earns": {"kind": "per_amount", "points": 1, "step": 5000}, "limits": {"day": 9}}
    actions.change_rule(rule=rule, definition=limited, effective_from=world.now, by=BY, at=world.now)
    actions.end_rule(rule=rule, effective_from=world.now, by=BY, at=world.now)
