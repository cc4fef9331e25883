"""A database that is made to refuse for real: locked, read only, full. Each works on the connection of this thread."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
from django.db import connection, connections

PATIENCE = 50  # milliseconds that this thread waits for a lock


@contextlib.contextmanager
def somebody_else() -> Iterator[object]:
    """A connection of its own to the same database."""
    other = connections.create_connection("default")
    try:
        yield other
    finally:
        other.close()


@contextlib.contextmanager
def locked(table: str, *, kind: str = "EXCLUSIVE") -> Iterator[None]:
    """Somebody else holds the database (SQLite; IMMEDIATE lets others read) or the table (PostgreSQL)."""
    connection.ensure_connection()  # to open one asks the database something
    with somebody_else() as other, other.cursor() as theirs:  # type: ignore[attr-defined]
        if connection.vendor == "sqlite":
            theirs.execute(f"BEGIN {kind}")
        else:
            theirs.execute("BEGIN")
            theirs.execute(f'LOCK TABLE "{table}" IN ACCESS EXCLUSIVE MODE')
        try:
            with impatient():
                yield
        finally:
            theirs.execute("ROLLBACK")


@contextlib.contextmanager
def impatient() -> Iterator[None]:
    with connection.cursor() as ours:
        if connection.vendor == "sqlite":
            ours.execute("PRAGMA busy_timeout")
            (usual,) = ours.fetchone()
            begin, end = f"PRAGMA busy_timeout={PATIENCE}", f"PRAGMA busy_timeout={usual}"
        else:
            begin, end = f"SET lock_timeout='{PATIENCE}ms'", "RESET lock_timeout"
        ours.execute(begin)
        try:
            yield
        finally:
            ours.execute(end)


@contextlib.contextmanager
def read_only() -> Iterator[None]:
    with connection.cursor() as ours:
        is_sqlite = connection.vendor == "sqlite"
        ours.execute("PRAGMA query_only=ON" if is_sqlite else "SET default_transaction_read_only=on")
        try:
            yield
        finally:
            ours.execute("PRAGMA query_only=OFF" if is_sqlite else "RESET default_transaction_read_only")


@contextlib.contextmanager
def full() -> Iterator[None]:
    """SQLite only: the file may not grow by a page, and no page in it is free."""
    assert connection.vendor == "sqlite"
    with connection.cursor() as ours:
        ours.execute("PRAGMA max_page_count")
        (usual,) = ours.fetchone()
        ours.execute("VACUUM")
        ours.execute("PRAGMA page_count")
        (now,) = ours.fetchone()
        ours.execute(f"PRAGMA max_page_count={now}")
        try:
            yield
        finally:
            ours.execute(f"PRAGMA max_page_count={usual}")


def hang_up() -> None:
    """PostgreSQL only: the server ends the connection of this thread, as it does when it is stopped."""
    assert connection.vendor == "postgresql"
    with connection.cursor() as ours:
        ours.execute("SELECT pg_backend_pid()")
        (number,) = ours.fetchone()
    with somebody_else() as other, other.cursor() as theirs:  # type: ignore[attr-defined]
        theirs.execute("SELECT pg_terminate_backend(%s, 5000)", [number])


def address() -> str:
    """The PostgreSQL of this run, for a connection without Django."""
    kept = connection.settings_dict
    host = kept["HOST"] or kept["OPTIONS"].get("host", "")
    return psycopg.conninfo.make_conninfo(host=host, dbname=kept["NAME"], user=kept["USER"])


@contextlib.contextmanager
def locked_for_writing(table: str) -> Iterator[None]:
    """PostgreSQL only: the table can be read, and whoever writes to it waits."""
    with somebody_else() as other, other.cursor() as theirs:  # type: ignore[attr-defined]
        theirs.execute("BEGIN")
        theirs.execute(f'LOCK TABLE "{table}" IN SHARE MODE')
        try:
            yield
        finally:
            theirs.execute("ROLLBACK")
