"""An installation that is emptied, for the tests of leaving and arriving: another server, on the same database."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from passage.archive.actions import unpack
from passage.archive.opened import opened
from passage.archive.packing import pack
from passage.programme.models import Programme
from tests.plugin import defences_asleep
from tests.rows import AT

KEPT = {"django_content_type", "auth_permission", "django_migrations", "defence_flag"}


@contextmanager
def undone() -> Iterator[None]:
    """A transaction of the test's own, taken back at its end: what may not be done in a transaction may be done in it."""
    block = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)


def a_fresh_installation() -> None:
    """Nothing is left of what was here, and numbers begin at one again: what an archive needs to arrive."""
    with defences_asleep(), transaction.atomic(), connection.cursor() as cursor:
        tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA defer_foreign_keys=ON")
        for table in sorted(tables):
            cursor.execute(f'DELETE FROM "{table}"')


def packed(programme: Programme, folder: Path, name: str = "all.zip") -> Path:
    target = folder / name
    target.unlink(missing_ok=True)
    pack(programme=programme, target=target, at=AT)
    return target


def arrived(file: Path) -> Programme:
    with opened(file) as archive:
        return unpack(archive=archive, by="system:import-programme", at=AT)


def contents(file: Path) -> dict[str, list[dict[str, Any]]]:
    """Every file of rows in the archive, read by nothing but a ZIP reader and a JSON reader."""
    with zipfile.ZipFile(file) as archive:
        return {
            name: [json.loads(line) for line in archive.read(name).splitlines()]
            for name in archive.namelist()
            if name.endswith(".jsonl")
        }
