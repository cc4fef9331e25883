"""Rewards on a basket: what each kind takes off, what it costs, and why it is refused."""

import pytest

from passage.engine.basket import LineKind, Tender, TenderKind
from passage.engine.rewards import (
    Cashback,
    Claim,
    FreeProduct,
    FreeStyle,
    PercentOff,
    Pick,
    ProductDiscount,
    Settlement,
    ValueOff,
)
from passage.engine.rules import Conditions, PerAmount, Selection
from passage.engine.settle import Purse
from passage.engine.tests.world import Till, basket, line, reward, rule

ROLL = Selection(products=("roll",))
COFFEE = Selection(categories=("coffee",))
PAY = reward(Cashback(worth=5), cost=0, name="Pay with points")


def settle(what, *rewards, available=1000, debt=0, rules=()):
    """Every reward claimed once, under the keys a, b, c."""
    claims = [each if isinstance(each, Claim) else Claim("abcdef"[i], each) for i, each in enumerate(rewards)]
    purses = {"points": Purse(available=available, debt=debt)}
    return Till(claims=claims, purses=purses, rules=rules).settle(what)


def off(settled):
    return [list(each.per_line) for each in settled.applied]


def reasons(settled):
    return [step.as_json() for _, step in settled.refused]


# -- value and percentage --------------------------------------------------------------------------


def test_a_value_is_shared_over_the_lines_by_their_price():
    settled = settle(basket(4000, 2500, 3500), reward(ValueOff(1500), cost=150))
    assert off(settled) == [[600, 375, 525]]
    assert (settled.payable, settled.applied[0].points, settled.applied[0].lost) == (8500, 150, 0)


def test_a_value_beyond_the_bill_takes_the_bill_and_says_what_is_lost():
    applied = settle(basket(1000), reward(ValueOff(1500))).applied[0]
    assert (applied.value, applied.lost) == (1000, 500)


def test_nothing_comes_off_a_bill_that_is_already_paid():
    settled = settle(basket(1000), reward(ValueOff(1000)), reward(ValueOff(1000), name="second"))
    assert len(settled.applied) == 1
    assert reasons(settled) == [{"code": "nothing_to_pay", "rule": "second"}]


def test_a_percentage_stops_at_its_cap_and_not_before():
    assert settle(basket(10_000), reward(PercentOff(2000, cap=2000))).applied[0].value == 2000
    assert settle(basket(10_000), reward(PercentOff(2000, cap=1999))).applied[0].value == 1999
    assert settle(basket(10_000), reward(PercentOff(2000))).applied[0].value == 2000


def test_a_percentage_of_almost_nothing_is_refused_and_costs_nothing():
    settled = settle(basket(4), reward(PercentOff(1000)))
    assert reasons(settled) == [{"code": "nothing_to_pay", "rule": "a reward"}]


@pytest.mark.parametrize("kind", [LineKind.GIFT_CARD, LineKind.TOP_UP, LineKind.DEPOSIT, LineKind.TIP])
@pytest.mark.parametrize("gives", [ValueOff(500), PercentOff(10_000)])
def test_order_discounts_leave_what_is_no_sale_of_goods_alone(kind, gives):
    settled = settle(basket(300, line(900, key="x", kind=kind)), reward(gives))
    assert off(settled) == [[300, 0]]
    assert reasons(settle(basket(line(900, kind=kind)), reward(gives))) == [
        {"code": "nothing_to_pay", "rule": "a reward"}
    ]


def test_a_product_reward_never_takes_a_gift_card_off():
    card = line(5000, product="roll", kind=LineKind.GIFT_CARD)
    assert reasons(settle(basket(card), reward(FreeProduct(ROLL)))) == [
        {"code": "product_not_in_basket", "rule": "a reward", "products": "roll"}
    ]


# -- products --------------------------------------------------------------------------------------


def rolls():
    return basket(line(301, key="a", product="roll"), line(1000, key="b", pieces=2, product="roll"), line(900, key="c"))


@pytest.mark.parametrize(
    ("style", "taken"), [(FreeStyle.DISCOUNT, 500), (FreeStyle.PRICE_ZERO, 500), (FreeStyle.SYMBOLIC, 499)]
)
def test_a_free_product_is_the_dearest_piece_of_the_chosen_products(style, taken):
    settled = settle(rolls(), reward(FreeProduct(ROLL, style=style)))
    assert off(settled) == [[0, taken, 0]]
    assert settled.applied[0].claim.reward.gives.style is style, "the till is told how to write it"


def test_each_further_free_product_is_the_next_piece():
    free = reward(FreeProduct(ROLL))
    assert off(settle(rolls(), free, free, free)) == [[0, 500, 0], [0, 500, 0], [301, 0, 0]]
    assert reasons(settle(rolls(), free, free, free, free)) == [{"code": "nothing_to_pay", "rule": "a reward"}]


def test_the_pieces_of_a_line_that_does_not_divide_differ_by_a_cent():
    three = basket(line(1000, pieces=3, product="roll"))
    free = reward(FreeProduct(ROLL))
    assert off(settle(three, free, free, free)) == [[334], [333], [333]]


def test_weighed_goods_are_one_piece():
    cheese = basket(line(1234, quantity=345, product="roll"))
    assert off(settle(cheese, reward(FreeProduct(ROLL)))) == [[1234]]


def test_one_of_very_many_pieces_is_still_one():
    nails = basket(line(1_000_000, quantity=100_000 * 1000, product="roll"))
    assert off(settle(nails, reward(FreeProduct(ROLL)))) == [[10]]
    assert off(settle(nails, reward(ProductDiscount(ROLL, percent_bp=10_000, most=1000)))) == [[10_000]]


def test_a_free_product_that_is_not_on_the_receipt_is_refused():
    wanted = FreeProduct(Selection(products=("cake",), categories=("coffee", "tea")))
    assert reasons(settle(rolls(), reward(wanted))) == [
        {"code": "product_not_in_basket", "rule": "a reward", "products": "cake,coffee,tea"}
    ]


def test_goods_taken_back_cannot_be_had_for_free():
    exchange = basket(line(-300, product="roll"), line(900, key="c"))
    assert reasons(settle(exchange, reward(FreeProduct(ROLL))))[0]["code"] == "product_not_in_basket"


@pytest.mark.parametrize(
    ("gives", "expected"),
    [
        (ProductDiscount(ROLL, percent_bp=5000), [0, 250, 0]),
        (ProductDiscount(ROLL, percent_bp=5000, most=2), [0, 500, 0]),
        (ProductDiscount(ROLL, percent_bp=5000, most=3), [151, 500, 0]),
        (ProductDiscount(ROLL, percent_bp=5000, most=99), [151, 500, 0]),
        (ProductDiscount(ROLL, percent_bp=5000, pick=Pick.CHEAPEST), [151, 0, 0]),
        (ProductDiscount(ROLL, percent_bp=5000, most=2, pick=Pick.CHEAPEST), [151, 250, 0]),
        (ProductDiscount(ROLL, amount=100), [0, 100, 0]),
        (ProductDiscount(ROLL, amount=100, most=3), [100, 200, 0]),
        (ProductDiscount(ROLL, amount=400, most=3), [301, 800, 0]),
        (ProductDiscount(ROLL, amount=400, pick=Pick.CHEAPEST), [301, 0, 0]),
    ],
)
def test_a_product_discount_takes_its_pieces_dearest_or_cheapest_first(gives, expected):
    assert off(settle(rolls(), reward(gives))) == [expected]


def test_a_piece_that_is_already_free_is_not_the_cheapest():
    cheapest = reward(ProductDiscount(ROLL, percent_bp=5000, pick=Pick.CHEAPEST))
    settled = settle(basket(line(600, pieces=2, product="roll")), reward(FreeProduct(ROLL)), cheapest)
    assert off(settled) == [[300], [150]]


# -- points as money -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("available", "wish", "points", "value", "lost"),
    [
        (1000, None, 248, 1237, 3),
        (1000, 1237, 248, 1237, 3),
        (1000, 9999, 248, 1237, 3),
        (1000, 500, 100, 500, 0),
        (1000, 501, 101, 501, 4),
        (248, None, 248, 1237, 3),
        (247, None, 247, 1235, 0),
        (1, None, 1, 5, 0),
    ],
)
def test_points_pay_what_is_wished_what_is_due_or_what_there_is(available, wish, points, value, lost):
    applied = settle(basket(1237), Claim("a", PAY, amount=wish), available=available).applied[0]
    assert (applied.points, applied.value, applied.lost) == (points, value, lost)


def test_points_never_pay_a_wish_they_do_not_cover():
    assert reasons(settle(basket(1237), Claim("a", PAY, amount=501), available=100)) == [
        {"code": "insufficient_points", "rule": "Pay with points", "missing": 1, "available": 100}
    ]


def test_without_a_single_point_it_says_how_many_are_missing():
    assert reasons(settle(basket(1237), PAY, available=0)) == [
        {"code": "insufficient_points", "rule": "Pay with points", "missing": 1, "available": 0}
    ]
    from_five = reward(Cashback(worth=5, least=500), cost=0)
    assert reasons(settle(basket(1237), from_five, available=0))[0]["missing"] == 100


def test_less_than_the_least_amount_is_refused_but_the_last_cents_may_always_be_paid():
    from_five = reward(Cashback(worth=5, least=500), cost=0)
    refused = {"code": "below_step", "rule": "a reward", "minimum": 500}
    assert reasons(settle(basket(1237), Claim("a", from_five, amount=499))) == [refused]
    assert reasons(settle(basket(1237), from_five, available=99)) == [refused]
    assert settle(basket(1237), Claim("a", from_five, amount=500)).applied[0].points == 100
    assert settle(basket(37), from_five).applied[0].value == 37
    assert reasons(settle(basket(37), Claim("a", from_five, amount=36))) == [
        {"code": "below_step", "rule": "a reward", "minimum": 37}
    ]


def test_points_pay_deposits_and_tips_but_no_gift_card_and_no_top_up():
    what = basket(
        line(1000, key="a"),
        line(100, key="b", kind=LineKind.DEPOSIT),
        line(50, key="c", kind=LineKind.TIP),
        line(2000, key="d", kind=LineKind.GIFT_CARD),
        line(3000, key="e", kind=LineKind.TOP_UP),
    )
    assert off(settle(what, PAY)) == [[1000, 100, 50, 0, 0]]
    assert reasons(settle(basket(line(2000, kind=LineKind.GIFT_CARD)), PAY)) == [
        {"code": "nothing_to_pay", "rule": "Pay with points"}
    ]


# -- discount or tender ----------------------------------------------------------------------------


def test_a_discount_lowers_the_price_and_a_tender_pays_it():
    bread = basket(line(1100, vat_bp=1000))
    discount = settle(bread, reward(ValueOff(550)))
    tender = settle(bread, reward(ValueOff(550), settlement=Settlement.TENDER))
    assert (discount.price, discount.payable, discount.lines[0].vat) == (550, 550, 50)
    assert (tender.price, tender.payable, tender.lines[0].vat) == (1100, 550, 100)


def test_neither_a_discount_nor_a_tender_earns():
    points = rule(PerAmount(points=1, step=100))
    for settlement in Settlement:
        settled = settle(basket(1000), reward(ValueOff(400), settlement=settlement), rules=[points])
        assert settled.earning.points("points") == 6, settlement


def test_a_tender_that_the_till_lists_too_is_not_counted_twice():
    what = basket(1000, tenders=(Tender(TenderKind.POINTS, 400), Tender(TenderKind.CASH, 600)))
    settled = settle(what, reward(ValueOff(400), settlement=Settlement.TENDER))
    assert settled.payable == 600


def test_product_rewards_come_first_then_values_then_percentages_then_money():
    what = basket(line(1000, product="roll"), line(1000, key="2"))
    settled = settle(
        what,
        reward(Cashback(worth=1), cost=0, name="money"),
        reward(PercentOff(1000), name="percent"),
        reward(ValueOff(200), name="value"),
        reward(ProductDiscount(ROLL, percent_bp=5000), name="product"),
        available=1000,
    )
    assert [(each.claim.reward.name, each.value) for each in settled.applied] == [
        ("product", 500),
        ("value", 200),
        ("percent", 130),
        ("money", 970),  # what 1000 points less 3 x 10 pay
    ]


# -- who can afford it -----------------------------------------------------------------------------


def test_points_are_spent_once():
    settled = settle(basket(5000), reward(ValueOff(100), cost=60), reward(ValueOff(100), cost=60), available=100)
    assert len(settled.applied) == 1
    assert reasons(settled) == [{"code": "insufficient_points", "rule": "a reward", "missing": 20, "available": 40}]


def test_a_reward_costs_exactly_what_there_is():
    assert len(settle(basket(5000), reward(ValueOff(100), cost=100), available=100).applied) == 1


def test_points_of_another_unit_do_not_count():
    stamps = reward(ValueOff(100), unit="stamps")
    assert reasons(settle(basket(5000), stamps)) == [
        {"code": "insufficient_points", "rule": "a reward", "missing": 10, "available": 0}
    ]


def test_a_debt_blocks_free_points_and_not_what_was_reserved_before():
    five = reward(ValueOff(500), cost=50)
    assert reasons(settle(basket(5000), five, debt=7)) == [{"code": "in_debt", "rule": "a reward", "debt": 7}]
    assert reasons(settle(basket(5000), PAY, available=0, debt=7))[0]["code"] == "in_debt"
    assert len(settle(basket(5000), Claim("a", five, points=50, is_held=True), debt=7).applied) == 1


def test_a_reservation_pays_from_what_it_holds_and_leaves_the_rest_alone():
    five = reward(ValueOff(500), cost=50)
    settled = settle(basket(5000), Claim("a", five, points=50, is_held=True), five, available=50)
    assert [each.points for each in settled.applied] == [50, 50]
    held_less = settle(basket(5000), Claim("a", five, points=49, is_held=True), available=1000)
    assert reasons(held_less) == [{"code": "insufficient_points", "rule": "a reward", "missing": 1, "available": 49}]


def test_a_reserved_cashback_pays_no_more_than_it_holds():
    applied = settle(basket(1237), Claim("a", PAY, points=100, is_held=True), available=1000).applied[0]
    assert (applied.points, applied.value) == (100, 500)


@pytest.mark.parametrize(("available", "pays"), [(1000, (100, 500)), (40, (40, 200))])
def test_a_cashback_whose_reservation_is_over_pays_what_is_free_and_no_more_than_was_reserved(available, pays):
    applied = settle(basket(1237), Claim("a", PAY, points=100), available=available).applied[0]
    assert (applied.points, applied.value) == pays


def test_conditions_come_before_everything_else():
    early = reward(ValueOff(500), cost=5000, when=Conditions(shops=("ulica",)))
    assert reasons(settle(basket(1000), early, debt=5)) == [{"code": "wrong_shop", "rule": "a reward"}]


# -- exchanges -------------------------------------------------------------------------------------


@pytest.mark.parametrize("gives", [ValueOff(500), PercentOff(10_000), Cashback(worth=1), FreeProduct(ROLL)])
def test_rewards_never_pay_an_exchange_out(gives):
    cost = 0 if isinstance(gives, Cashback) else 10
    plus_three = basket(line(2000, product="roll"), line(-1700, key="2"))
    assert settle(plus_three, reward(gives, cost=cost)).payable == 0
    minus_five = basket(line(2000, product="roll"), line(-2500, key="2"))
    settled = settle(minus_five, reward(gives, cost=cost))
    assert (settled.payable, settled.applied) == (-500, ())
    assert reasons(settled) == [{"code": "nothing_to_pay", "rule": "a reward"}]
