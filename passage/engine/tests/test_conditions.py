"""When a rule or a reward applies, and the code and numbers it gives when it does not."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from passage.engine.conditions import Case, failing
from passage.engine.facts import Facts, Moment
from passage.engine.rewards import Claim, ValueOff
from passage.engine.rules import Conditions, Fixed, Selection
from passage.engine.tests.world import ANNA, TERMS, TUESDAY, Till, basket, line, reward, rule, why_nots

COFFEE = line(350, key="c", product="latte", categories=("coffee", "hot"))
CAKE = line(800, key="k", product="cake", categories=("sweet",))


def held(when, *, at=TUESDAY, shop="rynek", facts=ANNA, lines=(COFFEE,), basis=350, currency="EUR", terms=TERMS):
    """The reason why ``when`` does not hold, as JSON; None when it does."""
    case = Case(basis, lines, currency, facts, Moment(at, shop), terms)
    step = failing(when, case, name="Rule")
    return None if step is None else step.as_json()


def paris(day, hour=12, minute=0, month=3):
    """A summer-time instant of 2026 in Paris, in UTC."""
    return datetime(2026, month, day, hour - 2, minute, tzinfo=UTC)


def test_without_conditions_everything_applies():
    assert held(Conditions()) is None


def test_a_rule_starts_with_the_first_minute_of_its_day_in_the_programmes_zone():
    when = Conditions(starts=date(2026, 4, 1))
    assert held(when, at=datetime(2026, 3, 31, 21, 59, tzinfo=UTC)) == {
        "code": "not_yet",
        "rule": "Rule",
        "starts": "2026-04-01",
    }
    assert held(when, at=datetime(2026, 3, 31, 22, 0, tzinfo=UTC)) is None


def test_a_rule_ends_with_the_last_minute_of_its_day_in_the_programmes_zone():
    when = Conditions(ends=date(2026, 3, 31))
    assert held(when, at=datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC)) is None
    assert held(when, at=datetime(2026, 3, 31, 22, 0, tzinfo=UTC)) == {
        "code": "over",
        "rule": "Rule",
        "ended": "2026-03-31",
    }


def test_weekdays_are_local():
    when = Conditions(weekdays=(1, 2))
    assert held(when) is None
    late = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)  # Wednesday in Paris, Tuesday in London and in UTC
    assert held(when, at=late) == {"code": "wrong_day", "rule": "Rule", "weekdays": "1,2"}
    assert held(when, at=late, terms=replace(TERMS, zone="Europe/London")) is None


def test_hours_include_their_start_and_not_their_end():
    when = Conditions(hours=((540, 600), (840, 1080)))
    reason = {"code": "wrong_hour", "rule": "Rule", "hours": "09:00-10:00,14:00-18:00"}
    assert held(when, at=paris(31, 9)) is None
    assert held(when, at=paris(31, 9, 59)) is None
    assert held(when, at=paris(31, 10)) == reason
    assert held(when, at=paris(31, 14)) is None
    assert held(when, at=paris(31, 18)) == reason
    assert held(when, at=paris(31, 8, 59)) == reason


def test_the_last_hour_of_the_day_can_be_named():
    when = Conditions(hours=((1380, 1440),))
    assert held(when, at=paris(31, 23, 59)) is None
    assert held(when, at=datetime(2026, 3, 31, 22, 0, tzinfo=UTC)) is not None


def test_only_in_the_named_shops():
    when = Conditions(shops=("rynek", "dworzec"))
    assert held(when, shop="dworzec") is None
    assert held(when, shop="ulica") == {"code": "wrong_shop", "rule": "Rule"}
    assert held(when, shop="") == {"code": "wrong_shop", "rule": "Rule"}


def test_a_minimum_is_reached_at_its_last_cent():
    when = Conditions(minimum=3000)
    assert held(when, basis=3000) is None
    assert held(when, basis=2999) == {"code": "minimum_not_reached", "rule": "Rule", "minimum": 3000, "basis": 2999}
    assert held(when, basis=-100) == {"code": "minimum_not_reached", "rule": "Rule", "minimum": 3000, "basis": 0}


def test_any_of_needs_one_of_the_products_or_categories():
    when = Conditions(any_of=Selection(products=("tea",), categories=("coffee",)))
    assert held(when, lines=(CAKE, COFFEE)) is None
    assert held(when, lines=(CAKE,)) == {"code": "product_missing", "rule": "Rule", "products": "tea,coffee"}


def test_all_of_needs_every_product_and_category_and_names_what_is_missing():
    when = Conditions(all_of=Selection(products=("cake", "tea"), categories=("coffee", "fruit")))
    tea, fruit = line(200, key="t", product="tea"), line(90, key="f", categories=("fruit",))
    assert held(when, lines=(CAKE, COFFEE, tea, fruit)) is None
    assert held(when, lines=(CAKE, COFFEE)) == {"code": "product_missing", "rule": "Rule", "products": "tea,fruit"}


def test_a_product_is_not_a_category_of_the_same_name():
    coffee_machine = line(9900, product="coffee")
    assert held(Conditions(all_of=Selection(categories=("coffee",))), lines=(coffee_machine,)) is not None
    assert held(Conditions(any_of=Selection(categories=("coffee",))), lines=(coffee_machine,)) is not None


def test_goods_taken_back_in_exchange_are_not_bought():
    back = line(-350, key="b", product="latte", categories=("coffee",))
    assert held(Conditions(any_of=Selection(categories=("coffee",))), lines=(CAKE, back)) is not None
    assert held(Conditions(all_of=Selection(products=("latte",))), lines=(CAKE, back)) is not None


def test_only_for_the_named_tiers():
    when = Conditions(tiers=("silver", "gold"))
    assert held(when, facts=Facts(tier="gold")) is None
    assert held(when, facts=ANNA) == {"code": "wrong_tier", "rule": "Rule", "tiers": "silver,gold"}


def test_only_for_members_with_one_of_the_tags():
    when = Conditions(tags=("staff", "press"))
    assert held(when, facts=Facts(tags=("press", "vip"))) is None
    assert held(when, facts=Facts(tags=("vip",))) == {"code": "wrong_tag", "rule": "Rule", "tags": "staff,press"}


def test_only_for_the_first_purchase():
    when = Conditions(first_purchase=True)
    assert held(when, facts=Facts(first_purchase=True)) is None
    assert held(when) == {"code": "not_first_purchase", "rule": "Rule"}


@pytest.mark.parametrize(
    ("when", "known", "code"),
    [
        (Conditions(birthday_days=2), "birthday", "not_birthday"),
        (Conditions(name_day_days=2), "name_day", "not_name_day"),
    ],
)
def test_a_feast_has_a_window_of_days_on_both_sides(when, known, code):
    for day, near in ((28, False), (29, True), (31, True)):
        facts = Facts(**{known: (3, 31)})
        assert (held(when, facts=facts, at=paris(day)) is None) is near, day
    assert held(when, facts=Facts(**{known: (4, 2)})) is None
    assert held(when, facts=Facts(**{known: (4, 3)})) == {"code": code, "rule": "Rule"}
    assert held(when, facts=ANNA) == {"code": code, "rule": "Rule"}, "no day known, no feast"


def test_a_birthday_is_a_local_day():
    late = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
    assert held(Conditions(birthday_days=0), facts=Facts(birthday=(4, 1)), at=late) is None
    assert held(Conditions(birthday_days=0), facts=Facts(birthday=(3, 31)), at=late) is not None


def test_without_a_currency_only_the_programmes_own_counts():
    assert held(Conditions(), currency="PLN") == {"code": "wrong_currency", "rule": "Rule", "currency": "EUR"}
    assert held(Conditions(currency="PLN"), currency="PLN") is None
    assert held(Conditions(currency="PLN")) == {"code": "wrong_currency", "rule": "Rule", "currency": "PLN"}


def test_all_conditions_must_hold_and_the_first_that_does_not_is_named():
    when = Conditions(weekdays=(2,), shops=("rynek",), minimum=300, tiers=("gold",))
    gold = Facts(tier="gold")
    assert held(when, facts=gold) is None
    assert held(when, facts=gold, at=paris(30))["code"] == "wrong_day"
    assert held(when, facts=gold, shop="ulica")["code"] == "wrong_shop"
    assert held(when)["code"] == "wrong_tier"
    assert held(when, facts=gold, basis=299)["code"] == "minimum_not_reached"


def test_rules_and_rewards_are_held_to_the_same_conditions():
    when = Conditions(shops=("dworzec",))
    till = Till(rules=[rule(Fixed(5), when=when)], claims=[Claim("a", reward(ValueOff(100), when=when))])
    settled = till.settle(basket(1000))
    assert why_nots(settled.earning) == [{"code": "wrong_shop", "rule": "rule 1"}]
    assert [step.as_json() for _, step in settled.refused] == [{"code": "wrong_shop", "rule": "a reward"}]


def test_the_minimum_of_a_reward_counts_neither_gift_cards_nor_deposits_nor_earlier_rewards():
    ten_from_thirty = reward(ValueOff(1000), when=Conditions(minimum=3000))
    with_card = basket(line(2900), line(5000, key="g", kind="gift_card"), line(200, key="d", kind="deposit"))
    settled = Till(claims=[Claim("a", ten_from_thirty)]).settle(with_card)
    assert settled.refused[0][1].as_json() == {
        "code": "minimum_not_reached",
        "rule": "a reward",
        "minimum": 3000,
        "basis": 2900,
    }
    twice = Till(claims=[Claim("a", ten_from_thirty), Claim("b", ten_from_thirty)]).settle(basket(3500))
    assert [each.claim.key for each in twice.applied] == ["a"]
    assert twice.refused[0][1].params["basis"] == 2500


def test_a_line_that_costs_nothing_is_bought_all_the_same():
    given = line(0, key="g", product="latte", categories=("coffee",))
    assert held(Conditions(any_of=Selection(categories=("coffee",))), lines=(CAKE, given)) is None
    assert held(Conditions(all_of=Selection(products=("cake", "latte"))), lines=(CAKE, given)) is None
