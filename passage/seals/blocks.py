"""A block as it is computed from the rows: the same code seals and proves."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from passage.programme.models import Programme
from passage.seals import reading
from passage.seals.canonical import TABLES, Sealed, hash_of_rows

BY_NAME = {table.name: table for table in TABLES}
MARK = struct.Struct(">q8s")
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Content:
    """What a block says of its rows, and the mark of each."""

    tables: dict[str, dict[str, Any]]
    sums: dict[str, int]
    marks: bytes


def content(programme: Programme, spans: Mapping[str, Span], /) -> Content:
    """Of the rows of each table with ids in its span: above the first, up to the second."""
    tables, marks = {}, bytearray()
    for name in sorted(spans):
        after, last = spans[name]
        lines = []
        for row in reading.rows(BY_NAME[name], programme, after=after, last=last) if last > after else ():
            line = BY_NAME[name].line(row)
            lines.append(line)
            marks += MARK.pack(row[0], hashlib.sha256(line).digest()[:8])
        tables[name] = {"after": after, "last": last, "rows": len(lines), "hash": hash_of_rows(lines)}
    after, last = spans["ledger_entry"]
    sums = reading.sums(programme, after=after, last=last) if last > after else {}
    return Content(tables, sums, bytes(marks))


def marks_by_table(tables: Mapping[str, Any], marks: bytes, /) -> dict[str, dict[int, bytes]]:
    """For each table the mark of each row by its id."""
    found: dict[str, dict[int, bytes]] = {}
    every = MARK.iter_unpack(marks[: len(marks) - len(marks) % MARK.size])
    for name in sorted(tables):
        found[name] = dict(islice(every, tables[name]["rows"]))
    return found


def next_spans(
    programme: Programme, ends: Mapping[str, int], newest: Mapping[str, int], /, *, most: int
) -> dict[str, Span]:
    """What the next block seals: of each table what came after its end, at most so many rows. Nothing: no table grew."""
    spans = {
        table.name: (after, _last(table, programme, after, newest[table.name], most))
        for table in TABLES
        for after in [ends.get(table.name, reading.BEFORE_ALL)]
    }
    return spans if any(last > after for after, last in spans.values()) else {}


def _last(table: Sealed, programme: Programme, after: int, newest: int, most: int) -> int:
    if newest <= after:
        return after
    return reading.end_of_block(table, programme, after=after, last=newest, most=most)
