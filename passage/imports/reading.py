"""From the bytes of a list to its rows: which characters they are, what parts the columns, where a row ends.

A file is kept as it came, so that a wrong guess can be corrected; only what no row could be read from by itself is
turned into UTF-8 first: UTF-16, and sheets (`passage.imports.sheets`).
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from passage.programme import limits
from passage.programme.errors import Refused

# By the names Python knows them under; the first one that fits is offered, the others by hand.
ENCODINGS = ("utf-8", "cp1250", "iso8859_2", "cp1252", "iso8859_15", "cp852")
SEPARATORS = (";", ",", "\t", "|")
SHEET_SEPARATOR = ","  # of the list that a sheet is turned into
CHUNK = 256 * 1024
SAMPLE = 64 * 1024
LONGEST_LINE = 64 * 1024
# A cell may hold line breaks; more than these in one row is a quotation mark that nobody closed.
MOST_LINES = 20
# Where the Polish letters lie that the two code pages put in different places: ąśź ĄŚŹ.
WINDOWS_POLISH, ISO_POLISH = frozenset(b"\xb9\x9c\x9f\xa5\x8c\x8f"), frozenset(b"\xb1\xb6\xbc\xa1\xa6\xac")
CODE_PAGES = {"pl": "cp1250", "fr": "cp1252", "en": "cp1252"}
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
TEXT_CONTROLS = frozenset(b"\t\n\r\x0b\x0c\x1a\x1b") | frozenset(range(0x20, 256))
# What a web page that calls itself a spreadsheet begins with.
MARKUP = re.compile(rb"\s*<(!doctype|html|table|\?xml)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Text:
    """What a file was found to be: its encoding as kept, the mark to skip, and what it must be turned into UTF-8 from."""

    encoding: str
    skip: int = 0
    turn_from: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One row. ``end`` is the place of the next one; a broken row begins a quotation that does not end."""

    cells: list[str]
    end: int
    is_broken: bool = False


def recognised(file: BinaryIO, *, language: str, region: str) -> Text:
    """Reads the file once. A mark decides, else UTF-8 where all of it is UTF-8, else the code page of the language.

    Raises ``Refused("empty_file")`` and ``Refused("not_a_list")``.
    """
    head = _head(file)
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return Text("utf-8", len(mark), encoding if encoding != "utf-8" else "")
    if wide := _wide(head):
        return Text("utf-8", 0, wide)
    if MARKUP.match(head) or not TEXT_CONTROLS.issuperset(head):
        raise Refused("not_a_list", field="file")
    is_utf8, counts = _surveyed(file)
    if is_utf8:
        return Text("utf-8")
    return Text(_code_page(counts, language="pl" if region == "PL" else language))


def _head(file: BinaryIO) -> bytes:
    file.seek(0)
    head = file.read(4096)
    if not head.strip():
        raise Refused("empty_file", field="file")
    return head


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: of a European text many a second byte is nothing, and no other one."""
    even, odd = head[0::2], head[1::2]
    for encoding, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if len(head) >= 4 and zeros.count(0) > 0.3 * len(zeros) and not others.count(0):
            return encoding
    return ""


def _surveyed(file: BinaryIO) -> tuple[bool, Counter[int]]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    counts: Counter[int] = Counter()
    is_utf8 = True
    file.seek(0)
    while chunk := file.read(CHUNK):
        counts += Counter(chunk.translate(None, delete=bytes(range(0x80))))
        if is_utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
    if is_utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    return is_utf8, counts


def _code_page(counts: Counter[int], *, language: str) -> str:
    """Windows or ISO for Polish, by where its letters lie; ISO has none between 0x80 and 0x9F."""
    found = CODE_PAGES.get(language, "cp1252")
    if found != "cp1250" or any(0x80 <= byte <= 0x9F for byte in counts):
        return found
    windows = sum(counts[byte] for byte in WINDOWS_POLISH)
    iso = sum(counts[byte] for byte in ISO_POLISH)
    return "iso8859_2" if iso > windows else found


def as_kept(file: BinaryIO, text: Text) -> Iterator[bytes]:
    """The file in chunks as it will be read from the database: without its mark, every row ended by a line feed."""
    file.seek(text.skip)
    decoder = codecs.getincrementaldecoder(text.turn_from)(errors="replace") if text.turn_from else None
    has_feeds: bool | None = None
    while chunk := file.read(CHUNK):
        if decoder is not None:
            chunk = decoder.decode(chunk).encode()
        if has_feeds is None:
            has_feeds = b"\n" in chunk
        # Old Macs ended lines by a carriage return alone.
        yield chunk if has_feeds else chunk.replace(b"\r", b"\n")


def separator_of(text: str) -> str:
    """What parts the columns of most rows into the same number, more than one; ";" where nothing does."""
    best, most = SEPARATORS[0], (0.0, 0)
    for separator in SEPARATORS:
        widths = [len(cells) for cells in csv.reader(text.splitlines()[:100], delimiter=separator) if cells]
        usual = [(count, width) for width, count in Counter(widths).items() if width > 1]
        if usual:
            count, width = max(usual)
            most, best = max((most, best), ((count / len(widths), width), separator), key=lambda pair: pair[0])
    return best


def records(lines: Iterable[bytes], *, encoding: str, separator: str, start: int = 0) -> Iterator[Record]:
    """The rows from ``start`` on, empty ones too. A letter that is not of the encoding becomes "\\ufffd"."""
    feed = _Feed(lines=iter(lines), encoding=encoding, end=start)
    while True:
        try:
            for cells in csv.reader(feed, delimiter=separator):
                if feed.is_open:
                    break
                yield Record(_cut(cells), feed.end)
                feed.begin()
        except csv.Error:
            feed.is_open = True
        if not feed.is_open:
            return
        first = feed.give_back()
        yield Record(_cut(first.rstrip("\r\n").split(separator)), feed.end, is_broken=True)
        feed.begin()


def _cut(cells: list[str]) -> list[str]:
    return [cell[: limits.IMPORT_CELL] for cell in cells[: limits.IMPORT_COLUMNS]]


@dataclass(slots=True)
class _Feed:
    """Lines for csv, which asks for as many as a row has; ``end`` is where the last one ended."""

    lines: Iterator[bytes]
    encoding: str
    end: int
    taken: list[bytes] = field(default_factory=list)
    waiting: deque[bytes] = field(default_factory=deque)
    is_open: bool = False

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = None
        if len(self.taken) < MOST_LINES:
            line = self.waiting.popleft() if self.waiting else next(self.lines, None)
        if line is None:
            # The end, or too far from the beginning: inside of a row it is a quotation that stayed open.
            self.is_open = bool(self.taken)
            raise StopIteration
        self.taken.append(line)
        self.end += len(line)
        return self._text(line)

    def begin(self) -> None:
        self.taken.clear()
        self.is_open = False

    def give_back(self) -> str:
        """All lines of the row but its first one, to be read again as rows of their own."""
        first, *others = self.taken
        self.waiting.extendleft(reversed(others))
        self.end -= sum(len(line) for line in others)
        return self._text(first)

    def _text(self, line: bytes) -> str:
        return line.decode(self.encoding, errors="replace").replace("\0", "")


def lines_of(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a file that comes in pieces, each with its end; one without end is cut."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + bytes(piece)).split(b"\n")
        yield from (line + b"\n" for line in whole)
        while len(rest) > LONGEST_LINE:
            yield rest[:LONGEST_LINE]
            rest = rest[LONGEST_LINE:]
    if rest:
        yield rest
