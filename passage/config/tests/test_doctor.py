"""Every check of `passage doctor` sees the fault it is for, with one remedy, and is quiet without it."""

import json
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from passage.backups.models import Backup
from passage.config import doctor
from passage.config.doctor import CHECKS, Finding, State
from passage.outbox import actions as outbox
from passage.outbox.models import Job
from tests import troubles

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_home(settings, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    tmp_path.chmod(0o700)
    return tmp_path


def found(name: str) -> list[Finding]:
    return [each for each in doctor.findings(at=timezone.now()) if each.check == name]


def state(name: str) -> State:
    (only,) = found(name)
    assert bool(only.remedy) is (only.state is not State.OK)
    return only.state


def env(settings, **changed: object) -> None:
    settings.ENV = settings.ENV.model_copy(update=changed)


def test_each_check_says_something_and_each_remedy_is_one_line() -> None:
    every = list(doctor.findings(at=timezone.now()))
    assert {each.check for each in every} == {name for name, _, _ in CHECKS}
    assert all("\n" not in each.remedy for each in every)


def test_settings(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert state("settings") is State.OK
    monkeypatch.setenv("PASSAGE_COLOUR", "blue")
    assert state("settings") is State.WARNING
    monkeypatch.undo()
    settings.DEBUG = True
    env(settings, passage_url="https://loyalty.example.org")
    assert any(each.state is State.FAULT for each in found("settings"))


@pytest.mark.django_db(transaction=True)  # PostgreSQL asks a transaction once, at its beginning
def test_database() -> None:
    assert state("database") in {State.OK, State.WARNING}  # an old SQLite is told of
    with troubles.read_only():
        only = found("database")[0]
    assert (only.state, "can only be read" in only.remedy) == (State.FAULT, True)


@pytest.mark.django_db(transaction=True)
def test_a_database_in_trouble_leaves_out_what_would_ask_it() -> None:
    with troubles.read_only():
        assert found("worker") == []
        assert found("disk") != []


def test_migrations() -> None:
    assert state("migrations") is State.OK
    MigrationRecorder.Migration.objects.create(app="ledger", name="9999_later")
    assert state("migrations") is State.FAULT
    MigrationRecorder.Migration.objects.filter(name="9999_later").delete()
    MigrationRecorder.Migration.objects.filter(app="sessions").delete()
    assert state("migrations") is State.FAULT


def test_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ENOUGH_ROOM", 0)
    monkeypatch.setattr(doctor.standing, "LEAST_ROOM", 0)
    assert state("disk") is State.OK
    monkeypatch.setattr(doctor, "ENOUGH_ROOM", 1 << 60)
    assert state("disk") is State.WARNING
    monkeypatch.setattr(doctor.standing, "LEAST_ROOM", 1 << 60)
    assert state("disk") is State.FAULT


def test_permissions(at_home: Path) -> None:
    (at_home / "secret-key").write_text("k")
    (at_home / "secret-key").chmod(0o600)
    assert state("permissions") is State.OK
    (at_home / "secret-key").chmod(0o644)
    assert state("permissions") is State.FAULT
    (at_home / "secret-key").chmod(0o600)
    at_home.chmod(0o755)
    assert state("permissions") is State.FAULT


def test_clock_and_worker() -> None:
    assert (state("clock"), state("worker")) == (State.OK, State.FAULT)
    now = timezone.now()
    outbox.be_seen(worker="a", begun_at=now, at=now)
    assert (state("clock"), state("worker")) == (State.OK, State.OK)
    outbox.be_seen(worker="a", begun_at=now, at=now - timedelta(hours=1))
    assert (state("clock"), state("worker")) == (State.OK, State.FAULT)
    outbox.be_seen(worker="a", begun_at=now, at=now - timedelta(days=100))
    assert (state("clock"), state("worker")) == (State.FAULT, State.FAULT)
    outbox.be_seen(worker="a", begun_at=now, at=now)
    Job.objects.create(kind="mail", key="mail:1", run_at=now, state=Job.State.FAILED)
    assert [each.state for each in found("worker")] == [State.OK, State.WARNING]


def a_post_office() -> int:
    """Says hello to one caller, as a mail server does."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        caller, _ = listening.accept()
        with caller:
            caller.sendall(b"220 mail\r\n")
            while said := caller.recv(1024):
                caller.sendall(b"221 bye\r\n" if said.startswith(b"QUIT") else b"250 ok\r\n")

    Thread(target=serve, daemon=True).start()
    return int(listening.getsockname()[1])


def test_mail(settings) -> None:
    settings.SENDS_MAIL = False
    assert state("mail") is State.WARNING
    settings.SENDS_MAIL = True
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", a_post_office()
    assert state("mail") is State.OK
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = closed.getsockname()[1]
        assert state("mail") is State.FAULT


def test_backup(at_home: Path) -> None:
    assert state("backup") is State.WARNING
    (at_home / doctor.BACKUP_STAMP).touch()
    assert state("backup") is State.OK
    old = (timezone.now() - timedelta(days=3)).timestamp()
    __import__("os").utime(at_home / doctor.BACKUP_STAMP, (old, old))
    assert state("backup") is State.FAULT
    made = timezone.now()
    Backup.objects.create(name="a", made_at=made, size=1)
    assert state("backup") is State.FAULT, "nobody has proved it"
    Backup.objects.update(proven_at=made)
    assert state("backup") is State.OK


@pytest.mark.parametrize(
    ("url", "trusts", "bind", "expected"),
    [
        ("", False, "127.0.0.1", State.OK),
        ("https://loyalty.example.org", False, "127.0.0.1", State.FAULT),
        ("https://loyalty.example.org", True, "127.0.0.1", State.OK),
        ("https://loyalty.example.org", True, "0.0.0.0", State.WARNING),
    ],
)
def test_proxy(settings, url: str, *, trusts: bool, bind: str, expected: State) -> None:
    env(settings, passage_url=url, trust_proxy=trusts, bind=bind)
    assert state("proxy") is expected


def run(capsys, *words: str) -> tuple[int, str]:
    try:
        call_command("doctor", *words)
    except SystemExit as ended:
        return int(str(ended.code)), capsys.readouterr().out
    return 0, capsys.readouterr().out


def test_the_command_ends_with_1_when_there_is_a_fault(capsys, settings, at_home: Path) -> None:
    assert run(capsys)[0] == 1  # no worker
    outbox.be_seen(worker="a", begun_at=timezone.now(), at=timezone.now())
    code, said = run(capsys)
    assert (code, "0 faults" in said) == (0, True)
    code, said = run(capsys, "--json")
    assert (code, json.loads(said)["well"]) == (0, True)


def test_the_doctor_writes_nothing() -> None:
    with connection.cursor() as cursor:
        before = count_rows(cursor.execute, cursor.fetchone)
        list(doctor.findings(at=timezone.now()))
        assert count_rows(cursor.execute, cursor.fetchone) == before


def count_rows(ask: Callable[[str], object], take: Callable[[], tuple[int]]) -> list[int]:
    counted = []
    for table in sorted(connection.introspection.django_table_names(only_existing=True)):
        ask(f'SELECT count(*) FROM "{table}"')
        counted.append(take()[0])
    return counted
