"""Whoever is signed out while they type loses nothing: the page that says so keeps it, and sends it again."""

import re
from html import unescape

import pytest
from django.test import Client

from passage.ledger import queries as ledger
from tests.cast import a_bakery, signed_in

pytestmark = pytest.mark.django_db
TYPED = {"unit": "points", "way": "give", "points": "40", "reason": "Za „pomyłkę” <b>przy</b> kasie"}
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def cast():
    return a_bakery()


def address(cast):
    return f"/office/members/{cast.anna.public_id}/adjust"


def kept(answer):
    """What the page would send again."""
    form = re.search(r'<form class="grid".*?</form>', answer.content.decode(), re.DOTALL)
    found = re.findall(r'name="(\w+)" value="(.*?)"', form[0], re.DOTALL) if form else []
    return {name: unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


def test_who_is_signed_out_keeps_what_they_typed_and_is_led_to_sign_in(cast):
    answer = Client().post(address(cast), TYPED, headers={**OURS, "Referer": f"http://testserver{address(cast)}"})
    assert answer.status_code == 401
    assert kept(answer) == TYPED
    assert f'action="{address(cast)}"' in answer.content.decode()
    assert f'href="/sign-in?next={address(cast).replace("/", "%2F")}"' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_what_was_kept_is_saved_when_it_is_sent_again(cast):
    again = kept(Client().post(address(cast), TYPED, headers=OURS))
    assert signed_in(cast.maria.login).post(address(cast), again).status_code == 302
    assert ledger.balances(cast.anna, at=cast.anna.joined_at.replace(year=2030))[0].balance == 40


@pytest.mark.parametrize("language", ["fr", "pl", "en"])
def test_it_says_so_in_the_language_of_the_reader(cast, language):
    answer = Client().post(address(cast), TYPED, headers={**OURS, "accept-language": language})
    said = {"fr": "déconnecté", "pl": "Wylogowano", "en": "signed out"}[language]
    assert said in answer.content.decode()


def test_no_secret_and_no_form_from_elsewhere_is_written_into_a_page(cast):
    for sent, headers in (({**TYPED, "password": "hush"}, OURS), (TYPED, {"Origin": "https://elsewhere.example"})):
        answer = Client().post(address(cast), sent, headers=headers)
        assert answer.status_code == 401
        assert kept(answer) == {}
        assert "hush" not in answer.content.decode()


def test_a_stale_mark_of_our_own_form_comes_back_to_be_sent_again(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.maria.login)
    answer = client.post(address(cast), TYPED, headers=OURS)
    assert answer.status_code == 403
    assert kept(answer) == TYPED
    token = answer["Passage-Fresh-Token"]
    assert client.post(address(cast), {**TYPED, "csrfmiddlewaretoken": token}, headers=OURS).status_code == 302


def test_a_form_from_elsewhere_gets_neither_a_mark_nor_a_button(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.maria.login)
    for headers in ({"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}, {}):
        answer = client.post(address(cast), TYPED, headers=headers)
        assert answer.status_code == 403
        assert kept(answer) == {}
        assert "Passage-Fresh-Token" not in answer


def test_a_part_of_a_page_is_never_filled_with_the_page_to_sign_in(cast):
    for ask in (Client().get, Client().post):
        answer = ask("/till/points", headers={**OURS, "HX-Request": "true"})
        assert (answer.status_code, answer.content) == (401, b"")
    assert Client().get("/till/points")["Location"].startswith("/sign-in?next=")
