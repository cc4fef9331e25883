"""A database that does not answer is told with 503, in words, and nothing that was done is called undone."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from passage.members.models import Member
from passage.website.entry import SEEN
from tests import troubles
from tests.cast import PASSWORD, a_bakery, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
OURS = {"Sec-Fetch-Site": "same-origin"}
# Name of the trouble, how it is made, and whether it passes by itself.
TROUBLES = [("locked", lambda: troubles.locked("members_member"), 1), ("read only", troubles.read_only, 30)]
ENROL = "/office/members/new"
NEW = {"first_name": "Ewa", "last_name": "Nowak", "email": "ewa@example.org", "phone": "", "language": "pl"}


@pytest.fixture
def manager() -> Client:
    client = signed_in(a_bakery().maria.login)
    client.raise_request_exception = False
    assert client.get("/office/members").status_code == 200
    return client


@pytest.mark.parametrize(("language", "words"), [("en", "Very busy"), ("fr", "Beaucoup de monde"), ("pl", "Duży ruch")])
def test_a_page_says_that_the_database_is_busy(manager: Client, language: str, words: str) -> None:
    with troubles.locked("members_member"):
        answer = manager.get("/office/members", headers={"Accept-Language": language})
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert words in answer.text
    assert manager.get("/office/members").status_code == 200


@pytest.mark.parametrize(("name", "made", "wait"), TROUBLES)
def test_a_form_is_not_lost_and_stands_on_the_page_to_be_sent_again(manager, name, made, wait) -> None:
    with made():
        answer = manager.post(ENROL, NEW, headers=OURS)
    assert (answer.status_code, answer["Retry-After"]) == (503, str(wait))
    assert 'value="ewa@example.org"' in answer.text
    assert not Member.objects.filter(email="ewa@example.org").exists()
    assert manager.post(ENROL, NEW, headers=OURS).status_code in {200, 302}
    assert Member.objects.filter(email="ewa@example.org").exists()


def test_a_disk_that_is_full_is_told_and_never_broken(manager: Client) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("a full PostgreSQL needs a disk of its own; its code is among the troubles by name")
    with troubles.full():
        said = set()
        for number in range(300):
            asked = NEW | {"email": f"{number}{'x' * 50}@example.org", "last_name": "Nowak" * 12}
            answer = manager.post(ENROL, asked, headers=OURS)
            said.add(answer.status_code)
            if answer.status_code == 503:
                break
    assert said - {200, 302} == {503}
    assert answer["Retry-After"] == "30"


@pytest.mark.parametrize("table", ["usersessions_usersession", "django_session"])
def test_who_was_there_is_noted_when_it_can_be_and_fails_no_page(manager: Client, table: str) -> None:
    session = manager.session
    session[SEEN] = long_ago = session[SEEN] - 120
    session.save()
    if connection.vendor == "sqlite":
        made = troubles.read_only()  # a lock would stop the page itself
    else:
        made = troubles.locked_for_writing(table)
    with made:
        assert manager.get("/office/members").status_code == 200
    assert manager.session[SEEN] == long_ago
    assert manager.get("/office/members").status_code == 200
    assert manager.session[SEEN] > long_ago


def test_a_log_in_that_cannot_be_saved_is_busy_and_no_fault_of_who_signs_in(client: Client) -> None:
    a_bakery()
    client.raise_request_exception = False
    with troubles.read_only():
        answer = client.post("/sign-in", {"email": "maria@example.org", "password": PASSWORD})
    assert answer.status_code == 503


def test_a_fault_before_the_page_is_told_by_the_door_that_was_knocked_at(manager: Client) -> None:
    """The session is looked at by a layer around every page; a program's door speaks its own words there too."""
    with troubles.locked("django_session"):
        page = manager.get("/office/members")
        program = manager.get("/api/v1/members")
    assert (page.status_code, page["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert (program.status_code, program["Content-Type"]) == (503, "application/problem+json")
    assert program.json()["code"] == "busy"
