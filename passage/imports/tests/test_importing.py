"""A list is rehearsed, taken in once whatever happens to the worker, and taken out again without harm to anybody."""

import io
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from passage.audit.models import Event
from passage.cards import actions as cards
from passage.cards import queries as card_queries
from passage.cards.models import Card
from passage.config import jobs
from passage.config.verification import verify
from passage.config.worker import Worker
from passage.imports import actions, queries
from passage.imports.actions import working
from passage.imports.models import Deed, Import, Piece, Row
from passage.ledger import actions as ledger
from passage.members import actions as members
from passage.members import queries as member_queries
from passage.members.models import Consent, Member
from passage.outbox.models import Job
from passage.programme.errors import Refused
from tests.cast import AT, BY, CARD, a_bakery

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=10)
ORDER = ["card", "first_name", "last_name", "phone", "email", "birthday", "external_id", "tags", "consent_email"]
HEADINGS = "Karta;Imię;Nazwisko;Telefon;E-mail;Urodziny;ID;Znaczniki;Zgoda e-mail"


@pytest.fixture
def cast():
    return a_bakery()


def a_list(*rows: str) -> bytes:
    return "\r\n".join([HEADINGS, *rows]).encode("cp1250")


def received(cast, content: bytes, *, at=LATER) -> Import:
    return actions.receive(programme=cast.bakery, name="lista.csv", file=io.BytesIO(content), by=BY, at=at)


def work(at=LATER) -> Worker:
    worker = Worker(clock=lambda: at)
    worker.run_once()
    assert worker.failed == 0, list(Job.objects.exclude(error="").values_list("error", flat=True))
    return worker


def checked(cast, content: bytes, *, at=LATER) -> Import:
    upload = received(cast, content, at=at)
    seen = queries.preview(
        upload, encoding=upload.encoding, separator=upload.separator, has_headings=upload.has_headings
    )
    actions.check(
        upload=upload,
        encoding=upload.encoding,
        separator=upload.separator,
        has_headings=upload.has_headings,
        columns=queries.guessed(upload, seen),
        by=BY,
        at=at,
    )
    work(at)
    upload.refresh_from_db()
    assert upload.state == "checked"
    return upload


def applied(cast, content: bytes, *, choice="fill", at=LATER) -> Import:
    upload = checked(cast, content, at=at)
    actions.apply(upload=upload, choice=choice, by=BY, at=at)
    work(at)
    upload.refresh_from_db()
    assert upload.state == "applied"
    return upload


def undone(upload, *, at=LATER + timedelta(hours=1)) -> Import:
    actions.undo(upload=upload, by=BY, at=at)
    work(at)
    upload.refresh_from_db()
    assert upload.state == "undone"
    return upload


def outcomes(upload) -> dict[int, str]:
    return dict(Row.objects.of(upload.programme_id).filter(upload=upload).values_list("number", "outcome"))


def reasons(upload) -> dict[int, list[tuple[str, str]]]:
    rows = Row.objects.of(upload.programme_id).filter(upload=upload).exclude(faults=[])
    return {row.number: [(field, code) for field, code, _params in row.faults] for row in rows}


def picture(cast) -> tuple[object, ...]:
    """Everything that an import could have changed, and nothing of when."""
    people = Member.objects.of(cast.bakery).exclude(status="erased").order_by("id")
    columns = ("id", "name_key", "email", "email_key", "phone", "birthday", "external_id", "tags", "language", "status")
    numbers = Card.objects.of(cast.bakery).order_by("number").values_list("number", "state", "member")
    return (list(people.values_list(*columns)), list(numbers))


NEW = "2900001;Zofia;Żółć;601 700 800;zofia@example.org;31.05.1985;17;stała, kawa;tak"


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


ANNAS = f"{CARD};Ania;Świętek;600 999 888;anna@example.org;24.12.1990;5;vip;tak"


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


def many(count: int, *, since: int = 0) -> bytes:
    rows = (f"C{n:06};Zofia{n};Żółć;+4860{n:07};z{n}@example.org;1.5.;X{n};;tak" for n in range(since, count))
    return a_list(*rows, ";Zły;;;;99.99.99;;;")


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


class Killed(BaseException):
    """What takes a whole worker down: nothing catches it on the way."""


def killed_in_the_middle_of(monkeypatch, place, name, *, after: int):
    """Whatever runs is killed when ``name`` has been done ``after`` times, after its work and before the commit."""
    real, calls = getattr(place, name), []

    def once_too_often(*args, **kwargs):
        answer = real(*args, **kwargs)
        calls.append(1)
        if len(calls) == after:
            raise Killed
        return answer

    monkeypatch.setattr(place, name, once_too_often)


def assert_killed():
    with pytest.raises(Killed):
        Worker(clock=lambda: LATER).run_once()


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_worker_killed_in_any_batch_changes_nothing_in_the_end(cast, monkeypatch, after):
    """Both ways, in and out: the result is that of a run that nobody disturbed."""
    monkeypatch.setattr("passage.imports.actions.checking.AT_ONCE", 10)
    monkeypatch.setattr("passage.imports.actions.applying.AT_ONCE", 10)
    monkeypatch.setattr("passage.imports.actions.undoing.AT_ONCE", 10)
    start = picture(cast)
    for step in ("check", "apply", "undo"):
        upload = Import.objects.of(cast.bakery).first() or received(cast, many(25))
        if step == "check":
            reading = {"encoding": "cp1250", "separator": ";", "has_headings": True, "columns": ORDER}
            actions.check(upload=upload, by=BY, at=LATER, **reading)
        elif step == "apply":
            actions.apply(upload=upload, choice="fill", by=BY, at=LATER)
        else:
            actions.undo(upload=upload, by=BY, at=LATER)
        with monkeypatch.context() as patched:
            where, times = ("_go_on", after) if after < 3 else ("_end", 1)
            killed_in_the_middle_of(patched, working, where, after=times)
            assert_killed()
        work(LATER + timedelta(hours=1))
        upload.refresh_from_db()
        assert not list(verify(programme=cast.bakery)), step
        if step == "apply":
            assert (upload.state, upload.done, Member.objects.of(cast.bakery).count()) == (
                "applied",
                {"member": 25},
                26,
            )
    assert upload.found == {"new": 25, "wrong": 1}
    assert (upload.state, upload.undone) == ("undone", {"member": 25})
    assert picture(cast) == start


def test_a_row_that_is_taken_in_twice_is_refused_by_the_database(cast):
    upload = applied(cast, many(3))
    made = Deed.objects.of(cast.bakery).filter(upload=upload).first()
    with pytest.raises(IntegrityError), transaction.atomic():
        Deed.objects.create(programme=cast.bakery, upload=upload, row=made.row, kind="member")


def test_progress_that_is_forgotten_takes_nothing_in_twice(cast):
    """The planted fault: the worker stands at the beginning again after it has taken everything in."""
    upload = applied(cast, many(3))
    before = picture(cast)
    Import.objects.of(cast.bakery).filter(pk=upload.pk).update(state="applying", position=0)
    upload.refresh_from_db()
    jobs.QUEUED["import"](programme=cast.bakery, payload={"upload": upload.pk, "turn": upload.turn, "by": BY}, at=LATER)
    assert picture(cast) == before
    assert not list(verify(programme=cast.bakery))


def test_members_without_a_deed_are_seen_by_the_proof(cast):
    upload = applied(cast, many(3))
    assert not list(verify(programme=cast.bakery))
    members.enrol_all(programme=cast.bakery, people=[{"first_name": "Zofia0"}], at=upload.applied_at)
    assert [(fault.kind, fault.expected, fault.found) for fault in verify(programme=cast.bakery)] == [
        ("import_members", "3", "4")
    ]
    Deed.objects.of(cast.bakery).filter(pk=Deed.objects.of(cast.bakery).first().pk).delete()
    assert {fault.kind for fault in verify(programme=cast.bakery)} == {"import_members", "import_deeds"}


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


def test_undoing_leaves_no_trace_but_the_proof_of_a_consent(cast):
    cards.make_blank(programme=cast.bakery, numbers=["2900001"], by=BY, at=AT)
    before = picture(cast)
    upload = undone(applied(cast, a_list(NEW, "2900002;;;;;;;;", ANNAS, ";Ewa;;602700800;;;;;"), choice="overwrite"))
    assert upload.undone == {"member": 2, "card": 1, "change": 1}
    assert picture(cast) == before
    [shell] = Member.objects.of(cast.bakery).filter(status="erased")
    assert (shell.full_name, shell.email, shell.phone, shell.birthday, shell.external_id) == ("", "", "", "", "")
    said = Consent.objects.of(cast.bakery).filter(member=shell).order_by("id").values_list("given", flat=True)
    assert list(said) == [True, False]
    assert member_queries.consents(cast.anna) == {"email": False}
    assert shell not in member_queries.search(programme=cast.bakery, text="").members
    assert Event.objects.of(cast.bakery).get(verb="import.undone").detail["count"] == 4
    assert not list(verify(programme=cast.bakery))
    assert applied(cast, a_list(NEW), at=LATER + timedelta(days=2)).done == {"member": 1}, "and it can come again"


def test_who_was_used_since_stays_and_what_was_changed_since_stays_changed(cast):
    upload = applied(cast, a_list(NEW, ";Ewa;;602700800;;;;;", ";Ola;;603700800;;;;;", ANNAS, "2900002;;;;;;;;"))
    at = LATER + timedelta(minutes=5)
    [zofia] = member_queries.find(programme=cast.bakery, text="601700800")
    ledger.adjust(member=zofia, unit="points", points=5, reason="Prezent", by=BY, at=at)
    [ewa] = member_queries.find(programme=cast.bakery, text="602700800")
    cards.bind(card=card_queries.find(programme=cast.bakery, code="2900002"), member=ewa, by=BY, at=at)
    [ola] = member_queries.find(programme=cast.bakery, text="603700800")
    members.edit(member=ola, last_name="Nowa", by=BY, at=at)
    members.edit(member=cast.anna, birthday="01-01", by=BY, at=at)
    undone(upload)
    assert upload.undone == {"kept": 5}
    assert set(queries.kept(upload)) == {zofia, ewa, ola, cast.anna}
    cast.anna.refresh_from_db()
    assert (cast.anna.birthday, cast.anna.external_id, cast.anna.tags) == ("01-01", "", [])
    assert card_queries.read(programme=cast.bakery, code="2900001").member == zofia
    assert card_queries.read(programme=cast.bakery, code="2900002").member == ewa


def test_a_detail_that_somebody_else_has_got_meanwhile_does_not_go_back(cast):
    upload = applied(cast, a_list(ANNAS), choice="overwrite")
    ewa = members.enrol(programme=cast.bakery, first_name="Ewa", phone="600 100 200", by=BY, at=LATER)
    undone(upload)
    cast.anna.refresh_from_db()
    assert (cast.anna.first_name, cast.anna.phone, ewa.phone) == ("Anna", "+48600999888", "+48600100200")
    assert queries.kept(upload) == [cast.anna]


def test_what_the_rows_said_is_forgotten_after_a_month_and_the_numbers_stay(cast):
    upload = applied(cast, a_list(NEW))
    waiting = received(cast, a_list(NEW))
    assert actions.forget_old(programme=cast.bakery, at=LATER + timedelta(days=29), by=BY) == 0
    assert actions.forget_old(programme=cast.bakery, at=LATER + timedelta(days=31), by=BY) == 2
    assert (Row.objects.count(), Deed.objects.count(), Piece.objects.count()) == (0, 0, 0)
    upload.refresh_from_db()
    waiting.refresh_from_db()
    assert (upload.state, upload.done, waiting.state) == ("applied", {"member": 1}, "dropped")
    with pytest.raises(Refused, match="import_too_old"):
        actions.undo(upload=upload, by=BY, at=LATER + timedelta(days=31))
    assert actions.forget_old(programme=cast.bakery, at=LATER + timedelta(days=32), by=BY) == 0
    assert not list(verify(programme=cast.bakery))


def test_twenty_thousand_rows_are_read_taken_in_and_taken_out_while_statements_stay_few(cast):
    rows = (f";Zofia{n};Żółć;+4860{n:07};;;;;" for n in range(20_000))
    upload = applied(cast, a_list(*rows, ";Zły;;;;99.99.99;;;"))
    assert (upload.found, upload.done) == ({"new": 20_000, "wrong": 1}, {"member": 20_000})
    assert Member.objects.of(cast.bakery).count() == 20_001
    assert Job.objects.filter(kind="import").count() <= 2 * (20_000 // 500 + 2)


def test_a_batch_asks_the_same_number_of_questions_whatever_stands_in_it(cast, django_assert_max_num_queries):
    from django.test.utils import CaptureQueriesContext

    def selects(count: int, since: int) -> int:
        upload = checked(cast, many(since + count, since=since), at=LATER + timedelta(days=since))
        actions.apply(upload=upload, choice="fill", by=BY, at=LATER + timedelta(days=since))
        with CaptureQueriesContext(connection) as asked:
            work(LATER + timedelta(days=since))
        return sum(query["sql"].startswith("SELECT") for query in asked.captured_queries)

    selects(3, 10)
    assert selects(300, 1000) == selects(30, 100)
