"""The reference by itself: the worked examples of the rules, and each fault found by use with its right value."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from tests.model.amounts import shared, vat_in
from tests.model.bills import Line, Verdict, Wish, put_on
from tests.model.books import Unit
from tests.model.earning import Facts
from tests.model.reference import Reference
from tests.model.tiers import Scheme

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
EARLY = datetime(2020, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
A_POINT = {"unit": "points", "earns": {"kind": "per_amount", "points": 1, "step": 100}}
FIRST = {"unit": "points", "earns": {"kind": "fixed", "points": 50}, "when": {"first_purchase": True}}


def visit(minutes: int) -> dict:
    return {"unit": "points", "earns": {"kind": "per_visit", "points": 1, "minutes_between": minutes}}


class Story(Reference):
    """A small programme in Paris with two members, and short words for what happens in it."""

    def __init__(self, *rules: dict, rewards=None, scheme=None, unit=None) -> None:
        self.number = 0
        units = {"points": unit or Unit(qualifies=True), "stamps": Unit()}
        super().__init__(zone="Europe/Paris", units=units, rewards=rewards or {}, scheme=scheme or Scheme())
        self.now = NOON
        for number, terms in enumerate(rules):
            self.publish(f"rule {number}", terms, since=EARLY)
        for name in ("anna", "bela"):
            self.enrol(name, Facts())

    def fresh(self) -> str:
        self.number += 1
        return f"op-{self.number:03}"

    def buys(self, amount=1000, who="anna", at=None, shop="quay", lines=None, **more) -> str:
        name = self.fresh()
        goods = lines or [Line("1", "bread", amount)]
        self.sell(name, at=at or self.now, shop=shop, lines=goods, member=who, **more)
        return name

    def returns(self, sale, at=None, **what) -> str:
        return self.give_back(self.fresh(), sale=sale, at=at or self.now, **what)

    def points(self, who="anna", unit="points") -> int:
        return self.accounts[who, unit].balance


# -- the worked examples ---------------------------------------------------------------------------------


def test_points_are_rounded_once_a_sale_and_never_by_line():
    story = Story({"unit": "points", "earns": {"kind": "per_amount", "points": 1, "step": 100, "carry": False}})
    story.buys(lines=[Line("1", "a", 60), Line("2", "a", 60), Line("3", "a", 80)])
    assert story.points() == 2  # E-02


def test_a_remainder_waits_for_the_next_sale_and_a_return_borrows():
    """E-03: 30 and 20 at one for 50; whichever comes back first, nothing is left at the end."""
    for order in permutations(range(2)):
        story = Story({"unit": "points", "earns": {"kind": "per_amount", "points": 1, "step": 5000}})
        sales = [story.buys(3000)]
        assert story.points() == 0
        sales.append(story.buys(2000))
        assert story.points() == 1
        story.returns(sales[order[0]])
        assert story.points() == 0
        story.returns(sales[order[1]])
        assert (story.points(), story.accounts["anna", "points"].debt) == (0, 0)


@pytest.mark.parametrize(
    ("amounts", "rates", "discount", "parts", "vat"),
    [
        ([1200, 1100, 550], [1000, 2000, 550], 500, [211, 193, 96], [90, 151, 24]),
        ([1490, 1250, 699], [2300, 800, 500], 1000, [433, 364, 203], [198, 66, 24]),
    ],
)
def test_a_discount_is_split_as_the_golden_cases_say(amounts, rates, discount, parts, vat):
    assert shared(discount, amounts) == parts  # E-05
    rest = [amount - part for amount, part in zip(amounts, parts, strict=True)]
    assert [vat_in(amount, rate) for amount, rate in zip(rest, rates, strict=True)] == vat


def test_the_last_cents_may_be_paid_with_points_rounded_up():
    """E-08: 12.37 due, a point is worth 0.05: 248 points, and only 12.37 comes off."""
    lines = [Line("1", "bread", 1237)]
    terms = {"unit": "points", "cost": 0, "settlement": "tender", "gives": {"kind": "cashback", "worth": 5}}
    assert put_on(Wish(terms, held=500), lines) == (248, 1237, [1237])
    assert lines[0].paid == 0


def after_a_reward() -> tuple[Story, str]:
    terms = {"unit": "stamps", "cost": 150, "gives": {"kind": "value_off", "amount": 1500}}
    story = Story(A_POINT, rewards={"15 off": (terms, None)})
    story.adjust(record="anna", unit="stamps", points=150)
    story.reserve("wish", record="anna", reward="15 off")
    goods = [Line("1", "a", 4000), Line("2", "b", 2500), Line("3", "c", 3500)]
    return story, story.buys(lines=goods, exchanges=["wish"])


def test_a_partial_return_after_a_reward_is_the_golden_one():
    """E-25: refund 21.25, 63 stay earned, 22 are taken back, 38 of 150 are restored; then 60 and 52."""
    story, sale = after_a_reward()
    assert [line.discount for line in story.sales[sale].lines] == [600, 375, 525]
    assert story.points() == 85
    story.returns(sale, quantities={"2": 1000})
    assert (story.points(), story.points(unit="stamps")) == (63, 38)
    story.returns(sale, quantities={"1": 1000})
    assert story.points(unit="stamps") == 98
    story.returns(sale)
    assert (story.points(), story.points(unit="stamps")) == (0, 150)


@pytest.mark.parametrize(("on_return", "left"), [("recompute", 0), ("proportional", 37)])
def test_a_threshold_bonus_goes_with_a_return_or_keeps_its_share(on_return, left):
    bonus = {
        "unit": "points",
        "earns": {"kind": "fixed", "points": 50},
        "when": {"minimum": 8000},
        "on_return": on_return,
    }
    story = Story(bonus)
    sale = story.buys(8000)
    assert story.points() == 50  # E-26
    story.returns(sale, amount=2100)
    assert story.points() == left


def test_the_sale_that_crosses_the_threshold_earns_at_the_old_tier():
    double = {"unit": "points", "earns": {"kind": "multiplier", "num": 2}, "when": {"tiers": ["gold"]}}
    story = Story(A_POINT, double, scheme=Scheme({"gold": 100}))
    story.buys(10_000, at=NOON - DAY)
    assert (story.points(), story.tier("anna", NOON)) == (100, "gold")  # E-40: reached at the threshold itself
    story.buys(1000)
    assert story.points() == 120


# -- faults found by use -----------------------------------------------------------------------------------


def test_f01_a_voided_visit_starts_no_gap():
    story = Story(visit(10))
    first = story.buys(900, at=NOON - 9 * MINUTE)
    story.returns(first, void=True, at=NOON - 8 * MINUTE)
    story.buys(950, at=NOON - 7 * MINUTE)
    assert story.points() == 1


def test_f01_a_moved_sale_is_the_right_members_history_and_no_longer_the_wrong_ones():
    story = Story(FIRST, visit(60))
    sale = story.buys(900, "anna", NOON - 9 * MINUTE)
    story.move("move", sale=sale, to="bela")
    assert (story.last_visit("anna"), story.last_visit("bela")) == (None, NOON - 9 * MINUTE)
    story.buys(500, "bela", NOON - 5 * MINUTE)
    story.buys(500, "anna", NOON - 5 * MINUTE)
    assert (story.points("bela"), story.points("anna")) == (51, 51)


def test_f01_a_merged_record_has_bought_and_has_had_its_reward():
    story = Story(FIRST)
    story.buys(900, "anna", NOON - 9 * DAY)
    story.merge(gone="anna", kept="bela")
    story.buys(500, "bela")
    assert story.points("bela") == 50
    once = {"unit": "points", "cost": 10, "gives": {"kind": "value_off", "amount": 500}, "per_member": 1}
    story = Story(A_POINT, rewards={"once": (once, None)})
    for who in ("anna", "bela"):
        story.buys(5000, who, NOON - 3 * DAY)
    story.reserve("first", record="anna", reward="once")
    story.buys(2000, "anna", exchanges=["first"])
    story.merge(gone="anna", kept="bela")
    with pytest.raises(Verdict, match="limit_reached"):
        story.reserve("second", record="bela", reward="once")


def test_f02_a_gap_may_last_a_day_and_one_total_comes_of_any_order():
    story = Story(visit(1440))
    for hours in (0, 13, 26):
        story.buys(at=NOON + hours * HOUR)
    assert story.points() == 2
    totals = set()
    for order in permutations((0, 8, 16)):
        story = Story(visit(10))
        for minutes in order:
            story.buys(at=NOON + minutes * MINUTE)
        totals.add(story.points())
    assert totals == {2}


def test_f03_f04_what_a_reward_asks_for_is_judged_wherever_it_is_taken():
    asks = [
        ({"tiers": ["gold"]}, "wrong_tier"),
        ({"tags": ["vip"]}, "wrong_tag"),
        ({"ends": "2026-01-31"}, "over"),
        ({"starts": "2027-06-01"}, "not_yet"),
        ({"birthday_days": 0}, "not_birthday"),
    ]
    terms = {"unit": "points", "cost": 1, "gives": {"kind": "free_product", "products": {"products": ["bread"]}}}
    rewards = {code: ({**terms, "when": when}, None) for when, code in asks}
    rewards["first"] = ({**terms, "when": {"first_purchase": True}}, None)
    story = Story(A_POINT, rewards=rewards)
    story.buys(50_000, at=NOON - DAY)
    for _, code in asks:
        with pytest.raises(Verdict, match=code):
            story.reserve(code, record="anna", reward=code)
    story.reserve("wish", record="anna", reward="first")
    with pytest.raises(Verdict, match="not_first_purchase"):
        story.buys(300, exchanges=["wish"])
    assert story.exchanges["wish"].state == "reserved"


def test_f06_what_is_credited_today_does_not_end_today():
    long_ago, unit = NOON - 400 * DAY, Unit(idle=365)
    story = Story(A_POINT, unit=unit)
    story.buys(5000, at=long_ago)
    story.upkeep()
    story.adjust(record="anna", unit="points", points=100)
    story.now += HOUR
    story.upkeep()
    assert story.points() == 100
    story = Story(A_POINT, unit=unit)
    story.buys(5000, "bela", long_ago)
    story.upkeep()
    story.buys(7000, "anna", NOON - DAY)
    story.merge(gone="anna", kept="bela")
    story.now += HOUR
    story.upkeep()
    assert story.points("bela") == 70
    story.now += 730 * DAY
    story.upkeep()
    assert story.points("bela") == 0


@pytest.mark.parametrize("is_late", [False, True])
def test_f07_a_late_sale_of_the_ended_year_counts_in_its_review(is_late):
    scheme = Scheme({"silver": 100, "gold": 300}, window="calendar_year")
    story = Story(A_POINT, scheme=scheme)
    story.buys(10_000, at=datetime(2024, 6, 1, 10, tzinfo=UTC))
    story.buys(6000, at=datetime(2025, 6, 1, 10, tzinfo=UTC))
    review = datetime(2026, 1, 1, 3, tzinfo=UTC)
    if is_late:
        assert story.tier("anna", review) == ""
    story.buys(5000, at=datetime(2025, 12, 31, 19, tzinfo=UTC))
    assert story.tier("anna", datetime(2026, 1, 5, tzinfo=UTC)) == "silver"


def test_f08_what_came_back_after_the_review_never_counted():
    story = Story(A_POINT, scheme=Scheme({"gold": 300}, window="calendar_year"))
    sale = story.buys(40_000, at=datetime(2025, 12, 30, 11, tzinfo=UTC))
    assert story.tier("anna", datetime(2026, 1, 1, 3, tzinfo=UTC)) == "gold"
    story.returns(sale, at=datetime(2026, 1, 5, 11, tzinfo=UTC))
    assert story.tier("anna", NOON) == ""
    story = Story(A_POINT, scheme=Scheme({"gold": 300}))
    sale = story.buys(40_000, at=NOON - DAY)
    story.merge(gone="anna", kept="bela")
    assert story.tier("bela", NOON) == "gold"
    story.returns(sale)
    assert story.tier("bela", NOON) == ""


def test_where_an_upgrade_is_kept_a_return_takes_it_only_at_the_next_review():
    story = Story(A_POINT, scheme=Scheme({"gold": 300}, window="calendar_year", revoke=False))
    sale = story.buys(40_000, at=datetime(2025, 6, 1, 11, tzinfo=UTC))
    story.returns(sale, at=datetime(2025, 7, 1, 11, tzinfo=UTC))
    assert story.tier("anna", datetime(2025, 12, 31, tzinfo=UTC)) == "gold"
    assert story.tier("anna", datetime(2026, 1, 2, tzinfo=UTC)) == ""


def test_f09_ending_and_resuming_never_multiplies_a_remainder():
    story = Story({"unit": "points", "earns": {"kind": "per_amount", "points": 100, "step": 10_000}})
    story.buys(99, at=NOON - DAY)
    story.publish("rule 0", None, since=NOON - HOUR)
    story.publish("rule 0", A_POINT, since=NOON - HOUR)
    story.buys(1)
    assert story.points() == 1


@pytest.mark.parametrize(("quantity", "amount"), [(1999, 3998), (2000, 4000)])
def test_f10_a_weighed_line_is_one_however_much(quantity, amount):
    story = Story({"unit": "points", "earns": {"kind": "per_unit", "points": 1}})
    lines = [Line("1", "cheese", amount, quantity, measured=True)]
    story.buys(lines=lines)
    assert story.points() == 1
    free = {"unit": "points", "cost": 1, "gives": {"kind": "free_product", "products": {"products": ["cheese"]}}}
    assert put_on(Wish(free, held=1), lines)[1] == amount


def test_f17_what_was_never_on_the_shelf_is_not_put_back_on_it():
    mug = {"unit": "points", "cost": 10, "gives": {"kind": "free_product", "products": {"products": ["mug"]}}}
    story = Story(A_POINT, rewards={"mug": (mug, None)})
    story.buys(5000)
    story.reserve("wish", record="anna", reward="mug")
    story.restock("mug", 5)
    story.release("wish")
    assert story.stock["mug"] == 5


def test_f18_nothing_comes_back_to_who_was_forgotten():
    off = {"unit": "points", "cost": 100, "gives": {"kind": "value_off", "amount": 500}}
    story = Story(A_POINT, rewards={"5 off": (off, None)})
    story.buys(30_000, at=NOON - 3 * DAY)
    story.reserve("wish", record="anna", reward="5 off")
    sale = story.buys(3000, exchanges=["wish"])
    story.erase("anna")
    story.returns(sale)
    assert (story.points(), story.accounts["anna", "points"].debt) == (0, 0)


def test_f19_what_waited_together_is_applied_in_the_order_in_which_it_happened():
    story = Story(A_POINT)
    assert story.give_back("void", sale="sale", at=NOON + 20 * MINUTE, void=True) == "parked"
    assert story.give_back("part", sale="sale", at=NOON + 10 * MINUTE, quantities={"1": 1000}) == "parked"
    goods = [Line("1", "bread", 2000, 2000)]
    story.sell("sale", at=NOON, shop="quay", lines=goods, member="anna")
    assert (story.parked, story.points()) == ({}, 0)
    assert story.sell("sale", at=NOON, shop="quay", lines=goods, member="anna") == "replayed"
    assert story.give_back("part", sale="sale", at=NOON + 10 * MINUTE, quantities={"1": 1000}) == "replayed"
    assert story.give_back("void", sale="sale", at=NOON + 20 * MINUTE, void=True) == "replayed"


def test_a_join_a_small_sale_a_parting_and_a_small_sale_leave_no_negative_point():
    story = Story(A_POINT)
    story.buys(60, "anna", NOON - DAY)
    story.buys(60, "bela", NOON - DAY)
    merge = story.merge(gone="anna", kept="bela")
    assert story.points("bela") == 1
    story.buys(10, "bela")
    story.unmerge(merge)
    story.buys(10, "bela")
    assert (story.points("anna"), story.points("bela")) == (0, 0)
    assert all(worth >= 0 for worth in story.remainders().values())


def test_a_full_return_in_parts_leaves_every_lot_as_it_was():
    off = {"unit": "points", "cost": 28, "gives": {"kind": "value_off", "amount": 280}}
    story = Story(A_POINT, rewards={"off": (off, None)}, unit=Unit(days=60, qualifies=True))
    story.buys(3050, at=NOON - 20 * DAY)
    before = story.accounts["anna", "points"].picture()
    story.reserve("wish", record="anna", reward="off")
    sale = story.buys(lines=[Line("1", "a", 1111), Line("2", "b", 777)], exchanges=["wish"])
    story.now += DAY
    for amount in (333, 7, 500):
        story.returns(sale, amount=amount)
    story.returns(sale)
    assert story.accounts["anna", "points"].picture() == before


def test_a_refused_deed_changes_nothing():
    story, sale = after_a_reward()
    story.returns(sale, quantities={"1": 1000})
    before = story.points(), story.points(unit="stamps"), story.sales[sale].lines
    with pytest.raises(Verdict, match="too_much"):
        story.returns(sale, quantities={"1": 1})
    with pytest.raises(Verdict, match="already_returned"):
        story.move("move", sale=sale, to="bela")
    assert before == (story.points(), story.points(unit="stamps"), story.sales[sale].lines)
