"""A programme leaves with everything, arrives elsewhere as it was, and life goes on there."""

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from passage.archive.opened import BadArchive
from passage.config.demo.cast import ANNA
from passage.config.demo.chain import OWNER, SLUG
from passage.config.demo.world import build
from passage.config.verification import verify
from passage.engine.basket import Basket, Line
from passage.ledger.models import Account, Lot
from passage.ledger.queries import balances, history
from passage.members import actions as members
from passage.members.models import Member, Merge
from passage.products import actions as products
from passage.programme import actions as programmes
from passage.programme.models import Key, Login, Programme, Source, Staff
from passage.purchases import actions as purchases
from passage.purchases.models import Purchase
from passage.purchases.statement import statement
from passage.purchases.values import MemberRef, Return, Sale, SaleRef, Status
from tests.cast import PASSWORD
from tests.house.reading import ROOT
from tests.house.test_archive import settled
from tests.postgres import postgres
from tests.removal import a_fresh_installation, arrived, contents, packed, undone

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
BY = "system:test"
PATIENCE = 120
# What is another one on each page: its mark, its nonce, and the name under which its form counts once.
NEW_EACH_TIME = re.compile(
    r'name="csrfmiddlewaretoken" value="\w+"|<meta name="htmx-config"[^>]*>|nonce="[^"]*"|name="entry" value="[^"]*"'
)
NEIGHBOUR = ("Fromagerie Quenelle", "Zenobia", "zenobia@quenelle.example", "Xylophon-Torte")


@pytest.fixture(scope="module")
def world_to_leave(django_db_setup, django_db_blocker):
    """The demo's bakery with a hundred days behind it, two members merged, and a neighbour on the same server."""
    with django_db_blocker.unblock(), undone():
        build(now=NOW, members=5, days=100, tell=lambda share: None)
        bakery = Programme.objects.get(slug=SLUG)
        gone, kept = list(Member.objects.of(bakery).exclude(email=ANNA.email).order_by("id")[:2])
        purchases.merge(gone=gone, kept=kept, choices=_choices(gone, kept), by=BY, at=NOW)
        _neighbour()
        yield bakery


@pytest.fixture
def bakery(world_to_leave, db):
    return world_to_leave


def _choices(gone, kept):
    differ = ("first_name", "last_name", "email", "phone", "birthday", "name_day", "language", "external_id")
    return {name: "kept" for name in differ if getattr(gone, name) != getattr(kept, name)}


def _neighbour() -> Programme:
    name, first_name, email, product = NEIGHBOUR
    other = programmes.create_programme(name=name, slug="quenelle", currency="EUR", at=NOW, by=BY)
    members.enrol(programme=other, first_name=first_name, email=email, by=BY, at=NOW)
    products.put(programme=other, code="xyl", name=product, price=100, by=BY, at=NOW)
    owner = programmes.create_login(email=f"owner-{email}", password=PASSWORD, name=name)
    programmes.hire(programme=other, login=owner, role="owner", by=BY, at=NOW)
    return other


def told_of(bakery: Programme) -> dict[str, object]:
    """What the people of a programme can see of it: each member's balances, lots, levels and history in words, and the books."""
    everybody = list(Member.objects.of(bakery).order_by("id"))
    accounts = Account.objects.of(bakery).order_by("id")
    lots = Lot.objects.of(bakery).order_by("id")
    return {
        "members": [str(member.public_id) for member in everybody],
        "balances": [balances(member, at=NOW) for member in everybody],
        "statements": [statement(member, at=NOW) for member in everybody],
        "history": [history(member, limit=1000) for member in everybody],
        "accounts": list(accounts.values_list("id", "balance", "debt", "reserved", "idle_until")),
        "lots": list(lots.values_list("id", "left", "size", "opened_at", "active_from", "expires_at", "instead_of")),
        "pages": [page_of(bakery, member) for member in everybody],
    }


def page_of(bakery: Programme, member: Member) -> str:
    """The member's page in the back office, as the owner reads it."""
    owner = Client()
    owner.force_login(Login.objects.get(email=OWNER.email))
    return NEW_EACH_TIME.sub("", owner.get(f"/office/members/{member.public_id}").content.decode())


def test_everything_arrives_as_it_was_and_life_goes_on(bakery, tmp_path):
    before = told_of(bakery)
    assert sum(account[1] for account in before["accounts"]) > 0
    sale = Purchase.objects.of(bakery).filter(kind="sale", member__isnull=False, followers=None).order_by("-id").first()
    file = packed(bakery, tmp_path)
    a_fresh_installation()
    here = arrived(file)
    assert told_of(here) == before
    assert [str(fault) for fault in verify(programme=here)] == []
    _sells_and_takes_back(here, sale)
    _parts_again(here)
    assert [str(fault) for fault in verify(programme=here)] == []


def _sells_and_takes_back(here: Programme, old: Purchase) -> None:
    anna = Member.objects.of(here).get(email=ANNA.email)
    held = balances(anna, at=NOW)[0].balance
    till = Source.objects.of(here).get(code="kasy")
    sale = Sale(
        client_id="first-here",
        occurred_at=NOW,
        basket=_basket(4200),
        member=MemberRef(public_id=anna.public_id),
    )
    back = Return(client_id="back-here", occurred_at=NOW, sale=SaleRef(client_id=old.client_id))
    again = Sale(client_id=old.client_id, occurred_at=old.occurred_at, basket=_basket(1))
    sold, returned, known = purchases.record(programme=here, source=till, batch=[sale, back, again], by=BY, at=NOW)
    assert (sold.status, returned.status) == (Status.RECORDED, Status.RECORDED)
    assert known.status == Status.REFUSED  # once only, also of what was sold where it came from
    assert Purchase.objects.of(here).get(client_id="first-here").pk > old.pk
    assert balances(anna, at=NOW)[0].balance >= held + 42


def _basket(amount: int) -> Basket:
    return Basket("PLN", (Line("1", amount, vat_bp=500),))


def _parts_again(here: Programme) -> None:
    row = Merge.objects.of(here).get()
    purchases.unmerge(row=row, by=BY, at=NOW)
    row.gone.refresh_from_db()
    assert (row.gone.status, row.gone.merged_into) == ("active", None)


def test_the_neighbour_is_not_in_the_file_and_is_found_when_planted(bakery, tmp_path):
    file = packed(bakery, tmp_path)
    assert found_in(file) == []
    with transaction.atomic():
        for name in NEIGHBOUR:
            products.put(programme=bakery, code=f"x{len(name)}", name=name, price=1, by=BY, at=NOW)
        assert sorted(found_in(packed(bakery, tmp_path, "planted.zip"))) == sorted(NEIGHBOUR)
        transaction.set_rollback(True)


def found_in(file: Path) -> list[str]:
    """Which words of the neighbour stand anywhere in the archive's files."""
    with zipfile.ZipFile(file) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist()).decode()
    return [name for name in NEIGHBOUR if name in text or json.dumps(name) in text]


def test_the_neighbour_keeps_everything_when_a_programme_arrives_beside_it(bakery, tmp_path):
    """Where the numbers are free. Where they are not, the archive is refused and nothing is changed."""
    before = contents(packed(Programme.objects.get(slug="quenelle"), tmp_path, "before.zip"))
    with pytest.raises(BadArchive, match="is here already"):
        arrived(packed(bakery, tmp_path))
    assert contents(packed(Programme.objects.get(slug="quenelle"), tmp_path, "after.zip")) == before


def test_secrets_stay_and_people_are_invited_again(bakery, tmp_path):
    kept = [*Staff.objects.values_list("pin_hash", flat=True), *Key.objects.values_list("secret_hash", flat=True)]
    secrets = {*kept, *Login.objects.values_list("password", flat=True)} - {""}
    assert len(secrets) > 3
    file = packed(bakery, tmp_path)
    with zipfile.ZipFile(file) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert [secret for secret in secrets if secret in text] == []
    a_fresh_installation()
    said = io.StringIO()
    call_command("import-programme", str(file), stdout=said, stderr=io.StringIO())
    here = Programme.objects.get(slug=SLUG)
    assert not Key.objects.of(here).filter(revoked_at=None).exists()
    assert not Staff.objects.of(here).exclude(pin_hash="").exists()
    link = re.search(rf"{OWNER.email} chooses a password here.*(/join/\S+)", said.getvalue())
    assert Client().get(link[1]).status_code == 200


def test_an_owner_who_is_known_there_keeps_their_password(bakery, tmp_path):
    file = packed(bakery, tmp_path)
    a_fresh_installation()
    programmes.create_login(email=OWNER.email, password=PASSWORD, name="Known before")
    here = arrived(file)
    owner = Staff.objects.of(here).get(role="owner").login
    assert (owner.check_password(PASSWORD), owner.name) == (True, "Known before")


@pytest.fixture
def other_database() -> Iterator[str]:
    """An empty one of the kind that this run is not about."""
    if connection.vendor == "sqlite":
        with postgres() as url:
            yield url
    else:
        # In memory where there is some: each of a hundred migrations waits for the disk otherwise.
        file = Path(os.environ["PASSAGE_TEST_FILES"]) / "another-server.sqlite3"
        yield f"sqlite:///{file}"
        file.unlink(missing_ok=True)


@pytest.mark.one_database
def test_the_same_file_comes_out_of_another_server_and_another_database(bakery, tmp_path, other_database):
    """From SQLite into PostgreSQL, or from PostgreSQL into SQLite, and out again: not a value differs."""
    file, again = packed(bakery, tmp_path), tmp_path / "again.zip"
    another_server([file, SLUG, again], folder=tmp_path / "there", url=other_database)
    came, expected = contents(again), contents(file)
    settled(expected, came)
    assert came == expected


ARRIVE_AND_LEAVE = """
import sys, django
django.setup()
from django.core.management import call_command
came, slug, left = sys.argv[1:]
call_command("migrate", verbosity=0)
call_command("import-programme", came)
call_command("verify")
call_command("export-programme", slug, left)
"""


def another_server(arguments: list[object], *, folder: Path, url: str) -> None:
    """Another installation, in a process of its own: made, arrived at, proved, and left again."""
    settings = {"PASSAGE_DATA": str(folder), "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "passage.config.settings"}
    ended = subprocess.run(
        [sys.executable, "-c", ARRIVE_AND_LEAVE, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
