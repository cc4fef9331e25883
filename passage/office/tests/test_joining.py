"""Two records of one person: found, shown side by side with what the one will hold, joined with a reason, and parted again."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from passage.audit.models import Event
from passage.cards import actions as cards
from passage.ledger import actions as ledger
from passage.ledger import queries as balances
from passage.ledger.verify import CHECKS
from passage.members import actions as members
from passage.members import queries
from passage.members.models import Consent, Member, Merge
from passage.programme import actions as programmes
from passage.programme.verify import faults
from passage.purchases.facts import member_facts
from passage.rewards import actions as rewards
from tests.cast import AT, BY, CARD, a_bakery, signed_in

pytestmark = pytest.mark.django_db
TWIN_CARD = "2900000000018"


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def ania(cast):
    """Anna once more: enrolled at the other shop with another phone, a birthday and a card with points on it."""
    details = {"first_name": "Ania", "last_name": "Świętek", "phone": "601 700 800", "birthday": "05-31"}
    ania = members.enrol(programme=cast.bakery, by=BY, at=AT, tags=["student"], **details)
    [card] = cards.make_blank(programme=cast.bakery, numbers=[TWIN_CARD], at=AT, by=BY)
    cards.bind(card=card, member=ania, at=AT, by=BY)
    ledger.adjust(member=ania, unit="points", points=30, reason="a gift", by=BY, at=AT)
    ledger.adjust(member=cast.anna, unit="points", points=12, reason="a gift", by=BY, at=AT)
    return ania


@pytest.fixture
def office(cast):
    client = signed_in(cast.maria.login)
    client.cookies["django_language"] = "en"
    return client


def page(cast, ania=None):
    address = f"/office/members/{cast.anna.public_id}/merge"
    return f"{address}?with={ania.public_id}" if ania else address


RIGHT = {"first_name": "kept", "phone": "gone", "reason": "Both cards in her hand"}


def said(member, **given):
    members.record_consents(member=member, given=given, source="office", by=BY, at=AT)


def points(member):
    return balances.balances(member, at=timezone.now())[0].balance


def test_the_other_record_is_searched_for_by_name_first_and_then_by_anything(office, cast, ania):
    assert office.get(page(cast)).context["rows"] == [ania]
    for text in ("601700800", TWIN_CARD, "ania"):
        assert office.get(page(cast), {"q": text}).context["rows"] == [ania], text
    assert office.get(page(cast), {"q": "Nobody"}).context["rows"] == []
    assert office.get(page(cast), {"q": CARD}).context["rows"] == []


def pairs(client):
    return [(first.pk, second.pk) for first, second in client.get("/office/members/twins").context["pairs"]]


def test_records_that_look_like_one_person_are_listed_and_lead_to_their_comparison(office, cast, ania):
    assert pairs(office) == []
    details = {"first_name": "ANNA", "last_name": "Swietek"}
    same_day = members.enrol(programme=cast.bakery, birthday="04-17", by=BY, at=AT, **details)
    same_end = members.enrol(programme=cast.bakery, phone="601 900 200", by=BY, at=AT, **details)
    members.enrol(programme=cast.bakery, phone="602 900 201", by=BY, at=AT, **details)
    members.enrol(programme=cast.stranger.programme, birthday="04-17", by=BY, at=AT, **details)
    assert pairs(office) == [(cast.anna.pk, same_end.pk)]
    members.edit(member=cast.anna, birthday="04-17", by=BY, at=AT)
    assert pairs(office) == [(cast.anna.pk, same_day.pk), (cast.anna.pk, same_end.pk)]
    shown = office.get("/office/members/twins").content.decode()
    assert f"{page(cast, same_day)}" in shown
    office.post(page(cast, same_day), {"first_name": "kept", "last_name": "kept", "reason": "The same hand"})
    assert pairs(office) == [(cast.anna.pk, same_end.pk)]
    assert pairs(signed_in(cast.stranger.login)) == []


def test_the_preview_shows_what_the_one_will_hold_and_writes_nothing(office, cast, ania):
    said(ania, email=True, sms=True)
    said(cast.anna, sms=False, email=True)
    members.record_consents(member=cast.anna, given={"email": False}, source="office", by=BY, at=AT)
    before = (Event.objects.count(), Consent.objects.count(), points(cast.anna), points(ania))
    shown = office.get(page(cast, ania))
    [holding] = shown.context["after"].holdings
    assert (holding.balance.balance, sorted(piece.left for piece in holding.pieces)) == (42, [12, 30])
    assert {card.number for card in shown.context["after"].cards} == {CARD, TWIN_CARD}
    assert [(each.purpose, each.result) for each in shown.context["heard"]] == [
        ("News by e-mail", False),
        ("News by SMS", True),
    ]
    assert list(shown.context["form"].fields) == ["first_name", "phone", "reason"]
    assert (Event.objects.count(), Consent.objects.count(), points(cast.anna), points(ania)) == before
    assert not Merge.objects.exists()


WRONG = [
    ("reason", {**RIGHT, "reason": " "}),
    ("first_name", {**RIGHT, "first_name": ""}),
    ("phone", {**RIGHT, "phone": "both"}),
]


@pytest.mark.parametrize(("field", "typed"), WRONG)
def test_what_is_not_decided_is_asked_again_and_nothing_is_half_joined(office, cast, ania, field, typed):
    answer = office.post(page(cast, ania), typed)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    ania.refresh_from_db()
    assert ania.status == Member.Status.ACTIVE


def test_two_become_one_with_everything_and_the_page_says_why(office, cast, ania):
    assert office.post(page(cast, ania), RIGHT)["Location"] == f"/office/members/{cast.anna.public_id}"
    cast.anna.refresh_from_db()
    told = (cast.anna.first_name, cast.anna.phone, cast.anna.birthday, cast.anna.tags)
    assert told == ("Anna", "+48601700800", "05-31", ["student"])
    assert points(cast.anna) == 42
    shown = office.get(f"/office/members/{cast.anna.public_id}")
    [joined] = shown.context["file"].joined
    assert (joined.row.gone, joined.bound) == (ania, "")
    assert "Both cards in her hand" in shown.content.decode()
    assert office.get(f"/office/members/{ania.public_id}")["Location"].endswith(str(cast.anna.public_id))
    note = Event.objects.of(cast.bakery).get(verb="member.merged")
    assert (note.by, note.detail["reason"]) == (f"staff:{cast.maria.pk}", "Both cards in her hand")
    assert list(faults(CHECKS, programme=cast.bakery)) == []


def parted(office, cast, row=None):
    row = row or Merge.objects.of(cast.bakery).get()
    return office.post(f"/office/members/{cast.anna.public_id}/merges/{row.pk}/undo")


def test_they_are_two_people_after_all(office, cast, ania):
    office.post(page(cast, ania), RIGHT)
    parted(office, cast)
    ania.refresh_from_db()
    cast.anna.refresh_from_db()
    assert (ania.status, ania.phone, cast.anna.phone) == (Member.Status.ACTIVE, "+48601700800", "+48600100200")
    assert (cast.anna.birthday, cast.anna.tags, points(cast.anna), points(ania)) == ("", [], 12, 30)
    assert cards.queries.find(programme=cast.bakery, code=TWIN_CARD).member == ania
    [joined] = office.get(f"/office/members/{cast.anna.public_id}").context["file"].joined
    assert joined.row.undone_at is not None
    assert list(faults(CHECKS, programme=cast.bakery)) == []


def test_once_the_points_are_used_the_page_says_why_they_stay_one(office, cast, ania):
    office.post(page(cast, ania), RIGHT)
    now = datetime.now(UTC)
    ledger.adjust(member=cast.anna, unit="points", points=-42, reason="used", by=BY, at=now)
    shown = office.get(f"/office/members/{cast.anna.public_id}")
    assert shown.context["file"].joined[0].bound == "spent"
    assert "/undo" not in shown.content.decode()
    parted(office, cast)
    ania.refresh_from_db()
    assert ania.status == Member.Status.MERGED


def test_while_a_reward_holds_points_of_both_the_page_says_so_and_they_stay_one(office, cast, ania):
    office.post(page(cast, ania), RIGHT)
    hold = held_for_a_reward(cast, points=40)
    shown = office.get(f"/office/members/{cast.anna.public_id}")
    assert shown.context["file"].joined[0].bound == "reserved"
    assert "points of both are set aside for a reward" in shown.content.decode()
    assert "/undo" not in shown.content.decode()
    parted(office, cast)
    ania.refresh_from_db()
    assert ania.status == Member.Status.MERGED
    rewards.release(redemption=hold, by=BY, at=datetime.now(UTC))
    parted(office, cast)
    assert (points(cast.anna), points(ania)) == (12, 30)
    assert list(faults(CHECKS, programme=cast.bakery)) == []


def held_for_a_reward(cast, *, points):
    now, gives = datetime.now(UTC), {"kind": "value_off", "amount": 500}
    what = {"programme": cast.bakery, "name": "5 zł", "definition": {"unit": "points", "cost": points, "gives": gives}}
    wish = rewards.Wish(client_id="hold", reward=rewards.create_reward(**what, effective_from=AT, by=BY, at=AT))
    till = programmes.add_source(programme=cast.bakery, code="till", name="Till")
    member = Member.objects.get(pk=cast.anna.pk)

    def facts(each):
        return member_facts(programme=cast.bakery, member=each, at=now)

    return rewards.reserve(source=till, member=member, wish=wish, facts=facts, by=BY, at=now)[0]


def test_a_member_joined_on_is_not_parted_below(office, cast, ania):
    office.post(page(cast, ania), RIGHT)
    third = members.enrol(programme=cast.bakery, by=BY, at=AT, first_name="Anna", last_name="Świętek")
    row = Merge.objects.of(cast.bakery).get()
    office.post(f"/office/members/{third.public_id}/merge?with={cast.anna.public_id}", {"reason": "The same again"})
    parted(office, cast, row)
    row.refresh_from_db()
    assert row.undone_at is None
    assert points(third) == 42


ANSWERS = [
    (True, True, True),
    (True, False, False),
    (False, True, False),
    (None, True, True),
    (True, None, True),
    (None, False, False),
]


@pytest.mark.parametrize(("gone", "kept", "together"), ANSWERS)
def test_the_stricter_answer_holds_and_parting_gives_each_their_own_back(office, cast, ania, gone, kept, together):
    for member, answer in ((ania, gone), (cast.anna, kept)):
        if answer is not None:
            said(member, email=True)
        if answer is False:
            said(member, email=False)
    office.post(page(cast, ania), RIGHT)
    assert queries.consents(cast.anna)["email"] is together
    latest = queries.last_consents(cast.anna)["email"]
    assert latest.wording, "the wording that was answered goes with the answer"
    parted(office, cast)
    assert queries.consents(cast.anna).get("email", False) is bool(kept)
    assert queries.consents(ania).get("email", False) is bool(gone)


def test_what_was_said_after_the_merge_is_not_taken_back(office, cast, ania):
    said(ania, sms=True)
    office.post(page(cast, ania), RIGHT)
    assert queries.consents(cast.anna) == {"sms": True}
    said(cast.anna, sms=False)
    said(cast.anna, sms=True)
    parted(office, cast)
    assert queries.consents(cast.anna) == {"sms": True}


def test_a_block_of_either_is_a_block_of_both(office, cast, ania):
    members.block(member=ania, reason="a stolen phone", by=BY, at=AT)
    assert office.get(page(cast, ania)).context["blocked"]
    office.post(page(cast, ania), RIGHT)
    cast.anna.refresh_from_db()
    assert cast.anna.status == Member.Status.BLOCKED


def test_nobody_is_joined_with_themselves_a_stranger_or_by_a_clerk(office, cast, ania):
    itself = office.get(page(cast, cast.anna), follow=True)
    assert "already" in itself.content.decode()
    assert signed_in(cast.piotr.login).get(page(cast, ania)).status_code == 403
    assert signed_in(cast.stranger.login).get(page(cast, ania)).status_code == 404
    for wrong in ("nonsense", "00000000-0000-4000-8000-000000000000"):
        assert office.get(f"{page(cast)}?with={wrong}").status_code == 404
    office.post(page(cast, ania), RIGHT)
    row = Merge.objects.of(cast.bakery).get()
    assert parted(signed_in(cast.stranger.login), cast, row).status_code == 404
    assert office.get(page(cast, ania)).status_code == 404
