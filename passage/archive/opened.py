"""Reading an archive: nothing of it is believed before every byte is what the packer wrote (`proving`)."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from passage.archive import proving, written
from passage.archive.packing import FORMAT, PEOPLE, Packed
from passage.archive.proving import MANIFEST
from passage.archive.proving import BadArchive as BadArchive
from passage.archive.tables import Table, column, state, tables
from passage.programme import child

MEMORY = 512 * 1024 * 1024
# A megabyte of an archive is read in a tenth of a second.
SECONDS, SECONDS_A_MEGABYTE = 60, 4


@dataclass(frozen=True, slots=True)
class Opened:
    """An archive whose manifest is genuine. ``tables`` pairs each table of this installation with its file."""

    source: zipfile.ZipFile
    programme: Mapping[str, str]
    created_at: str
    files: Mapping[str, Packed]

    def tables(self) -> Iterator[tuple[Table, Packed]]:
        packed = {each.table: each for each in self.files.values() if each.table}
        for table in tables():
            yield table, packed[table.name]

    def rows(self, table: Table, packed: Packed) -> Iterator[dict[str, Any]]:
        """The rows of a table, the people in them still by e-mail. Raises BadArchive."""
        try:
            for line in self._lines(packed):
                yield written.row(table, line)
        except written.Unreadable as error:
            raise BadArchive(f"{packed.name} cannot be read: {error}.") from None

    def people(self) -> Iterator[dict[str, Any]]:
        for line in self._lines(self.files[PEOPLE]):
            yield json.loads(line)

    def _lines(self, packed: Packed) -> Iterator[bytes]:
        return proving.lines(self.source, packed.name, sha256=packed.sha256)


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """The archive in the file, proved byte by byte, and this installation found fit for it. Raises BadArchive.

    It is proved in a child process: before the transaction that writes it.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise BadArchive(f"{path} cannot be opened ({error.strerror}).") from None
    with file:
        size = path.stat().st_size
        seconds = SECONDS + SECONDS_A_MEGABYTE * (size >> 20)
        bounds = child.Bounds(memory=MEMORY, seconds=seconds, answer=2 * proving.LARGEST_MANIFEST)
        failing = BadArchive("The archive takes more memory or time to read than any that was packed here.")
        wrong, text = child.run("passage.archive.proving:proof", file=file, bounds=bounds, failing=failing)
        if wrong:
            raise BadArchive(f"{path}: {wrong.decode()}")
        manifest = json.loads(text)
        files = {each["name"]: _packed(each) for each in manifest["files"]}
        _fits(manifest, files)
        with zipfile.ZipFile(file) as source:
            yield Opened(source, manifest["programme"], manifest["created_at"], files)


def _packed(told: Mapping[str, Any]) -> Packed:
    try:
        return Packed(**{**told, "columns": tuple(told["columns"]), "left_out": tuple(told["left_out"])})
    except (KeyError, TypeError):
        raise BadArchive(f"{MANIFEST} is not what an archive has. Take a fresh copy of the archive.") from None


def _fits(manifest: Mapping[str, Any], files: Mapping[str, Packed]) -> None:
    """The tables here must be those it was packed from: then every row means what it meant."""
    if manifest["format"] != FORMAT:
        raise BadArchive(f"The archive is of format {manifest['format']}; this Passage reads format {FORMAT}.")
    there = {each.table: (set(each.columns), set(each.left_out)) for each in files.values() if each.table}
    here = {each.name: ({column(field) for field in each.fields}, set(each.left_out)) for each in tables()}
    if manifest["state"] != state() or there != here:
        raise BadArchive(
            f"The archive was made by Passage {manifest['engine']}, whose tables are not those of this version. "
            "Import it with that version, then upgrade; or upgrade where it was made, and export again."
        )
