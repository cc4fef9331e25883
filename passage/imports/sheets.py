"""Sheets of a spreadsheet: known by their content, and turned into the text of a list once, when the file arrives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from passage.programme import child, limits
from passage.programme.errors import Refused

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Two hundred thousand rows of twelve columns take 410 MB and four seconds.
MEMORY, SECONDS = 1024 * 1024 * 1024, 45


def is_workbook(file: BinaryIO) -> bool:
    """By how it begins. Raises ``Refused("old_spreadsheet")`` for the kind before, which is also that of locked ones."""
    file.seek(0)
    head = file.read(len(OLE))
    if head == OLE:
        raise Refused("old_spreadsheet", field="file")
    return head.startswith(ZIP)


def as_list(file: BinaryIO) -> Iterator[bytes]:
    """The first sheet with anything in it, as a list in UTF-8: opened in a child process, never in this one.

    Raises ``Refused`` with what `workbook.as_list` refuses, heavy_spreadsheet or files_busy.
    """
    bounds = child.Bounds(memory=MEMORY, seconds=SECONDS, answer=5 * limits.IMPORT_BYTES)
    failing = Refused("heavy_spreadsheet", field="file")
    return child.run("passage.imports.workbook:as_list", file=file, bounds=bounds, failing=failing)
