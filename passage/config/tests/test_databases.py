"""A commit is a commit, on either database and on every SQLite."""

import sqlite3
from pathlib import Path

import pytest
from django.db import connection

from passage.config.databases import can_distrust_schema, databases, loses_wal_writes, sqlite_pragmas
from passage.config.env import read_env


@pytest.mark.parametrize(
    ("version", "loses"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 0), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 54, 1), False),
    ],
)
def test_the_versions_that_lose_commits_in_wal_mode_are_known(version: tuple[int, int, int], loses: bool) -> None:
    assert loses_wal_writes(version=version) is loses


def test_a_sound_sqlite_uses_the_log_and_an_unsound_one_never() -> None:
    assert "journal_mode=WAL;PRAGMA synchronous=FULL" in sqlite_pragmas(version=(3, 51, 3))
    assert "journal_mode=DELETE;PRAGMA synchronous=EXTRA" in sqlite_pragmas(version=(3, 40, 1))


def test_the_pragmas_do_what_they_say_on_this_machine(tmp_path: Path) -> None:
    file = sqlite3.connect(tmp_path / "passage.sqlite3")
    for pragma in sqlite_pragmas(version=sqlite3.sqlite_version_info).split(";"):
        file.execute(pragma)
    unsound = loses_wal_writes(version=sqlite3.sqlite_version_info)
    assert file.execute("PRAGMA journal_mode").fetchone() == ("delete" if unsound else "wal",)
    assert file.execute("PRAGMA synchronous").fetchone() == (3 if unsound else 2,)
    wanted = {"foreign_keys": 1, "recursive_triggers": 1, "secure_delete": 1}
    wanted["trusted_schema"] = 0 if can_distrust_schema() else 1
    for name, value in wanted.items():
        assert file.execute(f"PRAGMA {name}").fetchone() == (value,), name
    file.close()


def test_a_postgresql_connection_is_kept_and_looked_at_before_use(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://passage:secret@db.example.org:5432/passage")
    database = databases(env=read_env(), folder=tmp_path)["default"]
    assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"], database["ATOMIC_REQUESTS"]) == (60, True, False)


def test_without_an_address_the_database_lies_in_the_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    database = databases(env=read_env(), folder=tmp_path)["default"]
    assert database["NAME"] == str(tmp_path / "passage.sqlite3")
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.django_db
def test_the_tests_run_on_the_database_they_were_asked_to() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()" if connection.vendor == "sqlite" else "SHOW server_version_num")
        version = str(cursor.fetchone()[0])
    assert version.startswith("3.") if connection.vendor == "sqlite" else int(version) >= 180000
