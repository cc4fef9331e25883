"""A backup that is made while the tills sell, and put back: all that was acknowledged before is in it, and the books are right."""

import os
import re
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.journeys.installation import Installation, an_installation, end
from tests.postgres import postgres

pytestmark = pytest.mark.django_db  # for the tables that the installations below are copied from
SOLD = "SELECT client_id FROM purchases_purchase WHERE client_id LIKE 'sold-%'"
BALANCES = """
SELECT m.public_id, u.code, a.balance, a.debt, a.reserved
  FROM ledger_account a JOIN members_member m ON m.id = a.member_id JOIN ledger_unit u ON u.id = a.unit_id
 ORDER BY m.public_id, u.code
"""
ANNAS = "SELECT count(*) FROM members_member WHERE first_name = 'Anna'"
ERASE_ANNA = """
from django.utils import timezone
from passage.members.models import Member
from passage.privacy.actions import erase
erase(member=Member.objects.get(first_name="Anna"), why="asked", by="system:test", at=timezone.now())
"""
PLANT = """
from passage.ledger.models import Account
from tests.plugin import defences_asleep
with defences_asleep():
    Account.objects.filter(balance__gt=0).update(balance=10**6)
"""


@dataclass
class Shop:
    """A shop that goes on selling: what it had sold before the backup began, while it was made, and by the end."""

    place: Installation
    backups: Path
    before: list[str] = field(default_factory=list)
    during: int = 0
    sold: list[str] = field(default_factory=list)
    made_in: float = 0.0
    restored_in: float = 0.0

    @property
    def newest(self) -> Path:
        return max(self.backups.glob("*.backup"))


@pytest.fixture(scope="module")
def shop(tmp_path_factory, django_db_setup, django_db_blocker) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("backups")
    with django_db_blocker.unblock():
        place = an_installation(folder, name="shop", PASSAGE_BACKUP_DIR=str(folder / "kept"))
        shop = Shop(place, folder / "kept")
        _back_up_while_selling(shop)
        yield shop
        end(place)


def _back_up_while_selling(shop: Shop) -> None:
    seller = shop.place.start("tests.journeys.selling")
    assert seller.stdout is not None
    reader = threading.Thread(target=lambda: shop.sold.extend(line.strip() for line in seller.stdout))
    reader.start()
    try:
        while len(shop.sold) < 40:
            assert seller.poll() is None, "the shop sells nothing"
            time.sleep(0.05)
        shop.before = list(shop.sold)
        begun = time.monotonic()
        shop.place.done("backup")
        shop.made_in = time.monotonic() - begun
        shop.during = len(shop.sold) - len(shop.before)
    finally:
        seller.terminate()
        seller.wait(timeout=60)
        reader.join()


@pytest.fixture(scope="module")
def restored(shop, tmp_path_factory, django_db_blocker) -> Iterator[Installation]:
    """A new machine on which the backup was put back."""
    with django_db_blocker.unblock():
        place = an_installation(tmp_path_factory.mktemp("new"), name=f"new{os.getpid()}", is_empty=True)
        begun = time.monotonic()
        assert "The books are right." in place.done("restore", str(shop.newest))
        shop.restored_in = time.monotonic() - begun
        yield place
        end(place)


def sold_in(place: Installation) -> set[str]:
    return {name for (name,) in place.rows(SOLD)}


def test_all_that_was_sold_before_a_backup_is_in_it_and_selling_went_on(shop, restored, record_property):
    there = sold_in(restored)
    assert set(shop.before) <= there <= set(shop.sold)
    assert shop.during > 0, "nobody could sell while the backup was made"
    measured = (
        f"RPO: {len(shop.sold) - len(there)} of {len(shop.sold)} sales came after the backup; "
        f"made and proved in {shop.made_in:.1f} s. RTO: restored and proved in {shop.restored_in:.1f} s."
    )
    record_property("measured", measured)
    print(measured)


def test_nothing_of_it_lies_open(shop):
    for file in (shop.newest, *shop.place.folder.rglob("*")):
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
    raw = shop.newest.read_bytes()
    assert not [secret for secret in (b"anna@", b"Anna", b"grabowska", b"secret_key") if secret in raw]
    assert not [each for each in shop.place.folder.iterdir() if each.name.startswith(("backup-", "drill-"))]


def test_an_installation_in_use_is_replaced_only_when_asked_to_and_only_by_a_whole_backup(shop, restored, tmp_path):
    refused = restored.run("restore", str(shop.newest))
    assert refused.returncode == 1
    assert "There is an installation here already" in refused.stderr
    before = restored.rows(BALANCES)
    cut = tmp_path / shop.newest.name
    cut.write_bytes(shop.newest.read_bytes()[:-1])
    damaged = restored.run("restore", str(cut), "--replace")
    assert "damaged or cut off" in damaged.stderr
    assert restored.rows(BALANCES) == before


@pytest.mark.long
def test_it_moves_to_the_other_kind_of_database_as_an_archive(shop, restored, tmp_path):
    """The balances there are those of the backup; the archive is proved before it is kept."""
    with another_kind(restored) as other:
        archive = tmp_path / "grabowska.zip"
        restored.done("export-programme", "grabowska", str(archive))
        assert "The books are right" in other.done("import-programme", str(archive))
        of_the_bakery = {str(member).replace("-", "") for member, *_ in other.rows(BALANCES)}
        there = [row for row in restored.rows(BALANCES) if str(row[0]).replace("-", "") in of_the_bakery]
        assert [row[1:] for row in there] == [row[1:] for row in other.rows(BALANCES)]
        assert there


@contextmanager
def another_kind(place: Installation) -> Iterator[Installation]:
    """An empty installation on the database that ``place`` is not on."""
    folder = place.folder.with_name("other")
    folder.mkdir(mode=0o700)
    if place.url:
        other = Installation(folder)
        other.done("migrate", "-v0")
        yield other
        return
    with postgres() as url:
        other = Installation(folder, url)
        other.done("migrate", "-v0")
        yield other


def test_whoever_was_erased_after_the_backup_is_erased_on_a_new_machine_too(shop, restored):
    """The old machine is gone: what was forgotten is known from beside the backups. The worker there made the night's."""
    first = shop.newest
    shop.place.done("shell", "--no-imports", "-c", ERASE_ANNA)
    shop.place.done("work", "--once")
    assert len(list(shop.backups.glob("*.backup"))) == 2
    said = restored.done("restore", str(first), "--replace")
    assert "Forgotten again: 1 members" in said
    assert restored.rows(ANNAS) == [(0,)]


@pytest.mark.long
def test_a_night_makes_one_backup_and_one_whose_books_are_wrong_is_never_called_so(shop):
    """Last in this file: the shop's books are wrong from here on."""
    shop.place.done("work", "--once")
    good = set(shop.backups.glob("*.backup"))
    shop.place.done("work", "--once")
    assert set(shop.backups.glob("*.backup")) == good
    shop.place.done("shell", "--no-imports", "-c", PLANT)
    refused = shop.place.run("backup")
    assert refused.returncode == 1
    assert re.search(r"The books in passage-\S+ are wrong", refused.stderr)
    assert set(shop.backups.glob("*.backup")) == good
    assert len(list(shop.backups.glob("*.unproven"))) == 1
