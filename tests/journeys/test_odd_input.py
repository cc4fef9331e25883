"""What strangers and broken files send: answered at its field, and never by a fault of ours."""

import io
import random
import zipfile

import pytest
import xlsxwriter
from django.test import Client

from passage.imports import workbook
from passage.outbox.models import Mail
from passage.programme.errors import Refused
from passage.programme.models import Login

pytestmark = pytest.mark.django_db
# A family of emoji is joined by a character that cannot be seen; a bell comes from a terminal; the last turns a text round.
NAMES = ["Jean 👨\u200d👩\u200d👧", "Jean\x07 Martin", "Jean\u202e Martin", "Jean\u2028Martin"]
ADDRESSES = ["jean@exämple.org", "jean@[127.0.0.1]", '"jean martin"@example.org', "żan@example.org"]
LETTER = {"about": "demo", "name": "Jean", "email": "jean@example.org", "phone": "", "message": "Bonjour"}
TICKET = "5b1e1f0c-6d0c-4a36-9b53-0d2f2f1c9a11"


@pytest.fixture(autouse=True)
def _is_open(settings):
    settings.CONTACT, settings.SIGN_UP, settings.SHOWS_MAIL = "host@example.org", True, True


@pytest.mark.parametrize("name", NAMES)
def test_a_name_with_what_cannot_be_seen_is_a_name(name):
    sent = Client().post("/contact", {**LETTER, "name": name, "ticket": TICKET})
    assert sent.status_code == 302
    assert Mail.objects.get().subject.isprintable()
    asked = Client().post("/sign-up", {"name": name, "email": "jean@example.org"})
    assert asked.status_code == 302
    text = Mail.objects.get(address="jean@example.org").text
    link = next(line for line in text.splitlines() if "/sign-up/" in line).partition("/sign-up/")[2]
    typed = {"password": "seventeen warm rolls", "again": "seventeen warm rolls"}
    assert Client().post(f"/sign-up/{link}", typed).status_code == 302
    assert Login.objects.get(email="jean@example.org").name.isprintable()


@pytest.mark.parametrize("email", ADDRESSES)
def test_an_address_that_no_mail_reaches_is_told_at_its_field(email):
    for page, typed in (("/contact", {**LETTER, "ticket": TICKET}), ("/sign-up", {"name": "Jean"})):
        answer = Client().post(page, {**typed, "email": email})
        assert answer.status_code in {302, 422}
        assert answer.status_code == 302 or "email" in answer.context["form"].errors


def a_workbook() -> bytes:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for row in range(50):
            sheet.write_row(row, 0, [f"x{row}", "600100200"])
    return kept.getvalue()


def test_a_workbook_with_wrong_bytes_in_it_is_refused_as_broken():
    whole, chance = a_workbook(), random.Random(5)
    codes = set()
    for _try in range(300):
        broken = bytearray(whole)
        for _byte in range(3):
            broken[chance.randrange(4, len(broken))] = chance.randrange(256)
        file = io.BytesIO(bytes(broken))
        try:
            b"".join(workbook.as_list(file))
        except Refused as refused:
            codes.add(refused.code)
    assert "broken_spreadsheet" in codes
    assert zipfile.is_zipfile(io.BytesIO(whole))


@pytest.mark.parametrize("name", ["Win at https://evil.example/x", "evil.example", "www.evil.example now"])
def test_a_stranger_writes_no_link_of_their_own_into_our_letter_to_somebody_else(name):
    answer = Client().post("/sign-up", {"name": name, "email": "jean@example.org"})
    assert answer.status_code == 422
    assert "web address" in str(answer.context["form"].errors["name"])
    assert not Mail.objects.exists()
