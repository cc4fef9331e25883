"""An archive is whole or nothing: what was changed, cut, forged or is here already is refused before a row is written."""

import hashlib
import io
import json
import re
import threading
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from passage.archive.opened import BadArchive
from passage.archive.packing import MANIFEST, pack, snapshot
from passage.config.worker import Worker
from passage.ledger.models import Account
from passage.programme import actions as programmes
from passage.programme.models import Programme, Role
from tests.cast import BY, PASSWORD, signed_in
from tests.removal import a_fresh_installation, arrived, contents, packed, undone
from tests.world import World, a_world

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    world = a_world()
    world.give(100)
    return world


def test_a_second_arrival_and_a_taken_name_and_taken_numbers_are_refused(world, tmp_path):
    file = packed(world.bakery, tmp_path)
    for change, words in (
        ({}, "is here already"),
        ({"public_id": "a" * 32}, "is called 'piekarnia' here"),
        ({"public_id": "a" * 32, "slug": "other"}, "have the numbers of this one"),
    ):
        Programme.objects.filter(pk=world.bakery.pk).update(**change)
        with pytest.raises(BadArchive, match=words):
            arrived(file)
    assert Programme.objects.count() == 1


@pytest.mark.parametrize(
    ("line", "column", "value"),
    [
        ("ledger_account", "balance", 999),
        ("ledger_lot", "left", 1),
        ("ledger_entry", "points", 101),
        ("members_member", "id", "1"),
    ],
)
def test_an_edited_row_is_refused_even_under_a_fresh_seal(world, tmp_path, line, column, value):
    """Whoever edits a file and its sums as well still meets the books: nothing is written."""
    file = forged(packed(world.bakery, tmp_path), tmp_path / "forged.zip", line, column, value)
    a_fresh_installation()
    with pytest.raises((BadArchive, CommandError)), undone():
        call_command("import-programme", str(file), stdout=io.StringIO(), stderr=io.StringIO())
    assert not Programme.objects.exists()
    assert not Account.objects.exists()


def forged(file: Path, target: Path, table: str, column: str, value: object) -> Path:

    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read(MANIFEST))
        [first, *others] = archive.read(f"tables/{table}.jsonl").splitlines()
    text = b"\n".join([json.dumps({**json.loads(first), column: value}).encode(), *others]) + b"\n"
    for each in manifest["files"]:
        if each["table"] == table:
            each["sha256"] = hashlib.sha256(text).hexdigest()
    told = json.dumps(manifest).encode()
    return sealed(file, target, {f"tables/{table}.jsonl": text, MANIFEST: told})


def sealed(file: Path, target: Path, new: dict[str, bytes]) -> Path:
    """The same archive with other files in it, under a seal that fits."""
    new["manifest.sha256"] = hashlib.sha256(new[MANIFEST]).hexdigest().encode()
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            copy.writestr(name, new.get(name, source.read(name)))
    return target


def test_a_changed_byte_is_refused_wherever_it_is_read(world, tmp_path):
    """Of sixty places all over the file: refused, or nothing that is read is another."""
    file = packed(world.bakery, tmp_path)
    whole = file.read_bytes()
    genuine, refused = contents(file), 0
    a_fresh_installation()
    for place in Random(7).sample(range(len(whole)), 60):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x20]) + whole[place + 1 :])
        try:
            with undone():
                arrived(file)
                assert contents(file) == genuine
        except BadArchive:
            refused += 1
        assert not Programme.objects.exists()
    assert refused > 45


@pytest.mark.parametrize("kept", [0, 30, 2000])
def test_half_a_file_and_no_file_are_refused(world, tmp_path, kept):
    file = packed(world.bakery, tmp_path)
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(BadArchive, match="no archive of a programme, or only a part"):
        arrived(file)
    with pytest.raises(BadArchive, match="cannot be opened"):
        arrived(tmp_path / "nowhere.zip")


def test_an_archive_of_another_version_is_told_what_to_do(world, tmp_path):
    file = packed(world.bakery, tmp_path)
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read(MANIFEST))
    manifest["state"]["ledger"] = "0099_not_yet"

    other = sealed(file, tmp_path / "other.zip", {MANIFEST: json.dumps(manifest).encode()})
    a_fresh_installation()
    with pytest.raises(BadArchive, match="then upgrade"):
        arrived(other)


@pytest.mark.django_db(transaction=True)
def test_the_archive_shows_one_instant_while_the_tills_go_on(tmp_path):
    """What is sold while the archive is read waits for nobody and is not in it."""
    world = a_world()
    world.give(100)
    with snapshot(folder=tmp_path) as alias:
        assert Account.objects.using(alias).get(unit__code="points").balance == 100
        seller = threading.Thread(target=_gives_in_a_thread_of_its_own, args=(world,))
        seller.start()
        seller.join(timeout=10)
        assert not seller.is_alive(), "the seller had to wait for the reader"
        assert Account.objects.using(alias).get(unit__code="points").balance == 100
    assert Account.objects.get(unit__code="points").balance == 111
    pack(programme=world.bakery, target=tmp_path / "after.zip", at=NOW)
    assert 111 in [row["balance"] for row in contents(tmp_path / "after.zip")["tables/ledger_account.jsonl"]]
    assert [path.name for path in tmp_path.iterdir()] == ["after.zip"]


@pytest.mark.django_db(transaction=True)
def test_what_an_owner_asks_for_the_worker_makes_and_another_server_takes(tmp_path, settings):
    """The whole way, in real transactions: the page, the worker, the download, and the arrival."""
    settings.DATA = tmp_path
    world = a_world()
    world.give(100)
    login = programmes.create_login(email="owner@example.org", password=PASSWORD, name="Zosia")
    programmes.hire(programme=world.bakery, login=login, role=Role.OWNER, by=BY, at=world.now)
    owner = signed_in(login)
    owner.post("/office/leave")
    worker = Worker()
    worker.run_once()
    assert worker.failed == 0
    [address] = re.findall(r"/office/leave/[0-9a-f-]+\.zip", owner.get("/office/leave").text)
    file = tmp_path / "downloaded.zip"
    file.write_bytes(owner.get(address).getvalue())
    assert {path.suffix for path in (tmp_path / "archives").iterdir()} == {".zip"}
    a_fresh_installation()
    here = arrived(file)
    assert Account.objects.of(here).get(unit__code="points").balance == 100
    world.bakery = here
    world.till.refresh_from_db()
    world.anna.refresh_from_db()
    world.give(5)
    assert Account.objects.of(here).get(unit__code="points").balance == 105


def _gives_in_a_thread_of_its_own(world: World) -> None:
    try:
        world.give(11)
    finally:
        connection.close()


def test_the_commands_say_what_they_did_and_what_is_wrong(world, tmp_path):
    target = tmp_path / "piekarnia.zip"
    said, progress = io.StringIO(), io.StringIO()
    call_command("export-programme", "piekarnia", str(target), stdout=said, stderr=progress)
    assert progress.getvalue().count("100 %") == 1
    assert "keep it safe" in said.getvalue()
    assert target.stat().st_mode & 0o077 == 0
    with pytest.raises(CommandError, match="exists already"):
        call_command("export-programme", "piekarnia", str(target))
    with pytest.raises(CommandError, match="no programme called 'nobody'"):
        call_command("export-programme", "nobody", str(tmp_path / "x.zip"))
    with pytest.raises(CommandError, match="is here already"):
        call_command("import-programme", str(target))
