"""A program reads which returns wait for their sale, page by page, and only its own programme's."""

import pytest

from passage.api.tests.test_sync import back

pytestmark = pytest.mark.django_db


def wait(till, *names):
    asked = [back(name, {"client_id": f"sale-{name}"}, lines=[{"id": "1", "quantity": "0.345"}]) for name in names]
    answers = till.post("/sync", {"operations": asked}).json()["results"]
    assert {each["status"] for each in answers} == {"parked"}


def test_waiting_returns_are_listed_oldest_first_with_what_is_known(till):
    wait(till, "a", "b")
    told = till.get("/parked-returns").json()
    assert [each["client_id"] for each in told["parked"]] == ["a", "b"]
    first = told["parked"][0]
    assert (first["kind"], first["sale"], first["member"], first["amount"]) == ("return", "sale-a", None, None)
    assert first["goods"] == [{"line": "1", "product": "", "name": "", "quantity": "0.345", "amount": None}]
    assert told["next"] is None


def test_a_long_list_goes_on_with_the_cursor(till):
    wait(till, *"abcde")
    first = till.get("/parked-returns?limit=3").json()
    rest = till.get(f"/parked-returns?limit=3&cursor={first['next']}").json()
    assert [each["client_id"] for each in first["parked"] + rest["parked"]] == list("abcde")
    assert rest["next"] is None
    assert till.get("/parked-returns?cursor=guess").json()["code"] == "bad_cursor"


def test_another_programme_sees_nothing_of_it(till, world):
    wait(till, "a")
    assert world.theirs.till.get("/parked-returns").json()["parked"] == []
