"""Rewards are held, spent, let go and given back over the API."""

import pytest

from passage.api.tests.world import NOON, a_sale
from passage.rewards import actions
from passage.rewards.models import Reward
from passage.rewards.pictures import drawn
from passage.rewards.tests.test_pictures import a_picture
from tests.cast import BY

pytestmark = pytest.mark.django_db


@pytest.fixture
def wish(ours):
    return {"client_id": "w-1", "member": {"card": ours.card}, "reward": ours.reward, "order": "table 4"}


def available(till, ours):
    return till.get(f"/members/{ours.member.public_id}/accounts").json()["accounts"][0]["available"]


def test_the_catalogue_lists_what_is_offered_now(till, ours, theirs):
    listed = till.get("/rewards").json()["rewards"]
    assert [each["id"] for each in listed] == [ours.reward]
    assert listed[0]["gives"] == {"kind": "value_off", "amount": 500}
    assert theirs.reward not in str(listed)
    assert listed[0]["picture"] == ""


def test_a_reward_with_a_picture_says_where_it_is_in_the_catalogue_and_in_a_quote(till, ours):
    reward = Reward.objects.get(public_id=ours.reward)
    address = actions.put_picture(reward=reward, picture=drawn(a_picture()), by=BY, at=NOON).address
    wanted = f"/pictures/{address}/small.webp"
    assert [each["picture"] for each in till.get("/rewards").json()["rewards"]] == [wanted]
    quoted = till.post("/quotes", a_sale("q-1", card=ours.card)).json()
    assert [each["picture"] for each in quoted["offers"]] == [wanted]


def test_a_reservation_holds_points_once(till, ours, wish):
    first = till.post("/redemptions", wish)
    again = till.post("/redemptions", wish)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Idempotent-Replay"] == "true"
    assert again.json() == first.json()
    assert available(till, ours) == 90 - 30 - 30
    assert till.get(f"/redemptions/{first.json()['id']}").json()["order"] == "table 4"


def test_the_same_wish_for_another_order_is_a_conflict(till, wish):
    till.post("/redemptions", wish)
    answer = till.post("/redemptions", {**wish, "order": "table 5"})
    assert (answer.status_code, answer.json()["field"]) == (409, "client_id")


def test_points_that_are_not_there_are_not_held(till, ours, wish):
    for number in range(2):
        till.post("/redemptions", {**wish, "client_id": f"w-{number}"})
    answer = till.post("/redemptions", {**wish, "client_id": "w-9"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "insufficient_points")
    assert problem["params"] == {"missing": 30, "available": 0}
    assert "30" in problem["detail"]


def test_a_captured_reward_is_spent_and_given_back_in_parts_by_key(till, ours, wish):
    redemption = till.post("/redemptions", wish).json()["id"]
    captured = till.post(f"/redemptions/{redemption}/capture")
    assert (captured.status_code, captured.json()["state"], captured.json()["spent"]) == (200, "captured", 30)
    assert till.post(f"/redemptions/{redemption}/release").json()["code"] == "already_captured"
    part = {"points": 10}
    first = till.post(f"/redemptions/{redemption}/reverse", part, Idempotency_Key="back-1")
    again = till.post(f"/redemptions/{redemption}/reverse", part, Idempotency_Key="back-1")
    assert (first.json()["reversed"], again.json()["reversed"]) == (10, 10)
    assert again.headers["Idempotent-Replay"] == "true"
    assert till.post(f"/redemptions/{redemption}/reverse", {}).json()["state"] == "reversed"
    assert available(till, ours) == 60


def test_a_released_reward_costs_nothing(till, ours, wish):
    redemption = till.post("/redemptions", wish).json()["id"]
    assert till.post(f"/redemptions/{redemption}/release").json()["state"] == "released"
    assert till.post(f"/redemptions/{redemption}/release").json()["state"] == "released"
    assert available(till, ours) == 60
    answer = till.post("/sales", a_sale(redemptions=[redemption], occurred_at=NOON))
    assert (answer.status_code, answer.json()["code"]) == (409, "redemption_released")


def test_a_table_holds_a_reward_for_hours_and_only_its_order_holds_it_longer(till, wish):
    held = till.post("/redemptions", {**wish, "table": True}).json()
    other = till.post(f"/redemptions/{held['id']}/renew", {"order": "table 5"})
    assert (other.status_code, other.json()["code"], other.json()["field"]) == (409, "other_order", "order")
    renewed = till.post(f"/redemptions/{held['id']}/renew", {"order": "table 4", "table": True})
    assert renewed.status_code == 200, renewed.content
    assert renewed.json()["until"] > held["until"]
    till.post(f"/redemptions/{held['id']}/release")
    late = till.post(f"/redemptions/{held['id']}/renew", {"order": "table 4"})
    assert (late.status_code, late.json()["code"]) == (409, "redemption_released")
