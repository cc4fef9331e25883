"""Whether this program and its database fit together: asked at every start, and by whoever watches (`/readyz`)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.management import CommandError
from django.db import DEFAULT_DB_ALIAS, Error, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from passage.config import defences
from passage.programme.transactions import briefly
from passage.programme.trouble import REMEDIES, Trouble, first_line, trouble_of

# Below it a commit may fail in its middle: no harm to what is there, but nothing new comes in.
LEAST_ROOM = 32 * 1024 * 1024
SHOWN = 3


def told(trouble: Trouble, error: BaseException) -> str:
    """The trouble in one line: the remedy, and what the database said itself."""
    return f"{REMEDIES[trouble]} ({first_line(error.__cause__ or error)})"


def refuse_unfit() -> None:
    """Nothing starts on a database that is away, damaged, of another version, or without its defences."""
    connection = connections[DEFAULT_DB_ALIAS]
    if why := unfit(connection):
        raise CommandError(why)
    defences.refuse_without(connection)


def unfit(connection: BaseDatabaseWrapper) -> str:
    """One line with its remedy, or nothing when all is well."""
    try:
        if damage := next(damages(connection), ""):
            return f"{REMEDIES[Trouble.DAMAGED]} ({damage})"
        lacks, knows_more = missing(connection), newer(connection)
    except Error as error:
        if (trouble := trouble_of(error)) is None:
            raise
        return told(trouble, error)
    if knows_more:
        return newer_line(knows_more)
    return f"The database lacks {', '.join(lacks[:SHOWN])}. Run `passage migrate` first." if lacks else ""


def refuse_newer(connection: BaseDatabaseWrapper) -> None:
    """What an older program does to a newer database is not known to either."""
    if knows_more := newer(connection):
        raise CommandError(newer_line(knows_more))


def newer_line(found: list[str]) -> str:
    return (
        f"The database was made by a newer Passage ({', '.join(found[:SHOWN])}). Install that version, "
        "or restore the backup that was made before the upgrade."
    )


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The migrations of this version that are not in yet."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def newer(connection: BaseDatabaseWrapper) -> list[str]:
    """The migrations of our own rooms that are in the database and that this version does not know."""
    loader = MigrationExecutor(connection).loader
    strange = set(loader.applied_migrations or ()) - set(loader.disk_migrations or ())
    return sorted(f"{app}.{name}" for app, name in strange if app in settings.ROOMS)


def damages(connection: BaseDatabaseWrapper) -> Iterator[str]:
    """What SQLite finds wrong with the pages of its file, quickly: tables, and not whether each index agrees.

    PostgreSQL looks at each page as it reads it, where its cluster was made with checksums.
    """
    if connection.vendor == "sqlite":
        yield from _told_by(connection, "PRAGMA quick_check(1)")


def deep_damages(connection: BaseDatabaseWrapper) -> Iterator[str]:
    """As `damages`, every index compared with its table; table by table, since a writer waits meanwhile."""
    if connection.vendor != "sqlite":
        return
    for table in sorted(connection.introspection.table_names()):
        for line in _told_by(connection, f'PRAGMA integrity_check("{table}")'):
            yield f"{table}: {line}"


def _told_by(connection: BaseDatabaseWrapper, question: str) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        lines = [str(line) for (line,) in cursor.fetchall()]
    yield from (line for line in lines if line != "ok")


def writing_trouble(connection: BaseDatabaseWrapper) -> Trouble | None:
    """Whether something could be saved now: it is tried, and taken back. Somebody else's lock is no trouble."""
    try:
        if has_no_room(Path(settings.DATA)):
            return Trouble.FULL
        with briefly(), connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                # A page more than there is, and the journal that could undo it.
                cursor.execute("CREATE TABLE passage_tried AS SELECT zeroblob(65536)")
                transaction.set_rollback(True)
            else:
                cursor.execute("SELECT current_setting('transaction_read_only')")
                return Trouble.READ_ONLY if cursor.fetchone() == ("on",) else None
    except (Error, OSError) as error:
        found = trouble_of(error)
        if found is None:
            raise
        return None if found is Trouble.BUSY else found
    return None


def has_no_room(folder: Path) -> bool:
    return shutil.disk_usage(folder).free < LEAST_ROOM
