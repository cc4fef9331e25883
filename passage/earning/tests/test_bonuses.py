"""Bonuses without a purchase: once for joining, once a year for a feast, whatever happens around them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from passage.earning import actions
from passage.earning.models import Rule, RuleUsage
from passage.ledger import queries as ledger
from passage.members import actions as members
from passage.programme.errors import Refused
from tests.cast import BY
from tests.world import World, a_world

pytestmark = pytest.mark.django_db
WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.fixture
def world() -> World:
    world = a_world()
    for rule in Rule.objects.of(world.bakery):
        actions.end_rule(rule=rule, effective_from=world.now - timedelta(hours=1), by=BY, at=world.now)
    return world


def a_bonus(world, on, *, points=50, **more):
    return actions.create_rule(
        programme=world.bakery,
        name="Premia",
        definition={"unit": "points", "earns": {"kind": "event", "points": points, "on": on}, **more},
        effective_from=world.now,
        by=BY,
        at=world.now,
    )


def born(world, day, member=None):
    members.edit(member=member or world.anna, by=BY, at=world.now, birthday=day)


def feasts(world, *local):
    world.now = datetime(*local, tzinfo=WARSAW)
    return actions.keep_feasts(programme=world.bakery, at=world.now)


def points(world, member=None):
    return ledger.balances(member or world.anna, at=world.now)[0].balance


def test_who_joins_is_welcomed_once_and_who_was_there_before_is_not(world):
    a_bonus(world, "joined")
    world.now += timedelta(minutes=5)
    ewa = members.enrol(programme=world.bakery, by=BY, at=world.now, first_name="Ewa")
    world.now += timedelta(minutes=1)
    assert actions.welcome(programme=world.bakery, at=world.now) == 1
    assert actions.welcome(programme=world.bakery, at=world.now + timedelta(hours=1)) == 0
    assert (points(world, ewa), points(world)) == (50, 0)


def test_a_birthday_is_kept_once_a_year_and_another_date_does_not_start_it_again(world):
    a_bonus(world, "birthday")
    born(world, "03-10")
    assert feasts(world, 2026, 3, 9, 23, 59) == 0
    assert feasts(world, 2026, 3, 10, 0, 1) == 1
    assert feasts(world, 2026, 3, 10, 12) == 0
    born(world, "03-11")
    assert feasts(world, 2026, 3, 11, 12) == 0
    assert feasts(world, 2027, 3, 11, 12) == 1
    assert RuleUsage.objects.of(world.bakery).filter(span="year").count() == 2


def test_a_worker_that_stood_still_for_a_weekend_forgets_nobody(world):
    a_bonus(world, "birthday")
    born(world, "03-10")
    assert feasts(world, 2026, 3, 12, 9) == 1
    assert points(world) == 50


def test_a_feast_at_the_end_of_a_year_belongs_to_that_year(world):
    a_bonus(world, "birthday")
    born(world, "12-31")
    assert feasts(world, 2027, 1, 1, 9) == 1
    assert RuleUsage.objects.of(world.bakery).get(span="year").day.year == 2026


@pytest.mark.parametrize(("on_28th", "day"), [(True, (2026, 2, 28)), (False, (2026, 3, 1))])
def test_the_29th_of_february_is_kept_every_year(world, on_28th, day):
    type(world.bakery).objects.filter(pk=world.bakery.pk).update(leap_day_on_28th=on_28th)
    world.bakery.refresh_from_db()
    a_bonus(world, "birthday")
    born(world, "02-29")
    assert feasts(world, *(2026, 2, 27), 9) == 0
    assert feasts(world, *day, 9) == 1


def test_a_name_day_is_a_feast_of_its_own(world):
    a_bonus(world, "birthday")
    a_bonus(world, "name_day", points=7)
    members.edit(member=world.anna, by=BY, at=world.now, birthday="03-10", name_day="03-10")
    assert feasts(world, 2026, 3, 10, 9) == 2
    assert points(world) == 57


def test_a_bonus_is_only_for_whom_its_rule_is(world):
    a_bonus(world, "birthday", when={"tags": ["vip"]})
    born(world, "03-10")
    assert feasts(world, 2026, 3, 10, 9) == 0


def test_a_purchase_on_the_day_neither_gives_the_bonus_nor_takes_it(world):
    a_bonus(world, "birthday")
    born(world, "03-10")
    world.now = datetime(2026, 3, 10, 9, tzinfo=WARSAW)
    [answer] = world.record(world.sale({"cake": 5_000}))
    assert answer.receipt.settlement["earned"] == []
    assert answer.receipt.settlement["why_not"] == []
    assert actions.keep_feasts(programme=world.bakery, at=world.now) == 1


def test_the_points_wait_end_and_say_why_like_any_others_and_lift_no_level(world):
    a_bonus(world, "birthday", points=500)
    born(world, "03-10")
    feasts(world, 2026, 3, 10, 9)
    [entry] = ledger.history(world.anna)
    assert [step["code"] for step in entry.because] == ["fixed", "pending", "expires"]
    assert entry.credits == 0
    held = ledger.balances(world.anna, at=world.now)[0]
    assert (held.pending, held.available) == (500, 0)


def test_a_bonus_for_a_level_is_for_whoever_held_it_on_the_day(world):
    a_bonus(world, "birthday", when={"tiers": ["gold"]})
    born(world, "03-10")
    until = datetime(2026, 3, 11, tzinfo=WARSAW)
    actions.give_tier(member=world.anna, code="gold", until=until, reason="VIP", by=BY, at=world.now)
    ewa = members.enrol(programme=world.bakery, by=BY, at=world.now, first_name="Ewa", birthday="03-10")
    assert feasts(world, 2026, 3, 12, 9) == 1
    assert (points(world), points(world, ewa)) == (50, 0)


def test_a_level_that_ended_before_the_feast_gives_nothing_although_the_nightly_job_has_not_run(world):
    a_bonus(world, "birthday", when={"tiers": ["gold"]})
    born(world, "03-10")
    until = datetime(2026, 3, 9, tzinfo=WARSAW)
    actions.give_tier(member=world.anna, code="gold", until=until, reason="VIP", by=BY, at=world.now)
    assert feasts(world, 2026, 3, 10, 9) == 0


def test_who_had_the_bonus_under_another_record_has_had_it(world):
    a_bonus(world, "birthday")
    ewa = members.enrol(programme=world.bakery, by=BY, at=world.now, first_name="Ewa", birthday="03-10")
    assert feasts(world, 2026, 3, 10, 9) == 1
    members.absorb(gone=ewa, kept=world.anna, choices={"first_name": "kept"}, by=BY, at=world.now)
    world.anna.refresh_from_db()
    assert world.anna.birthday == "03-10"
    assert feasts(world, 2026, 3, 10, 12) == 0


@pytest.mark.parametrize(
    "when",
    [
        {"first_purchase": True},
        {"shops": ["rynek"]},
        {"minimum": 100},
        {"any_of": {"products": ["cake"]}},
        {"all_of": {"categories": ["bread"]}},
    ],
)
def test_a_bonus_that_asks_for_a_purchase_could_never_be_given_and_is_refused(world, when):
    with pytest.raises(Refused, match="needs_a_purchase") as refusal:
        a_bonus(world, "birthday", when=when)
    assert refusal.value.field == f"when.{next(iter(when))}"
