"""The rows of a programme as they are sealed, straight from their tables: no other room is asked what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connection

from passage.programme.models import Programme
from passage.seals.canonical import TABLES, Sealed

NEWEST = ", ".join(
    f'(SELECT COALESCE(MAX(id), %(before_all)s) FROM "{table.name}" WHERE programme_id = %(programme)s)'  # noqa: S608 - as below
    for table in TABLES
)
SUMS = """
SELECT account.unit_id, SUM(entry.points) FROM ledger_entry AS entry
  JOIN ledger_account AS account ON account.id = entry.account_id
 WHERE entry.programme_id = %(programme)s AND entry.id > %(after)s AND entry.id <= %(last)s
 GROUP BY account.unit_id ORDER BY account.unit_id"""
# Below the smallest id there can be: a row put in with an id below zero came after the first block, too.
BEFORE_ALL = -(2**63)
# Who may still write a row with a smaller id than the newest that is seen: an id is taken under this lock.
WRITERS = f"""
SELECT DISTINCT virtualtransaction FROM pg_locks
 WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND granted AND pid <> pg_backend_pid()
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND relation IN ({", ".join(f"'{table.name}'::regclass" for table in TABLES)})"""  # noqa: S608 - our own tables


def newest(programme: Programme, /) -> Mapping[str, int]:
    """The largest id of each table that is committed; BEFORE_ALL where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {NEWEST}", {"programme": programme.pk, "before_all": BEFORE_ALL})
        found = cursor.fetchone()
    return dict(zip((table.name for table in TABLES), found, strict=True))


def rows(table: Sealed, programme: Programme, /, *, after: int, last: int) -> Iterator[tuple[Any, ...]]:
    """The sealed columns of the rows with ids above ``after``, up to ``last``, in the order of their ids."""
    columns = ", ".join(f'"{name}"' for name in table.columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT {columns} FROM "{table.name}"'  # noqa: S608 - names of our own tables
            " WHERE programme_id = %s AND id > %s AND id <= %s ORDER BY id",
            [programme.pk, after, last],
        )
        while part := cursor.fetchmany(1000):
            yield from part


def end_of_block(table: Sealed, programme: Programme, /, *, after: int, last: int, most: int) -> int:
    """The id with which ``most`` rows are full, or ``last``."""
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT id FROM "{table.name}" WHERE programme_id = %s AND id > %s AND id <= %s'  # noqa: S608 - as above
            " ORDER BY id LIMIT 1 OFFSET %s",
            [programme.pk, after, last, most - 1],
        )
        found = cursor.fetchone()
    return int(found[0]) if found else last


def sums(programme: Programme, /, *, after: int, last: int) -> dict[str, int]:
    """The points of the entries by the id of their unit."""
    with connection.cursor() as cursor:
        cursor.execute(SUMS, {"programme": programme.pk, "after": after, "last": last})
        return {str(unit): int(points) for unit, points in cursor.fetchall()}


def writers() -> set[str]:
    """The transactions of others that have written to a sealed table and are still open. SQLite has none: whoever reads
    what is committed reads all of it, and its ids are handed out by the one writer."""
    if connection.vendor != "postgresql":
        return set()
    with connection.cursor() as cursor:
        cursor.execute(WRITERS)
        return {str(name) for (name,) in cursor.fetchall()}
