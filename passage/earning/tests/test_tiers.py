"""Tiers change from a day on and nobody loses one by it; one given by hand ends by itself."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from passage.audit.models import Event
from passage.earning import actions, queries
from passage.earning.models import TierChange, TierScheme
from passage.engine.tiers import TierPolicy, Window
from passage.programme.errors import Refused
from passage.purchases.statement import statement
from tests.cast import BY
from tests.world import World, a_world

pytestmark = pytest.mark.django_db
FOR_LIFE = TierPolicy()
NAMES = {"silver": "Srebro", "gold": "Złoto", "platinum": "Platyna"}


@pytest.fixture
def world() -> World:
    return a_world()


def held(world, *, at=None):
    moment = at or world.now
    tier = queries.tier_history(world.bakery, members=[world.anna.pk], at=moment).now(world.anna.pk, at=moment)
    return tier.code if tier else ""


def set_tiers(world, *, policy=FOR_LIFE, since=None, **thresholds):
    tiers = [(code, NAMES[code], threshold) for code, threshold in thresholds.items()]
    return actions.set_tiers(
        programme=world.bakery, tiers=tiers, policy=policy, effective_from=since, by=BY, at=world.now
    )


def test_a_change_counts_from_its_day_on_and_takes_nobodys_level_away(world):
    world.record(world.sale({"cake": 4_500}))
    assert held(world) == "silver"
    day = world.now + timedelta(days=10)
    set_tiers(world, since=day, silver=500, gold=900)
    world.now = day - timedelta(seconds=1)
    assert queries.tier_history(world.bakery, members=[], at=world.now).tiers[0].threshold == 100
    world.now = day + timedelta(seconds=1)
    assert queries.tier_history(world.bakery, members=[], at=world.now).tiers[0].threshold == 500
    assert held(world) == "silver"
    world.record(world.sale({"cake": 5_000}))
    assert held(world) == "silver"


def test_who_holds_a_level_that_is_gone_holds_the_best_that_asks_for_no_more(world):
    world.record(world.sale({"cake": 32_000}))
    assert held(world) == "gold"
    set_tiers(world, silver=100, platinum=900)
    assert held(world) == "silver"


def test_a_scheme_is_never_changed_and_never_before_the_last(world):
    with pytest.raises(Refused, match="before_last_version"):
        set_tiers(world, since=world.now - timedelta(days=9), silver=1)
    assert TierScheme.objects.of(world.bakery).count() == 1


@pytest.mark.parametrize(
    ("tiers", "code"),
    [
        ([("a", "A", 5), ("b", "B", 5)], "twice_the_same"),
        ([("a", "A", 5), ("a", "B", 6)], "twice_the_same"),
        ([("a", "A", 0)], "not_a_threshold"),
    ],
)
def test_tiers_that_cannot_be_are_refused(world, tiers, code):
    with pytest.raises(Refused, match=code):
        actions.set_tiers(programme=world.bakery, tiers=tiers, by=BY, at=world.now)


def test_what_was_given_by_hand_ends_by_itself_and_leaves_what_was_earned(world):
    until = world.now + timedelta(days=20)
    actions.give_tier(member=world.anna, code="gold", until=until, reason="Dziękujemy", by=BY, at=world.now)
    assert held(world) == "gold"
    world.now += timedelta(days=1)
    world.record(world.sale({"cake": 15_000}))
    assert held(world) == "gold"
    world.now = until - timedelta(hours=1)
    assert actions.review_tiers(programme=world.bakery, at=world.now) == 0
    world.now = until + timedelta(hours=3)
    assert actions.review_tiers(programme=world.bakery, at=world.now) == 1
    assert actions.review_tiers(programme=world.bakery, at=world.now) == 0
    assert held(world) == "silver"
    last = TierChange.objects.of(world.bakery).latest("id")
    assert (last.why, last.at) == ("ended", until)


def test_a_level_given_by_hand_survives_the_end_of_a_period_and_a_return(world):
    sale = world.sale({"cake": 15_000})
    world.record(sale)
    until = world.now + timedelta(days=300)
    actions.give_tier(member=world.anna, code="gold", until=until, reason="VIP", by=BY, at=world.now)
    world.now += timedelta(days=1)
    world.record(world.back(sale))
    world.now += timedelta(days=150)
    assert actions.review_tiers(programme=world.bakery, at=world.now) == 0
    assert held(world) == "gold"


def test_what_was_given_is_taken_back_at_once_and_both_are_written_down_with_their_reasons(world):
    with pytest.raises(Refused, match="nothing_given"):
        actions.take_tier_back(member=world.anna, reason="x", by=BY, at=world.now)
    actions.give_tier(member=world.anna, code="silver", until=None, reason="Prezent", by=BY, at=world.now)
    world.now += timedelta(hours=1)
    actions.take_tier_back(member=world.anna, reason="Pomyłka", by=BY, at=world.now)
    assert held(world) == ""
    events = Event.objects.of(world.bakery).filter(verb__in=["tier.given", "tier.taken_back"]).order_by("id")
    assert [event.detail["reason"] for event in events] == ["Prezent", "Pomyłka"]


@pytest.mark.parametrize(
    ("more", "code"),
    [({"reason": " "}, "missing"), ({"code": "wood"}, "unknown_tier"), ({"until": -1}, "in_the_past")],
)
def test_what_cannot_be_given_is_refused(world, more, code):
    given = {"code": "gold", "until": None, "reason": "Za pomoc", **more}
    if given["until"] is not None:
        given["until"] = world.now + timedelta(days=given["until"])
    with pytest.raises(Refused, match=code):
        actions.give_tier(member=world.anna, by=BY, at=world.now, **given)
    assert held(world) == ""


def test_a_member_reads_what_is_missing_to_keep_a_level_and_until_when(world):
    set_tiers(world, policy=TierPolicy(window=Window.CALENDAR_YEAR, grace_days=31), silver=100, gold=300)
    world.record(world.sale({"cake": 4_500}))
    standing = statement(world.anna, at=world.now).standing
    assert (standing.name, standing.to_keep, standing.missing) == ("Srebro", 0, 300 - standing.credits)
    assert standing.until.astimezone(ZoneInfo("Europe/Warsaw")).date().isoformat() == "2027-02-01"
    world.now += timedelta(days=380)  # the next year, in its grace
    standing = statement(world.anna, at=world.now).standing
    assert (standing.credits, standing.to_keep) == (0, 0)


def test_how_many_hold_each_level_and_how_many_another_scheme_would_bring_there(world):
    world.record(world.sale({"cake": 4_500}))
    assert queries.at_each_tier(world.bakery, at=world.now) == {"silver": 1}
    [now] = queries.schemes(world.bakery)
    lower = queries.engine_tiers(now)
    reach = queries.would_reach(world.bakery, tiers=lower, policy=FOR_LIFE, at=world.now)
    assert reach == {"silver": 1}
