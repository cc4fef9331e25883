"""Adding points at the till: previewed, saved once, refused with a reason."""

import uuid

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client

from passage.cards import actions as cards
from passage.ledger.queries import balances
from passage.members import actions as members
from passage.programme import throttle
from passage.purchases.models import Purchase
from passage.till.counter import Gain
from tests.cast import AT, BY, CARD, a_bakery

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def till(cast):
    client = Client()
    client.force_login(cast.piotr.login)
    return client


def slip(till):
    return till.get("/till/points").context["ticket"]


def send(till, do="preview", *, ticket=None, **typed):
    form = till.get("/till/points").context["form"]
    body = {"card": CARD, "amount": "38,50", "receipt": "", "shop": form["shop"].value(), "do": do}
    body["ticket"] = ticket or slip(till)
    return till.post("/till/points", {**body, **typed})


def points_of(member):
    return balances(member, at=Purchase.objects.latest("id").received_at)[0].balance


def test_the_preview_shows_the_points_with_their_reasons_and_writes_nothing(till):
    shown = send(till)
    quote = shown.context["quote"]
    assert [(gain.points, gain.after) for gain in quote.gains] == [(76, 76)]
    assert [step["code"] for step, _kind in quote.because] == ["per_amount", "multiplier", "expires"]
    assert [step["code"] for step in quote.why_not] == ["minimum_not_reached"]
    assert not Purchase.objects.exists()


def test_what_is_saved_is_what_was_previewed(till, cast):
    shown = send(till)
    saved = till.post("/till/points", {**shown.context["typed"], "ticket": shown.context["ticket"], "do": "save"})
    assert saved.status_code == 302
    assert points_of(cast.anna) == 76
    page = till.get(saved["Location"], headers={"accept-language": "en"}).content.decode()
    assert "+76" in page
    assert "Anna Ś." in page


def test_the_button_pressed_twice_saves_once_and_shows_the_same_page(till, cast):
    ticket = send(till).context["ticket"]
    first, second = send(till, "save", ticket=ticket), send(till, "save", ticket=ticket)
    assert first["Location"] == second["Location"]
    assert Purchase.objects.count() == 1
    assert points_of(cast.anna) == 76


def test_the_same_slip_with_another_amount_is_refused(till):
    ticket = send(till).context["ticket"]
    send(till, "save", ticket=ticket)
    again = send(till, "save", ticket=ticket, amount="99")
    assert again.status_code == 422
    assert "card" in again.context["form"].errors
    assert Purchase.objects.count() == 1


def test_a_receipt_that_was_counted_is_recognised_on_another_page(till):
    send(till, "save", receipt="12-0431")
    again = send(till, "save", receipt="12-0431")
    assert again.status_code == 422
    assert Purchase.objects.count() == 1


def test_a_slip_that_somebody_changed_saves_nothing(till):
    answer = send(till, "save", ticket=slip(till) + "x")
    assert answer.status_code == 200
    assert "fault" in answer.context
    assert not Purchase.objects.exists()


def test_a_scanned_card_alone_shows_the_member_and_asks_for_the_amount(till):
    answer = send(till, amount="")
    assert answer.context["member"] == "Anna Ś."
    assert "quote" not in answer.context


@pytest.mark.parametrize(
    "typed", [CARD.lower(), "grabowska 0010 0001", "600 100 200", "+48600100200", "ANNA@example.org"]
)
def test_a_member_is_found_by_card_phone_and_address_in_any_spelling(till, typed):
    assert send(till, card=typed).context["member"] == "Anna Ś."


def test_the_counter_never_shows_more_of_a_member_than_is_needed(till):
    page = send(till).content.decode()
    assert "Świętek" not in page
    assert "600100200" not in page


@pytest.mark.parametrize("amount", ["-5", "1e3", "NaN", "12,345", "0", "٣٠", "99999999999", "abc"])
def test_an_amount_that_is_none_is_refused_at_its_field(till, amount):
    answer = send(till, amount=amount)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["amount"]
    page = answer.content.decode()
    assert 'aria-invalid="true"' in page
    assert "id_amount-error" in page


@pytest.mark.parametrize("card", ["NOBODY99999", "!!!", "", "a" * 300])
def test_an_unknown_card_is_refused_at_its_field(till, card):
    answer = send(till, card=card)
    assert answer.status_code == 422
    assert "card" in answer.context["form"].errors


NOBODY_FOUND = {
    "en": "No member has this e-mail, phone or card number.",
    "fr": "Aucun membre n’a cet e-mail, ce téléphone ou ce numéro de carte.",
    "pl": "Żaden uczestnik nie ma takiego e-maila, telefonu ani numeru karty.",
}


@pytest.mark.parametrize("language", NOBODY_FOUND)
@pytest.mark.parametrize("typed", ["nobody@example.org", "+48 600 999 999", "600999999", "NOBODY99999"])
def test_what_finds_nobody_is_not_called_a_bad_card_number(till, typed, language):
    till.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    page = send(till, card=typed).content.decode()
    assert NOBODY_FOUND[language] in page


def test_a_slip_in_a_card_number_is_still_called_one(till):
    assert "slip" in send(till, card="2900000000033").content.decode()


@pytest.mark.parametrize(("language", "word"), [("en", "points"), ("fr", "points"), ("pl", "punktów")])
def test_the_points_are_named_in_the_readers_language_before_and_after(till, language, word):
    till.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    shown = send(till)
    saved = till.post("/till/points", {**shown.context["typed"], "ticket": shown.context["ticket"], "do": "save"})
    for page in (shown, till.get(saved["Location"])):
        text = page.content.decode()
        assert f">{word}</span>" in text
        assert "Punkty</span>" not in text


def test_stamps_keep_the_name_that_the_shop_gave_them():
    gain = Gain(name="Pieczątki", kind="stamps", points=1, after=3)
    quote = {"amount": 500, "gains": [gain]}
    page = render_to_string("till/preview.html", {"quote": quote, "currency": "PLN", "zone": "Europe/Warsaw"})
    assert ">Pieczątki</span>" in page


def test_a_blocked_card_says_whom_to_ask(till, cast):
    cards.block(card=cast.card, reason="found on the floor", by=BY, at=cast.card.made_at)
    assert "manager" in send(till).content.decode()


def test_a_blocked_member_earns_nothing(till, cast):
    members.block(member=cast.anna, reason="a dispute", by=BY, at=cast.anna.joined_at)
    assert send(till, "save").status_code == 422
    assert not Purchase.objects.exists()


def test_a_shop_that_is_not_the_clerks_own_is_refused(till):
    assert list(send(till, shop="dworzec").context["form"].errors) == ["shop"]


def test_a_manager_of_all_shops_chooses_the_shop_and_the_page_remembers_it(cast):
    client = Client()
    client.force_login(cast.maria.login)
    send(client, shop="dworzec")
    assert 'value="dworzec" selected' in client.get("/till/points").content.decode()


def test_a_programme_without_a_shop_can_still_try_a_purchase(cast):
    client = Client()
    client.force_login(cast.stranger.login)
    zoe = members.enrol(programme=cast.stranger.programme, by=BY, at=AT, first_name="Zoé", email="zoe@example.org")
    assert send(client, "save", card="zoe@example.org").status_code == 302
    assert Purchase.objects.get().member == zoe


def test_another_programmes_card_is_unknown_here(cast):
    client = Client()
    client.force_login(cast.stranger.login)
    answer = client.post("/till/points", {"card": CARD, "amount": "5", "shop": "", "ticket": slip(client)})
    assert answer.status_code == 422
    assert "Anna" not in answer.content.decode()


def test_another_programmes_purchase_is_not_there(till, cast):
    page = send(till, "save")["Location"]
    client = Client()
    client.force_login(cast.stranger.login)
    assert client.get(page).status_code == 404
    assert till.get(f"/till/points/{uuid.uuid4()}").status_code == 404


def test_a_member_has_no_way_to_the_till(cast):
    client = Client()
    client.force_login(cast.anna.login)
    assert client.get("/till/points").status_code == 403
    assert Client().get("/till/points")["Location"] == "/sign-in?next=%2Ftill%2Fpoints"


def test_typed_card_numbers_are_not_guessed(till, cast):
    for number in range(throttle.MISSES.most):
        assert "No member has" in send(till, card=f"KLUB{number:08}").content.decode()
    stopped = send(till)
    assert stopped.status_code == 422
    assert "Wait 60 minutes" in stopped.content.decode()
    colleague = Client()
    colleague.force_login(cast.maria.login)
    assert send(colleague, shop="dworzec").status_code == 200
