"""A member sees their own account, all of it, and nobody else's."""

import pytest
from django.test import Client

from passage.ledger import actions as ledger
from passage.members import actions as members
from passage.purchases.actions import merge
from tests.cast import AT, BY, a_bakery

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return a_bakery()


def page_of(login, language="en"):
    client = Client()
    client.force_login(login)
    return client.get("/me/", headers={"accept-language": language})


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Corrected by the staff"), ("fr", "Corrigé par le personnel"), ("pl", "Korekta obsługi")],
)
def test_a_member_reads_their_history_in_their_language(cast, language, said):
    ledger.adjust(member=cast.anna, unit="points", points=40, reason="x", by=BY, at=AT)
    assert said in page_of(cast.anna.login, language).content.decode()


def test_a_member_without_points_gets_a_friendly_page(cast):
    answer = page_of(cast.anna.login)
    assert answer.status_code == 200
    assert "The first purchase will appear here" in answer.content.decode()


def test_staff_and_strangers_have_no_member_page(cast):
    assert page_of(cast.piotr.login).status_code == 403
    assert Client().get("/me/")["Location"] == "/sign-in?next=%2Fme%2F"


def test_the_page_is_never_kept_by_a_browser_or_a_proxy(cast):
    assert "no-store" in page_of(cast.anna.login)["Cache-Control"]


def test_a_blocked_member_may_still_read(cast):
    members.block(member=cast.anna, reason="a dispute", by=BY, at=AT)
    assert page_of(cast.anna.login).status_code == 200


def test_what_was_taken_says_when_it_had_been_earned(cast):
    ledger.adjust(member=cast.anna, unit="points", points=40, reason="x", by=BY, at=AT)
    ledger.adjust(member=cast.anna, unit="points", points=-15, reason="y", by=BY, at=AT)
    page = page_of(cast.anna.login).content.decode().replace("\u00a0", " ")
    assert "15 points of those earned on <time" in page
    assert "5 January 2026</time>" in page


def test_a_member_who_was_merged_reads_what_they_hold_now(cast):
    ania = members.enrol(programme=cast.bakery, by=BY, at=AT, first_name="Ania")
    ledger.adjust(member=cast.anna, unit="points", points=40, reason="a gift to Anna", by=BY, at=AT)
    merge(gone=cast.anna, kept=ania, choices={"first_name": "kept"}, by=BY, at=AT)
    answer = page_of(cast.anna.login)
    assert answer.status_code == 200
    assert answer.context["member"] == ania
