"""Reading an archive: nothing of it is believed before every byte is what the packer wrote."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from passage.archive import written
from passage.archive.packing import FORMAT, MANIFEST, PEOPLE, SEAL, Packed
from passage.archive.tables import Table, column, state, tables

# No line that the packer writes is longer: a picture is a few megabytes.
LONGEST_LINE = 64 * 1024 * 1024
LARGEST_MANIFEST = 16 * 1024 * 1024


class BadArchive(Exception):
    """Nothing was written. The message says what is wrong with the file, and what to do."""


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

    def check(self) -> None:
        """Reads everything once. Raises BadArchive for the first file that is not as it was packed."""
        for packed in self.files.values():
            for _line in self._lines(packed):
                pass

    def _lines(self, packed: Packed) -> Iterator[bytes]:
        """Every line; the sum is checked at the end, and what was read before is good for nothing if it is wrong."""
        digest = hashlib.sha256()
        with _readable(packed.name), self.source.open(packed.name) as file:
            while line := _next_line(file, packed.name):
                digest.update(line)
                yield line
        if digest.hexdigest() != packed.sha256:
            raise BadArchive(f"{packed.name} is not as it was packed. Take a fresh copy of the archive.")


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """The archive in the file, its manifest read and this installation found fit for it. Raises BadArchive."""
    try:
        source = zipfile.ZipFile(path)
    except OSError as error:
        raise BadArchive(f"{path} cannot be opened ({error.strerror}).") from None
    except zipfile.BadZipFile:
        raise BadArchive(f"{path} is no archive of a programme, or only a part of one.") from None
    with source:
        manifest = _manifest(source)
        files = {each["name"]: _packed(each) for each in manifest["files"]}
        _is_complete(source, files)
        _fits(manifest, files)
        yield Opened(source, manifest["programme"], manifest["created_at"], files)


def _manifest(source: zipfile.ZipFile) -> dict[str, Any]:
    with _readable(MANIFEST), source.open(MANIFEST) as file:
        text = file.read(LARGEST_MANIFEST)
    with _readable(SEAL), source.open(SEAL) as file:
        seal = file.read(100).decode(errors="replace").strip()
    if hashlib.sha256(text).hexdigest() != seal:
        raise BadArchive(f"{MANIFEST} is not as it was packed. Take a fresh copy of the archive.")
    manifest: dict[str, Any] = json.loads(text)
    if manifest["format"] != FORMAT:
        raise BadArchive(f"The archive is of format {manifest['format']}; this Passage reads format {FORMAT}.")
    return manifest


def _packed(told: Mapping[str, Any]) -> Packed:
    return Packed(**{**told, "columns": tuple(told["columns"]), "left_out": tuple(told["left_out"])})


def _is_complete(source: zipfile.ZipFile, files: Mapping[str, Packed]) -> None:
    names = source.namelist()
    if sorted(names) != sorted([*files, MANIFEST, SEAL]):
        raise BadArchive("The archive holds other files than its manifest names. Take a fresh copy of it.")


def _fits(manifest: Mapping[str, Any], files: Mapping[str, Packed]) -> None:
    """The tables here must be those it was packed from: then every row means what it meant."""
    there = {each.table: (set(each.columns), set(each.left_out)) for each in files.values() if each.table}
    here = {each.name: ({column(field) for field in each.fields}, set(each.left_out)) for each in tables()}
    if manifest["state"] != state() or there != here:
        raise BadArchive(
            f"The archive was made by Passage {manifest['engine']}, whose tables are not those of this version. "
            "Import it with that version, then upgrade; or upgrade where it was made, and export again."
        )


def _next_line(file: IO[bytes], name: str) -> bytes:
    line = file.readline(LONGEST_LINE)
    if len(line) == LONGEST_LINE:
        raise BadArchive(f"A line of {name} is longer than any that an archive holds.")
    return line


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except KeyError:
        raise BadArchive(f"The archive has no {name}.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError):
        raise BadArchive(f"{name} is not as it was packed. Take a fresh copy of the archive.") from None
