"""A file arrives: what it is is seen from its content, and it is kept in the database until the import is over."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from django.db import transaction

from passage.audit.actions import note
from passage.imports import columns, queries, reading, sheets
from passage.imports.models import Import, Piece
from passage.members.canonical import name as clean
from passage.programme import limits
from passage.programme.errors import Refused
from passage.programme.models import Programme

# Excel tells itself by a first line of its own what parts the columns.
TOLD = re.compile(rb"sep=([;,\t|])\r?\n", re.IGNORECASE)
NAME = 120


def receive(*, programme: Programme, name: str, file: BinaryIO, by: str, at: datetime) -> Import:
    """A list as text or as a workbook, with what its letters, separator and columns probably are.

    Raises ``Refused`` with empty_file, file_too_large, too_many_rows, not_a_list, and what `sheets` refuses.
    Nothing of it touches a member or a card.
    """
    # Read before the transaction: on SQLite nobody could ring up a sale meanwhile.
    with tempfile.TemporaryFile() as kept:
        if is_workbook := sheets.is_workbook(file):
            encoding, chunks = "utf-8", sheets.as_list(file)
        else:
            text = reading.recognised(file, language=programme.language, region=programme.region)
            encoding, chunks = text.encoding, reading.as_kept(file, text)
        size, lines = _copied(chunks, kept)
        told = _told(kept)
        upload = Import(
            programme=programme,
            name=clean(name, field="file", limit=10 * NAME)[-NAME:],
            kind="xlsx" if is_workbook else "text",
            size=size,
            lines=lines,
            encoding=encoding,
            separator=reading.SHEET_SEPARATOR if is_workbook else told or _separator(kept, encoding),
            by=by,
            made_at=at,
        )
        return _kept(upload, kept, skip=len(b"sep=;\n") if told else 0)


def _copied(chunks: Iterator[bytes], kept: BinaryIO) -> tuple[int, int]:
    size = lines = 0
    for chunk in chunks:
        size += kept.write(chunk)
        lines += chunk.count(b"\n")
        if size > 4 * limits.IMPORT_BYTES:
            raise Refused("file_too_large", field="file", params={"limit": limits.IMPORT_BYTES >> 20})
        if lines > limits.IMPORT_ROWS + 1:
            raise Refused("too_many_rows", field="file", params={"limit": limits.IMPORT_ROWS})
    return size, lines


def _told(kept: BinaryIO) -> str:
    kept.seek(0)
    found = TOLD.match(kept.read(8))
    return found[1].decode() if found else ""


def _separator(kept: BinaryIO, encoding: str) -> str:
    kept.seek(0)
    sample = kept.read(reading.SAMPLE).decode(encoding, errors="replace")
    whole, _cut, _rest = sample.rpartition("\n")
    return reading.separator_of(whole or sample)


@transaction.atomic
def _kept(upload: Import, kept: BinaryIO, *, skip: int) -> Import:
    upload.save(force_insert=True)
    kept.seek(skip)
    number = 0
    while chunk := kept.read(reading.CHUNK):
        Piece.objects.create(programme=upload.programme, upload=upload, number=number, content=chunk)
        number += 1
    first = queries.preview(upload, encoding=upload.encoding, separator=upload.separator, has_headings=True)
    if not first.width:
        raise Refused("empty_file", field="file")
    known = queries.remembered(upload.programme)
    upload.has_headings = columns.are_headings(first.headings, first.rows, remembered=known)
    upload.save(update_fields=["has_headings"])
    note(
        programme=upload.programme,
        by=upload.by,
        verb="import.received",
        subject=f"import:{upload.pk}",
        at=upload.made_at,
        size=upload.size,
    )
    return upload
