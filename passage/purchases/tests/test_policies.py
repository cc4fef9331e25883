"""What a programme may choose: how spent points are taken back, what partial returns restore, when earning ends."""

from datetime import timedelta

import pytest

from passage.config.verification import verify
from passage.earning import actions as earning
from passage.earning.models import Rule
from passage.engine.basket import Basket, Line, LineKind, Tender, TenderKind
from passage.ledger import queries as ledger
from passage.programme.models import Programme
from passage.purchases.actions import claiming
from passage.purchases.values import MemberRef, Sale, Status
from tests.cast import AT, BY
from tests.world import World, a_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """One point for each zloty and nothing else."""
    world = a_world()
    for rule in Rule.objects.of(world.bakery).exclude(name="A point for each zloty"):
        earning.end_rule(rule=rule, effective_from=AT, by=BY, at=world.now)
    return world


def choose(world, **settings):
    Programme.objects.filter(pk=world.bakery.pk).update(**settings)
    world.bakery.refresh_from_db()


def points(world):
    return ledger.balances(world.anna, at=world.now)[0]


def a_sale_whose_points_are_spent(world):
    sale = world.sale({"cake": 4000})
    world.record(sale)
    world.now += timedelta(days=3)
    claiming.capture(redemption=world.reserve(world.rewards[0]), by=BY, at=world.now)
    return sale


def test_within_the_balance_what_is_gone_is_written_off_and_said(world):
    choose(world, clawback="within_balance")
    sale = a_sale_whose_points_are_spent(world)
    (answer,) = world.record(world.back(sale))
    (clawed,) = answer.receipt.settlement["clawed"]
    assert (clawed["taken"], clawed["written_off"], clawed["debt"]) == (20, 20, 0)
    assert (points(world).balance, points(world).debt) == (0, 0)
    assert {"code": "written_off", "points": 20} in ledger.history(world.anna)[0].because
    assert list(verify(programme=world.bakery)) == []


def test_pending_only_leaves_active_points_of_other_sales_alone(world):
    choose(world, clawback="pending_only")
    sale = a_sale_whose_points_are_spent(world)
    world.give(50)
    (answer,) = world.record(world.back(sale))
    (clawed,) = answer.receipt.settlement["clawed"]
    assert (clawed["taken"], clawed["written_off"]) == (20, 20)
    assert points(world).balance == 50


@pytest.mark.parametrize(
    ("policy", "steps"), [("proportional", [10, 10]), ("at_full_return", [0, 20]), ("none", [0, 0])]
)
def test_a_reward_comes_back_in_part_at_the_end_or_never(world, policy, steps):
    choose(world, restore=policy)
    world.give(20)
    hold = world.reserve(world.rewards[0])
    sale = world.sale({"cake": 1000, "tea": 1000}, redeem=(hold.public_id,))
    world.record(sale)
    came = []
    for line in ("0", "1"):
        (answer,) = world.record(world.back(sale, quantities={line: 1000}))
        came.append(sum(each["points"] for each in answer.receipt.settlement["restored"]))
    assert came == steps
    assert list(verify(programme=world.bakery)) == []


def test_when_the_rules_end_earning_stops_and_spending_goes_on(world):
    world.give(20)
    for rule in Rule.objects.of(world.bakery):
        earning.end_rule(rule=rule, effective_from=world.now, by=BY, at=world.now)
    world.now += timedelta(days=1)
    hold = world.reserve(world.rewards[0])
    (answer,) = world.record(world.sale({"cake": 1000}, redeem=(hold.public_id,)))
    assert (answer.receipt.settlement["earned"], points(world).balance) == ([], 0)


def sold(world, *lines, tenders=()):
    sale = Sale(
        client_id=world.fresh(),
        occurred_at=world.now,
        basket=Basket("PLN", lines, tenders),
        member=MemberRef(card="ANNA1"),
    )
    (answer,) = world.record(sale)
    assert answer.status is Status.RECORDED, answer.problem
    return sum(each["points"] for each in answer.receipt.settlement["earned"])


def test_an_exchange_below_zero_earns_nothing_and_breaks_nothing(world):
    assert sold(world, Line("1", 2000), Line("2", -2500)) == 0
    assert sold(world, Line("1", 2500), Line("2", -2000)) == 5


def test_deposits_tips_and_gift_cards_earn_nothing(world):
    kinds = (LineKind.DEPOSIT, LineKind.TIP, LineKind.GIFT_CARD, LineKind.TOP_UP)
    lines = [Line(str(i), 5000, kind=kind) for i, kind in enumerate(kinds)]
    assert sold(world, Line("x", 1000), *lines) == 10


def test_what_points_paid_earns_nothing_and_what_a_gift_card_paid_does(world):
    assert sold(world, Line("1", 3000), tenders=(Tender(TenderKind.POINTS, 1000),)) == 20
    assert sold(world, Line("1", 3000), tenders=(Tender(TenderKind.GIFT_CARD, 1000),)) == 30


def test_a_till_whose_clock_runs_ahead_is_put_right_and_one_from_next_year_is_refused(world):
    (ahead,) = world.record(world.sale({"cake": 100}, at=world.now + timedelta(hours=2)))
    assert ahead.receipt.settlement["warnings"] == ["clock_ahead"]
    assert ahead.receipt.occurred_at == world.now
    (mistaken,) = world.record(world.sale({"cake": 100}, at=world.now + timedelta(days=365)))
    assert (mistaken.problem.code, mistaken.problem.field) == ("occurred_in_future", "occurred_at")


def test_a_sale_without_a_member_is_kept_and_earns_nothing(world):
    sale = Sale(client_id="nobody", occurred_at=world.now, basket=Basket("PLN", (Line("1", 1000),)))
    (answer,) = world.record(sale)
    assert (answer.status, answer.receipt.settlement["earned"]) == (Status.RECORDED, [])
    (back,) = world.record(world.back(sale))
    assert back.receipt.settlement["refund"] == 1000


def test_another_currency_is_refused_until_a_rule_names_it(world):
    euro = Basket("EUR", (Line("1", 1000),))
    sale = Sale(client_id="e-1", occurred_at=world.now, basket=euro, member=MemberRef(card="ANNA1"))
    (answer,) = world.record(sale)
    assert (answer.problem.code, answer.problem.params) == ("wrong_currency", {"currency": "PLN"})
    earning.create_rule(
        programme=world.bakery,
        name="Four for each euro",
        definition={
            "unit": "points",
            "earns": {"kind": "per_amount", "points": 4, "step": 100},
            "when": {"currency": "EUR"},
        },
        effective_from=world.now,
        by=BY,
        at=world.now,
    )
    (answer,) = world.record(sale)
    assert answer.receipt.settlement["earned"][0]["points"] == 40
