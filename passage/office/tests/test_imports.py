"""The pages of an import: a file is chosen, its columns are named, it is looked through, taken in and undone."""

import csv
import io

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from passage.audit.models import Event
from passage.cards.queries import find as find_card
from passage.imports.models import Import
from passage.members.models import Member
from passage.members.queries import find
from passage.outbox.models import Job
from passage.ui import uploads
from tests.cast import a_bakery, signed_in
from tests.importing import work

pytestmark = pytest.mark.django_db
PAGE = "/office/members/import"
LIST = """Imię;Nazwisko;Telefon;E-mail;Data urodzenia;Numer karty;Zgoda SMS
Zofia;Żółć;601 700 800;zofia@example.org;31.05.1985;2900001;tak
Łucja;Świątek;602 700 800;łucja(at)example;24.12.1990;2900002;nie
Anna;Świętek;600100200;anna@example.org;24.12.1990;;
;;;;;2900003;
"""


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def office(cast):
    return signed_in(cast.maria.login)


def sent(client, content, name="lista.csv"):
    body = content if isinstance(content, bytes) else content.encode("cp1250")
    return client.post(PAGE, {"file": SimpleUploadedFile(name, body)})


def guessed(client, columns):
    """What the form would send: the guesses as they stand."""
    form = client.get(columns).context["form"]
    read = {name: form[name].value() for name in form.fields if name != "has_headings" and form[name].value()}
    return read | ({"has_headings": "on"} if form["has_headings"].value() else {})


def looked_through(client, content=LIST, **changes):
    """The address of the report of this file."""
    columns = sent(client, content)["Location"]
    answer = client.post(columns, {**guessed(client, columns), "do": "check", **changes})
    assert answer.status_code == 302, answer.context["form"].errors
    work(timezone.now())
    return answer["Location"]


def test_a_polish_file_goes_in_and_its_wrong_rows_come_back_to_be_put_right(office, cast):
    columns = sent(office, LIST)["Location"]
    page = office.get(columns)
    assert page.context["form"]["encoding"].value() == "cp1250"
    assert "Świątek" in page.text
    wanted = ["first_name", "last_name", "phone", "email", "birthday", "card", "consent_sms"]
    assert [bound.value() for bound, _examples in page.context["places"]] == wanted
    report = office.post(columns, {**guessed(office, columns), "do": "check"})["Location"]
    assert 'hx-trigger="every 2s"' in office.get(report).text
    work(timezone.now())
    seen = office.get(report)
    assert [(code, count) for code, _name, count in seen.context["outcomes"]] == [
        ("new", 1),
        ("card", 1),
        ("change", 1),
        ("wrong", 1),
    ]
    assert "E-mail: no e-mail address" in seen.text
    [wrong] = office.get(f"{report}?rows=wrong").context["rows"]
    assert wrong[0].number == 3
    [change] = office.get(f"{report}?rows=change").context["rows"]
    assert change[3] == "new here: Birthday"
    office.post(f"{report}/do", {"do": "apply", "choice": "fill"})
    work(timezone.now())
    assert office.get(report).context["upload"].done == {"member": 1, "card": 1, "change": 1}
    [zofia] = find(programme=cast.bakery, text="zofia@example.org")
    assert (zofia.last_name, zofia.birthday) == ("Żółć", "05-31")
    assert find_card(programme=cast.bakery, code="2900001").member == zofia
    cast.anna.refresh_from_db()
    assert cast.anna.birthday == "12-24"

    back = b"".join(office.get(f"{report}/rows.csv?rows=out").streaming_content).decode("utf-8-sig")
    [_headings, row] = list(csv.reader(io.StringIO(back)))
    typed = ["Łucja", "Świątek", "602 700 800", "łucja(at)example", "24.12.1990", "2900002", "nie"]
    why = "E-mail: no e-mail address: check it, for example for a missing dot or @"
    assert row == [*typed, "3", "Wrong", why]
    second = looked_through(office, back.replace("łucja(at)example", "lucja@example.org").encode())
    office.post(f"{second}/do", {"do": "apply"})
    work(timezone.now())
    assert find_card(programme=cast.bakery, code="2900002").member.first_name == "Łucja"
    assert Event.objects.of(cast.bakery).filter(verb="import.applied", by=f"staff:{cast.maria.pk}").count() == 2
    log = office.get("/office/log").text
    assert "Members and cards imported from a file" in log
    assert f'href="{report}"' in log


def test_a_wrong_guess_is_put_right_and_read_again_before_anything_happens(office):
    columns = sent(office, "Prénom;Nom\nZoé;Lefèvre\n".encode("cp1252"))["Location"]
    assert "Zoé" in office.get(columns).text
    again = office.post(columns, {"encoding": "cp852", "separator": ",", "has_headings": "on", "do": "look"})
    assert "Zoé" not in again.text
    assert len(again.context["places"]) == 1
    mended = office.post(columns, {"encoding": "cp1252", "separator": ";", "do": "look"})
    assert [bound.label for bound, _examples in mended.context["places"]] == ["Column 1", "Column 2"]
    assert Job.objects.filter(kind="import").count() == 0


def test_what_a_heading_meant_is_remembered_for_the_next_file(office):
    first = "Nr;Osoba\n1;Anna Nowak\n"
    columns = sent(office, first)["Location"]
    assert guessed(office, columns).get("column-1") is None
    typed = {**guessed(office, columns), "column-0": "external_id", "column-1": "full_name", "do": "check"}
    assert office.post(columns, {**typed, "has_headings": "on"}).status_code == 302
    [nr, osoba, uwagi] = office.get(sent(office, "Osoba;Uwagi;Nr\nEwa Zając;x;2\n")["Location"]).context["places"]
    assert (nr[0].value(), osoba[0].value(), uwagi[0].value()) == ("full_name", "", "external_id")


def test_columns_that_cannot_be_are_told_and_nothing_is_lost(office):
    columns = sent(office, LIST)["Location"]
    typed = {**guessed(office, columns), "column-1": "first_name", "do": "check"}
    answer = office.post(columns, typed)
    assert answer.status_code == 422
    assert "Two columns cannot be the same thing" in answer.text
    assert answer.context["form"]["column-1"].value() == "first_name"


def a_workbook(rows):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return file.getvalue()


def test_a_workbook_is_read_by_its_content_whatever_it_is_called(office, cast):
    book = a_workbook([["First name", "Phone", "Card"], ["Żaneta", 603700800, "A-77"]])
    columns = sent(office, book, name="lista.csv")["Location"]
    assert "encoding" not in office.get(columns).context["form"].fields
    report = office.post(columns, {**guessed(office, columns), "do": "check"})["Location"]
    work(timezone.now())
    office.post(f"{report}/do", {"do": "apply"})
    work(timezone.now())
    assert find_card(programme=cast.bakery, code="A77").member.phone == "+48603700800"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b" \n \n", "There is nothing in this file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "not a list"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "old or a locked spreadsheet"),
        (b"PK\x03\x04 nothing in it", "damaged"),
        (b"1\n" * 200_002, "too many rows"),
    ],
)
def test_a_file_that_is_no_list_is_refused_at_its_field_with_the_remedy(office, content, said):
    answer = sent(office, content)
    assert answer.status_code == 422
    assert said in answer.context["form"].errors["file"].as_text()
    assert not Import.objects.exists()


def test_a_file_beyond_the_limit_is_never_kept(office, monkeypatch):
    from passage.office import imports

    monkeypatch.setattr(imports.Lists, "limit", 100_000)
    answer = sent(office, b"a;b\n" * 50_000)
    assert answer.status_code == 422
    assert "too large" in answer.context["form"].errors["file"].as_text()
    monkeypatch.setattr(imports.Lists, "limit", 10_000)
    assert "too large" in sent(office, b"a;b\n" * 50_000).context["form"].errors["file"].as_text()
    assert not Import.objects.exists()


def test_other_pages_take_no_such_file(office, monkeypatch):
    monkeypatch.setattr(uploads.Bounded, "limit", 1000)
    answer = office.post("/office/products/new", {"file": SimpleUploadedFile("x.csv", b"a" * 5000)})
    assert not answer.wsgi_request.FILES


def test_a_form_of_another_site_sends_no_file(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.maria.login)
    assert sent(client, LIST).status_code == 403
    assert not Import.objects.exists()


def test_a_cell_that_could_be_a_formula_is_made_harmless_and_read_as_before(office):
    evil = '=HYPERLINK("http://example.org")'
    report = looked_through(office, f"Imię;Telefon\n{evil};zły\n@SUM(A1);+48 zły\n＝1+1;＠x\n".encode())
    answer = office.get(f"{report}/rows.csv")
    assert answer["Content-Disposition"].startswith("attachment")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert [row[:2] for row in rows[1:]] == [[f"'{evil}", "zły"], ["'@SUM(A1)", "'+48 zły"], ["'＝1+1", "'＠x"]]
    assert not [cell for row in rows for cell in row if cell.startswith(tuple("=+-@\t\r＝＋－＠"))]


def test_an_import_is_undone_by_its_page(office, cast):
    report = looked_through(office)
    office.post(f"{report}/do", {"do": "apply"})
    work(timezone.now())
    assert Member.objects.of(cast.bakery).count() == 2
    office.post(f"{report}/do", {"do": "undo"})
    work(timezone.now())
    page = office.get(report)
    assert page.context["upload"].undone == {"member": 1, "card": 1, "change": 1}
    assert not find(programme=cast.bakery, text="zofia@example.org")
    again = office.post(f"{report}/do", {"do": "undo"}, follow=True)
    assert "Somebody went on with this import meanwhile" in again.text


def test_a_file_that_was_put_away_leaves_nothing(office):
    report = looked_through(office)
    assert office.post(f"{report}/do", {"do": "drop"})["Location"] == PAGE
    work(timezone.now())
    assert "put away" in office.get(report).text
    assert office.get(f"{report}/rows.csv").status_code == 404


def test_work_that_was_given_up_says_so_and_can_be_gone_on_with(office):
    columns = sent(office, LIST)["Location"]
    report = office.post(columns, {**guessed(office, columns), "do": "check"})["Location"]
    Job.objects.filter(kind="import").update(state="failed")
    stuck = office.get(report)
    assert "The work has stopped half-way" in stuck.text
    assert "hx-trigger" not in stuck.text
    office.post(f"{report}/do", {"do": "again"})
    work(timezone.now())
    assert office.get(report).context["upload"].state == "checked"


def test_a_stranger_finds_nothing_and_a_clerk_is_kept_out(office, cast):
    report = looked_through(office)
    stranger, clerk = signed_in(cast.stranger.login), signed_in(cast.piotr.login)
    for address in (report, f"{report}/columns", f"{report}/rows.csv"):
        assert stranger.get(address).status_code == 404
        assert clerk.get(address).status_code == 403
    assert stranger.post(f"{report}/do", {"do": "apply"}).status_code == 404
    assert clerk.post(f"{report}/do", {"do": "apply"}).status_code == 403
    assert office.post(f"{report}/do", {"do": "dance"}).status_code == 404
    assert stranger.get(PAGE).context["rows"] == []
    assert sent(clerk, LIST).status_code == 403


def test_lists_ask_the_same_number_of_questions_however_long_they_are(office, cast):
    def asked(address):
        with CaptureQueriesContext(connection) as queries:
            assert office.get(address).status_code == 200
        return len(queries)

    short = looked_through(office, "2900001\n2900002\n")
    few = asked(PAGE), asked(short)
    long = looked_through(office, "\n".join(str(n) for n in range(2900010, 2900150)))
    for n in range(3):
        sent(office, f"29{n:05}\n")
    assert (asked(PAGE), asked(long)) == few
    assert office.get(long).context["following"] == 50
    assert len(office.get(f"{long}?after=100").context["rows"]) == 40
    assert timezone.now() >= Import.objects.first().made_at
