"""An import whose worker is killed ends as if nobody had disturbed it, and one that is undone as if it had never been."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from passage.audit.models import Event
from passage.cards import actions as cards
from passage.cards import queries as card_queries
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
from passage.programme import limits
from passage.programme.blanking import names
from passage.programme.errors import Refused
from tests.cast import AT, BY, a_bakery
from tests.importing import ANNAS, LATER, NEW, ORDER, a_list, applied, checked, many, picture, received, undone, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return a_bakery()


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


def test_a_batch_asks_the_same_number_of_questions_whatever_stands_in_it(cast):
    def selects(count: int, since: int) -> int:
        upload = checked(cast, many(since + count, since=since), at=LATER + timedelta(days=since))
        actions.apply(upload=upload, choice="fill", by=BY, at=LATER + timedelta(days=since))
        with CaptureQueriesContext(connection) as asked:
            work(LATER + timedelta(days=since))
        return sum(query["sql"].startswith("SELECT") for query in asked.captured_queries)

    selects(3, 10)
    assert selects(limits.IMPORT_AT_ONCE - 2, 1000) == selects(30, 100)


def test_nothing_that_an_import_keeps_tells_of_somebody_who_was_erased(cast):
    upload = applied(cast, a_list(NEW, ANNAS))
    [zofia] = member_queries.find(programme=cast.bakery, text="601700800")
    for member in (zofia, cast.anna):
        nothing = names(inside=[], words=[], whole=[])
        actions.forget_people(people=[member], named=nothing, by=BY, at=LATER)
    kept = [*Row.objects.values_list("cells", "said", "phone", "card"), *Deed.objects.values_list("before", "after")]
    assert not [word for word in ("Zofia", "601700800", "2900001", "Anna", "vip") if word in str(kept)]
    undone(upload)
    zofia.refresh_from_db()
    cast.anna.refresh_from_db()
    assert (zofia.first_name, cast.anna.external_id) == ("Zofia", "5"), "undoing leaves both alone"


def test_a_long_file_is_found_its_way_in_by_indexes(cast):
    """Each batch reads its own rows and no others: no table is walked through, nothing is sorted."""
    with CaptureQueriesContext(connection) as asked:
        applied(cast, many(30))
    about_rows = {
        query["sql"]
        for query in asked.captured_queries
        if query["sql"].startswith("SELECT") and ' FROM "imports_row"' in query["sql"]
    }
    assert len(about_rows) >= 5
    for sql in about_rows:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}")
            plan = str(cursor.fetchall())
        assert not [word for word in ("SCAN imports_row", "Seq Scan on imports_row", "TEMP B-TREE") if word in plan], (
            plan
        )
