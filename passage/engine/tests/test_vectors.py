"""The worked examples of vectors/*.json: every golden number, in words and numbers that other languages read too."""

import json
from datetime import date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from passage.engine.basket import Basket
from passage.engine.expiry import Expiry, active_from, expires_at, idle_until
from passage.engine.facts import Facts, Terms, celebration_year
from passage.engine.lots import Lot, NotEnoughPoints, Taken, consume, give_back
from passage.engine.money import half_up, share, split
from passage.engine.returns import TooMuchReturned
from passage.engine.rewards import Claim
from passage.engine.rules import PerAmount, Rule
from passage.engine.settle import Purse
from passage.engine.tests.world import TUESDAY, VECTORS, Member, Till, basket, read, rule, vectors, why, why_nots
from passage.engine.tiers import Downgrade, Tier, TierPolicy, qualified, review_due, reviewed, window_start
from passage.engine.vat import by_rate


def every(name, part):
    return pytest.mark.parametrize("case", vectors(name, part), ids=why)


def instant(text):
    return datetime.fromisoformat(text)


def terms(case):
    return read(Terms, {"currency": "EUR", "zone": "Europe/Paris"} | case.get("terms", {}))


def till(case):
    return Till(
        rules=[read(Rule, each) for each in case.get("rules", ())],
        claims=[read(Claim, each) for each in case.get("claims", ())],
        purses={unit: Purse(available=points) for unit, points in case.get("available", {}).items()},
        facts=read(Facts, case.get("facts", {})),
        at=instant(case["at"]) if "at" in case else TUESDAY,
        terms=terms(case),
    )


def test_every_example_says_why_it_is_there_and_holds_no_float():
    def numbers(value):
        if isinstance(value, dict):
            return [each for part in value.values() for each in numbers(part)]
        return [each for part in value for each in numbers(part)] if isinstance(value, list) else [value]

    files = sorted(VECTORS.glob("*.json"))
    assert [file.stem for file in files] == sorted(
        ["split", "vat", "per_amount", "earning", "rewards", "returns", "lots", "expiry", "tiers", "quantities"]
    )
    for file in files:
        found = json.loads(file.read_text())
        assert found["about"]
        assert not [each for each in numbers(found) if isinstance(each, float)]


@every("split", "split")
def test_a_total_is_split_without_losing_a_unit(case):
    assert list(split(case["total"], case["weights"])) == case["parts"]
    assert sum(case["parts"]) == case["total"]


@every("split", "percent")
def test_a_percentage_is_computed_once_then_split(case):
    total = half_up(Fraction(sum(case["weights"]) * case["percent_bp"], 10_000))
    assert total == case["total"]
    assert list(split(total, case["weights"])) == case["parts"]


@every("split", "half_up")
def test_halves_go_away_from_zero(case):
    assert half_up(Fraction(case["numerator"], case["denominator"])) == case["rounded"]


@every("split", "cumulative")
def test_cumulative_shares_add_up(case):
    steps, gone, before = [], 0, 0
    for part in case["parts"]:
        gone += part
        now = share(case["total"], Fraction(gone, case["of"]))
        steps.append(now - before)
        before = now
    assert steps == case["steps"]
    assert sum(steps) == case["total"]


@every("vat", "cases")
def test_tax_is_summed_per_rate_and_rounded_once(case):
    found = by_rate([(gross, rate) for gross, rate in case["lines"]])
    assert {str(rate): tax for rate, tax in found.items()} == case["by_rate"]
    assert sum(found.values()) == case["total"]


@every("vat", "discounts")
def test_a_discount_is_split_and_lowers_the_tax(case):
    gross = [amount for amount, _ in case["lines"]]
    rates = [rate for _, rate in case["lines"]]
    assert {str(rate): tax for rate, tax in by_rate(list(zip(gross, rates, strict=True))).items()} == case["before"]
    parts = split(case["off"], gross)
    assert list(parts) == case["parts"]
    net = [amount - part for amount, part in zip(gross, parts, strict=True)]
    assert {str(rate): tax for rate, tax in by_rate(list(zip(net, rates, strict=True))).items()} == case["after"]


@every("per_amount", "sales")
def test_points_for_money(case):
    earns = read(PerAmount, case["earns"])
    anna = Member()
    sale = anna.buys(basket(*case["lines"]), Till(rules=[rule(earns)]))
    assert sale.settled.earning.points("points") == case["points"]
    assert anna.remainders.get(1, 0) == case["remainder"]
    assert earns.alone(sum(case["lines"])) == case["points"]


@every("per_amount", "histories")
def test_remainders_wait_for_the_next_sale_and_come_back_in_any_order(case):
    anna, sales = Member(), {}
    points = rule(read(PerAmount, case["earns"]))
    for step in case["steps"]:
        if "sale" in step:
            sales[step["sale"]] = anna.buys(basket(step["amount"]), Till(rules=[points]))
        else:
            sales[step["return"]].take_back({"amount": step["amount"]})
        assert (anna.balances["points"], anna.remainders[1]) == (step["balance"], step["remainder"]), step


@every("earning", "cases")
def test_what_a_basket_earns(case):
    earning = till(case).settle(read(Basket, case["basket"])).earning
    assert {unit: earning.points(unit) for unit in earning.units()} == case["points"]
    assert why_nots(earning) == case["why_not"]
    if "steps" in case:
        assert [step.as_json() for each in earning.earned for step in each.steps] == case["steps"]


@every("rewards", "cases")
def test_what_rewards_take_off(case):
    settled = till(case).settle(read(Basket, case["basket"]))
    applied = [
        {
            "key": each.claim.key,
            "points": each.points,
            "value": each.value,
            "per_line": list(each.per_line),
            "lost": each.lost,
        }
        for each in settled.applied
    ]
    taxed = [(each.net, each.line.vat_bp) for each in settled.lines if each.line.vat_bp is not None]
    assert applied == case["applied"]
    assert [{"key": claim.key, **step.as_json()} for claim, step in settled.refused] == case["refused"]
    assert (settled.price, settled.payable) == (case["price"], case["payable"])
    assert {str(rate): tax for rate, tax in by_rate(taxed).items()} == case["vat"]
    assert sum(case["vat"].values()) == case["vat_total"]


@every("returns", "cases")
def test_goods_that_come_back_step_by_step(case):
    what = read(Basket, case["basket"])
    sale = Member().buys(what, till(case))
    earned = sum(each.points for each in sale.settled.earning.earned)
    assert (sale.settled.payable, earned) == (case["paid"], case["earned"])
    assert [list(each.per_line) for each in sale.settled.applied] == ([case["per_line"]] if "per_line" in case else [])
    for step in case["steps"]:
        if "too_much" in step:
            with pytest.raises(TooMuchReturned) as refused:
                sale.take_back(step["return"])
            assert {"line": refused.value.line, "left": refused.value.left} == step["too_much"]
            continue
        came, clawback, points = sale.take_back(step["return"])
        assert (came.refund, clawback, points) == (step["refund"], step["clawback"], step["restored"]), step


@every("lots", "consume")
def test_which_lots_a_debit_takes_from(case):
    lots = [read(Lot, each) for each in case["lots"]]
    if "missing" in case:
        with pytest.raises(NotEnoughPoints) as short:
            consume(lots, case["points"], at=instant(case["at"]))
        assert short.value.missing == case["missing"]
    else:
        taken = consume(reversed(lots), case["points"], at=instant(case["at"]))
        assert [[part.key, part.points] for part in taken] == case["taken"]


@every("lots", "give_back")
def test_points_go_back_to_the_lots_they_came_from(case):
    taken = tuple(Taken(key, points) for key, points in case["taken"])
    before = 0
    for step in case["steps"]:
        back = give_back(taken, before=before, now=step["now"])
        assert [[part.key, part.points] for part in back] == step["back"]
        before = step["now"]


@every("expiry", "expires")
def test_when_points_end(case):
    policy = read(Expiry, case["policy"])
    found = expires_at(policy, start=instant(case["start"]), zone=ZoneInfo(case["zone"]))
    assert found == instant(case["expires_at"])
    assert found.utcoffset() == instant("2026-01-01T00:00:00Z").utcoffset(), "ends are in UTC"


@every("expiry", "idle")
def test_when_an_idle_account_ends(case):
    policy = read(Expiry, case["policy"])
    found = idle_until(policy, active_at=instant(case["active_at"]), zone=ZoneInfo(case["zone"]))
    assert found == instant(case["idle_until"])


@every("expiry", "active")
def test_when_points_become_spendable(case):
    found = active_from(pending_days=case["pending_days"], at=instant(case["at"]), zone=ZoneInfo(case["zone"]))
    assert found == instant(case["active_from"])


@every("expiry", "feasts")
def test_whose_year_a_feast_belongs_to(case):
    found = celebration_year(
        tuple(case["day"]),
        on=date.fromisoformat(case["on"]),
        within=case["within"],
        leap_on_28th=case["leap_on_28th"],
    )
    assert found == case["year"]


LADDER = [Tier(**each) for each in json.loads((VECTORS / "tiers.json").read_text())["tiers"]]


def code(tier):
    return tier.code if tier else None


@every("tiers", "qualified")
def test_which_tier_credits_reach(case):
    assert code(qualified(LADDER, case["credits"])) == case["tier"]
    assert code(qualified(LADDER[::-1], case["credits"])) == case["tier"]


@every("tiers", "reviewed")
def test_which_tier_a_review_leaves(case):
    held = next(tier for tier in LADDER if tier.code == case["held"])
    policy = TierPolicy(downgrade=Downgrade(case["downgrade"]))
    assert code(reviewed(LADDER, held=held, credits=case["credits"], policy=policy)) == case["tier"]


@every("tiers", "windows")
def test_whose_credits_count(case):
    found = window_start(read(TierPolicy, case["policy"]), at=instant(case["at"]), zone=ZoneInfo(case["zone"]))
    assert found == (instant(case["start"]) if case["start"] else None)


@every("tiers", "reviews")
def test_when_a_tier_is_judged_again(case):
    found = review_due(read(TierPolicy, case["policy"]), since=instant(case["since"]), zone=ZoneInfo(case["zone"]))
    assert found == (instant(case["due"]) if case["due"] else None)
