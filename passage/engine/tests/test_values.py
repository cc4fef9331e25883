"""Values that cannot be wrong: floats, booleans, text, too little and too much are refused when they are made."""

from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from passage.engine.basket import MAX_COVERS, MAX_LINES, MAX_QUANTITY, Basket, Line, Tender, TenderKind
from passage.engine.expiry import Expiry, ExpiryKind, expires_at
from passage.engine.facts import Facts, Moment
from passage.engine.lots import Lot, take_up_to
from passage.engine.money import MAX_AMOUNT, MAX_BALANCE, ceil_div, in_range, share, split
from passage.engine.rewards import Cashback, Claim, FreeProduct, PercentOff, ProductDiscount, ValueOff
from passage.engine.rules import Conditions, Fixed, Limits, Multiplier, PerAmount, PerUnit, PerVisit, Selection
from passage.engine.tests.world import TERMS, TUESDAY, basket, read, reward, rule

ROLL = Selection(products=("roll",))
NOT_WHOLE = (1.0, 1.5, True, "1", None, float("nan"), float("inf"), "\u0661")

# What makes the value, and the least and the greatest it takes.
WHOLE_NUMBERS = [
    ("line amount", lambda n: Line("1", n), -MAX_AMOUNT, MAX_AMOUNT),
    ("line quantity", lambda n: Line("1", 100, quantity=n), 1, MAX_QUANTITY),
    ("tender", lambda n: Tender(TenderKind.CASH, n), -MAX_AMOUNT, MAX_AMOUNT),
    ("covers", lambda n: basket(100, covers=n), 0, MAX_COVERS),
    ("points per amount", lambda n: PerAmount(points=n, step=1), 1, MAX_AMOUNT),
    ("step", lambda n: PerAmount(points=1, step=n), 1, MAX_AMOUNT),
    ("points per visit", lambda n: PerVisit(points=n), 1, MAX_AMOUNT),
    ("minutes between visits", lambda n: PerVisit(points=1, minutes_between=n), 0, 7 * 24 * 60),
    ("points per unit", lambda n: PerUnit(points=n), 1, MAX_AMOUNT),
    ("fixed points", lambda n: Fixed(points=n), 1, MAX_AMOUNT),
    ("multiplier", lambda n: Multiplier(num=n), 2, 1000),
    ("divisor", lambda n: Multiplier(num=1001, den=n), 2, 1000),
    ("minimum", lambda n: Conditions(minimum=n), 0, MAX_AMOUNT),
    ("weekday", lambda n: Conditions(weekdays=(n,)), 1, 7),
    ("start of hours", lambda n: Conditions(hours=((n, 1440),)), 0, 1439),
    ("end of hours", lambda n: Conditions(hours=((600, n),)), 601, 1440),
    ("value off", ValueOff, 1, MAX_AMOUNT),
    ("percent off", PercentOff, 1, 10_000),
    ("pieces", lambda n: ProductDiscount(ROLL, percent_bp=100, most=n), 1, 1000),
    ("worth", lambda n: Cashback(worth=n), 1, MAX_AMOUNT),
    ("least", lambda n: Cashback(worth=1, least=n), 1, MAX_AMOUNT),
    ("cost", lambda n: reward(ValueOff(1), cost=n), 1, MAX_AMOUNT),
    ("cost of cashback", lambda n: reward(Cashback(worth=1), cost=n), 0, MAX_AMOUNT),
    ("days", lambda n: Expiry(ExpiryKind.DAYS, n), 0, 36_500),
    ("months", lambda n: Expiry(ExpiryKind.END_OF_MONTH, n), 0, 1200),
    ("years", lambda n: Expiry(ExpiryKind.END_OF_YEAR, n), 0, 100),
    ("idle days", lambda n: Expiry(ExpiryKind.INACTIVITY, n), 0, 36_500),
]
OPTIONAL_NUMBERS = [
    ("tax", lambda n: Line("1", 100, vat_bp=n), 0, 10_000),
    ("limit of a sale", lambda n: Limits(sale=n), 0, MAX_BALANCE),
    ("limit of a day", lambda n: Limits(day=n), 0, MAX_BALANCE),
    ("limit of a member", lambda n: Limits(member=n), 0, MAX_BALANCE),
    ("times a day", lambda n: Limits(times_day=n), 0, MAX_BALANCE),
    ("times a member", lambda n: Limits(times_member=n), 0, MAX_BALANCE),
    ("days around a birthday", lambda n: Conditions(birthday_days=n), 0, 180),
    ("days around a name day", lambda n: Conditions(name_day_days=n), 0, 180),
    ("cap of a percentage", lambda n: PercentOff(100, cap=n), 1, MAX_AMOUNT),
    ("rewards per member", lambda n: reward(ValueOff(1), per_member=n), 1, MAX_AMOUNT),
    ("wish", lambda n: Claim("a", reward(ValueOff(1)), amount=n), 1, MAX_AMOUNT),
    ("reserved points", lambda n: Claim("a", reward(ValueOff(1)), points=n), 0, MAX_AMOUNT),
]


@pytest.mark.parametrize(
    ("name", "make", "least", "most"),
    WHOLE_NUMBERS + OPTIONAL_NUMBERS,
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_number_is_taken_up_to_its_limits_and_no_further(name, make, least, most):
    make(least)
    make(most)
    for wrong in (least - 1, most + 1, 2**63, -(2**63)):
        with pytest.raises(ValueError, match=r"whole number|greater than one"):
            make(wrong)
    for wrong in NOT_WHOLE:
        if wrong is None and (name, make, least, most) in OPTIONAL_NUMBERS:
            make(None)
            continue
        with pytest.raises((ValueError, TypeError)):
            make(wrong)


def test_the_check_itself_catches_what_looks_like_a_number():
    for wrong in NOT_WHOLE:
        with pytest.raises(ValueError, match="points is a whole number from 0 to 5"):
            in_range("points", wrong, 0, 5)
    in_range("points", 5, 0, 5)


def test_a_basket_has_lines_that_are_told_apart():
    with pytest.raises(ValueError, match=f"1 to {MAX_LINES} lines"):
        Basket("EUR", ())
    with pytest.raises(ValueError, match=f"1 to {MAX_LINES} lines"):
        basket(*[1] * (MAX_LINES + 1))
    with pytest.raises(ValueError, match="its own id"):
        Basket("EUR", (Line("1", 100), Line("1", 200)))
    assert len(basket(*[1] * MAX_LINES).lines) == MAX_LINES


def test_the_lines_of_a_basket_stay_within_one_amount():
    assert basket(MAX_AMOUNT - 1, 1).total == MAX_AMOUNT
    with pytest.raises(ValueError, match="add up"):
        basket(MAX_AMOUNT, 1)
    with pytest.raises(ValueError, match="add up"):
        basket(-MAX_AMOUNT, -1)


@pytest.mark.parametrize("currency", ["", "EU", "EURO", "eur", "\u20acUR", "12A"])
def test_a_currency_has_three_capital_letters(currency):
    with pytest.raises(ValueError, match="currency"):
        basket(100, currency=currency)


def test_a_product_discount_is_a_percentage_or_an_amount():
    for wrong in ({}, {"percent_bp": 100, "amount": 100}):
        with pytest.raises(ValueError, match="either a percentage or an amount"):
            ProductDiscount(ROLL, **wrong)


def test_a_multiplier_is_greater_than_one():
    for num, den in ((1, 1), (2, 2), (3, 4)):
        with pytest.raises(ValueError, match="greater than one"):
            Multiplier(num=num, den=den)


@pytest.mark.parametrize("day", [(2, 30), (13, 1), (0, 1), (4, 31)])
def test_a_birthday_is_a_day_of_some_year(day):
    for known in ("birthday", "name_day"):
        with pytest.raises(ValueError, match=r"day|month"):
            Facts(**{known: day})
    assert Facts(birthday=(2, 29))


def test_a_moment_knows_its_offset():
    with pytest.raises(ValueError, match="offset"):
        Moment(datetime(2026, 3, 31, 10, 0))  # noqa: DTZ001 - the point of this test
    assert Moment(TUESDAY).local(TERMS).hour == 12


def test_a_fixed_expiry_needs_its_date():
    with pytest.raises(ValueError, match="needs its date"):
        expires_at(Expiry(ExpiryKind.FIXED_DATE), start=TUESDAY, zone=TERMS.tz)
    assert expires_at(Expiry(ExpiryKind.FIXED_DATE, on=date(2026, 4, 1)), start=TUESDAY, zone=TERMS.tz)


def test_values_do_not_change():
    with pytest.raises(FrozenInstanceError):
        Line("1", 100).amount = 5


def test_arithmetic_refuses_what_has_no_answer():
    with pytest.raises(ValueError, match="more than zero"):
        split(1, [0, 0])
    for total, weights in ((-1, [1]), (1, [2, -1])):
        with pytest.raises(ValueError, match="zero or more"):
            split(total, weights)
    for part in (-1, 2):
        with pytest.raises(ValueError, match="between 0 and 1"):
            share(10, part)
    with pytest.raises(ValueError, match="negative"):
        take_up_to([Lot(1, 5, TUESDAY, TUESDAY)], -1)
    assert [ceil_div(value, 5) for value in (0, 1, 5, 6, -1, -5)] == [0, 1, 1, 2, 0, -1]


@pytest.mark.parametrize(
    "written",
    [
        {"kind": "fixed", "points": 5, "pionts": 6},
        {"kind": "fixed", "points": 5.0},
        {"kind": "fixed", "points": "5"},
        {"kind": "fixed", "points": True},
        {"kind": "fixed", "points": -5},
        {"kind": "fixde", "points": 5},
        {"kind": "per_amount", "points": 1, "step": 100, "rounding": "down"},
        {"points": 5, "step": 0, "kind": "per_amount"},
    ],
)
def test_a_rule_written_wrongly_is_refused_and_never_guessed_at(written):
    kind = type(rule(Fixed(1)))
    good = {"version": 1, "family": 1, "name": "x", "unit": "points", "earns": {"kind": "fixed", "points": 5}}
    assert read(kind, good).earns == Fixed(5)
    with pytest.raises(ValidationError):
        read(kind, good | {"earns": written})
    with pytest.raises(ValidationError):
        read(kind, good | {"whne": {}})


def test_a_reward_written_wrongly_is_refused_too():
    kind = type(reward(ValueOff(1)))
    good = {
        "version": 1,
        "family": 1,
        "name": "x",
        "unit": "points",
        "cost": 5,
        "gives": {"kind": "value_off", "amount": 5},
    }
    assert read(kind, good).gives == ValueOff(5)
    free = good | {"gives": {"kind": "free_product", "products": {"products": ["roll"]}}}
    assert read(kind, free).gives == FreeProduct(ROLL)
    for wrong in ({"gives": {"kind": "value_off", "amount": 5, "currency": "EUR"}}, {"cost": 0}, {"unti": "x"}):
        with pytest.raises(ValidationError):
            read(kind, good | wrong)


def test_lots_are_pending_usable_or_gone():
    lot = Lot(1, 5, opened_at=TUESDAY, active_from=TUESDAY, expires_at=datetime(2026, 4, 1, tzinfo=UTC))
    assert lot.usable(at=TUESDAY)
    assert not lot.usable(at=datetime(2026, 4, 1, tzinfo=UTC))
    assert not lot.usable(at=datetime(2026, 3, 31, 9, 59, tzinfo=UTC))
