"""What was forgotten is not in the file of a SQLite installation either: its bytes are read, not its tables."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from passage.config.tests.test_commands import COMMAND, surroundings
from tests.migrated import migrated

PATIENCE = 300  # a busy disk writes the tables of an installation slowly
pytestmark = pytest.mark.one_database

NEEDLES = (b"Brzeczyszczykiewicz", b"600100200", b"grzegorz@example.org", b"ZLODZIEJSKA123")
PLANT = """
from django.utils import timezone
from passage.cards import actions as cards
from passage.ledger import actions as ledger
from passage.members import actions as members
from passage.programme import actions as programmes
now, by = timezone.now(), "system:test"
shop = programmes.create_programme(name="Piekarnia", slug="piekarnia", currency="PLN", region="PL", at=now, by=by)
ledger.set_up_unit(programme=shop, code="points", name="Punkty")
for number in range(40):
    members.enrol(programme=shop, first_name=f"Jan{number}", last_name="Kowalski", by=by, at=now)
details = {"first_name": "Grzegorz", "last_name": "Brzeczyszczykiewicz", "phone": "600 100 200"}
one = members.enrol(programme=shop, email="grzegorz@example.org", by=by, at=now, **details)
cards.issue(programme=shop, member=one, number="ZLODZIEJSKA123", by=by, at=now)
ledger.adjust(member=one, unit="points", points=5, reason="dla pana Brzeczyszczykiewicz", by=by, at=now)
"""
ERASE = """
from django.utils import timezone
from passage.members.models import Member
from passage.privacy import actions as privacy
one = Member.objects.get(email_key="grzegorz@example.org")
privacy.erase(member=one, why="asked", by="system:test", at=timezone.now())
"""


def done(*arguments: str, data: Path) -> None:
    env = surroundings(data=data)
    ended = subprocess.run(
        [*COMMAND, *arguments], env=env, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert ended.returncode == 0, ended.stderr


def found_in(folder: Path) -> set[bytes]:
    content = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    return {needle for needle in NEEDLES if needle in content}


def test_no_byte_of_the_data_folder_names_who_was_forgotten(tmp_path: Path) -> None:
    migrated(tmp_path)
    done("shell", "-v", "0", "-c", PLANT, data=tmp_path)
    assert found_in(tmp_path) == set(NEEDLES), "the search finds what was planted"
    done("shell", "-v", "0", "-c", ERASE, data=tmp_path)
    done("work", "--once", data=tmp_path)
    done("verify", data=tmp_path)
    assert found_in(tmp_path) == set()
    assert (tmp_path / "erased.jsonl").read_text().count("piekarnia") == 1
