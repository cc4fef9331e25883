"""What a basket earns: every kind of rule, what is left out, groups, multipliers and limits."""

import itertools
from dataclasses import replace

import pytest

from passage.engine.basket import LineKind, Tender, TenderKind
from passage.engine.facts import Facts, Used
from passage.engine.money import MAX_AMOUNT
from passage.engine.rules import (
    Conditions,
    Fixed,
    Limits,
    Multiplier,
    PerAmount,
    PerUnit,
    PerVisit,
    Rounding,
    Selection,
)
from passage.engine.tests.world import TERMS, Till, basket, line, rule, why_nots

POINT = PerAmount(points=1, step=100)
ROUNDED = PerAmount(points=1, step=100, carry=False)
COFFEE = Selection(categories=("coffee",))


def earned(what, *rules, **till):
    return Till(rules=rules, **till).settle(what).earning


def points(what, *rules, **till):
    return earned(what, *rules, **till).points("points")


def facts(**used):
    return Facts(used={1: Used(**used)})


# -- kinds of rules --------------------------------------------------------------------------------


def test_an_amount_earns_in_proportion_or_in_whole_steps():
    assert points(basket(399), rule(PerAmount(points=3, step=200, carry=False))) == 5
    assert points(basket(399), rule(PerAmount(points=3, step=200, carry=False, whole_steps=True))) == 3


@pytest.mark.parametrize(
    ("rounding", "cents", "expected"),
    [
        (Rounding.FLOOR, 199, 1),
        (Rounding.HALF_UP, 149, 1),
        (Rounding.HALF_UP, 150, 2),
        (Rounding.CEIL, 101, 2),
        (Rounding.CEIL, 100, 1),
    ],
)
def test_without_a_carried_remainder_a_sale_is_rounded_once(rounding, cents, expected):
    each = rule(PerAmount(points=1, step=100, carry=False, rounding=rounding))
    assert points(basket(cents), each) == expected
    assert earned(basket(cents), each).earned[0].carry == 0


def test_a_remainder_that_was_carried_in_completes_a_point():
    found = earned(basket(50), rule(POINT), facts=facts(carry=70)).earned[0]
    assert (found.points, found.carry, found.base) == (1, -50, 0)
    assert found.steps[0].params["carried_in"] == 70
    assert found.steps[0].params["carried_out"] == 20


def test_a_rule_that_only_moved_its_remainder_is_among_what_was_earned():
    found = earned(basket(50), rule(POINT))
    assert [(each.points, each.carry) for each in found.earned] == [(0, 50)]
    assert found.why_not == ()


def test_a_visit_earns_once_per_sale_however_many_lines():
    assert points(basket(100, 200, 300), rule(PerVisit(points=5))) == 5


def test_a_unit_earns_for_each_piece_and_weighed_goods_are_one_piece():
    what = basket(
        line(900, key="a", pieces=3, categories=("coffee",)),
        line(345, key="b", quantity=345, categories=("coffee",)),
        line(800, key="c", pieces=2, product="cake"),
    )
    assert points(what, rule(PerUnit(points=2), only=COFFEE)) == 8


def test_a_fixed_bonus_is_given_once_and_is_no_base_for_multipliers():
    bonus, double = rule(Fixed(points=50)), rule(Multiplier(num=2), family=2)
    assert points(basket(1000), bonus, double) == 50
    assert why_nots(earned(basket(1000), bonus, double)) == [{"code": "nothing_eligible", "rule": "rule 2"}]


def test_a_multiplier_adds_what_is_above_one_rounded_down():
    assert points(basket(1500), rule(POINT), rule(Multiplier(num=3, den=2), family=2)) == 15 + 7


def test_a_multiplier_counts_visits_and_units_as_base_too():
    what = basket(line(1000, pieces=2))
    rules = (rule(PerVisit(points=5)), rule(PerUnit(points=3), family=2), rule(Multiplier(num=2), family=3))
    assert points(what, *rules) == 2 * (5 + 6)


def test_a_multiplier_does_not_count_the_cents_of_earlier_sales():
    double = rule(Multiplier(num=2), family=2)
    assert points(basket(50), rule(POINT), double, facts=facts(carry=70)) == 1
    assert points(basket(150), rule(POINT), double, facts=facts(carry=70)) == 2 + 1


def test_multipliers_keep_to_their_unit():
    stamps = rule(PerVisit(points=1), unit="stamps", family=2)
    found = earned(basket(1000), rule(POINT), stamps, rule(Multiplier(num=3), family=3))
    assert (found.points("points"), found.points("stamps")) == (30, 1)
    assert found.units() == ("points", "stamps")


def test_a_multiplier_on_products_counts_what_they_earned_by_each_rule():
    what = basket(line(1000, key="a", pieces=2, categories=("coffee",)), line(500, key="b", product="cake"))
    base = (rule(POINT), rule(PerUnit(points=5), family=2), rule(PerVisit(points=7), family=3))
    double = rule(Multiplier(num=2), family=4, only=COFFEE)
    bonus = [each.points for each in earned(what, *base, double).earned if each.rule.family == 4]
    assert bonus == [10 + 10]
    all_but_cake = replace(double, only=Selection(), exclude=Selection(products=("cake",)))
    bonus = [each.points for each in earned(what, *base, all_but_cake).earned if each.rule.family == 4]
    assert bonus == [10 + 10 + 7], "the visit is not the cake's"


def test_a_multiplier_on_products_that_are_not_bought_gives_nothing():
    found = earned(basket(1000), rule(POINT), rule(Multiplier(num=2), family=2, only=COFFEE))
    assert found.points("points") == 10
    assert why_nots(found) == [{"code": "nothing_eligible", "rule": "rule 2"}]


# -- what counts -----------------------------------------------------------------------------------


def test_a_rule_counts_only_its_products_and_never_the_excluded():
    what = basket(
        line(1000, key="a", product="latte", categories=("coffee",)),
        line(500, key="b", product="beans", categories=("coffee",)),
        line(300, key="c", product="cake"),
    )
    assert points(what, rule(POINT)) == 18
    assert points(what, rule(POINT, only=COFFEE)) == 15
    assert points(what, rule(POINT, exclude=COFFEE)) == 3
    assert points(what, rule(POINT, only=COFFEE, exclude=Selection(products=("beans",)))) == 10


def test_discounted_lines_can_be_left_out():
    what = basket(line(1000, key="a", discounted=True), line(500, key="b"))
    assert points(what, rule(POINT)) == 15
    assert points(what, rule(POINT, exclude_discounted=True)) == 5
    only_sale = basket(line(1000, discounted=True))
    assert why_nots(earned(only_sale, rule(POINT, exclude_discounted=True))) == [
        {"code": "nothing_eligible", "rule": "rule 1"}
    ]


@pytest.mark.parametrize("kind", [LineKind.DEPOSIT, LineKind.TIP, LineKind.GIFT_CARD, LineKind.TOP_UP])
def test_what_is_not_a_sale_of_goods_never_earns(kind):
    assert points(basket(1000, line(900, key="x", kind=kind)), rule(POINT)) == 10
    alone = earned(basket(line(900, kind=kind)), rule(POINT), rule(PerVisit(points=3), family=2))
    assert alone.earned == ()


def test_delivery_earns_where_the_programme_says_so():
    what = basket(1000, line(400, key="d", kind=LineKind.DELIVERY))
    assert points(what, rule(POINT)) == 14
    assert points(what, rule(POINT), terms=replace(TERMS, delivery_earns=False)) == 10


@pytest.mark.parametrize("kind", [TenderKind.POINTS, TenderKind.PURSE])
def test_what_points_or_purse_paid_does_not_earn_unless_the_programme_says_so(kind):
    what = basket(1000, 1000, tenders=(Tender(kind, 600), Tender(TenderKind.CASH, 1400)))
    assert points(what, rule(POINT)) == 14
    assert points(what, rule(POINT), terms=replace(TERMS, points_paid_earns=True)) == 20


def test_what_a_gift_card_paid_earns_unless_the_programme_says_otherwise():
    what = basket(1000, tenders=(Tender(TenderKind.GIFT_CARD, 600), Tender(TenderKind.CARD, 400)))
    assert points(what, rule(POINT)) == 10
    assert points(what, rule(POINT), terms=replace(TERMS, gift_card_paid_earns=False)) == 4


def test_a_purse_never_counts_as_having_paid_for_prepaid_money():
    what = basket(line(1000), line(9000, key="t", kind=LineKind.TOP_UP), tenders=(Tender(TenderKind.PURSE, 500),))
    assert points(what, rule(POINT)) == 5


def test_a_tender_of_more_than_the_bill_earns_nothing_and_breaks_nothing():
    what = basket(1000, tenders=(Tender(TenderKind.POINTS, 5000), Tender(TenderKind.GIFT_CARD, 5000)))
    assert earned(what, rule(POINT)).earned == ()


def test_without_a_member_nothing_is_earned():
    found = Till(rules=[rule(POINT)], facts=None).settle(basket(1000))
    assert (found.earning.earned, found.earning.why_not, found.payable) == ((), (), 1000)


# -- why not ---------------------------------------------------------------------------------------


def test_too_small_an_amount_says_what_the_first_point_takes():
    for earns, least in (
        (PerAmount(points=3, step=200, carry=False), 67),
        (PerAmount(points=3, step=200, carry=False, whole_steps=True), 200),
        (PerAmount(points=3, step=200, carry=False, rounding=Rounding.HALF_UP), 34),
    ):
        assert earns.least == least
        assert earned(basket(least), rule(earns)).why_not == ()
        assert why_nots(earned(basket(least - 1), rule(earns))) == [
            {"code": "below_step", "rule": "rule 1", "minimum": least}
        ]


def test_a_free_basket_has_nothing_that_counts():
    assert why_nots(earned(basket(0), rule(POINT))) == [{"code": "nothing_eligible", "rule": "rule 1"}]


def test_every_rule_is_either_earned_or_has_its_reason():
    rules = [
        rule(POINT),
        rule(ROUNDED, family=2, group="g"),
        rule(Fixed(1), family=3, group="g"),
        rule(Fixed(9), family=4, limits=Limits(sale=0)),
        rule(PerVisit(1), family=5, when=Conditions(minimum=99999)),
        rule(PerUnit(1), family=6, only=COFFEE),
        rule(Multiplier(num=2), family=7, when=Conditions(first_purchase=True)),
    ]
    found = earned(basket(1000), *rules)
    told = [each.rule.name for each in found.earned] + [str(step.params["rule"]) for step in found.why_not]
    assert sorted(told) == sorted(each.name for each in rules)


# -- groups ----------------------------------------------------------------------------------------


def test_groups_of_different_units_do_not_compete():
    stamps = rule(Fixed(1), family=2, unit="stamps", group="g")
    found = earned(basket(1000), rule(POINT, group="g"), stamps)
    assert (found.points("points"), found.points("stamps")) == (10, 1)


def test_a_multiplier_competes_with_the_points_it_would_give():
    base, bonus = rule(POINT), rule(Fixed(50), family=2, group="g")
    double = rule(Multiplier(num=2), family=3, group="g")
    small = earned(basket(1000), base, bonus, double)
    assert (small.points("points"), why_nots(small)) == (
        10 + 50,
        [{"code": "beaten", "rule": "rule 3", "by": "rule 2"}],
    )
    large = earned(basket(9000), base, bonus, double)
    assert (large.points("points"), why_nots(large)) == (180, [{"code": "beaten", "rule": "rule 2", "by": "rule 3"}])


def test_a_multiplier_never_beats_the_rule_it_would_have_to_multiply():
    found = earned(basket(1000), rule(POINT, group="g"), rule(Multiplier(num=5), family=2, group="g"))
    assert found.points("points") == 10


def test_a_rule_that_does_not_apply_does_not_compete():
    best = rule(Fixed(500), family=2, group="g", when=Conditions(first_purchase=True))
    assert points(basket(1000), rule(POINT, group="g"), best) == 10


def test_the_choice_does_not_depend_on_remainders_of_other_sales():
    star = rule(PerAmount(points=10, step=1000, whole_steps=True), group="g")
    rival = rule(Fixed(5), family=2, group="g")
    assert points(basket(100), star, rival, facts=facts(carry=950)) == 5


def test_the_order_in_which_rules_are_given_changes_nothing():
    rules = [
        rule(POINT, group="a"),
        rule(ROUNDED, family=2, group="a"),
        rule(Fixed(10), family=3, group="b", priority=2),
        rule(Multiplier(num=2), family=4, group="b", priority=2),
        rule(PerVisit(4), family=5, limits=Limits(sale=3)),
    ]
    answers = {repr(earned(basket(1000), *order)) for order in itertools.permutations(rules)}
    assert len(answers) == 1


# -- limits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "used", "cap", "given"),
    [
        (Limits(sale=8), {}, "sale", 8),
        (Limits(day=20), {"day_points": 15}, "day", 5),
        (Limits(member=100), {"points": 99}, "member", 1),
    ],
)
def test_points_stop_at_their_limit_and_the_lost_ones_are_told(limits, used, cap, given):
    found = earned(basket(1000), rule(POINT, limits=limits), facts=facts(**used)).earned[0]
    assert found.points == given
    limit = limits.sale or limits.day or limits.member
    assert found.steps[-1].as_json() == {
        "code": "capped",
        "rule": "rule 1",
        "cap": cap,
        "limit": limit,
        "lost": 10 - given,
    }


def test_the_tightest_of_several_limits_counts():
    found = earned(basket(1000), rule(POINT, limits=Limits(sale=9, day=7, member=5))).earned[0]
    assert found.points == 5
    assert [step.params["lost"] for step in found.steps[1:]] == [1, 2, 2]


def test_a_limit_that_is_used_up_gives_nothing_even_when_overdrawn():
    found = earned(basket(1000), rule(ROUNDED, limits=Limits(day=10)), facts=facts(day_points=12))
    assert found.earned == ()
    assert why_nots(found) == [{"code": "capped", "rule": "rule 1", "cap": "day", "limit": 10, "lost": 10}]


@pytest.mark.parametrize(
    ("limits", "used", "cap", "limit"),
    [
        (Limits(times_day=2), {"day_times": 2}, "day", 2),
        (Limits(times_member=1), {"times": 1}, "member", 1),
    ],
)
def test_a_rule_applies_no_more_often_than_its_times(limits, used, cap, limit):
    each = rule(Fixed(5), limits=limits)
    assert points(basket(1000), each) == 5
    assert why_nots(earned(basket(1000), each, facts=facts(**used))) == [
        {"code": "cap_reached", "rule": "rule 1", "cap": cap, "limit": limit}
    ]


def test_limits_of_one_rule_are_no_limits_of_another():
    rules = (rule(Fixed(5), limits=Limits(times_day=1)), rule(Fixed(7), family=2, limits=Limits(times_day=1)))
    assert points(basket(1000), *rules, facts=facts(day_times=1)) == 7


@pytest.mark.parametrize("when", [Conditions(birthday_days=3), Conditions(name_day_days=3)])
def test_a_feast_is_kept_once_a_year(when):
    born = {"birthday": (3, 31), "name_day": (3, 31)}
    feast = rule(Fixed(100), when=when)
    assert points(basket(500), feast, facts=Facts(**born)) == 100
    again = earned(basket(500), feast, facts=Facts(**born, used={1: Used(year_times=1)}))
    assert why_nots(again) == [{"code": "cap_reached", "rule": "rule 1", "cap": "year", "limit": 1}]


def test_no_sale_gives_more_than_one_entry_may_hold():
    absurd = rule(PerAmount(points=MAX_AMOUNT, step=1, carry=False))
    found = earned(basket(MAX_AMOUNT), absurd)
    assert found.points("points") == MAX_AMOUNT
    assert found.earned[0].steps[-1].code == "capped"


def test_limits_come_after_multipliers():
    double = rule(Multiplier(num=3), family=2, limits=Limits(sale=15))
    assert points(basket(1000), rule(POINT, limits=Limits(sale=4)), double) == 4 + 15
