"""Deeds at the same moment end as some order of them would: one round of each; the long form is tests.model.parallel."""

import pytest

from tests.model.racing import Shop, scenarios

pytestmark = pytest.mark.django_db(transaction=True)


def test_deeds_at_the_same_moment_end_as_one_after_the_other():
    shop = Shop()
    wrong = {name: found for name, scenario in scenarios().items() if (found := shop.play(scenario))}
    assert wrong == {}
    assert shop.product.faults() == []


def test_a_rule_from_now_on_beside_sales_is_known_to_exactly_those_after_it():
    shop = Shop()
    assert [each for each in (shop.publish_beside_sales() for _ in range(3)) if each] == []
    assert shop.product.faults() == []
