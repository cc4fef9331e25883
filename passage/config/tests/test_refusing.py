"""What keeps a command from its work is one line that names the remedy; nothing is half done."""

import ctypes
import json
import os
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from passage.config.tests.test_commands import COMMAND, PATIENCE, answer, free_port, run, serving, surroundings

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]


WARNINGS = ("System check identified", "WARNINGS:", "?: (passage.W001)", "\tHINT:")


def one_line(ended: subprocess.CompletedProcess[str]) -> str:
    """The only line on standard error, from a command that failed; what `passage check` warns of stands above it."""
    assert ended.returncode != 0, ended.stdout
    assert "Traceback" not in ended.stderr, ended.stderr[-2000:]
    (line,) = [line for line in ended.stderr.splitlines() if line and not line.startswith(WARNINGS)]
    return line


def a_folder() -> Path:
    """In memory where there is some: a disk makes every commit of a migration wait."""
    return Path(tempfile.mkdtemp(dir=os.environ["PASSAGE_TEST_FILES"]))


@pytest.fixture
def folder() -> Path:
    return a_folder()


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Path:
    """The test run's own database, as `passage migrate` made it."""
    data = a_folder()
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [str(database(data))])
        else:
            assert run("migrate", "-v0", data=data).returncode == 0
    return data


@pytest.fixture
def migrated(made: Path, folder: Path) -> Path:
    """A folder of its own with a database in it."""
    return Path(shutil.copytree(made, folder / "data"))


def database(data: Path) -> Path:
    return data / "passage.sqlite3"


@pytest.mark.parametrize("command", [("work", "--once"), ("verify",), ("mail",)])
def test_an_empty_folder_asks_for_migrate(folder: Path, command: tuple[str, ...]) -> None:
    assert "Run `passage migrate` first" in one_line(run(*command, data=folder))


@pytest.mark.parametrize("command", [("work", "--once"), ("verify",), ("serve",), ("migrate",)])
def test_a_database_that_is_down_is_said_to_be_down(folder: Path, command: tuple[str, ...]) -> None:
    url = f"postgresql://passage:hunter2@127.0.0.1:{free_port()}/passage"
    line = one_line(run(*command, data=folder, DATABASE_URL=url))
    assert "does not answer" in line
    assert "migrate" not in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("url", "why"),
    [("postgresql://:5432/passage", "names no host"), ("postgresql://db.example.org", "names no database")],
)
def test_an_address_without_a_host_or_a_database_is_refused_by_name(folder: Path, url: str, why: str) -> None:
    line = one_line(run("verify", data=folder, DATABASE_URL=url))
    assert line.startswith("passage: DATABASE_URL cannot be used")
    assert why in line


def test_an_older_program_leaves_a_newer_database_alone(migrated: Path) -> None:
    with closing(sqlite3.connect(database(migrated))) as file:
        file.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('ledger', '9999_later', '2031-01-01')")
        file.commit()
    before = database(migrated).read_bytes()
    for command in (("migrate",), ("work", "--once"), ("verify",), ("serve", "--port", str(free_port()))):
        line = one_line(run(*command, data=migrated))
        assert "newer Passage (ledger.9999_later)" in line
    assert database(migrated).read_bytes() == before


def test_a_damaged_database_is_not_served(migrated: Path) -> None:
    with database(migrated).open("r+b") as file:
        for page in range(3, 60):
            file.seek(page * 4096)
            file.write(os.urandom(4096))
    for command in (("work", "--once"), ("verify",), ("serve", "--port", str(free_port()))):
        assert "The database is damaged" in one_line(run(*command, data=migrated))


def test_an_index_that_leaves_a_row_out_is_found_by_verify(migrated: Path) -> None:
    """Taken out of the index alone: the table is whole, and every quick look says ok."""
    with closing(sqlite3.connect(database(migrated))) as file:
        file.execute("PRAGMA writable_schema=ON")
        (root, sql) = file.execute(
            "SELECT rootpage, sql FROM sqlite_master WHERE name LIKE 'django_content_type_app_label%'"
        ).fetchone()
        file.execute("CREATE TABLE empty (a, b)")
        file.execute("CREATE UNIQUE INDEX blank ON empty (a, b)")
        (blank,) = file.execute("SELECT rootpage FROM sqlite_master WHERE name = 'blank'").fetchone()
        file.execute("UPDATE sqlite_master SET rootpage = ? WHERE rootpage = ?", [blank + 10**6, root])
        file.execute("UPDATE sqlite_master SET rootpage = ? WHERE name = 'blank'", [root])
        file.execute("UPDATE sqlite_master SET rootpage = ? WHERE rootpage = ?", [blank, blank + 10**6])
        file.commit()
    assert sql
    ended = run("verify", data=migrated)
    assert ended.returncode == 1
    assert "it is damaged" in ended.stdout
    assert "django_content_type" in ended.stdout


def test_a_port_that_is_taken_is_refused_by_the_second_server(migrated: Path, made: Path) -> None:
    port = free_port()
    with serving(data=migrated, port=port):
        assert f"listens on port {port} already" in one_line(run("serve", data=made, PORT=str(port)))
    with socket.create_server(("127.0.0.1", port)):
        assert f"listens on port {port} already" in one_line(run("serve", data=made, PORT=str(port)))


def test_an_address_of_another_machine_is_no_place_to_listen(migrated: Path) -> None:
    line = one_line(run("serve", "--bind", "192.0.2.1", "--port", str(free_port()), data=migrated))
    assert "Set BIND to an address of this machine" in line


def test_whoever_kills_the_parent_kills_the_server(migrated: Path) -> None:
    port = free_port()
    with serving(data=migrated, port=port) as server:
        assert answer(f"http://127.0.0.1:{port}/healthz")[0] == 200
        server.send_signal(signal.SIGKILL)
        server.wait()
        deadline = time.monotonic() + PATIENCE
        while is_open(port) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not is_open(port)


def is_open(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def small_files() -> None:
    """As on a disk that is full: no file may grow past 64 KB."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))


def limited(
    *arguments: str, data: Path, before: object = small_files, **more: object
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        env={name: text for name, text in surroundings(data=data).items() if name != "SECRET_KEY"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        preexec_fn=before,  # type: ignore[arg-type]
        **more,  # type: ignore[call-overload]
    )


def test_migrate_on_a_full_disk_says_so_and_goes_on_when_there_is_room(folder: Path) -> None:
    assert "disk" in one_line(limited("migrate", "-v0", data=folder))
    assert run("migrate", "-v0", data=folder).returncode == 0
    assert run("verify", data=folder).returncode == 0


def test_a_key_that_could_not_be_written_leaves_no_draft(folder: Path) -> None:
    def nothing() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    assert "SECRET_KEY cannot be used" in one_line(limited("verify", data=folder, before=nothing))
    assert list(folder.iterdir()) == []


def without_privilege() -> None:
    """Root may write to what is closed; on Linux not without this one capability (CAP_DAC_OVERRIDE)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)  # PR_CAPBSET_DROP


@pytest.mark.parametrize("command", [("work", "--once"), ("migrate", "-v0")])
def test_a_database_that_can_only_be_read_is_said_to_be(migrated: Path, command: tuple[str, ...]) -> None:
    if command[0] == "migrate":  # something is to be done
        with closing(sqlite3.connect(database(migrated))) as file:
            file.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
            file.commit()
    (migrated / "secret-key").write_text("k" * 60)
    database(migrated).chmod(0o444)
    ended = limited(*command, data=migrated, before=without_privilege)
    assert "can only be read" in one_line(ended)
    migrated.chmod(0o500)
    line = one_line(limited(*command, data=migrated, before=without_privilege))
    assert "PASSAGE_DATA cannot be used" in line
    assert "is not writable" in line


def test_a_variable_that_is_almost_ours_is_told_with_the_nearest(folder: Path) -> None:
    line = one_line(run("verify", data=folder, PASSAGE_SMPT_URL="smtp://mail.example.org"))
    assert line == "passage: PASSAGE_SMPT_URL is no setting of Passage: did you mean PASSAGE_SMTP_URL?"
    ended = run("check", data=folder, PASSAGE_SERVICE_HOST="10.0.0.1")
    assert ended.returncode == 0


def test_a_server_that_runs_says_that_its_database_became_a_newer_ones(migrated: Path) -> None:
    port = free_port()
    with serving(data=migrated, port=port):
        assert answer(f"http://127.0.0.1:{port}/readyz")[0] == 200
        with closing(sqlite3.connect(database(migrated))) as file:
            file.execute("PRAGMA writable_schema=ON")
            file.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('ledger', '9999_later', '2031-01-01')"
            )
            file.commit()
        with pytest.raises(HTTPError) as refused:
            answer(f"http://127.0.0.1:{port}/readyz")
        assert refused.value.code == 503
        assert json.load(refused.value)["missing"] == ["this version does not know ledger.9999_later"]
