"""Blank cards and members' cards come as PDF, in the layout that was chosen, to those who may have them."""

import html

import pytest

from passage.cards import actions as cards
from passage.cards import printing
from passage.cards.models import Card
from passage.programme.errors import Refused
from passage.ui.refusals import sentence_of
from tests.cast import AT, BY, CARD, a_bakery, signed_in

pytestmark = pytest.mark.django_db
STOCK = "/office/members/cards"


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def office(cast):
    return signed_in(cast.maria.login)


@pytest.fixture
def printed(monkeypatch):
    """What the pages sent to the printer, beside the PDF that they answered."""
    sent = []
    real = printing.sheets

    def sheets(cards, **more):
        sent.append(([(card.number, card.holder) for card in cards], more))
        return real(cards[:3], **more)

    monkeypatch.setattr(printing, "sheets", sheets)
    return sent


def a_batch(office, count=3, **more):
    office.post(STOCK, {"count": str(count), **more})
    return office.get(STOCK).context["batches"][0].first


@pytest.mark.parametrize("layout", ["sheet", "single", "labels"])
def test_a_batch_comes_as_a_pdf_of_its_blank_cards_only(office, cast, printed, layout):
    first = a_batch(office)
    given, *left = Card.objects.of(cast.bakery).filter(state="blank").order_by("id")
    cards.bind(card=given, member=cast.anna, at=AT, by=BY)
    answer = office.get(f"{STOCK}/{left[0].pk}/print", {"layout": layout, "colour": "#f2b544"})
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="cards-{left[0].pk}-1.pdf"'
    assert answer.content.startswith(b"%PDF-")
    [(numbers, how)] = printed
    assert numbers == [(card.number, "") for card in left]
    assert how == {"programme": "Piekarnia Grabowska", "layout": layout, "colour": "#f2b544"}
    assert first == given.pk


def test_a_large_batch_comes_in_parts_that_together_are_all_of_it(office, cast, printed):
    first = a_batch(office, count=2345)
    page = office.get(f"{STOCK}/{first}/print")
    assert [said for _value, said in page.context["form"].fields["part"].choices] == [
        "1–1000",
        "1001–2000",
        "2001–2345",
    ]
    for part in ("1", "2", "3"):
        office.get(f"{STOCK}/{first}/print", {"layout": "labels", "part": part})
    together = [number for numbers, _how in printed for number, _holder in numbers]
    blank = Card.objects.of(cast.bakery).filter(state="blank").order_by("id")
    assert together == list(blank.values_list("number", flat=True))
    assert office.get(f"{STOCK}/{first}/print", {"layout": "labels", "part": "4"}).status_code == 422


def test_codes_that_nobody_guesses_are_made_when_they_are_asked_for(office, cast):
    a_batch(office, count=2, kind="code")
    made = list(Card.objects.of(cast.bakery).filter(state="blank").values_list("number", flat=True))
    assert [len(number) for number in made] == [17, 17]
    assert not any(number.isdigit() for number in made)


def test_what_cannot_be_printed_is_said_at_its_field(office):
    first = a_batch(office)
    answer = office.get(f"{STOCK}/{first}/print", {"layout": "poster", "colour": "red); #panic("})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"layout", "colour"}


def test_a_members_card_is_printed_with_the_name_only_when_asked(cast, printed):
    counter = signed_in(cast.piotr.login)
    page = f"/office/members/{cast.anna.public_id}/cards/{cast.card.pk}/print"
    assert page in counter.get(f"/office/members/{cast.anna.public_id}").text
    assert counter.get(page, {"layout": "single"}).content.startswith(b"%PDF-")
    counter.get(page, {"layout": "single", "with_name": "on"})
    assert [numbers for numbers, _how in printed] == [[(CARD, "")], [(CARD, "Anna Świętek")]]


def test_a_card_that_no_longer_works_is_not_printed_again(office, cast):
    cards.lose(card=cast.card, reason="", by=BY, at=AT)
    page = f"/office/members/{cast.anna.public_id}/cards/{cast.card.pk}/print"
    assert office.get(page).status_code == 404
    assert page not in office.get(f"/office/members/{cast.anna.public_id}").text


def test_a_stranger_prints_neither(office, cast):
    first = a_batch(office)
    stranger = signed_in(cast.stranger.login)
    assert stranger.get(f"{STOCK}/{first}/print", {"layout": "sheet"}).status_code == 404
    page = f"/office/members/{cast.anna.public_id}/cards/{cast.card.pk}/print"
    assert stranger.get(page, {"layout": "sheet"}).status_code == 404


@pytest.mark.parametrize(("code", "status"), [("files_busy", 503), ("cards_not_printed", 422)])
def test_what_cannot_be_set_now_is_said_above_the_form(office, monkeypatch, code, status):
    first = a_batch(office)

    def refused(*_cards, **_more):
        raise Refused(code)

    monkeypatch.setattr(printing, "sheets", refused)
    answer = office.get(f"{STOCK}/{first}/print", {"layout": "labels"})
    assert answer.status_code == status
    assert sentence_of(Refused(code)) in html.unescape(answer.text)
