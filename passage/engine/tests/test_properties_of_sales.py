"""For every basket, rule and reward: what comes off adds up, what is earned is accounted for.

Each property first catches a planted bug: the same property, asked of arithmetic that is wrong in a known way.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passage.engine.basket import LineKind
from passage.engine.rewards import (
    Claim,
    PercentOff,
    Settlement,
    ValueOff,
)
from passage.engine.rules import (
    PerAmount,
    Rounding,
)
from passage.engine.tests.anything import amounts, baskets, tills
from passage.engine.tests.world import Member, Till, basket, reward, rule
from passage.engine.vat import by_rate


def adds_up_on_the_bill(settled, what):
    """Invariant 5, and that a reward costs no more than there is and never pays a bill out."""
    taken = [sum(each.per_line[i] for each in settled.applied) for i in range(len(settled.lines))]
    for line, off in zip(settled.lines, taken, strict=True):
        assert line.discount >= 0
        assert line.tendered >= 0
        assert line.net >= min(line.line.amount, 0)
        assert line.paid >= min(line.line.amount, 0)
        assert line.gift_paid <= max(line.paid, 0)
        assert line.discount + line.tendered >= off
    for each in settled.applied:
        assert each.value == sum(each.per_line) > 0
        assert each.lost >= 0
        assert each.points > 0
    discounts = [each for each in settled.applied if each.claim.reward.settlement is Settlement.DISCOUNT]
    assert sum(line.discount for line in settled.lines) == sum(each.value for each in discounts)
    assert settled.price == what.total - sum(each.value for each in discounts)
    assert sum(each.value for each in settled.applied) <= max(what.total, 0)


@given(baskets(), tills())
def test_rewards_take_exactly_their_value_and_no_line_below_zero(what, till):
    settled = till.settle(what)
    adds_up_on_the_bill(settled, what)
    free = sum(each.points for each in settled.applied if each.claim.points is None)
    assert free <= till.purses["points"].available
    for each in settled.applied:
        assert each.claim.points is None or each.points <= each.claim.points
    told = [each.claim.key for each in settled.applied] + [claim.key for claim, _ in settled.refused]
    assert sorted(told) == sorted(claim.key for claim in till.claims)


def test_a_discount_that_loses_a_cent_is_caught():
    what = basket(1000, 1000, 1000)
    settled = Till(claims=[Claim("a", reward(ValueOff(1000)))]).settle(what)
    adds_up_on_the_bill(settled, what)
    lost = replace(settled, lines=tuple(replace(line, discount=333) for line in settled.lines))
    with pytest.raises(AssertionError):
        adds_up_on_the_bill(lost, what)


def below_zero(settled):
    return replace(settled, lines=(replace(settled.lines[0], discount=1001), *settled.lines[1:]))


def test_a_line_below_zero_is_caught():
    what = basket(1000, 1000)
    with pytest.raises(AssertionError):
        adds_up_on_the_bill(below_zero(Till().settle(what)), what)


@given(baskets())
def test_tax_by_rate_follows_the_prices_of_the_lines(what):
    settled = Till(claims=[Claim("a", reward(PercentOff(10_000)))]).settle(what)
    taxed = [(line.net, line.line.vat_bp) for line in settled.lines if line.line.vat_bp is not None]
    for rate, tax in by_rate(taxed).items():
        each = [line.vat for line in settled.lines if line.line.vat_bp == rate]
        assert abs(tax - sum(each)) <= len(each), "no more than a half per line away from the lines' own"


@given(baskets(), tills(), st.randoms(use_true_random=False))
def test_the_order_of_rules_and_a_second_try_change_nothing(what, till, chance):
    shuffled = list(till.rules)
    chance.shuffle(shuffled)
    assert till.settle(what) == till.settle(what)
    assert replace(till, rules=shuffled).settle(what) == till.settle(what)


@given(baskets(), tills())
def test_no_rule_ever_earns_less_than_nothing_and_each_is_accounted_for(what, till):
    earning = till.settle(what).earning
    assert all(each.points >= 0 for each in earning.earned)
    if (
        any(each.kind not in (LineKind.GIFT_CARD, LineKind.TOP_UP) for each in what.lines)
        and earning != type(earning)()
    ):
        told = [each.rule.family for each in earning.earned]
        refused = {str(step.params["rule"]) for step in earning.why_not}
        assert all(each.family in told or each.name in refused for each in till.rules)


@given(baskets(), tills())
def test_limits_of_a_sale_hold(what, till):
    for each in till.settle(what).earning.earned:
        assert each.rule.limits.sale is None or each.points <= each.rule.limits.sale


def never_more_in_parts(earns, parts):
    """E-39: splitting a purchase never earns more than the whole of it."""
    assert sum(earns.alone(part) for part in parts) <= earns.alone(sum(parts))


floors = st.builds(PerAmount, points=st.integers(1, 9), step=st.integers(1, 5_000), whole_steps=st.booleans())


@given(floors, st.lists(amounts, min_size=1, max_size=6))
def test_a_purchase_in_parts_never_earns_more_than_the_whole(earns, parts):
    never_more_in_parts(replace(earns, carry=False), parts)


def test_a_rounding_that_pays_for_splitting_is_caught():
    with pytest.raises(AssertionError):
        never_more_in_parts(PerAmount(points=1, step=100, carry=False, rounding=Rounding.HALF_UP), [50, 50])


@given(floors, st.lists(amounts, min_size=1, max_size=6))
def test_with_a_carried_remainder_the_parts_earn_exactly_the_whole(earns, parts):
    in_parts, at_once = Member(), Member()
    for part in parts:
        in_parts.buys(basket(part), Till(rules=[rule(earns)]))
    at_once.buys(basket(sum(parts)), Till(rules=[rule(earns)]))
    assert in_parts.state() == at_once.state()
