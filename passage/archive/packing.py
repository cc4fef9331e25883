"""Writing the archive: one instant of one programme, streamed into a ZIP file however large the programme is."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Q

from passage.archive import written
from passage.archive.paper import paper
from passage.archive.proving import MANIFEST as MANIFEST
from passage.archive.proving import SEAL
from passage.archive.tables import Table, belonging, chunks, column, is_person, reason_to_stay, state, tables
from passage.programme.models import Login, Programme
from passage.programme.snapshot import one_moment

FORMAT = 1
PAPER, PEOPLE = "README.md", "people.jsonl"
COPY = "snapshot"  # the name that a copied database is known under while it is read
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Packed:
    """One file inside the archive. ``first`` and ``last`` are the ids of a table's rows, None where there are none."""

    name: str
    rows: int
    size: int
    sha256: str
    table: str = ""
    columns: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    first: int | None = None
    last: int | None = None


@dataclass(slots=True)
class _Sheet:
    """A file of the archive while it is written: what went through it, and what it adds up to."""

    target: Any
    rows: int = 0
    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    def add(self, line: bytes, *, rows: int = 1) -> None:
        digest = self.digest
        self.target.write(line)
        digest.update(line)
        self.rows += rows
        self.size += len(line)


def pack(*, programme: Programme, target: Path, at: datetime, tell: Tell = lambda done, total: None) -> int:
    """Writes the archive of the programme to ``target``; how many rows it holds. ``tell`` is given rows done and all rows.

    The file appears under its name when it is whole, and only its owner's account may read it.
    """
    part = target.with_name(f"{target.name}.part")
    part.touch(mode=0o600)
    try:
        with snapshot(folder=target.parent) as alias, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            rows = _fill(archive, programme, alias=alias, at=at, tell=tell)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return rows


@contextmanager
def snapshot(*, folder: Path) -> Iterator[str]:
    """The database as it is at one instant, for as long as it is read; the tills go on selling meanwhile.

    PostgreSQL shows one instant to a transaction that asks for it. SQLite would hold every writer up for as long as
    somebody reads: it is copied instead, which takes a moment, and the copy is read. Inside a transaction that has
    begun already, that is the instant.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with tempfile.TemporaryDirectory(prefix="passage-", dir=folder) as private:
            copy = Path(private) / "copy.sqlite3"
            _copy(copy)
            # Known to this thread only.
            connections[COPY] = type(connections[DEFAULT_DB_ALIAS])(
                {**connection.settings_dict, "NAME": str(copy)}, COPY
            )
            try:
                yield COPY
            finally:
                connections[COPY].close()
                del connections[COPY]
    else:
        with one_moment():
            yield DEFAULT_DB_ALIAS


def _copy(target: Path) -> None:
    source = sqlite3.connect(connection.settings_dict["NAME"], timeout=60)
    with closing(source), closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def _fill(archive: zipfile.ZipFile, programme: Programme, *, alias: str, at: datetime, tell: Tell) -> int:
    wanted = tables()
    total = sum(_rows(table, programme, alias=alias).count() for table in wanted)
    files: list[Packed] = [_people(archive, programme, wanted, alias=alias)]
    done = 0
    for table in wanted:
        files.append(_pack_table(archive, table, programme, alias=alias, tell=_told_after(done, total, tell)))
        done += files[-1].rows
    files.append(_pack(archive, PAPER, [paper().encode()], rows=0))
    manifest = {
        "format": FORMAT,
        "engine": version("passage"),
        "created_at": at.isoformat(),
        "programme": _facts(programme),
        "state": state(),
        "files": [asdict(each) for each in files],
        "left_behind": {model._meta.db_table: why for model in belonging() if (why := reason_to_stay(model))},
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2).encode()
    archive.writestr(MANIFEST, text)
    archive.writestr(SEAL, hashlib.sha256(text).hexdigest() + "\n")
    return done


def _told_after(done: int, total: int, tell: Tell) -> Callable[[int], None]:
    return lambda rows: tell(done + rows, total)


def _facts(programme: Programme) -> dict[str, str]:
    told = ("slug", "name", "currency", "zone", "language")
    return {"public_id": str(programme.public_id), **{name: str(getattr(programme, name)) for name in told}}


def _pack_table(
    archive: zipfile.ZipFile, table: Table, programme: Programme, *, alias: str, tell: Callable[[int], None]
) -> Packed:
    name = f"tables/{table.name}.jsonl"
    asked = [f"{each.name}__email" if is_person(each) else str(each.attname) for each in table.fields]
    key = next(place for place, each in enumerate(table.fields) if each.primary_key)
    first = last = None
    rows = _rows(table, programme, alias=alias).order_by("pk").values_list(*asked).iterator(chunk_size=table.at_once)
    with archive.open(name, "w", force_zip64=True) as target:
        sheet = _Sheet(target)
        for chunk in chunks(iter(rows), size=table.at_once):
            for row in chunk:
                sheet.add(written.line(table, row))
            first, last = chunk[0][key] if first is None else first, chunk[-1][key]
            tell(sheet.rows)
    columns = tuple(column(each) for each in table.fields)
    sums = {"rows": sheet.rows, "size": sheet.size, "sha256": sheet.digest.hexdigest()}
    return Packed(name, table=table.name, columns=columns, left_out=table.left_out, first=first, last=last, **sums)


def _people(archive: zipfile.ZipFile, programme: Programme, wanted: Iterable[Table], *, alias: str) -> Packed:
    """Who can sign in and has a place here: what they are called, and nothing of what they sign in with."""
    named = Q()
    for table in wanted:
        for each in filter(is_person, table.fields):
            named |= Q(pk__in=_rows(table, programme, alias=alias).values(each.attname))
    found = Login.objects.using(alias).filter(named) if named else Login.objects.none()
    rows = found.order_by("email").values("email", "name", "language", "is_active").iterator(chunk_size=1000)
    return _pack(archive, PEOPLE, (written.person(row) for row in rows))


def _pack(archive: zipfile.ZipFile, name: str, lines: Iterable[bytes], *, rows: int = 1) -> Packed:
    with archive.open(name, "w", force_zip64=True) as target:
        sheet = _Sheet(target)
        for line in lines:
            sheet.add(line, rows=rows)
    return Packed(name, rows=sheet.rows, size=sheet.size, sha256=sheet.digest.hexdigest())


def _rows(table: Table, programme: Programme, *, alias: str) -> Any:
    every = table.model._base_manager.using(alias)
    return every.filter(pk=programme.pk) if table.model is Programme else every.filter(programme_id=programme.pk)
