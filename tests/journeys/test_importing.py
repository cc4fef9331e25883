"""A list of members and cards is looked through first and then taken in, each row at most once, whoever it means."""

from datetime import timedelta

import pytest

from passage.audit.models import Event
from passage.cards import actions as cards
from passage.cards import queries as card_queries
from passage.config import jobs
from passage.config.verification import verify
from passage.imports import actions
from passage.imports.models import Piece, Row
from passage.members import actions as members
from passage.members import queries as member_queries
from passage.members.models import Consent, Member
from passage.outbox.models import Job
from passage.programme import limits
from passage.programme.errors import Refused
from tests.cast import AT, BY, CARD, a_bakery
from tests.importing import (
    ANNAS,
    LATER,
    NEW,
    ORDER,
    a_list,
    applied,
    checked,
    many,
    outcomes,
    picture,
    reasons,
    received,
    work,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return a_bakery()


def test_a_rehearsal_tells_everything_and_changes_nothing(cast):
    before = picture(cast)
    upload = checked(
        cast,
        a_list(
            NEW,
            ";Anna;Świętek;600100200;anna@example.org;;;;",
            ";Anna;Świętek;;ANNA@example.org;24.12.1990;;;",
            "2900002;;;;;;;;",
            ";Jan;Zając;12;jan(at)example;;;;",
            ";Zosia;Inna;601-700-800;;;;;",
            f"{CARD};Anna;;;;;99;;",
            ";;;;;;;;",
            ";Krzysztof;Obcy;;anna@example.org;;;;",
        ),
    )
    assert (upload.encoding, upload.separator, upload.has_headings) == ("cp1250", ";", True)
    assert outcomes(upload) == {
        2: "new",
        3: "same",
        4: "twin",
        5: "card",
        6: "wrong",
        7: "twin",
        8: "twin",
        10: "wrong",
    }
    assert reasons(upload) == {
        4: [("email", "twice")],
        6: [("phone", "invalid_phone"), ("email", "invalid_email")],
        7: [("phone", "twice")],
        8: [("", "twice")],
        10: [("email", "other_name")],
    }
    assert upload.found == {"new": 1, "same": 1, "twin": 3, "card": 1, "wrong": 2}
    assert picture(cast) == before


def test_the_good_rows_go_in_as_members_keep_their_details(cast):
    upload = applied(cast, a_list(NEW, "2900002;;;;;;;;", ";Zły;;;;99.99.99;;;"))
    assert upload.done == {"member": 1, "card": 1}
    [zofia] = member_queries.find(programme=cast.bakery, text="601700800")
    kept = (
        zofia.full_name,
        zofia.name_key,
        zofia.email_key,
        zofia.phone,
        zofia.birthday,
        zofia.external_id,
        zofia.tags,
    )
    assert kept == (
        "Zofia Żółć",
        "zolc zofia",
        "zofia@example.org",
        "+48601700800",
        "05-31",
        "17",
        ["kawa", "stała"],
    )
    assert card_queries.read(programme=cast.bakery, code="2900001").member == zofia
    assert card_queries.find(programme=cast.bakery, code="2900002").state == "blank"
    consent = Consent.objects.of(cast.bakery).get(member=zofia)
    assert (consent.purpose, consent.given, consent.source, consent.by) == ("email", True, "import", BY)
    assert consent.version
    [event] = Event.objects.of(cast.bakery).filter(verb="import.applied")
    assert event.detail == {"count": 2, "member": 1, "card": 1}
    assert not Piece.objects.of(cast.bakery).exists(), "the file itself goes once it is taken in"
    assert not list(verify(programme=cast.bakery))


def test_the_same_file_again_adds_nothing(cast):
    content = a_list(NEW, "2900002;;;;;;;;", ";Ewa;;602 700 800;;;;;nie")
    applied(cast, content)
    before = picture(cast), Consent.objects.count()
    again = applied(cast, content, at=LATER + timedelta(days=1))
    assert (again.found, again.done) == ({"same": 3}, {})
    assert (picture(cast), Consent.objects.count()) == before


def test_a_bought_in_card_is_bound_and_the_next_list_of_numbers_finds_it_there(cast):
    cards.make_blank(programme=cast.bakery, numbers=["2900001"], by=BY, at=AT)
    applied(cast, a_list(NEW))
    assert card_queries.read(programme=cast.bakery, code="2900001").member.first_name == "Zofia"
    assert checked(cast, b"2900001\n2900003\n").found == {"same": 1, "card": 1}


def test_only_what_is_empty_is_filled_in(cast):
    upload = applied(cast, a_list(ANNAS))
    assert upload.done == {"change": 1}
    cast.anna.refresh_from_db()
    anna = cast.anna
    assert (anna.first_name, anna.phone, anna.birthday) == ("Anna", "+48600100200", "12-24")
    assert (anna.external_id, anna.tags) == ("5", ["vip"])


def test_the_file_wins_when_it_was_told_to(cast):
    applied(cast, a_list(ANNAS), choice="overwrite")
    cast.anna.refresh_from_db()
    assert (cast.anna.first_name, cast.anna.name_key, cast.anna.phone) == ("Ania", "swietek ania", "+48600999888")
    applied(cast, a_list(f"{CARD};;;;;;;;"), choice="overwrite")
    cast.anna.refresh_from_db()
    assert cast.anna.phone == "+48600999888", "an empty cell removes nothing"


def test_members_who_are_there_are_left_alone_when_it_was_told_so(cast):
    before = picture(cast)
    assert applied(cast, a_list(ANNAS), choice="skip").done == {}
    assert picture(cast) == before


def test_a_file_never_turns_a_no_into_a_yes_and_takes_back_a_yes_only_by_overwriting(cast):
    members.record_consents(member=cast.anna, given={"email": True}, source="office", by=BY, at=AT)
    members.record_consents(member=cast.anna, given={"email": False}, source="office", by=BY, at=AT)
    applied(cast, a_list(f"{CARD};;;;;;;;tak"), choice="overwrite")
    assert member_queries.consents(cast.anna) == {"email": False}
    members.record_consents(member=cast.anna, given={"email": True}, source="office", by=BY, at=AT)
    applied(cast, a_list(f"{CARD};;;;;;;;nie"))
    assert member_queries.consents(cast.anna) == {"email": True}
    applied(cast, a_list(f"{CARD};;;;;;;;nie"), choice="overwrite")
    assert member_queries.consents(cast.anna) == {"email": False}


def test_nobody_gets_somebody_elses_card_account_or_number(cast):
    ewa = members.enrol(programme=cast.bakery, first_name="Ewa", phone="601 700 800", external_id="7", by=BY, at=AT)
    members.block(member=ewa, reason="", by=BY, at=AT)
    upload = checked(
        cast,
        a_list(
            "2900005;Krzysztof;Świętek;;anna@example.org;;;;",
            f"{CARD};;;601700800;;;;;",
            ";Ewa;;601700800;;;8;;",
            "2900006;Ewa;;;;;7;;",
            ";Świętek;Ánna;;anna@example.org;;;;",
        ),
    )
    assert reasons(upload) == {
        2: [("email", "other_name")],
        3: [("phone", "two_members")],
        4: [("external_id", "other_number")],
        5: [("card", "member_blocked")],
    }
    assert outcomes(upload)[6] == "change", "the same name in another order"


def test_what_has_changed_since_the_rehearsal_is_seen_when_it_matters(cast):
    upload = checked(cast, many(3))
    jan = members.enrol(programme=cast.bakery, first_name="Jan", last_name="Zając", phone="600000001", by=BY, at=LATER)
    cards.issue(programme=cast.bakery, member=cast.anna, number="C000002", by=BY, at=LATER)
    actions.apply(upload=upload, choice="fill", by=BY, at=LATER + timedelta(seconds=5))
    work(LATER + timedelta(seconds=5))
    upload.refresh_from_db()
    assert upload.done == {"member": 1}
    assert {number: reasons(upload)[number] for number in (3, 4)} == {
        3: [("phone", "other_name")],
        4: [("card", "other_name")],
    }
    jan.refresh_from_db()
    assert jan.full_name == "Jan Zając"
    cast.anna.refresh_from_db()
    assert (cast.anna.external_id, upload.found["wrong"]) == ("", 3)
    assert not list(verify(programme=cast.bakery))


def test_a_job_that_was_overtaken_does_nothing(cast):
    upload = received(cast, many(3))
    reading = {"encoding": "cp1250", "separator": ";", "has_headings": True}
    actions.check(upload=upload, columns=ORDER, by=BY, at=LATER, **reading)
    first = Job.objects.get(kind="import").payload
    actions.drop(upload=upload, by=BY, at=LATER)
    jobs.QUEUED["import"](programme=cast.bakery, payload=first, at=LATER)
    upload.refresh_from_db()
    assert (upload.state, Row.objects.count()) == ("dropped", 0)
    work()
    assert not Piece.objects.exists()
    with pytest.raises(Refused, match="import_moved_on"):
        actions.apply(upload=upload, choice="fill", by=BY, at=LATER)


def test_other_columns_are_rehearsed_anew(cast):
    upload = checked(cast, many(3))
    without_phones = ["" if each == "phone" else each for each in ORDER]
    reading = {"encoding": "cp1250", "separator": ";", "has_headings": True}
    actions.check(upload=upload, columns=without_phones, by=BY, at=LATER, **reading)
    work()
    upload.refresh_from_db()
    assert (upload.state, upload.found) == ("checked", {"new": 3, "wrong": 1})
    assert not Row.objects.of(cast.bakery).exclude(phone="").exists()


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        (["card", "card"], "column_twice"),
        (["card", "salary"], "column_twice"),
        (["", ""], "nothing_to_import"),
        (["language", "consent_sms"], "nothing_to_import"),
    ],
)
def test_columns_that_cannot_be_are_refused(cast, columns, code):
    upload = received(cast, a_list(NEW))
    with pytest.raises(Refused, match=code):
        actions.check(
            upload=upload, encoding="cp1250", separator=";", has_headings=True, columns=columns, by=BY, at=LATER
        )


MANY = 6_000


def test_thousands_of_rows_are_read_taken_in_and_taken_out_while_statements_stay_few(cast):
    rows = (f";Zofia{n};Żółć;+4860{n:07};;;;;" for n in range(MANY))
    upload = applied(cast, a_list(*rows, ";Zły;;;;99.99.99;;;"))
    assert (upload.found, upload.done) == ({"new": MANY, "wrong": 1}, {"member": MANY})
    assert Member.objects.of(cast.bakery).count() == MANY + 1
    assert Job.objects.filter(kind="import").count() <= 2 * (MANY // limits.IMPORT_AT_ONCE + 2)
