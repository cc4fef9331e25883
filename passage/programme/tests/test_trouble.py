"""What keeps a database from answering is told by its own word, from the real database."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, Error, IntegrityError, connection, transaction

from passage.programme.models import Login
from passage.programme.transactions import Stale
from passage.programme.trouble import REMEDIES, Trouble, retry_after, trouble_of
from tests import troubles

pytestmark = pytest.mark.django_db(transaction=True)


def met(statement: str) -> Trouble | None:
    with pytest.raises(Error) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return trouble_of(caught.value)


def write() -> None:
    Login.objects.create(email="anna@example.org", name="A" * 80)


def test_locked_and_read_only_are_told_apart() -> None:
    for made, expected in (
        (troubles.locked("programme_login"), Trouble.BUSY),
        (troubles.read_only(), Trouble.READ_ONLY),
    ):
        with made, pytest.raises(DatabaseError) as caught:
            write()
        assert trouble_of(caught.value) is expected


def test_a_table_that_is_not_there_asks_for_migrate_and_a_slip_of_ours_is_no_trouble() -> None:
    assert met("SELECT * FROM nowhere") is Trouble.BEHIND
    assert met("SELEKT 1") is None


def test_a_rule_that_was_broken_is_no_trouble() -> None:
    write()
    with pytest.raises(IntegrityError) as caught:
        write()
    assert trouble_of(caught.value) is None
    assert trouble_of(KeyError("x")) is None
    assert trouble_of(None) is None


def test_what_we_found_stale_ourselves_is_busy() -> None:
    assert trouble_of(Stale("somebody was faster")) is Trouble.BUSY


def test_a_disk_has_its_words_too() -> None:
    assert trouble_of(OSError(errno.ENOSPC, "full")) is Trouble.FULL
    assert trouble_of(OSError(errno.EROFS, "read only")) is Trouble.READ_ONLY
    assert trouble_of(OSError(errno.ENOENT, "no file")) is None


def test_every_trouble_has_one_remedy_that_is_a_sentence() -> None:
    assert set(REMEDIES) == set(Trouble)
    assert all(remedy.endswith(".") and "\n" not in remedy for remedy in REMEDIES.values())
    assert retry_after(Trouble.BUSY) < retry_after(Trouble.AWAY)


def _run(file: Path, statements: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(file)) as database:
        for statement in statements:
            database.execute(statement)


def sqlite_says(file: Path, *statements: str) -> Trouble | None:
    with pytest.raises(sqlite3.Error) as caught:
        _run(file, statements)
    told = DatabaseError()
    told.__cause__ = caught.value
    return trouble_of(told)


def test_sqlites_own_words(tmp_path: Path) -> None:
    (tmp_path / "garbage").write_bytes(b"no database" * 1000)
    assert sqlite_says(tmp_path / "garbage", "SELECT * FROM sqlite_master") is Trouble.DAMAGED
    assert sqlite_says(tmp_path / "not" / "there") is Trouble.DISK
    grow = "CREATE TABLE t AS SELECT zeroblob(100000)"
    assert sqlite_says(tmp_path / "new", "PRAGMA max_page_count=2", grow) is Trouble.FULL


def test_postgresqls_own_words() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("asks PostgreSQL")
    troubles.hang_up()
    assert met("SELECT 1") is Trouble.AWAY
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("DROP ROLE IF EXISTS crowded")
        cursor.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
    try:
        assert postgresql_says(user="crowded") is Trouble.CROWDED
        assert postgresql_says(dbname="nowhere") is Trouble.AWAY
        assert postgresql_says(host="/nowhere") is Trouble.AWAY
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP ROLE crowded")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '20ms'")
        with pytest.raises(DatabaseError) as caught:
            cursor.execute("SELECT pg_sleep(60)")
        assert trouble_of(caught.value) is Trouble.BUSY
        transaction.set_rollback(True)


def postgresql_says(**changed: str) -> Trouble | None:
    with pytest.raises(psycopg.Error) as caught:
        psycopg.connect(psycopg.conninfo.make_conninfo(troubles.address(), **changed))
    told = DatabaseError()
    told.__cause__ = caught.value
    return trouble_of(told)
