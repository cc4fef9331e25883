"""The back office finds members and shows the statement that the member sees."""

import uuid

import pytest
from django.test import Client

from passage.ledger import actions as ledger
from passage.members import actions as members
from tests.cast import AT, BY, CARD, a_bakery

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def office(cast):
    client = Client()
    client.force_login(cast.maria.login)
    return client


def found(office, q):
    return [str(row) for row in office.get("/office/members", {"q": q}).context["rows"]]


@pytest.mark.parametrize("q", ["świ", "SWIETEK", "Anna Sw", CARD, "600 100 200", "anna@example.org"])
def test_a_member_is_found_by_name_card_phone_and_address(office, q):
    assert found(office, q) == ["Anna Świętek"]


@pytest.mark.parametrize("q", ["nobody", "%", "'; DROP TABLE members;--", "\x00", "ż" * 300])
def test_what_finds_nobody_says_so(office, q):
    answer = office.get("/office/members", {"q": q})
    assert answer.status_code == 200
    assert answer.context["rows"] == []


def test_a_long_list_goes_on_where_it_stopped(office, cast):
    members.enrol_many(programme=cast.bakery, external_ids=[f"{n:03}" for n in range(30)], at=AT, by=BY)
    first = office.get("/office/members")
    second = office.get("/office/members", {"after": first.context["following"]})
    ids = [row.pk for page in (first, second) for row in page.context["rows"]]
    assert len(ids) == len(set(ids)) == 31
    assert second.context["following"] == ""


def test_a_cursor_that_leads_nowhere_begins_again(office):
    assert office.get("/office/members", {"after": "nonsense"}).status_code == 200


def test_the_members_page_shows_balance_history_and_cards(office, cast):
    ledger.adjust(member=cast.anna, unit="points", points=40, reason="a broken jar", by=BY, at=AT)
    answer = office.get(f"/office/members/{cast.anna.public_id}", headers={"accept-language": "en"})
    page = answer.content.decode()
    assert "Anna Świętek" in page
    assert "Corrected by the staff: a broken jar." in page
    assert CARD not in page
    assert CARD[-4:] in page
    assert answer.context["statement"].holdings[0].balance.available == 40


def test_the_history_goes_on_where_it_stopped(office, cast):
    for number in range(25):
        ledger.adjust(member=cast.anna, unit="points", points=number + 1, reason="test", by=BY, at=AT)
    address = f"/office/members/{cast.anna.public_id}"
    first = office.get(address).context["statement"]
    second = office.get(address, {"after": first.following}).context["statement"]
    assert [line.movement.points for line in (*first.lines, *second.lines)] == list(range(25, 0, -1))
    assert second.following is None


def test_the_page_asks_no_more_of_the_database_when_the_history_grows(office, cast, django_assert_max_num_queries):
    address = f"/office/members/{cast.anna.public_id}"
    ledger.adjust(member=cast.anna, unit="points", points=1, reason="test", by=BY, at=AT)
    office.get(address)
    for _ in range(19):
        ledger.adjust(member=cast.anna, unit="points", points=1, reason="test", by=BY, at=AT)
    with django_assert_max_num_queries(20):
        office.get(address)


def test_another_programmes_member_is_not_there(cast):
    client = Client()
    client.force_login(cast.stranger.login)
    assert client.get(f"/office/members/{cast.anna.public_id}").status_code == 404
    assert client.get(f"/office/members/{uuid.uuid4()}").status_code == 404
    assert client.get("/office/members", {"q": "anna@example.org"}).context["rows"] == []


def test_nobody_without_a_place_comes_in(cast):
    client = Client()
    client.force_login(cast.anna.login)
    assert client.get("/office/members").status_code == 403
    assert client.get(f"/office/members/{cast.anna.public_id}").status_code == 403
    assert Client().get("/office/members").status_code == 302
