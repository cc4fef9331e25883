"""The back office enrols members, puts them right, blocks them, gives and takes cards, corrects balances."""

import pytest
from django.utils import timezone

from passage.audit.models import Event
from passage.cards import actions as cards
from passage.cards.models import Card
from passage.ledger import actions as ledger_actions
from passage.ledger import queries as ledger
from passage.members.models import Consent, Member
from passage.members.queries import consents, find
from tests.cast import AT, BY, CARD, a_bakery, signed_in

pytestmark = pytest.mark.django_db
BLANK = "2900000000018"


@pytest.fixture
def cast():
    cast = a_bakery()
    cards.make_blank(programme=cast.bakery, numbers=[BLANK], at=AT, by=BY)
    return cast


@pytest.fixture
def office(cast):
    return signed_in(cast.maria.login)


@pytest.fixture
def clerk(cast):
    return signed_in(cast.piotr.login)


EWA = {"first_name": "Ewa", "phone": "601 700 800", "birthday": "05-31", "tags": "student, vip", "consents": ["email"]}


def one(cast, text):
    [member] = find(programme=cast.bakery, text=text)
    return member


def test_a_member_is_enrolled_with_a_card_and_what_they_said_yes_to(clerk, cast):
    answer = clerk.post("/office/members/new", {**EWA, "card": BLANK})
    ewa = one(cast, "601700800")
    assert answer["Location"] == f"/office/members/{ewa.public_id}"
    assert (ewa.tags, ewa.birthday) == (["student", "vip"], "05-31")
    assert consents(ewa) == {"email": True}
    assert Card.objects.of(cast.bakery).get(number=BLANK).member == ewa


WRONG = [
    ("phone", {"phone": "12"}),
    ("email", {"email": "not an address"}),
    ("birthday", {"birthday": "31-05"}),
    ("phone", {"phone": "600 100 200"}),
    ("card", {"card": "2900000000032"}),
    ("card", {"card": CARD}),
]


@pytest.mark.parametrize(("field", "typed"), WRONG)
def test_what_cannot_be_is_refused_at_its_field_and_nobody_is_half_there(clerk, cast, field, typed):
    before = Member.objects.of(cast.bakery).count()
    refused = clerk.post("/office/members/new", {"first_name": "Ewa", **typed})
    assert refused.status_code == 422
    assert field in refused.context["form"].errors
    assert Member.objects.of(cast.bakery).count() == before


def test_details_are_put_right_and_a_consent_is_taken_back(clerk, cast):
    clerk.post("/office/members/new", EWA)
    ewa = one(cast, "601700800")
    form = clerk.get(f"/office/members/{ewa.public_id}/edit").context["form"]
    assert form["consents"].value() == ["email"]
    typed = {"first_name": "Ewelina", "phone": "601 700 801", "consents": ["sms"]}
    assert clerk.post(f"/office/members/{ewa.public_id}/edit", typed).status_code == 302
    ewa.refresh_from_db()
    assert (ewa.first_name, ewa.phone, ewa.tags) == ("Ewelina", "+48601700801", [])
    assert consents(ewa) == {"email": False, "sms": True}
    assert Consent.objects.of(cast.bakery).filter(member=ewa).count() == 3
    note = Event.objects.of(cast.bakery).filter(verb="member.edited").latest("id")
    assert "Ewelina" not in str(note.detail)


def test_a_manager_blocks_with_a_reason_and_lets_in_again(office, clerk, cast):
    address = f"/office/members/{cast.anna.public_id}/block"
    assert clerk.post(address, {"reason": "x"}).status_code == 403
    office.post(address, {"reason": " "})
    cast.anna.refresh_from_db()
    assert cast.anna.status == Member.Status.ACTIVE
    office.post(address, {"reason": "Nadużycie"})
    cast.anna.refresh_from_db()
    assert cast.anna.status == Member.Status.BLOCKED
    office.post(address, {"reason": "Nadużycie"})
    cast.anna.refresh_from_db()
    assert cast.anna.status == Member.Status.BLOCKED  # the same again says the same
    office.post(address, {"do": "unblock"})
    cast.anna.refresh_from_db()
    assert cast.anna.status == Member.Status.ACTIVE


def test_cards_are_given_lost_blocked_and_replaced(office, clerk, cast):
    address = f"/office/members/{cast.anna.public_id}/cards"
    clerk.post(address, {"number": BLANK})
    given = Card.objects.of(cast.bakery).get(number=BLANK)
    assert given.member == cast.anna
    clerk.post(f"{address}/{given.pk}", {"do": "lose"})
    given.refresh_from_db()
    assert given.state == Card.State.LOST
    assert clerk.post(f"{address}/{given.pk}", {"do": "unblock"}).status_code == 403
    office.post(f"{address}/{given.pk}", {"do": "unblock"})
    office.post(f"{address}/{cast.card.pk}", {"do": "block"})
    cast.card.refresh_from_db()
    given.refresh_from_db()
    assert (given.state, cast.card.state) == (Card.State.ACTIVE, Card.State.BLOCKED)
    clerk.post(f"{address}/{given.pk}", {"do": "replace"})
    given.refresh_from_db()
    assert given.state == Card.State.REPLACED
    assert given.replaced_by.member == cast.anna
    clerk.post(address, {"number": ""})
    assert Card.objects.of(cast.bakery).filter(member=cast.anna, state=Card.State.ACTIVE).count() == 2


def test_a_number_off_the_shelf_is_given_to_nobody(clerk, cast):
    clerk.post(f"/office/members/{cast.anna.public_id}/cards", {"number": "2900000000032"})
    assert not Card.objects.of(cast.bakery).filter(number="2900000000032").exists()


def balance(cast):
    return ledger.balances(cast.anna, at=timezone.now())[0].balance


def test_a_balance_is_corrected_with_the_reason_the_member_reads(office, clerk, cast):
    address = f"/office/members/{cast.anna.public_id}/adjust"
    typed = {"unit": "points", "way": "give", "points": "15", "reason": "Przepraszamy za pomyłkę"}
    assert clerk.post(address, typed).status_code == 403
    assert office.post(address, typed).status_code == 302
    assert balance(cast) == 15
    assert office.post(address, {**typed, "way": "take", "points": "5"}).status_code == 302
    assert balance(cast) == 10
    too_much = office.post(address, {**typed, "way": "take", "points": "11"})
    assert too_much.status_code == 422
    assert balance(cast) == 10
    for field, text in (("reason", " "), ("points", "0"), ("points", "x"), ("way", "")):
        refused = office.post(address, {**typed, field: text})
        assert field in refused.context["form"].errors
    assert balance(cast) == 10
    assert "Przepraszamy" in office.get(f"/office/members/{cast.anna.public_id}").content.decode()


def test_nobody_of_another_programme_is_touched(cast):
    stranger = signed_in(cast.stranger.login)
    ledger_actions.adjust(member=cast.anna, unit="points", points=5, reason="gift", by=BY, at=AT)
    for path, typed in (
        ("edit", EWA),
        ("block", {"reason": "x"}),
        ("cards", {"number": ""}),
        (f"cards/{cast.card.pk}", {"do": "lose"}),
        ("adjust", {"unit": "points", "way": "take", "points": "5", "reason": "x"}),
    ):
        assert stranger.post(f"/office/members/{cast.anna.public_id}/{path}", typed).status_code == 404, path
    assert balance(cast) == 5


def test_a_page_offers_only_what_its_reader_may_do(office, clerk, cast):
    address = f"/office/members/{cast.anna.public_id}"
    assert "/adjust" in office.get(address).content.decode()
    shown = clerk.get(address).content.decode()
    assert "/edit" in shown
    assert "/adjust" not in shown
    assert "/block" not in shown
