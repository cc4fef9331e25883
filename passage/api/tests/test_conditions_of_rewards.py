"""Every condition of a reward × every way to take it: no door gives what the conditions forbid."""

import uuid
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from passage.api.tests.world import World, a_sale, a_world
from passage.engine.rules import Conditions
from passage.ledger import actions as ledger
from passage.ledger import queries as balances
from passage.members import actions as members
from passage.members.models import Member
from passage.purchases.actions import merge
from passage.rewards import actions as rewards
from passage.rewards.models import Redemption, Reward
from tests.cast import AT, BY

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC).astimezone()
FAR, PAST = str((NOW + timedelta(days=300)).date()), str((NOW - timedelta(days=300)).date())
OTHER_DAY = (NOW + timedelta(days=3)).isoweekday()
HALF_A_DAY = (NOW.hour * 60 + NOW.minute + 720) % 1439

# For each condition that does not hold: its terms, what a sale is told, and what is told where there is no sale.
CONDITIONS = {
    "starts": ({"starts": FAR}, "not_yet", "not_yet"),
    "ends": ({"ends": PAST}, "over", "over"),
    "weekdays": ({"weekdays": [OTHER_DAY]}, "wrong_day", "wrong_day"),
    "hours": ({"hours": [[HALF_A_DAY, HALF_A_DAY + 1]]}, "wrong_hour", "wrong_hour"),
    "shops": ({"shops": ["rynek"]}, "wrong_shop", "wrong_shop"),
    "tiers": ({"tiers": ["gold"]}, "wrong_tier", "wrong_tier"),
    "tags": ({"tags": ["vip"]}, "wrong_tag", "wrong_tag"),
    "birthday_days": ({"birthday_days": 3}, "not_birthday", "not_birthday"),
    "name_day_days": ({"name_day_days": 3}, "not_name_day", "not_name_day"),
    "minimum": ({"minimum": 1_000_000}, "minimum_not_reached", "needs_a_sale"),
    "any_of": ({"any_of": {"products": ["tea"]}}, "product_missing", "needs_a_sale"),
    "all_of": ({"all_of": {"categories": ["tea"]}}, "product_missing", "needs_a_sale"),
    "currency": ({"currency": "EUR"}, "wrong_currency", "needs_a_sale"),
    "first_purchase": ({"first_purchase": True}, "not_first_purchase", "needs_a_sale"),
}
EVERY = pytest.mark.parametrize(("when", "told", "told_without_sale"), CONDITIONS.values(), ids=CONDITIONS)


@pytest.fixture
def world() -> World:
    world = a_world()
    ledger.adjust(member=world.cast.anna, unit="points", points=500, reason="a gift", by=BY, at=AT)
    return world


def a_reward(world: World, when: dict[str, object], **terms: object) -> Reward:
    gives = {"kind": "free_product", "products": {"products": ["bread"]}}
    definition = {"unit": "points", "cost": 10, "gives": gives, "when": when, **terms}
    return rewards.create_reward(
        programme=world.ours.programme, name="Bread", definition=definition, effective_from=AT, by=BY, at=AT
    )


def sold(world: World, **more: object) -> dict[str, object]:
    return a_sale(f"s-{uuid.uuid4().hex}", occurred_at=datetime.now(UTC).isoformat(timespec="seconds"), **more)


def reserve(world: World, reward: Reward, *, card: str = "") -> dict[str, object]:
    wish = {"client_id": f"w-{uuid.uuid4().hex}", "reward": str(reward.public_id)}
    return world.ours.till.post("/redemptions", {**wish, "member": {"card": card or world.ours.card}}).json()


def with_sale(world: World, reward: Reward) -> str:
    """Reserved, then captured with a sale; the first refusal, or what became of it."""
    held = reserve(world, reward)
    if "id" not in held:
        return held["code"]
    told = world.ours.till.post("/sales", sold(world, redemptions=[held["id"]])).json()
    return told.get("code", "given")


def without_sale(world: World, reward: Reward) -> str:
    held = reserve(world, reward)
    if "id" not in held:
        return held["code"]
    told = world.ours.till.post(f"/redemptions/{held['id']}/capture").json()
    return told.get("code", "given")


def in_office(world: World, reward: Reward) -> str:
    """Exchanged by hand; why it is refused is said on the page, as a sentence."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(world.cast.maria.login)
    page = f"/office/members/{world.cast.anna.public_id}/prize?shop=dworzec"
    before = balances.balances(world.cast.anna, at=datetime.now(UTC))[0].balance
    typed = {"reward": str(reward.public_id), "way": "now", "entry": str(uuid.uuid4())}
    done = client.post(page, typed)
    spent = before - balances.balances(world.cast.anna, at=datetime.now(UTC))[0].balance
    assert (done.status_code, spent) in {(302, 10), (422, 0)}
    if done.status_code == 302:
        return "given"
    [said] = [each.why_not for each in done.context["refused"] if each.reward == reward]
    assert said.startswith("Bread") or "sale" in said
    return "refused"


def quoted(world: World, reward: Reward) -> str:
    told = world.ours.till.post("/quotes", sold(world)).json()
    [offer] = [each for each in told["offers"] if each["reward"] == str(reward.public_id)]
    return offer["why_not"]["code"] if offer["why_not"] else "given"


def test_every_condition_is_in_the_table():
    assert set(CONDITIONS) == {each.name for each in fields(Conditions)}


@EVERY
def test_a_condition_that_does_not_hold_is_told_by_every_way_to_a_reward(world, when, told, told_without_sale):
    reward = a_reward(world, when)
    assert quoted(world, reward) == told
    assert with_sale(world, reward) == told
    assert without_sale(world, reward) == told_without_sale
    assert in_office(world, reward) == "refused"
    assert not Redemption.objects.filter(version__reward=reward, state="captured").exists()


def test_a_reward_whose_conditions_hold_is_given_by_every_way(world):
    held = {
        "starts": PAST,
        "ends": FAR,
        "shops": ["dworzec"],
        "tags": ["vip"],
        "tiers": ["silver"],
        "birthday_days": 3,
        "currency": "PLN",
    }
    ledger.adjust(member=world.cast.anna, unit="points", points=1, reason="a gift", by=BY, at=AT)
    yesterday = (NOW - timedelta(days=1)).isoformat(timespec="seconds")
    world.ours.till.post("/sales", {**sold(world), "lines": [{"id": "1", "amount": 20_000}], "occurred_at": yesterday})
    Member.objects.filter(pk=world.cast.anna.pk).update(tags=["vip"], birthday=f"{NOW:%m-%d}")
    assert quoted(world, a_reward(world, held)) == "given"
    Member.objects.filter(pk=world.cast.anna.pk).update(name_day=f"{NOW:%m-%d}")
    assert with_sale(world, a_reward(world, {**held, "minimum": 1000})) == "given"
    assert in_office(world, a_reward(world, held)) == "given"
    assert without_sale(world, a_reward(world, {key: held[key] for key in held if key != "shops"})) == "given"


@pytest.mark.parametrize("way", [with_sale, without_sale, in_office, quoted])
@pytest.mark.parametrize(("when", "code"), [({"birthday_days": 3}, "cap_reached"), ({}, "limit_reached")])
def test_what_is_given_once_is_given_once_by_whatever_way(world, way, when, code):
    """A birthday once in its year, and a limit for each member: also for a person with two records, and held counts."""
    other = members.enrol(programme=world.ours.programme, by=BY, at=AT, external_id="K-2")
    Member.objects.filter(pk__in=[world.cast.anna.pk, other.pk]).update(birthday=f"{NOW:%m-%d}")
    ledger.adjust(member=other, unit="points", points=50, reason="a gift", by=BY, at=AT)
    reward = a_reward(world, when, **({} if when else {"per_member": 1}))
    wish = rewards.Wish(client_id="once", reward=reward)
    _taken_by(world, other, wish)
    merge(gone=Member.objects.get(pk=other.pk), kept=world.cast.anna, by=BY, at=datetime.now(UTC))
    expected = "refused" if way is in_office else code
    assert way(world, reward) == expected
    again = a_reward(world, when, **({} if when else {"per_member": 1}))
    assert reserve(world, again).get("state") == "reserved"
    assert way(world, again) == expected


def _taken_by(world: World, member: Member, wish: rewards.Wish) -> None:
    said = {"client_id": wish.client_id, "reward": str(wish.reward.public_id), "member": {"id": str(member.public_id)}}
    held = world.ours.till.post("/redemptions", said).json()
    assert world.ours.till.post(f"/redemptions/{held['id']}/capture").status_code == 200


@pytest.mark.parametrize(
    ("when", "had", "code"),
    [
        ({"tags": ["vip"]}, {"tags": []}, "wrong_tag"),
        ({"birthday_days": 3}, {"birthday": ""}, "not_birthday"),
        ({"name_day_days": 3}, {"name_day": ""}, "not_name_day"),
    ],
)
def test_what_a_member_is_no_more_since_the_points_were_held_is_judged_again(world, when, had, code):
    today = f"{NOW:%m-%d}"
    is_now = {"tags": ["vip"], "birthday": today, "name_day": today}
    for way in (_capture, _sell):
        Member.objects.filter(pk=world.cast.anna.pk).update(**is_now)
        held = reserve(world, a_reward(world, when))
        Member.objects.filter(pk=world.cast.anna.pk).update(**had)
        assert way(world, held) == code


def _capture(world: World, held: dict[str, object]) -> str:
    return world.ours.till.post(f"/redemptions/{held['id']}/capture").json().get("code", "given")


def _sell(world: World, held: dict[str, object]) -> str:
    return world.ours.till.post("/sales", sold(world, redemptions=[held["id"]])).json().get("code", "given")


def test_a_reward_that_is_refused_says_what_to_do_in_a_sentence(world):
    for when, _told, _without in CONDITIONS.values():
        held = reserve(world, a_reward(world, when))
        said = held if "code" in held else world.ours.till.post(f"/redemptions/{held['id']}/capture").json()
        assert said["code"] not in said["detail"], said
        assert said["status"] == 422
