"""Points that end when nobody was active: whatever is given, earned, spent or given back keeps them; nothing else does."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from passage.cards import actions as cards
from passage.config.verification import verify
from passage.earning import actions as earning
from passage.engine.expiry import Expiry, ExpiryKind
from passage.engine.facts import Clawback
from passage.engine.reasons import Because, because
from passage.ledger import actions
from passage.ledger.models import Account, Entry
from passage.members import actions as members
from passage.programme import actions as programmes
from passage.purchases import actions as purchases
from passage.purchases.actions import claiming
from passage.purchases.values import MemberRef
from passage.rewards import actions as rewards
from tests.cast import AT, BY
from tests.world import World

pytestmark = pytest.mark.django_db
IDLE, YEAR, HOUR = 365, timedelta(days=366), timedelta(hours=1)
PER_ZLOTY = {"unit": "points", "earns": {"kind": "per_amount", "points": 1, "step": 100}}
FIVE_OFF = {"unit": "points", "cost": 20, "gives": {"kind": "value_off", "amount": 500}}


def a_shop(**details: str) -> World:
    bakery = programmes.create_programme(
        name="Piekarnia", slug="piekarnia", currency="PLN", zone="Europe/Warsaw", region="PL", at=AT, by=BY
    )
    idle = Expiry(ExpiryKind.INACTIVITY, IDLE)
    actions.set_up_unit(programme=bakery, code="points", name="Punkty", expiry=idle)
    a_rule(bakery, PER_ZLOTY)
    reward = rewards.create_reward(
        programme=bakery, name="5 zł off", definition=FIVE_OFF, effective_from=AT, by=BY, at=AT
    )
    anna = members.enrol(programme=bakery, by=BY, at=AT, first_name="Anna", **details)
    cards.issue(programme=bakery, member=anna, number="ANNA1", by=BY, at=AT)
    return World(bakery, programmes.add_source(programme=bakery, code="till", name="Till"), anna, [reward])


def a_rule(bakery, definition):
    name = str(definition["earns"])[:40]
    earning.create_rule(programme=bakery, name=name, definition=definition, effective_from=AT, by=BY, at=AT)


def ewa_of(world: World) -> World:
    """Another record, which will be found to be Anna's as well."""
    ewa = members.enrol(programme=world.bakery, by=BY, at=AT, first_name="Anna", last_name="Nowak")
    cards.issue(programme=world.bakery, member=ewa, number="EWA1", by=BY, at=AT)
    return replace(world, anna=ewa)


def sale(world: World, amount: int, **more):
    made = world.sale({"cake": amount}, **more)
    return replace(made, member=MemberRef(card="EWA1" if world.anna.last_name else "ANNA1"))


def account(world: World) -> Account:
    return Account.objects.get(member=world.anna)


def swept(world: World, at: datetime) -> int:
    """The balance once everything that is over at ``at`` has ended."""
    actions.expire_points(programme=world.bakery, at=at)
    assert [str(fault) for fault in verify(programme=world.bakery)] == []
    return account(world).balance


def goodwill(world):
    world.give(100)
    return 100


def feast(world):
    assert earning.keep_feasts(programme=world.bakery, at=world.now) == 1
    return 200


def a_purchase(world):
    world.record(sale(world, 10_000))
    return 100


def points_given_back(world):
    """Spent long ago, reversed today."""
    rewards.reverse(redemption=world.spent, by=BY, at=world.now)
    return 20


@pytest.mark.parametrize("given", [goodwill, feast, a_purchase, points_given_back])
def test_what_a_long_idle_member_is_given_today_lives_as_long_as_any_activity(given):
    after = YEAR + timedelta(days=34)
    start = AT + timedelta(days=1)
    world = a_shop(birthday=f"{start + after:%m-%d}")
    a_rule(world.bakery, {"unit": "points", "earns": {"kind": "event", "points": 200, "on": "birthday"}})
    world.record(sale(world, 5000))
    world.spent = claiming.capture(redemption=world.reserve(world.rewards[0]), by=BY, at=world.now)
    world.now = start + after
    assert swept(world, world.now) == 0
    points = given(world)
    assert swept(world, world.now + HOUR) == points
    assert swept(world, world.now + timedelta(days=IDLE - 1)) == points
    assert swept(world, world.now + YEAR) == 0


def test_a_welcome_ends_like_everything_else():
    world = a_shop()
    a_rule(world.bakery, {"unit": "points", "earns": {"kind": "event", "points": 20, "on": "joined"}})
    assert earning.welcome(programme=world.bakery, at=world.now) == 1
    assert swept(world, world.now + HOUR) == 20
    assert swept(world, world.now + YEAR) == 0


def test_spending_and_a_purchase_that_earns_nothing_are_activity():
    world = a_shop()
    world.record(sale(world, 5000))
    world.now += timedelta(days=300)
    claiming.capture(redemption=world.reserve(world.rewards[0]), by=BY, at=world.now)
    world.now += timedelta(days=300)
    world.record(sale(world, 50))
    assert swept(world, world.now + timedelta(days=300)) == 30


@pytest.mark.parametrize("fresh", ["gone", "kept"])
def test_a_merge_keeps_the_later_activity_of_the_two(fresh):
    world = a_shop()
    old = sale(world, 5000)
    ewa = ewa_of(world)
    gone, kept = ewa, world
    mine, theirs = (gone, kept) if fresh == "gone" else (kept, gone)
    theirs.record(replace(old, member=MemberRef(card="ANNA1" if theirs is world else "EWA1")))
    now = world.now + timedelta(days=IDLE + 34)
    mine.now = theirs.now = now
    assert swept(theirs, now) == 0
    mine.record(sale(mine, 7000, at=now - timedelta(days=1)))
    purchases.merge(gone=gone.anna, kept=kept.anna, reason="the same", by=BY, at=now)
    assert swept(kept, now + HOUR) == 70
    assert swept(kept, now + timedelta(days=IDLE - 2)) == 70
    assert swept(kept, now + 2 * YEAR) == 0


def test_a_merge_into_a_record_without_activity_brings_its_date_along():
    world = a_shop()
    ewa = ewa_of(world)
    ewa.record(sale(ewa, 7000))
    purchases.merge(gone=ewa.anna, kept=world.anna, reason="the same", by=BY, at=world.now)
    assert swept(world, world.now + HOUR) == 70
    assert swept(world, world.now + YEAR) == 0


def test_two_who_are_parted_again_keep_what_they_did_as_one():
    world = a_shop()
    ewa = ewa_of(world)
    ewa.record(sale(ewa, 7000))
    merge = purchases.merge(gone=ewa.anna, kept=world.anna, reason="the same", by=BY, at=world.now)
    world.now += timedelta(days=300)
    world.record(sale(world, 1000))
    world.now += timedelta(days=100)
    purchases.unmerge(row=merge, by=BY, at=world.now)
    assert swept(ewa, world.now + HOUR) == 70
    assert swept(ewa, world.now + YEAR) == 0


def test_taking_back_and_correcting_downwards_are_no_activity():
    world = a_shop()
    bought = sale(world, 5000)
    world.record(bought)
    until = account(world).idle_until
    world.now += timedelta(days=100)
    world.record(world.back(bought, amount=1000))
    world.give(-5)
    assert account(world).idle_until == until


def test_a_late_sale_is_activity_of_its_own_day():
    world = a_shop()
    late = sale(world, 5000)
    world.now += timedelta(days=IDLE + 34)
    world.record(late)
    assert swept(world, world.now) == 0


def test_an_account_that_is_closed_again_after_a_return_holds_and_owes_nothing_and_says_why():
    world = a_shop()
    world.record(sale(world, 5000))
    redemption = claiming.capture(redemption=world.reserve(world.rewards[0]), by=BY, at=world.now)
    actions.close_accounts(people=[world.anna], by=BY, at=world.now)
    until = account(world).idle_until
    world.now += timedelta(days=1)
    people, cause = [world.anna.pk], actions.Cause(uuid.uuid4(), BY, world.now, world.now)
    accounts = actions.AccountBatch.open(
        programme=world.bakery, members=people, with_lots=people, spent=[redemption.public_id]
    )
    state = accounts.account_state(world.anna.pk, "points")
    steps = [because(Because.RETURNED, earned=50, points=50)]
    taken = accounts.taken_by(redemption.public_id)
    assert state.restore(taken, cause=cause, steps=steps, least_days=30) == 20
    owed = state.clawback(50, own=(), policy=Clawback.DEBT, cause=cause, steps=steps)
    assert (owed.taken, owed.debt) == (20, 30)
    assert state.close(cause=cause) == 0
    second = state.clawback(5, own=(), policy=Clawback.DEBT, cause=cause, steps=steps)
    assert (second.debt, state.close(cause=cause)) == (5, 0)
    accounts.write()
    closed = account(world)
    assert (closed.balance, closed.debt, closed.reserved) == (0, 0, 0)
    assert closed.idle_until >= until
    told = Entry.objects.filter(account=closed, cause=cause.id, kind=Entry.Kind.ADJUST).order_by("id")
    assert [each.because[0] for each in told] == [{"code": "erased", "points": 30}, {"code": "erased", "points": 5}]


def test_points_that_come_back_to_a_closed_account_end_in_the_same_batch():
    world = a_shop()
    world.record(sale(world, 5000))
    redemption = claiming.capture(redemption=world.reserve(world.rewards[0]), by=BY, at=world.now)
    actions.close_accounts(people=[world.anna], by=BY, at=world.now)
    people, cause = [world.anna.pk], actions.Cause(uuid.uuid4(), BY, world.now, world.now)
    accounts = actions.AccountBatch.open(
        programme=world.bakery, members=people, with_lots=people, spent=[redemption.public_id]
    )
    state = accounts.account_state(world.anna.pk, "points")
    taken = accounts.taken_by(redemption.public_id)
    state.restore(taken, cause=cause, steps=[because(Because.RETURNED, earned=0, points=20)], least_days=30)
    assert state.close(cause=cause) == 20
    accounts.write()
    assert account(world).balance == 0
    assert Entry.objects.latest("id").because == [{"code": "erased", "points": 20}]
