"""A till's batch: in order, each by itself, safe to send again."""

import pytest

from passage.api.tests.world import NOON, a_sale

pytestmark = pytest.mark.django_db


def sale(client_id, /, amount=1000, **changes):
    return {"type": "sale", **a_sale(client_id, amount, **changes)}


def back(client_id, /, of, **changes):
    return {"type": "return", "client_id": client_id, "occurred_at": NOON, "sale": of, **changes}


def balance(till, ours):
    return till.get(f"/members/{ours.member.public_id}/accounts").json()["accounts"][0]["balance"]


def test_a_batch_is_recorded_in_order_and_again_changes_nothing(till, ours):
    batch = {
        "operations": [
            sale("a"),
            back("b", {"client_id": "a"}, lines=[{"id": "1", "quantity": 1}]),
            sale("c", 2000, till="1", receipt="R1", business_date="2026-03-02"),
            back("d", {"shop": "dworzec", "till": "1", "receipt": "R1", "business_date": "2026-03-02"}, amount=500),
            {"type": "void", "client_id": "e", "occurred_at": NOON, "sale": {"id": ours.sale}},
        ]
    }
    first = till.post("/sync", batch).json()["results"]
    assert [each["status"] for each in first] == ["recorded"] * 5, first
    assert balance(till, ours) == 15
    again = till.post("/sync", batch).json()["results"]
    assert [each["status"] for each in again] == ["replayed"] * 5
    assert [each["result"] for each in again] == [each["result"] for each in first]
    assert balance(till, ours) == 15


def test_a_return_waits_for_its_sale(till, ours):
    early = till.post("/sync", {"operations": [back("b", {"client_id": "a"})]}).json()["results"]
    assert [(each["client_id"], each["status"]) for each in early] == [("b", "parked")]
    till.post("/sync", {"operations": [sale("a")]})
    assert balance(till, ours) == 90
    late = till.post("/sync", {"operations": [back("b", {"client_id": "a"})]}).json()["results"]
    assert late[0]["status"] == "replayed"


def test_a_bad_operation_harms_no_other(till, ours):
    results = till.post(
        "/sync",
        {"operations": [sale("a"), {"type": "gift"}, {}, "text", sale("b", card="NOBODY"), sale("a", 5), sale("c")]},
    ).json()["results"]
    assert [each["status"] for each in results] == ["recorded", *["refused"] * 5, "recorded"]
    codes = [each["problem"] and each["problem"]["code"] for each in results]
    assert codes == [None, "not_one_of", "missing", "not_an_object", "card_unknown", "conflict", None]
    assert balance(till, ours) == 90 + 20


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"of": {"shop": "dworzec", "receipt": "R1"}}, "missing", "sale.business_date"),
        ({"of": {"client_id": "a"}, "lines": []}, "too_short", "lines"),
    ],
)
def test_a_return_that_does_not_say_what_of_which_sale_is_refused(till, changes, code, field):
    """It would wait for ever, or give back all where nothing was meant."""
    [told] = till.post("/sync", {"operations": [back("b", **changes)]}).json()["results"]
    assert (told["status"], told["problem"]["code"], told["problem"]["field"]) == ("refused", code, field)
