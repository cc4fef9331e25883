"""A backup that is made while the tills sell, and put back: all that was acknowledged before is in it, and the books are right."""

import os
import re
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.journeys.installation import Installation, an_installation, end

pytestmark = pytest.mark.django_db  # for the tables that the installations below are copied from
BALANCES = """
from passage.ledger.models import Account
from passage.purchases.models import Purchase
rows = Account.objects.order_by("member__public_id", "unit__code").filter(programme__slug="grabowska")
print(json.dumps({
    "sold": sorted(Purchase.objects.filter(client_id__startswith="sold-").values_list("client_id", flat=True)),
    "balances": [[str(member), *rest] for member, *rest in
                 rows.values_list("member__public_id", "unit__code", "balance", "debt", "reserved")],
}))
"""
ERASE_ANNA = """
from django.utils import timezone
from passage.members.models import Member
from passage.privacy.actions import erase
erase(member=Member.objects.get(first_name="Anna"), why="asked", by="system:test", at=timezone.now())
print("{}")
"""
WHO = """
from passage.members.models import Member
print(json.dumps(sorted(Member.objects.values_list("first_name", flat=True))))
"""


@dataclass
class Shop:
    """A shop that goes on selling: what it had sold before the backup began, while it was made, and by the end."""

    place: Installation
    backups: Path
    before: list[str] = field(default_factory=list)
    during: int = 0
    sold: list[str] = field(default_factory=list)
    seconds: float = 0.0

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
        shop.seconds = time.monotonic() - begun
        shop.during = len(shop.sold) - len(shop.before)
    finally:
        seller.terminate()
        seller.wait(timeout=60)
        reader.join()


@pytest.fixture
def elsewhere(tmp_path, django_db_setup, django_db_blocker) -> Iterator[Installation]:
    """A new machine: nothing there, and the backups within reach."""
    with django_db_blocker.unblock():
        place = an_installation(tmp_path, name=f"new{os.getpid()}", is_empty=True)
        yield place
        end(place)


def test_all_that_was_sold_before_a_backup_is_in_it_and_selling_went_on(shop, elsewhere, record_property):
    begun = time.monotonic()
    said = elsewhere.done("restore", str(shop.newest))
    seconds = time.monotonic() - begun
    assert "The books are right." in said
    there = elsewhere.told(BALANCES)
    assert set(shop.before) <= set(there["sold"]) <= set(shop.sold)
    assert shop.during > 0, "nobody could sell while the backup was made"
    missing = len(shop.sold) - len(there["sold"])
    measured = f"RPO: {missing} of {len(shop.sold)} sales came after the backup. RTO: {seconds:.1f} s. Made in {shop.seconds:.1f} s."
    record_property("measured", measured)
    print(measured)


def test_nothing_of_it_lies_open(shop):
    for file in (shop.newest, *shop.place.folder.rglob("*")):
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
    raw = shop.newest.read_bytes()
    assert not [secret for secret in (b"anna@", b"Anna", b"grabowska", b"secret_key") if secret in raw]
    assert not [each for each in shop.place.folder.iterdir() if each.name.startswith(("backup-", "drill-"))]


def test_an_installation_in_use_is_put_aside_only_when_asked_to(shop, elsewhere):
    elsewhere.done("restore", str(shop.newest))
    refused = elsewhere.run("restore", str(shop.newest))
    assert refused.returncode == 1
    assert "There is an installation here already" in refused.stderr
    before = elsewhere.told(BALANCES)
    wrong = elsewhere.run(
        "restore", str(shop.newest), "--replace", PASSAGE_BACKUP_PASSPHRASE="another sentence nobody knows"
    )
    assert "The passphrase is not the one" in wrong.stderr
    cut = elsewhere.folder / shop.newest.name
    cut.write_bytes(shop.newest.read_bytes()[:-1])
    damaged = elsewhere.run("restore", str(cut), "--replace")
    assert "damaged or cut off" in damaged.stderr
    assert elsewhere.told(BALANCES) == before
    assert "The books are right." in elsewhere.done("restore", str(shop.newest), "--replace")


def test_whoever_was_erased_after_the_backup_is_erased_on_a_new_machine_too(shop, elsewhere):
    """The old machine is gone: what was forgotten is known from beside the backups."""
    shop.place.told(ERASE_ANNA)
    shop.place.done("work", "--once")
    said = elsewhere.done("restore", str(min(shop.backups.glob("*.backup"))))
    assert "Forgotten again: 1 members" in said
    assert "Anna" not in elsewhere.told(WHO)


def test_a_night_makes_one_backup(shop):
    """The worker of the test before made the night's; a second look makes no other."""
    shop.place.done("work", "--once")
    made = len(list(shop.backups.glob("*.backup")))
    shop.place.done("work", "--once")
    assert made >= 2
    assert len(list(shop.backups.glob("*.backup"))) == made


def test_a_copy_whose_books_are_wrong_is_never_called_a_backup(shop):
    """Last in this file: the shop's books are wrong from here on."""
    good = set(shop.backups.glob("*.backup"))
    shop.place.told(PLANT)
    refused = shop.place.run("backup")
    assert refused.returncode == 1
    assert re.search(r"The books in passage-\S+ are wrong", refused.stderr)
    assert set(shop.backups.glob("*.backup")) == good
    assert len(list(shop.backups.glob("*.unproven"))) == 1


PLANT = """
from passage.ledger.models import Account
from tests.plugin import defences_asleep
with defences_asleep():
    Account.objects.filter(balance__gt=0).update(balance=10**6)
print("{}")
"""
