"""A backup put back: the database as it was, and brought to this version."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import Error, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from passage.backups.content import PART, TABLE, Reader
from passage.backups.errors import BadBackup
from passage.backups.sealing import Opener, synced
from passage.backups.taking import FORM, MIGRATIONS, listed, quoted, tables
from passage.config.data_folder import BESIDE
from passage.config.env import KEY_FILE
from passage.programme.defences import PREFIX
from passage.programme.models import Login, Programme

Node = tuple[str, str]
OTHER_KIND = (
    "This backup is of {theirs}, and the database here is {ours}. Restore it on its own kind, and move each programme "
    "with export-programme and import-programme."
)
NEWER = "This backup was made by a newer version of Passage ({engine}). Restore it with that version."
IN_USE = "There is an installation here already. Restore into an empty place, or say --replace to put this one aside."


def put_back(*, file: Path, passphrase: str, replace: bool, at: datetime) -> dict[str, Any]:
    """The database of the backup in the place of this one, at this version; what the backup says of itself.

    Nothing is changed before the whole file was read. Raises `BadBackup`, and OSError where there is no room.
    """
    with file.open("rb") as source:
        reader = Reader(Opener(source, passphrase=passphrase))
        known = _check(reader.facts)
        if not replace and is_used():
            raise BadBackup(IN_USE)
        if connection.vendor == "sqlite":
            _put_file(reader, at)
        else:
            _put_rows(reader, known)
    _put_key(reader.facts["secret_key"], at, keep=replace)
    call_command("migrate", verbosity=0)
    return reader.facts


def is_used() -> bool:
    """Whether anybody works with this database, or did. One that was only migrated is nobody's."""
    try:
        with transaction.atomic():
            return Programme.objects.exists() or Login.objects.exists()
    except Error:  # no tables
        return False


def _check(facts: dict[str, Any]) -> list[Node]:
    """The migrations of the backup, which this version knows, all of them."""
    known = {(app, name) for app, name in facts["migrations"]}
    if facts["database"] != connection.vendor:
        raise BadBackup(OTHER_KIND.format(theirs=facts["database"], ours=connection.vendor))
    ours = set(MigrationLoader(None).graph.nodes)
    # What a package of others once had and dropped does no harm; what is ours and unknown is of a version to come.
    of_this_house = {config.label for config in apps.get_app_configs() if config.name.startswith("passage.")}
    if facts["form"] > FORM or any(node[0] in of_this_house for node in known - ours):
        raise BadBackup(NEWER.format(engine=facts["engine"]))
    return sorted(known & ours)


def _put_file(reader: Reader, at: datetime) -> None:
    """The old file is moved aside, not deleted."""
    place = Path(connection.settings_dict["NAME"])
    connection.close()
    draft = place.with_name(f"{place.name}.restoring")
    try:
        with draft.open("wb") as target:
            draft.chmod(0o600)
            for kind, content in reader.frames():
                if kind == PART:
                    target.write(content)
            synced(target)
        with closing(sqlite3.connect(draft)) as copy:
            if copy.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
                raise BadBackup("The database in this backup is damaged. Take another one.")
        for ending in BESIDE:
            old = place.with_name(place.name + ending)
            if old.exists() and old.stat().st_size == 0:  # made by asking whether anybody is here
                old.unlink()
            elif old.exists():
                old.rename(place.with_name(f"{place.name}.before-{at:%Y%m%dT%H%M%SZ}{ending}"))
        draft.rename(place)
    finally:
        draft.unlink(missing_ok=True)


@transaction.atomic
def _put_rows(reader: Reader, known: list[Node]) -> None:
    """Into tables made as that version had them; the old ones go in the same transaction."""
    with connection.cursor() as cursor:
        _drop_everything(cursor)
        MigrationExecutor(connection).migrate(_last_of_each_app(known))
        # A migration that adds a foreign key has it checked at once from then on; tables come in the order of their names.
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        frames = reader.frames()
        frame = next(frames, None)
        while frame is not None and frame[0] == TABLE:
            told = json.loads(frame[1])
            into = f"COPY {quoted(told['table'])} ({listed(told['columns'])}) FROM STDIN"
            with cursor.copy(into) as rows:
                while (frame := next(frames, None)) is not None and frame[0] == PART:
                    rows.write(frame[1])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        # An older backup has not every table of today.
        there = set(connection.introspection.table_names(cursor))
        counted = [each for each in apps.get_models(include_auto_created=True) if each._meta.db_table in there]
        for sql in connection.ops.sequence_reset_sql(no_style(), counted):
            cursor.execute(sql)


def _drop_everything(cursor: Any) -> None:
    there = set(connection.introspection.table_names(cursor))
    ours = [quoted(table) for table in [*tables(), MIGRATIONS] if table in there]
    if ours:
        cursor.execute(f"DROP TABLE {', '.join(ours)} CASCADE")
    found = "SELECT proname FROM pg_proc WHERE proname LIKE %s AND pronamespace = current_schema()::regnamespace"
    cursor.execute(found, [f"{PREFIX}%"])
    for (name,) in cursor.fetchall():
        cursor.execute(f"DROP FUNCTION {quoted(name)}() CASCADE")


def _last_of_each_app(known: list[Node]) -> list[Node]:
    graph = MigrationLoader(None).graph
    return [
        node
        for node in known
        if not any(child.key in known and child.key[0] == node[0] for child in graph.node_map[node].children)
    ]


def _put_key(secret: str, at: datetime, *, keep: bool) -> None:
    """What tills keep and what second factors open with is sealed under it. A key in the environment stays what it is."""
    if settings.ENV.secret_key is not None or secret == settings.SECRET_KEY:
        return
    kept = settings.DATA / KEY_FILE
    draft = kept.with_name(f".{KEY_FILE}-restoring")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    if keep and kept.exists():
        kept.rename(kept.with_name(f"{KEY_FILE}.before-{at:%Y%m%dT%H%M%SZ}"))
    draft.rename(kept)
    settings.SECRET_KEY = secret
