"""Points from pending to expired: activation, the order of use, reservations that hold an end off, adjustments."""

from datetime import UTC, date, datetime, timedelta

import pytest

from passage.config.verification import verify
from passage.engine.expiry import Expiry, ExpiryKind
from passage.ledger import actions, queries
from passage.ledger.models import Entry, Unit
from passage.programme.errors import Refused
from passage.purchases.actions import claiming
from passage.purchases.values import Status
from passage.ui.refusals import refusal
from tests.cast import BY
from tests.world import World, a_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return a_world()


def points(world):
    return queries.balances(world.anna, at=world.now)[0]


def expiring(world, kind, count=0, on=None):
    Unit.objects.filter(code="points").update(expiry_kind=kind, expiry_count=count, expiry_on=on, pending_days=0)


def test_points_wait_until_they_are_active_and_end_sixty_days_after_that(world):
    world.record(world.sale({"cake": 1000}))  # a Tuesday: 20
    assert (points(world).available, points(world).pending) == (0, 20)
    world.now += timedelta(days=2)
    assert (points(world).available, points(world).pending) == (20, 0)
    world.now += timedelta(days=60)
    world.upkeep()
    assert points(world).balance == 20
    world.now += timedelta(days=1)
    world.upkeep()
    assert points(world).balance == 0
    assert queries.history(world.anna)[0].kind == Entry.Kind.EXPIRE
    assert list(verify(programme=world.bakery)) == []


def test_expiry_run_twice_takes_once(world):
    world.record(world.sale({"cake": 1000}))
    world.now += timedelta(days=90)
    assert actions.expire_points(programme=world.bakery, at=world.now) == 20
    assert actions.expire_points(programme=world.bakery, at=world.now) == 0


@pytest.mark.parametrize(
    ("kind", "count", "last_good_day"),
    [
        (ExpiryKind.DAYS, 10, datetime(2026, 1, 16, tzinfo=UTC)),
        (ExpiryKind.END_OF_MONTH, 1, datetime(2026, 2, 28, tzinfo=UTC)),
        (ExpiryKind.END_OF_YEAR, 0, datetime(2026, 12, 31, tzinfo=UTC)),
        (ExpiryKind.INACTIVITY, 30, datetime(2026, 2, 5, tzinfo=UTC)),
    ],
)
def test_each_policy_keeps_points_through_its_last_day_in_the_programmes_zone(world, kind, count, last_good_day):
    expiring(world, kind, count)
    world.record(world.sale({"cake": 1000}))
    world.now = last_good_day + timedelta(hours=22, minutes=30)  # 23:30 in Warsaw in winter
    world.upkeep()
    assert points(world).balance == 20
    world.now += timedelta(hours=1)
    world.upkeep()
    assert points(world).balance == 0


def test_a_fixed_date_ends_all_points_of_the_season(world):
    expiring(world, ExpiryKind.FIXED_DATE, on=datetime(2026, 3, 31, tzinfo=UTC).date())
    world.record(world.sale({"cake": 1000}))
    world.now = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
    world.upkeep()
    assert points(world).balance == 0


def test_points_without_an_end_stay(world):
    expiring(world, ExpiryKind.NONE)
    world.record(world.sale({"cake": 1000}))
    world.now += timedelta(days=5000)
    world.upkeep()
    assert points(world).balance == 20


def test_a_purchase_keeps_idle_points_alive(world):
    expiring(world, ExpiryKind.INACTIVITY, 30)
    world.record(world.sale({"cake": 1000}))
    world.now += timedelta(days=25)
    world.record(world.sale({"cake": 1000}))
    world.now += timedelta(days=25)
    world.upkeep()
    assert points(world).balance > 20


def test_reserved_points_do_not_end_before_the_reservation_does(world):
    expiring(world, ExpiryKind.DAYS, 1)
    world.record(world.sale({"cake": 1000}))
    world.now = datetime(2026, 1, 7, 22, 55, tzinfo=UTC)
    hold = world.reserve(world.rewards[0])
    world.now += timedelta(minutes=10)
    actions.expire_points(programme=world.bakery, at=world.now)
    assert points(world).balance == 20
    captured = claiming.capture(redemption=hold, by=BY, at=world.now)
    assert (captured.state, points(world).balance) == ("captured", 0)
    assert list(verify(programme=world.bakery)) == []


def test_the_lot_that_ends_first_is_used_first(world):
    expiring(world, ExpiryKind.DAYS, 50)
    world.record(world.sale({"cake": 1000}))
    expiring(world, ExpiryKind.DAYS, 10)
    world.record(world.sale({"cake": 1000}))
    claiming.capture(redemption=world.reserve(world.rewards[0]), by=BY, at=world.now)
    (left,) = queries.lots(points(world).account_id, programme=world.bakery)
    assert left.expires_at > world.now + timedelta(days=40)


def test_a_late_sale_whose_points_have_ended_is_credited_and_expires_in_sight(world):
    expiring(world, ExpiryKind.DAYS, 10)
    late = world.sale({"cake": 1000}, at=world.now)
    world.now += timedelta(days=20)
    world.record(late)
    assert points(world).balance == 0
    assert [each.kind for each in queries.history(world.anna)] == ["expire", "earn"]


@pytest.mark.parametrize("wrong", [0, 2.5, "7", None, True])
def test_an_adjustment_is_a_whole_number(world, wrong):
    with pytest.raises(Refused, match="not_a_whole_number"):
        actions.adjust(member=world.anna, unit="points", points=wrong, reason="x", by=BY, at=world.now)


def test_an_adjustment_takes_no_more_than_is_there_and_says_why_to_the_member(world):
    world.give(30)
    with pytest.raises(Refused, match="insufficient_points"):
        actions.adjust(member=world.anna, unit="points", points=-31, reason="mistake", by=BY, at=world.now)
    actions.adjust(member=world.anna, unit="points", points=-10, reason="counted twice", by=BY, at=world.now)
    assert points(world).balance == 20
    assert queries.history(world.anna)[0].because == [{"code": "adjusted", "reason": "counted twice"}]


FAR = date(9999, 12, 31)
NEVER_ENDING = {"expiry": Expiry(), "pending_days": 0}


@pytest.mark.parametrize("kind", [ExpiryKind.FIXED_DATE, ExpiryKind.DAYS, ExpiryKind.END_OF_YEAR])
def test_a_unit_that_was_once_told_to_end_at_the_end_of_the_calendar_stops_no_till(world, kind):
    Unit.objects.filter(code="points").update(expiry_kind=kind, expiry_count=100, expiry_on=FAR, pending_days=32_767)
    (answer,) = world.record(world.sale({"cake": 1000}))
    assert answer.status is Status.RECORDED
    assert points(world).pending == 20
    world.upkeep()
    assert list(verify(programme=world.bakery)) == []


@pytest.mark.parametrize(
    ("terms", "field", "code"),
    [
        ({"expiry": Expiry(ExpiryKind.FIXED_DATE, on=FAR)}, "on", "too_far"),
        ({"expiry": Expiry(ExpiryKind.FIXED_DATE, on=date(3000, 1, 1))}, "on", "too_far"),
        ({"expiry": Expiry(ExpiryKind.DAYS, 36_500)}, "count", "out_of_range"),
        ({"pending_days": 40_000}, "pending_days", "out_of_range"),
    ],
)
def test_a_day_out_of_reach_is_refused_where_it_is_set(world, terms, field, code):
    terms = NEVER_ENDING | terms
    with pytest.raises(Refused, match=code) as new:
        actions.set_up_unit(programme=world.bakery, code="more", name="More", **terms)
    changed = {"programme": world.bakery, "unit": "points", "effective_from": world.now, "by": BY, "at": world.now}
    with pytest.raises(Refused, match=code) as later:
        actions.change_unit(**changed, **terms)
    assert new.value.field == later.value.field == field
    assert refusal(code, new.value.params) != refusal("a code without a sentence")
    with pytest.raises(Refused, match="too_far"):
        actions.change_unit(**{**changed, "effective_from": datetime.max.replace(tzinfo=UTC)}, **NEVER_ENDING)


def test_the_last_day_in_reach_can_be_set(world):
    last = Expiry(ExpiryKind.FIXED_DATE, on=date(2999, 12, 31))
    assert actions.set_up_unit(programme=world.bakery, code="more", name="More", expiry=last).expiry_on == last.on
