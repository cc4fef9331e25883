"""A workbook, turned into the text of a list. Loaded by a child process only: see `passage.programme.child`."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from passage.imports.reading import CHUNK, SHEET_SEPARATOR
from passage.programme import limits
from passage.programme.errors import Refused

WORKBOOK = "xl/workbook.xml"
# A sheet of two hundred thousand rows unpacks to less; what unpacks to more was made to do harm.
MOST_UNPACKED = 400 * 1024 * 1024
# From here on a spreadsheet has lost the last digits of a whole number, and 1E+15 says so.
LONGEST_NUMBER = 10**15


def as_list(file: BinaryIO) -> Iterator[bytes]:
    """The first sheet with anything in it, in UTF-8.

    Raises ``Refused`` with not_a_list, broken_spreadsheet, file_too_large, empty_file or too_many_rows.
    """
    _refuse_harmful(file)
    file.seek(0)
    try:
        with CalamineWorkbook.from_filelike(file) as book:
            yield from _written(_first(book))
    except CalamineError:
        raise Refused("broken_spreadsheet", field="file") from None


def _refuse_harmful(file: BinaryIO) -> None:
    """Unpacks everything once, piece by piece: what an archive says of its sizes proves nothing."""
    try:
        with zipfile.ZipFile(file) as archive:
            if WORKBOOK not in archive.namelist():
                raise Refused("not_a_list", field="file")
            unpacked = 0
            for name in archive.namelist():
                with archive.open(name) as part:
                    while chunk := part.read(CHUNK):
                        unpacked += len(chunk)
                        if unpacked > MOST_UNPACKED:
                            raise Refused("file_too_large", field="file", params={"limit": limits.IMPORT_BYTES >> 20})
    except (zipfile.BadZipFile, zlib.error, RuntimeError, ValueError, EOFError, OSError):
        raise Refused("broken_spreadsheet", field="file") from None


def _first(book: CalamineWorkbook) -> CalamineSheet:
    for meta in book.sheets_metadata:
        if meta.typ == SheetTypeEnum.WorkSheet and meta.visible == SheetVisibleEnum.Visible:
            sheet = book.get_sheet_by_name(meta.name)
            if sheet.height:
                return sheet
    raise Refused("empty_file", field="file")


def _written(sheet: CalamineSheet) -> Iterator[bytes]:
    if sheet.total_height > limits.IMPORT_ROWS + 1:
        raise Refused("too_many_rows", field="file", params={"limit": limits.IMPORT_ROWS})
    page = io.StringIO()
    writer = csv.writer(page, delimiter=SHEET_SEPARATOR, lineterminator="\n")
    # Rows above the first one that holds anything come along: people look for the numbers that their screen shows.
    for row in sheet.iter_rows():
        writer.writerow(_texts(row))
        if page.tell() > CHUNK:
            yield page.getvalue().encode()
            page.seek(0)
            page.truncate()
    yield page.getvalue().encode()


def _texts(row: Sequence[Any]) -> list[str]:
    texts = [_text(cell) for cell in row[: limits.IMPORT_COLUMNS]]
    return texts if any(texts) else []


def _text(cell: Any) -> str:
    match cell:
        case bool():
            return "1" if cell else "0"
        case float() if cell.is_integer() and abs(cell) < LONGEST_NUMBER:
            return str(int(cell))
        case float():
            return f"{cell:E}" if abs(cell) >= LONGEST_NUMBER else repr(cell)
        case date():  # a moment is one, too
            return f"{cell:%Y-%m-%d}"
        case _:
            return " ".join(str(cell).split("\n")).strip()
