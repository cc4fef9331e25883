"""The database at one moment, written out while the tills go on selling.

SQLite copies itself: its own way of copying is the only one that is never half of a write. Where it writes ahead nobody
waits; where it keeps a rollback journal writers wait while it copies, a third of a second for each 100 MB, and not for what
follows. PostgreSQL shows one moment to a transaction that asks for it, and holds nobody up.
"""

from __future__ import annotations

import io
import sqlite3
import tempfile
from contextlib import closing
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from passage.backups.content import MOST, Writer
from passage.programme.snapshot import one_moment

FORM = 1
PATIENCE = 60  # seconds to wait for a writer before a copy begins
MIGRATIONS = "django_migrations"
# What the database works out by itself is worked out again.
COLUMNS = """
SELECT column_name FROM information_schema.columns
 WHERE table_schema = current_schema() AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position
"""


def take(*, target: io.RawIOBase, folder: Path, at: datetime) -> None:
    """Writes everything to ``target``. ``folder`` is where SQLite's copy lies meanwhile, as open as the database is."""
    writer = Writer(target)
    if connection.vendor == "sqlite":
        _take_file(writer, folder, at)
    else:
        _take_rows(writer, at)
    writer.end()


def _facts(at: datetime, migrations: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "form": FORM,
        "engine": version("passage"),
        "database": connection.vendor,
        "made_at": at.isoformat(),
        "migrations": migrations,
        # Without it no second factor opens, and what tills were given to keep cannot be read.
        "secret_key": settings.SECRET_KEY,
    }


def _take_file(writer: Writer, folder: Path, at: datetime) -> None:
    with tempfile.TemporaryDirectory(prefix="backup-", dir=folder) as private:
        path = Path(private) / "copy.sqlite3"
        _copy(path)
        with closing(sqlite3.connect(path)) as copy:
            migrations = copy.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall()
        writer.facts(_facts(at, migrations))
        with path.open("rb") as file:
            while part := file.read(MOST):
                writer.part(part)


def _copy(path: Path) -> None:
    path.touch(mode=0o600)
    source = sqlite3.connect(connection.settings_dict["NAME"], timeout=PATIENCE)
    with closing(source), closing(sqlite3.connect(path)) as copy:
        # It is sealed and gone in a moment: nobody has to wait until it lies on the disk.
        copy.execute("PRAGMA synchronous=OFF")
        copy.execute("PRAGMA journal_mode=OFF")
        source.backup(copy)


def _take_rows(writer: Writer, at: datetime) -> None:
    with one_moment(), connection.cursor() as cursor:
        # However long it takes: it holds nobody up.
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            cursor.execute(f"SET LOCAL {limit} = 0")
        recorded = MigrationRecorder(connection).migration_qs.order_by("id").values_list("app", "name")
        writer.facts(_facts(at, list(recorded)))
        for table in tables():
            cursor.execute(COLUMNS, [table])
            columns = [name for (name,) in cursor.fetchall()]
            writer.table(table, columns)
            with cursor.copy(f"COPY {quoted(table)} ({listed(columns)}) TO STDOUT") as rows:
                for part in rows:
                    writer.part(bytes(part))


def tables() -> list[str]:
    """All that this program keeps; which migrations were run is told beside them."""
    there = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return sorted(set(there) - {MIGRATIONS})


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def listed(columns: list[str]) -> str:
    return ", ".join(quoted(column) for column in columns)
