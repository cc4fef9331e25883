"""The back office finds members and shows the statement that the member sees."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from passage.cards import actions as cards
from passage.ledger import actions as ledger
from passage.members import actions as members
from passage.programme import throttle
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
    assert answer.context["file"].statement.holdings[0].balance.available == 40


def test_the_history_goes_on_where_it_stopped(office, cast):
    for number in range(25):
        ledger.adjust(member=cast.anna, unit="points", points=number + 1, reason="test", by=BY, at=AT)
    address = f"/office/members/{cast.anna.public_id}"
    first = office.get(address).context["file"].statement
    second = office.get(address, {"after": first.following}).context["file"].statement
    assert [line.movement.points for line in (*first.lines, *second.lines)] == list(range(25, 0, -1))
    assert second.following is None


def test_the_page_asks_no_more_of_the_database_when_the_history_grows(office, cast, django_assert_max_num_queries):
    address = f"/office/members/{cast.anna.public_id}"
    ledger.adjust(member=cast.anna, unit="points", points=1, reason="test", by=BY, at=AT)
    office.get(address)
    for _ in range(19):
        ledger.adjust(member=cast.anna, unit="points", points=1, reason="test", by=BY, at=AT)
    with django_assert_max_num_queries(28 + 5):  # the five note who was last seen
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


def test_the_totals_say_what_became_of_every_point(office, cast):
    for points, reason in ((40, "a broken jar"), (-15, "a mistake")):
        ledger.adjust(member=cast.anna, unit="points", points=points, reason=reason, by=BY, at=AT)
    office.cookies["django_language"] = "en"
    earn = {"card": CARD, "amount": "20", "shop": "rynek", "do": "save"}
    office.post("/till/points", {**earn, "ticket": office.get("/till/points").context["ticket"]})
    answer = office.get(f"/office/members/{cast.anna.public_id}")
    [holding] = answer.context["file"].statement.holdings
    told = holding.totals
    assert (told.earned, told.used, told.expired, told.other) == (40, 0, 0, 25)
    assert told.earned - told.used - told.expired + told.other == holding.balance.balance == 65
    assert "Earned so far" in answer.content.decode()
    ledger.expire_points(programme=cast.bakery, at=timezone.now() + timedelta(days=800))
    [holding] = office.get(f"/office/members/{cast.anna.public_id}").context["file"].statement.holdings
    assert (holding.totals.expired, holding.balance.balance) == (40, 25)


def test_the_card_file_tells_of_consents_cards_and_where_they_come_from(office, cast):
    office.cookies["django_language"] = "en"
    said = {"source": "till:rynek/1", "by": BY, "at": AT}
    members.record_consents(member=cast.anna, given={"email": True}, **said)
    members.record_consents(member=cast.anna, given={"email": False}, **said)
    cards.lose(card=cast.card, reason="Left on the tram", by=BY, at=AT)
    members.block(member=cast.anna, reason="Sold her points", by=f"staff:{cast.maria.pk}", at=AT)
    answer = office.get(f"/office/members/{cast.anna.public_id}")
    assert [(each.row.given, each.holds) for each in answer.context["file"].answers] == [(False, True), (True, False)]
    page = answer.content.decode()
    for told in ("at a till", "I would like news and offers by e-mail", "Left on the tram", "Sold her points", "Maria"):
        assert told in page, told
    assert answer.context["file"].lately[0].what == "Member blocked"


def test_what_only_the_log_tells_is_not_told_to_a_clerk(cast):
    members.block(member=cast.anna, reason="Sold her points", by=BY, at=AT)
    clerk = Client()
    clerk.force_login(cast.piotr.login)
    page = clerk.get(f"/office/members/{cast.anna.public_id}").content.decode()
    assert "Sold her points" not in page
    assert 'id="lately"' not in page


def test_typed_card_numbers_are_not_guessed_in_the_office(office, cast):
    """S-28: one person has one budget for all places where a number is typed; a name costs nothing."""
    give = f"/office/members/{cast.anna.public_id}/cards"
    for number in range(throttle.MISSES.most):
        if number % 2:
            office.post(give, {"number": f"KLUB{number:08}"})
        else:
            office.get("/office/promotions/try", {"member": f"KLUB{number:08}", "amount": "10"})
    stopped = office.post(give, {"number": "KLUB00000009"}, follow=True)
    assert "Wait 60 minutes" in stopped.content.decode()
    assert found(office, CARD) == ["Anna Świętek"]


def test_a_search_by_number_has_a_budget_and_one_by_name_has_none(office, cast):
    who = (throttle.MISSES_OF_READER, f"staff:{cast.maria.pk}")
    for text in ("nobody", "%", "Kowalska"):
        assert found(office, text) == []
    assert throttle.left(*who, at=timezone.now()) == throttle.MISSES_OF_READER.most
    for _ in range(throttle.MISSES_OF_READER.most - 1):
        throttle.take(who, at=timezone.now())
    assert found(office, "600 999") == []
    stopped = office.get("/office/members", {"q": CARD})
    assert stopped.context["rows"] == []
    assert "Wait 60 minutes" in stopped.content.decode()
