"""Nothing that is sent costs more than its length: every reader, fed with what is dear to read, in two sizes.

Each reader is the one that a door uses. Where one refuses by length, that is an answer, and a cheap one.
"""

import io
import itertools
import json
import re
import unicodedata
import zipfile

import pytest
import xlsxwriter
from django.http import QueryDict
from django.test import RequestFactory
from pydantic import ValidationError

from passage.api import strict, tokens
from passage.api.reading import errors_of
from passage.api.schemas.baskets import BasketRequest
from passage.api.schemas.operations import OperationsRequest
from passage.api.schemas.sales import ReturnRequest
from passage.archive import proving
from passage.cards import numbers
from passage.config.heads import bounded
from passage.connectors.receipts.rows import Sheet
from passage.connectors.receipts.tests.files import a_file, polish
from passage.imports import cells, reading, workbook
from passage.logins import ceremony
from passage.members import canonical, queries
from passage.programme import blanking, limits
from passage.programme.addresses import as_written
from passage.programme.models import Programme
from passage.programme.spelling import plain
from passage.ui import typed
from tests.cost import MOST_GROWTH, growth

SIZE = 4_000  # and sixteen times as many: 64 KB
BAKERY = Programme(name="Bakery", currency="PLN", language="pl", region="PL", zone="Europe/Warsaw")
NAMED = blanking.names(inside=["anna@example.org", "600100200"], words=["Anna", "Nowak"], whole=["77"])
# What regular expressions, normalisation and numbers are known to trip over, and what separates and quotes.
PIECES = {
    "letters": "a",
    "digits": "9",
    "full-width digits": "９",
    "blanks": " ",
    "unbreakable blanks": "\u00a0",
    "blanks and a letter": "  a",
    "lines": "\n",
    "old lines": "\r",
    "tabulators": "\t",
    "quotes": '"',
    "quotes and lines": '"\n',
    "quotes in quotes": '""a',
    "backslashes": "\\",
    "escapes": "\\u0000\\ud800",
    "commas": ",",
    "semicolons": ";",
    "accents out of order": "\u0315\u0300",
    "letters with accents": "e\u0301",
    "one letter of eighteen": "\ufdfa",
    "unseen": "\u200b",
    "broken letters": "\ufffd",
    "signs": "+",
    "at": "@",
    "dots": "a.",
    "dashes": "1-",
    "brackets": "(",
    "percent": "%41",
    "bad percent": "%zz",
    "equals": "a=b&",
    "many fields": "&a",
    "formulas": "=1,",
    "zeros": "\0",
    "numbers": "1 234,50;",
    "exponents": "1E+",
}
TEXTS = {
    name: lambda length, piece=piece: (piece * (length // len(piece) + 1))[:length] for name, piece in PIECES.items()
}
ENDED = {f"{name}, and an end": lambda length, made=made: "a" + made(length) + "!x" for name, made in TEXTS.items()}


def the_rows(text):
    file = io.BytesIO(text.encode(errors="replace"))
    found = reading.recognised(file, language="pl", region="PL")
    kept = b"".join(reading.as_kept(file, found))
    separator = reading.separator_of(kept[: reading.SAMPLE].decode(found.encoding, errors="replace"))
    pieces = (kept[start : start + reading.CHUNK] for start in range(0, len(kept), reading.CHUNK))
    return list(reading.records(reading.lines_of(pieces), encoding=found.encoding, separator=separator))


def the_cells(text):
    """Of one row: no cell that the reader of the list lets through is longer."""
    columns = ["full_name", "phone", "email", "birthday", "tags", "card", "consent_sms", "language", "external_id"]
    return cells.read([text[: limits.IMPORT_CELL]] * len(columns), columns=columns, programme=BAKERY)


def the_form(text):
    fields = RequestFactory().post("/", {"name": text, text[:200]: "x"})
    return list(fields.POST.lists())


def the_head(name):
    answering = bounded(lambda environ, start_response: [RequestFactory(**environ).get("/").COOKIES])
    return lambda text: answering({name: text.encode(errors="replace").decode("latin-1")}, lambda *told: None)


READERS = {
    "json": lambda text: strict.read(text.encode(errors="replace"), limit=10**9),
    "json text": lambda text: strict.read(json.dumps({"name": text}).encode(), limit=10**9),
    "address of a page": QueryDict,
    "form": the_form,
    "cookies": the_head("HTTP_COOKIE"),
    "content type": the_head("CONTENT_TYPE"),
    "cursor of the api": lambda text: tokens.unseal(text, kind="member", programme_id=1),
    "cursor of a page": typed.read_cursor,
    "amount": lambda text: typed.read_amount(text, currency="PLN", most=10**9),
    "percent": typed.read_percent,
    "e-mail": as_written,
    "phone": lambda text: canonical.phone(text, region="PL"),
    "name": lambda text: canonical.name(text, field="name"),
    "name to search by": canonical.folded,
    "name as an address": lambda text: plain(text, most=50),
    "tags": lambda text: canonical.tags(text.split(",")),
    "day": lambda text: canonical.day(text, field="birthday"),
    "number elsewhere": canonical.external_id,
    "card or QR code": numbers.canonical,
    "check digits": numbers.looks_mistyped,
    "list of members": the_rows,
    "cells of a list": the_cells,
    "passkey": ceremony._read,
    "name in a text": lambda text: (blanking.mentions(text, NAMED), NAMED.are_in(text)),
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_no_text_costs_more_than_its_length(read):
    found = {name: growth(read, shape, size=SIZE) for name, shape in {**TEXTS, **ENDED}.items()}
    assert {name: times for name, times in found.items() if times > MOST_GROWTH} == {}


def test_a_reader_that_takes_the_square_is_caught():
    """The three kinds there have been: a count for each, a regular expression that begins anew, accents put in order."""

    def counts(text):
        names = text.split(",")
        return [name for name in names if names.count(name) > 1]

    different = growth(counts, lambda length: ",".join(map(str, range(length // 5))), size=SIZE // 4)
    anew = growth(re.compile(r"\s+$").search, lambda length: " " * length + "x", size=SIZE // 16)
    in_order = growth(lambda text: unicodedata.normalize("NFKD", text), TEXTS["accents out of order"], size=SIZE // 8)
    assert min(different, anew, in_order) > MOST_GROWTH
    assert growth(lambda text: [part.strip() for part in text.split(",")], TEXTS["commas"], size=SIZE) < MOST_GROWTH


JSON = {
    "one key again and again": lambda length: b"{%s}" % b",".join([b'"a":1'] * (length // 6)),
    "all keys but the last": lambda length: (
        b'{%s,"z":1,"z":2}' % b",".join(b'"%d":1' % key for key in range(length // 9))
    ),
    "arrays in arrays": lambda length: b"[" * length,
    "objects in objects": lambda length: b'{"a":' * (length // 5) + b"1" + b"}" * (length // 5),
    "one number": lambda length: b"9" * length,
    "many long numbers": lambda length: b"[%s]" % b",".join([b"9" * 40] * (length // 41)),
    "one long fraction": lambda length: b"0." + b"9" * length,
    "many objects": lambda length: b"[%s]" % b",".join([b"{}"] * (length // 3)),
    "escapes": lambda length: b'"%s"' % (b"\\u00e9" * (length // 6)),
    "blanks": lambda length: b" " * length + b"1",
    "unknown fields": lambda length: b"{%s}" % b",".join(b'"%d":1' % key for key in range(length // 9)),
    "many lines": lambda length: json.dumps({"lines": [{"id": str(n)} for n in range(length // 14)]}).encode(),
    "one line again and again": lambda length: json.dumps(
        {"lines": [{"id": "a", "quantity": 1}] * (length // 27)}
    ).encode(),
    "many operations": lambda length: json.dumps(
        {"operations": [{"payload": {"a": "\0\ud800"}}] * (length // 40)}
    ).encode(),
}
BODIES = {"any": None, "basket": BasketRequest, "return": ReturnRequest, "operations": OperationsRequest}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_no_json_costs_more_than_its_length(body):
    def read(text):
        value = strict.read(text, limit=10**9)
        if body is not None:
            try:
                body.model_validate(value)
            except ValidationError as error:
                errors_of(error.errors(include_url=False))

    found = {name: growth(read, shape, size=SIZE) for name, shape in JSON.items()}
    assert {name: times for name, times in found.items() if times > MOST_GROWTH} == {}


def a_workbook(rows):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return file


WORKBOOKS = {
    "rows": lambda size: a_workbook([["Anna", str(n), n] for n in range(size)]),
    "columns": lambda size: a_workbook([[f"x{n}" for n in range(min(size, 16_000))]]),
    "a long cell in each row": lambda size: a_workbook([["a" * 1000] for _ in range(size // 4)]),
    "parts": lambda size: an_archive_of(size, {"xl/workbook.xml": b"<x/>"}),
}


def an_archive_of(parts, more):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in [*more.items(), *((f"{n}", b"x") for n in range(parts))]:
            archive.writestr(name, content)
    return file


@pytest.mark.parametrize("shape", WORKBOOKS.values(), ids=WORKBOOKS)
def test_no_workbook_costs_more_than_its_length(shape):
    def read(file):
        file.seek(0)
        return list(workbook.as_list(file))

    assert growth(read, shape, size=250) < MOST_GROWTH


def test_no_archive_costs_more_than_its_length(tmp_path):
    number = itertools.count()

    def shape(size):
        path = tmp_path / str(next(number))
        path.write_bytes(an_archive_of(size, {proving.MANIFEST: b"{}", proving.SEAL: b"x"}).getvalue())
        return path

    def read(path):
        with path.open("rb") as file:
            return list(proving.proof(file))

    assert growth(read, shape, size=250) < MOST_GROWTH


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
def test_no_list_of_sales_costs_more_than_its_length(piece, tmp_path):
    number = itertools.count()

    def shape(size):
        known = piece.encode("cp1250", errors="replace").decode("cp1250")
        path = a_file(tmp_path, known * (size // len(piece)))
        return path.rename(tmp_path / f"{next(number)}.csv")

    def read(path):
        return list(Sheet(path=path, profile=polish(), minor=2).rows())

    assert growth(read, shape, size=SIZE) < MOST_GROWTH


@pytest.mark.django_db
@pytest.mark.parametrize("ask", [queries.find, queries.search, queries.candidates])
def test_no_search_costs_more_than_its_length(ask):
    BAKERY.pk = 1

    def read(text):
        return ask(programme=BAKERY, text=text)

    found = {name: growth(read, shape, size=SIZE) for name, shape in TEXTS.items()}
    assert {name: times for name, times in found.items() if times > MOST_GROWTH} == {}
