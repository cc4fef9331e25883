"""Everything held about a person in one file: complete, explained in their language, safe to open, and written down."""

import csv
import io
import json
import zipfile

import pytest

from passage.audit.models import Event
from passage.ledger import actions as ledger
from passage.members import actions as members
from passage.purchases import actions as purchases
from tests.cast import AT, BY, CARD, a_bakery, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    cast = a_bakery()
    said = {"source": "till:rynek/1", "by": BY, "at": AT}
    members.record_consents(member=cast.anna, given={"email": True}, **said)
    twin = members.enrol(programme=cast.bakery, first_name="=HYPERLINK(1)", phone="601 700 800", by=BY, at=AT)
    ledger.adjust(member=twin, unit="points", points=7, reason="a broken jar", by=BY, at=AT)
    choices = {"first_name": "kept", "phone": "kept"}
    purchases.merge(gone=twin, kept=cast.anna, choices=choices, reason="one hand", by=BY, at=AT)
    return cast


def bought(clerk):
    ticket = clerk.get("/till/points").context["ticket"]
    clerk.post("/till/points", {"card": CARD, "amount": "20", "shop": "rynek", "ticket": ticket, "do": "save"})


def unpacked(answer):
    assert answer["Content-Type"] == "application/zip"
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    return {name: packed.read(name).decode("utf-8-sig") for name in packed.namelist()}


@pytest.fixture
def files(cast):
    bought(signed_in(cast.piotr.login))
    return unpacked(signed_in(cast.maria.login).post(f"/office/members/{cast.anna.public_id}/export"))


def test_all_there_is_stands_in_the_file(files):
    told = json.loads(files["everything.json"])
    assert [each["first_name"] for each in told["details"]] == ["Anna", "=HYPERLINK(1)"]
    assert told["details"][0]["phone"] == "+48600100200"
    assert told["details"][0]["log_in"] == "anna@example.org"
    assert [card["number"] for card in told["cards"]] == [CARD]
    assert told["consents"][0]["source"] == "till:rynek/1"
    assert "e-mail" in told["consents"][0]["wording"]
    assert sorted(row["kind"] for row in told["entries"]) == ["adjust", "earn", "merge", "merge"]
    assert sum(row["points"] for row in told["entries"]) == 47
    assert [balance["balance"] for balance in told["balances"]] == [47, 0]
    assert sum(lot["left"] for lot in told["lots"]) == 47
    assert [purchase["total"] for purchase in told["purchases"]] == [2000]
    assert [line["amount"] for line in told["lines"]] == [2000]
    assert told["merges"][0]["reason"] == "one hand"
    assert len(told["log"]) >= 5
    assert {f"{name}.csv" for name in told if isinstance(told[name], list)} | {"README.txt", "everything.json"} == set(
        files
    )


def test_it_speaks_the_members_language_and_not_the_readers(files):
    entries = list(csv.DictReader(io.StringIO(files["entries.csv"])))
    assert any("Korekta obsługi: a broken jar" in row["explanation"] for row in entries)
    assert "Piekarnia Grabowska" in files["README.txt"]
    assert "każdy ruch na koncie z wyjaśnieniem" in files["README.txt"]


def test_no_cell_is_a_formula(files):
    cells = [
        cell
        for name, text in files.items()
        if name.endswith(".csv")
        for row in csv.reader(io.StringIO(text))
        for cell in row
    ]
    assert "'=HYPERLINK(1)" in cells
    assert "'+48600100200" in cells
    risky = [cell for cell in cells if cell.startswith(("=", "+", "@", "\t"))]
    assert risky == []


def test_that_it_was_handed_out_is_written_down_and_no_get_or_clerk_gets_it(cast, files):
    note = Event.objects.of(cast.bakery).get(verb="member.exported")
    assert (note.by, note.subject) == (f"staff:{cast.maria.pk}", f"member:{cast.anna.public_id}")
    address = f"/office/members/{cast.anna.public_id}/export"
    assert signed_in(cast.maria.login).get(address).status_code == 405
    assert signed_in(cast.piotr.login).post(address).status_code == 403
    assert signed_in(cast.stranger.login).post(address).status_code == 404
    assert Event.objects.filter(verb="member.exported").count() == 1
