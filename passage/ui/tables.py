"""Tables for a spreadsheet: CSV in which no cell is more than text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from numbers import Number
from typing import Any

# By this mark a spreadsheet knows that what follows is UTF-8.
MARK = "\ufeff"
# A spreadsheet takes a cell that begins so for a formula, and runs it; the wide signs of East Asia as well.
FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def csv_lines(rows: Iterable[Iterable[Any]], *, delimiter: str = ",") -> Iterator[str]:
    """Each row as a line with its end, every text of it made harmless."""
    writer = csv.writer(_Line(), delimiter=delimiter)
    for row in rows:
        yield str(writer.writerow([harmless(cell) for cell in row]))


def harmless(cell: Any) -> Any:
    """A text that could be a formula with a sign before it; whoever chose the text may mean harm. Numbers stay numbers."""
    text = cell if isinstance(cell, str) else str(cell)
    return f"'{text}" if not isinstance(cell, Number) and text.startswith(FORMULA) else cell


class _Line:
    """What csv writes to: it hands the line on."""

    def write(self, text: str) -> str:
        return text
