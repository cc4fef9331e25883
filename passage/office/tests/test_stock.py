"""Blank cards are made for the printer or typed from printed ones, all of a batch or none, and listed while blank."""

import pytest

from passage.audit.models import Event
from passage.cards import actions as cards
from passage.cards.models import Card
from passage.cards.numbers import looks_mistyped
from tests.cast import AT, BY, CARD, a_bakery, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/office/members/cards"


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def office(cast):
    return signed_in(cast.maria.login)


def blank(cast):
    return set(Card.objects.of(cast.bakery).filter(state=Card.State.BLANK).values_list("number", flat=True))


def test_new_numbers_go_to_the_printer_and_no_card_is_listed_once_it_is_given_out(office, cast):
    assert office.post(PAGE, {"count": "12"})["Location"] == PAGE
    made = blank(cast)
    assert len(made) == 12
    assert not [number for number in made if looks_mistyped(number)]
    [batch] = office.get(PAGE).context["batches"]
    given = Card.objects.of(cast.bakery).get(number=min(made))
    cards.bind(card=given, member=cast.anna, at=AT, by=BY)
    answer = office.get(f"{PAGE}/{batch.first}.csv")
    assert answer["Content-Type"].startswith("text/csv")
    header, *numbers = answer.text.split()
    assert header == "Number"
    assert set(numbers) == made - {given.number}
    assert Event.objects.of(cast.bakery).get(verb="cards.made").by == f"staff:{cast.maria.pk}"


def test_printed_cards_are_typed_one_on_each_line(office, cast):
    office.post(PAGE, {"numbers": "2900 0000 0001 8\n\nvip-007\n vip-007 "})
    assert blank(cast) == {"2900000000018", "VIP007"}


OWN = {"count": "3", "kind": "own", "beginning": "60 42", "length": "16", "check_kind": "luhn"}


def test_new_numbers_are_of_a_pattern_of_ones_own(office, cast):
    assert office.post(PAGE, OWN)["Location"] == PAGE
    assert office.post(PAGE, OWN | {"beginning": "vip", "check_kind": "letters", "length": "12"})["Location"] == PAGE
    made = blank(cast)
    assert len([number for number in made if number.startswith("6042") and len(number) == 16]) == 3
    assert len([number for number in made if number.startswith("VIP") and len(number) == 12]) == 3


WRONG = [
    (OWN | {"length": ""}, "length", "missing"),
    (OWN | {"length": "12"}, "length", "at least 14 characters"),
    (OWN | {"beginning": "VIP"}, "beginning", "other characters"),
    (OWN | {"beginning": "59", "length": "13", "check_kind": "ean"}, "beginning", "begin with 2"),
    ({}, "__all__", "one of the two"),
    ({"count": "3", "numbers": "A1"}, "__all__", "one of the two"),
    ({"count": "0"}, "count", "1"),
    ({"count": "5001"}, "count", "5000"),
    ({"numbers": f"A1\n{CARD}"}, "numbers", CARD),
    ({"numbers": "A1\n=SUM(A1)"}, "numbers", "=SUM(A1)"),
]


@pytest.mark.parametrize(("typed", "field", "said"), WRONG)
def test_a_batch_is_made_whole_or_not_at_all_and_says_why(office, cast, typed, field, said):
    answer = office.post(PAGE, typed)
    assert answer.status_code == 422
    assert said in answer.context["form"].errors[field].as_text()
    assert blank(cast) == set()


def test_a_stranger_has_neither_the_stock_nor_the_list(office, cast):
    office.post(PAGE, {"count": "2"})
    [batch] = office.get(PAGE).context["batches"]
    stranger = signed_in(cast.stranger.login)
    assert stranger.get(PAGE).context["batches"] == []
    assert stranger.get(f"{PAGE}/{batch.first}.csv").status_code == 404
