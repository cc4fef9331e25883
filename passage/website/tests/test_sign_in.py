"""Whoever has a log-in comes to their own page; whoever has not learns nothing."""

import pytest
from django.test import Client

from passage.programme.actions import create_login
from passage.programme.throttle import FAILURES, PASSWORD_ANYWHERE, PASSWORD_PLACE
from tests.cast import PASSWORD, a_bakery

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return a_bakery()


def sign_in(name, password=PASSWORD, *, follow=False, client=None, **asked):
    body = {"email": f"{name}@example.org", "password": password, **asked}
    return (client or Client()).post("/sign-in", body, follow=follow)


@pytest.mark.parametrize(
    ("name", "page"),
    [("piotr", "/till/points"), ("maria", "/office/members"), ("anna", "/me/"), ("stranger", "/office/")],
)
def test_everybody_comes_to_their_own_page(cast, name, page):
    answer = sign_in(name, follow=True)
    assert answer.redirect_chain[-1][0] == page
    assert answer.status_code == 200


def test_capitals_in_an_address_do_not_matter(cast):
    assert sign_in("PIOTR").status_code == 302


def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(cast):
    unknown, wrong = sign_in("nobody"), sign_in("piotr", "not the password")
    assert unknown.status_code == wrong.status_code == 422
    said = [next(iter(answer.context["form"].non_field_errors())) for answer in (unknown, wrong)]
    assert said[0] == said[1]


def test_after_five_failures_even_the_right_password_waits(cast):
    for _ in range(FAILURES):
        assert sign_in("piotr", "not the password").status_code == 422
    assert "quarter of an hour" in sign_in("piotr").content.decode()


def test_one_account_that_waits_does_not_hold_up_another(cast):
    for _ in range(FAILURES):
        sign_in("piotr", "not the password")
    assert sign_in("maria").status_code == 302


def guess(name, *, places):
    for number in range(places):
        body = {"email": f"{name}@example.org", "password": "one of a stolen list"}
        yield Client(REMOTE_ADDR=f"198.51.{number // 250}.{number % 250}").post("/sign-in", body).content.decode()


def test_stolen_passwords_from_many_places_soon_wait_and_the_owner_comes_in_all_the_same(cast):
    """F1: whoever tries one account from hundreds of addresses is stopped, and locks nobody out."""
    own = Client(REMOTE_ADDR="192.0.2.1")
    sign_in("piotr", client=own)
    own.post("/sign-out")
    for name in ("piotr", "nobody"):
        answers = list(guess(name, places=60))
        waits = ["quarter of an hour" in answer for answer in answers]
        assert waits == [False] * PASSWORD_ANYWHERE.most + [True] * 10, name
    assert "quarter of an hour" in sign_in("piotr", client=Client(REMOTE_ADDR="203.0.113.9")).content.decode()
    assert sign_in("piotr", client=own).status_code == 302
    assert sign_in("maria", client=Client(REMOTE_ADDR="203.0.113.9")).status_code == 302


def test_the_mark_of_a_known_browser_names_nobody_and_is_not_made_up(cast):
    own = Client()
    mark = sign_in("piotr", client=own).cookies["known"]
    assert "piotr" not in mark.value
    assert mark["httponly"]
    list(guess("maria", places=PASSWORD_ANYWHERE.most))
    forged = Client()
    forged.cookies["known"] = mark.value[:-2] + "xx"
    own.post("/sign-out")
    for client in (own, forged):
        assert "quarter of an hour" in sign_in("maria", client=client).content.decode()


def test_one_password_tried_on_everybody_is_one_budget_of_its_place(cast):
    """IPv6: a place is the whole /64 that one connection is given, so another address of it is no other place."""
    place = "2001:db8:1:2::"
    for number in range(PASSWORD_PLACE.most):
        sign_in(f"{number}", "Summer2026", client=Client(REMOTE_ADDR=f"{place}{number:x}"))
    assert "quarter of an hour" in sign_in("maria", client=Client(REMOTE_ADDR=f"{place}ffff")).content.decode()
    assert sign_in("maria", client=Client(REMOTE_ADDR="2001:db8:1:3::1")).status_code == 302


def test_a_colleague_in_the_same_shop_locks_nobody_out_of_the_browser_they_use(cast):
    own = Client()
    sign_in("piotr", client=own)
    own.post("/sign-out")
    for number in range(PASSWORD_PLACE.most):
        sign_in(["piotr", f"{number}"][number > FAILURES], "a guess")
    assert "quarter of an hour" in sign_in("piotr").content.decode()
    assert sign_in("piotr", client=own).status_code == 302
    own.post("/sign-out")
    for _ in range(FAILURES):
        sign_in("piotr", "a guess", client=own)
    assert "quarter of an hour" in sign_in("piotr", client=own).content.decode(), "it guesses no more than others"


def test_an_unknown_address_waits_in_the_same_way(cast):
    for _ in range(FAILURES):
        sign_in("nobody", "x")
    assert "quarter of an hour" in sign_in("nobody", "x").content.decode()


@pytest.mark.parametrize("foreign", ["https://example.org/", "//example.org", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(cast, foreign):
    assert sign_in("piotr", next=foreign)["Location"] == "/home"


@pytest.mark.parametrize("wanted", ["abc", "{}", "a:b", "office:members", "?x=1"])
def test_what_is_no_path_leads_home_and_breaks_nothing(cast, wanted):
    client = Client()
    body = {"email": "piotr@example.org", "password": PASSWORD, "next": wanted}
    assert client.post("/sign-in", body)["Location"] == "/home"
    assert client.get("/sign-in", {"next": wanted})["Location"] == "/home"


def test_one_goes_on_to_the_page_one_asked_for(cast):
    assert sign_in("piotr", next="/office/members?q=anna")["Location"] == "/office/members?q=anna"


def test_signing_out_takes_a_button_not_a_link(cast):
    client = Client()
    sign_in("piotr", client=client)
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out")["Location"] == "/"
    assert client.get("/till/points").status_code == 302


def test_a_form_without_its_token_gets_a_page_that_says_what_to_do(cast):
    answer = Client(enforce_csrf_checks=True).post("/sign-in", {"email": "a@example.org", "password": "x"})
    assert answer.status_code == 403
    assert "no longer valid" in answer.content.decode()


def test_a_missing_page_is_told_in_the_look_of_the_house(cast):
    answer = Client().get("/no-such-page", headers={"accept-language": "fr"})
    assert answer.status_code == 404
    assert "Cette page n’existe pas" in answer.content.decode()


@pytest.mark.parametrize("language", ["en", "fr", "pl"])
def test_the_start_page_and_its_help_speak_every_language(cast, language):
    for address in ("/", "/help/website-start"):
        answer = Client().get(address, headers={"accept-language": language})
        assert answer.status_code == 200
        assert f'<html lang="{language}">' in answer.content.decode()


def test_a_person_is_spoken_to_in_their_own_language_unless_they_chose_another(cast):
    create_login(email="zofia@example.org", password=PASSWORD, language="pl")
    assert sign_in("zofia").cookies["language"].value == "pl"
    client = Client()
    client.cookies["language"] = "fr"
    assert "language" not in sign_in("zofia", client=client).cookies
