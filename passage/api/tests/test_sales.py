"""A sale over the API: recorded once, explained, returned, voided, moved."""

import pytest
from django.utils import timezone

from passage.api.tests.world import NOON, a_sale
from passage.members import actions as members
from tests.cast import BY

pytestmark = pytest.mark.django_db


def points(till, place):
    [account] = till.get(f"/members/{place.member.public_id}/accounts").json()["accounts"]
    return account["balance"]


def test_a_sale_is_recorded_and_says_what_it_earned_and_why(till):
    answer = till.post("/sales", a_sale())
    assert answer.status_code == 201
    sale = answer.json()
    assert sale["settlement"]["payable"] == 3850
    [earned] = sale["settlement"]["earned"]
    assert (earned["unit"], earned["points"]) == ("points", 38)
    [step] = earned["rules"][0]["because"]
    assert (step["code"], step["params"]["points"]) == ("per_amount", 38)
    assert step["text"].startswith("Punkty za zakupy:")
    assert till.get(f"/sales/{sale['id']}").json() == sale


def test_a_sale_sent_again_gets_the_same_answer_and_counts_once(till, ours):
    first = till.post("/sales", a_sale())
    again = till.post("/sales", a_sale())
    assert (again.status_code, again.headers["Idempotent-Replay"]) == (200, "true")
    assert again.json() == first.json()
    assert "Idempotent-Replay" not in first.headers
    assert points(till, ours) == 90 + 38


def test_the_same_id_with_other_content_is_a_conflict_that_names_what_differs(till, ours):
    till.post("/sales", a_sale())
    answer = till.post("/sales", a_sale("s-1", 9999))
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (409, "conflict", "client_id")
    assert problem["params"]["differs"] == ["basket"]
    assert points(till, ours) == 90 + 38


def test_a_receipt_number_counts_once_under_whatever_id(till):
    receipt = {"till": "1", "receipt": "R-77", "business_date": "2026-03-02"}
    first = till.post("/sales", a_sale("s-1", **receipt))
    again = till.post("/sales", a_sale("s-2", **receipt))
    other = till.post("/sales", a_sale("s-3", 100, **receipt))
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert other.json()["field"] == "receipt"


def test_weighed_goods_are_thousandths(till):
    lines = [{"id": "1", "amount": 690, "quantity": "0.345"}, {"id": "2", "amount": 100, "quantity": 2}]
    sale = till.post("/sales", a_sale(lines=lines)).json()
    back = {"client_id": "r", "occurred_at": NOON, "lines": [{"id": "1", "quantity": "0.115"}]}
    returned = till.post(f"/sales/{sale['id']}/returns", back)
    assert returned.status_code == 201, returned.content
    assert (returned.json()["refund"], returned.json()["parts"]) == (230, {"1": [1, 3]})


def test_a_return_takes_points_back_and_twice_is_once(till, ours):
    sale = till.post("/sales", a_sale()).json()
    back = {"client_id": "r-1", "occurred_at": NOON, "amount": 1000, "reason": "stale"}
    first = till.post(f"/sales/{sale['id']}/returns", back)
    again = till.post(f"/sales/{sale['id']}/returns", back)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert first.json()["clawed"][0]["taken"] == 10
    assert points(till, ours) == 90 + 28


def test_a_rehearsed_return_says_what_it_would_take_and_takes_nothing(till, ours):
    sale = till.post("/sales", a_sale()).json()
    back = {"client_id": "r-1", "occurred_at": NOON, "amount": 1000}
    rehearsed = till.post(f"/sales/{sale['id']}/returns/rehearsal", back)
    assert (rehearsed.status_code, rehearsed.json()["clawed"][0]["taken"]) == (200, 10)
    assert points(till, ours) == 90 + 38
    real = till.post(f"/sales/{sale['id']}/returns", back)
    assert real.status_code == 201
    assert {**real.json(), "id": ""} == {**rehearsed.json(), "id": ""}
    too_much = till.post(f"/sales/{sale['id']}/returns/rehearsal", {**back, "client_id": "r-2", "amount": 4000})
    assert (too_much.status_code, too_much.json()["code"]) == (422, "too_much")


def test_more_than_was_sold_cannot_come_back(till, ours):
    sale = till.post("/sales", a_sale()).json()
    answer = till.post(f"/sales/{sale['id']}/returns", {"client_id": "r", "occurred_at": NOON, "amount": 4000})
    assert (answer.status_code, answer.json()["code"], answer.json()["params"]["left"]) == (422, "too_much", 3850)
    assert points(till, ours) == 90 + 38


def test_a_void_leaves_the_account_as_if_the_sale_had_not_been(till, ours):
    sale = till.post("/sales", a_sale()).json()
    void = till.post(f"/sales/{sale['id']}/void", {"client_id": "v-1", "occurred_at": NOON})
    assert (void.status_code, void.json()["kind"], void.json()["whole"]) == (201, "void", True)
    assert points(till, ours) == 90
    again = till.post(f"/sales/{sale['id']}/void", {"client_id": "v-2", "occurred_at": NOON})
    assert (again.status_code, again.json()["code"]) == (422, "nothing_left")


def test_a_sale_moves_to_the_right_member_once(till, ours):
    other = members.enrol(programme=ours.programme, by=BY, at=timezone.now(), external_id="K-2")
    sale = till.post("/sales", a_sale()).json()
    body = {"client_id": "m-1", "member": {"external_id": "K-2"}, "reason": "wrong card"}
    moved = till.post(f"/sales/{sale['id']}/move", body)
    assert moved.status_code == 201, moved.content
    assert moved.json()["member"] == str(other.public_id)
    assert moved.json()["settlement"]["earned"][0]["points"] == 38
    assert points(till, ours) == 90
    assert till.post(f"/sales/{sale['id']}/move", body).status_code == 200


def test_a_sale_captures_its_redemption(till, ours):
    answer = till.post("/sales", a_sale(redemptions=[ours.redemption]))
    assert answer.status_code == 201, answer.content
    settlement = answer.json()["settlement"]
    assert (settlement["rewards"][0]["points"], settlement["payable"]) == (30, 3350)
    assert till.get(f"/redemptions/{ours.redemption}").json()["state"] == "captured"


def test_recording_takes_a_constant_number_of_statements(till, django_assert_max_num_queries):
    many = [{"id": str(number), "amount": 100, "product": "roll"} for number in range(200)]
    till.post("/sales", a_sale("warm"))
    with django_assert_max_num_queries(40) as few:
        till.post("/sales", a_sale("one"))
    with django_assert_max_num_queries(len(few)):
        till.post("/sales", a_sale("many", lines=many))
