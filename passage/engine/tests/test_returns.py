"""Goods come back: money, points, remainders and rewards, step by step and all at once."""

from dataclasses import replace
from fractions import Fraction

import pytest

from passage.engine.basket import NOTHING, LineKind, Tender, TenderKind
from passage.engine.facts import Restore
from passage.engine.returns import TooMuchReturned, by_amount, by_quantity, is_whole, whole
from passage.engine.rewards import Claim, PercentOff, Settlement, ValueOff
from passage.engine.rules import Conditions, Fixed, Limits, Multiplier, OnReturn, PerAmount, PerVisit
from passage.engine.settle import Purse
from passage.engine.tests.world import TERMS, Member, Till, basket, line, reward, rule

POINTS = rule(PerAmount(points=1, step=100))
STAR = rule(PerAmount(points=1, step=5000))


def lines_of(what):
    return Till().settle(what).lines


# -- money -----------------------------------------------------------------------------------------


def test_a_quantity_gives_back_its_share_of_what_was_paid():
    lines = lines_of(basket(line(1000, pieces=3)))
    came, refunds = None, []
    for _ in range(3):
        came = by_quantity(lines, {"1": 1000}, before=came.returned if came else NOTHING)
        refunds.append(came.refund)
    assert refunds == [333, 334, 333]
    assert is_whole(lines, came.returned)


def test_a_weighed_part_comes_back_by_its_weight():
    assert by_quantity(lines_of(basket(line(1000, quantity=400))), {"1": 100}, before=NOTHING).refund == 250


@pytest.mark.parametrize("quantities", [{"1": 1001}, {"1": 0}, {"1": -1}, {"2": 1000}])
def test_no_more_comes_back_than_was_bought(quantities):
    with pytest.raises(TooMuchReturned):
        by_quantity(lines_of(basket(500)), quantities, before=NOTHING)


def test_what_is_too_much_is_told_with_what_is_left():
    lines = lines_of(basket(line(900, pieces=3)))
    before = by_quantity(lines, {"1": 2000}, before=NOTHING).returned
    with pytest.raises(TooMuchReturned) as refused:
        by_quantity(lines, {"1": 1500}, before=before)
    assert (refused.value.line, refused.value.left) == ("1", 1000)


def test_an_amount_is_refunded_to_the_cent():
    lines = lines_of(basket(100, 200, 33))
    came = by_amount(lines, 100, before=NOTHING)
    assert came.refund == 100
    assert by_amount(lines, 233, before=came.returned).refund == 233
    assert is_whole(lines, by_amount(lines, 233, before=came.returned).returned)


@pytest.mark.parametrize("amount", [0, -1, 334])
def test_an_amount_is_more_than_nothing_and_no_more_than_was_paid(amount):
    with pytest.raises(TooMuchReturned):
        by_amount(lines_of(basket(100, 200, 33)), amount, before=NOTHING)


def test_a_return_changes_nothing_that_it_was_given():
    lines = lines_of(basket(line(900, pieces=3)))
    before = {"1": Fraction(1, 3)}
    by_quantity(lines, {"1": 1000}, before=before)
    whole(lines, before=before)
    assert before == {"1": Fraction(1, 3)}
    assert NOTHING == {}


def test_goods_taken_back_in_exchange_lower_what_a_return_refunds():
    lines = lines_of(basket(2000, -500))
    assert whole(lines, before=NOTHING).refund == 1500
    half = by_quantity(lines, {"1": 1000}, before=NOTHING)
    assert half.refund == 2000
    assert whole(lines, before=half.returned).refund == -500


def test_what_points_paid_is_not_refunded_in_money():
    what = basket(1000, tenders=(Tender(TenderKind.POINTS, 400), Tender(TenderKind.CASH, 600)))
    assert whole(lines_of(what), before=NOTHING).refund == 600


# -- points ----------------------------------------------------------------------------------------


def test_a_capped_sale_keeps_its_points_while_the_rest_still_deserves_them():
    anna = Member()
    sale = anna.buys(basket(1000, 1000), Till(rules=[rule(PerAmount(points=1, step=100), limits=Limits(sale=12))]))
    assert sale.take_back({"quantities": {"1": 1000}})[1] == 2
    assert sale.take_back({"quantities": {"2": 1000}})[1] == 10


def test_a_multiplier_follows_what_is_left():
    anna = Member()
    sale = anna.buys(basket(1000, 500), Till(rules=[POINTS, rule(Multiplier(num=2), family=2)]))
    assert anna.balances["points"] == 30
    assert sale.take_back({"quantities": {"2": 1000}})[1] == 10
    assert sale.take_back({"whole": True})[1] == 20


def test_a_visit_counts_until_everything_has_come_back():
    anna = Member()
    sale = anna.buys(basket(1000, 500), Till(rules=[rule(PerVisit(points=7))]))
    assert sale.take_back({"quantities": {"1": 1000}})[1] == 0
    assert sale.take_back({"quantities": {"2": 1000}})[1] == 7


def test_what_never_earned_need_not_come_back_for_the_points_to_go():
    anna = Member()
    what = basket(1000, line(100, key="d", kind=LineKind.DEPOSIT))
    sale = anna.buys(what, Till(rules=[POINTS, rule(PerVisit(points=7), family=2)]))
    assert sale.take_back({"quantities": {"1": 1000}})[1] == 17


def test_a_proportional_rule_gives_its_carried_remainder_back_too():
    anna = Member()
    sale = anna.buys(basket(1030, 1020), Till(rules=[replace(STAR, on_return=OnReturn.PROPORTIONAL)]))
    assert anna.remainders[1] == 2050
    sale.take_back({"quantities": {"1": 1000}})
    assert anna.remainders[1] == 1020
    sale.take_back({"whole": True})
    assert anna.state() == ({}, {})


def test_a_beaten_rule_does_not_step_in_beside_a_proportional_winner():
    bonus = rule(Fixed(50), family=2, group="g", when=Conditions(minimum=4000), on_return=OnReturn.PROPORTIONAL)
    anna = Member()
    sale = anna.buys(basket(3000, 1000), Till(rules=[replace(POINTS, group="g"), bonus]))
    assert anna.balances["points"] == 50
    assert sale.take_back({"quantities": {"2": 1000}})[1] == 13  # a quarter of 50, rounded half up
    assert sale.take_back({"whole": True})[1] == 37


def test_a_recomputed_group_falls_back_to_the_next_best_rule():
    bonus = rule(Fixed(50), family=2, group="g", when=Conditions(minimum=4000))
    anna = Member()
    sale = anna.buys(basket(3000, 1000), Till(rules=[replace(POINTS, group="g"), bonus]))
    assert sale.take_back({"quantities": {"2": 1000}})[1] == 50 - 30
    assert sale.take_back({"whole": True})[1] == 30


def test_a_borrowed_remainder_costs_a_point_and_comes_back_with_the_other_sale():
    anna = Member()
    first = anna.buys(basket(3000), Till(rules=[STAR]))
    second = anna.buys(basket(2000), Till(rules=[STAR]))
    assert anna.state() == ({"points": 1}, {})
    assert first.take_back({"whole": True})[1] == 1
    assert anna.state() == ({}, {1: 2000})
    assert second.take_back({"whole": True})[1] == 0
    assert anna.state() == ({}, {})


# -- rewards ---------------------------------------------------------------------------------------


def spend(policy, *claims):
    till = Till(claims=claims, purses={"points": Purse(available=1000)}, terms=replace(TERMS, restore=policy))
    anna = Member()
    return anna, anna.buys(basket(4000, 2500, 3500), till)


@pytest.mark.parametrize("settlement", list(Settlement))
def test_a_reward_is_restored_by_the_share_of_what_it_took_off(settlement):
    anna, sale = spend(Restore.PROPORTIONAL, Claim("a", reward(ValueOff(1500), cost=150, settlement=settlement)))
    assert anna.balances["points"] == -150
    restored = [sale.take_back({"quantities": {key: 1000}})[2] for key in ("2", "1", "3")]
    assert restored == [38, 60, 52]
    assert anna.state() == ({}, {})


def test_a_reward_is_restored_at_the_full_return_or_never_where_the_programme_says_so():
    claim = Claim("a", reward(ValueOff(1500), cost=150))
    for policy, expected in ((Restore.AT_FULL_RETURN, [0, 0, 150]), (Restore.NONE, [0, 0, 0])):
        _, sale = spend(policy, claim)
        assert [sale.take_back({"quantities": {key: 1000}})[2] for key in ("2", "1", "3")] == expected


def test_each_reward_of_a_sale_is_restored_by_itself():
    first, second = Claim("a", reward(ValueOff(1500), cost=150)), Claim("b", reward(PercentOff(1000), cost=7))
    anna, sale = spend(Restore.PROPORTIONAL, first, second)
    sale.take_back({"quantities": {"2": 1000}})
    sale.take_back({"amount": 1000})
    sale.take_back({"whole": True})
    assert sale.given_back == {"a": 150, "b": 7}
    assert anna.state() == ({}, {})


def test_a_reward_worth_a_single_cent_comes_back_with_its_line():
    claim = Claim("a", reward(ValueOff(1), cost=9))
    sale = Member().buys(basket(300, 200), Till(claims=[claim]))
    assert [list(each.per_line) for each in sale.settled.applied] == [[1, 0]]
    assert [sale.take_back({"quantities": {key: 1000}})[2] for key in ("1", "2")] == [9, 0]
