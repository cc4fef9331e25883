"""What a file is: its letters, what parts its columns, where a row ends; and what is no list at all."""

import csv
import io
import zipfile

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from passage.imports import reading, sheets, workbook
from passage.programme.errors import Refused

POLISH = "Świętosława Żółć Jaźwińska Łąka; źdźbło ŚŹĄ\n"


def encoding(content: bytes, *, language="pl", region="PL"):
    return reading.recognised(io.BytesIO(content), language=language, region=region)


def read(content: bytes, *, separator=";", letters="utf-8"):
    lines = reading.lines_of([content[n : n + 7] for n in range(0, len(content), 7)])
    return list(reading.records(lines, encoding=letters, separator=separator))


@pytest.mark.parametrize("letters", ["utf-8", "cp1250", "iso8859_2"])
def test_polish_letters_are_recognised_in_every_encoding_a_shop_still_has(letters):
    found = encoding(POLISH.encode(letters))
    assert (found.encoding, found.skip, found.turn_from) == (letters, 0, "")


def test_french_letters_and_the_euro_are_windows_letters():
    assert encoding("Zoé Lefèvre;5 €".encode("cp1252"), language="fr", region="FR").encoding == "cp1252"


def test_a_programme_in_poland_has_polish_lists_whatever_its_own_language():
    assert encoding("Łódź".encode("cp1250"), language="en").encoding == "cp1250"
    assert encoding("Lefèvre".encode("cp1252"), language="en", region="GB").encoding == "cp1252"


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b"\xef\xbb\xbf" + POLISH.encode(), POLISH),
        (POLISH.encode("utf-16"), POLISH),
        (b"\xfe\xff" + POLISH.encode("utf-16-be"), POLISH),
        ((POLISH * 3).encode("utf-16-le"), POLISH * 3),
        (b"a;b\rc;d\r", "a;b\nc;d\n"),
    ],
)
def test_marks_and_wide_letters_are_turned_into_plain_utf_8(content, kept):
    file = io.BytesIO(content)
    text = reading.recognised(file, language="pl", region="PL")
    assert text.encoding == "utf-8"
    assert b"".join(reading.as_kept(file, text)).decode() == kept


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b" \r\n\r\n", "empty_file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not_a_list"),
        (b"%PDF-1.7\n\x00\x01", "not_a_list"),
        (b"<html><table><tr><td>Anna</td></tr></table>", "not_a_list"),
    ],
)
def test_what_is_no_list_is_refused_with_the_reason(content, code):
    with pytest.raises(Refused) as refused:
        encoding(content)
    assert refused.value.code == code


CELL = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)


@given(
    rows=st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8),
    separator=st.sampled_from(reading.SEPARATORS),
    start=st.integers(0, 8),
)
def test_whatever_csv_writes_is_read_again_and_can_be_gone_on_with_at_any_row(rows, separator, start):
    page = io.StringIO()
    csv.writer(page, delimiter=separator, lineterminator="\n").writerows(rows)
    content = page.getvalue().encode()
    found = read(content, separator=separator)
    assert [record.cells for record in found] == rows
    assert not any(record.is_broken for record in found)
    place = [0, *(record.end for record in found)][min(start, len(found))]
    rest = reading.records(reading.lines_of([content[place:]]), encoding="utf-8", separator=separator, start=place)
    assert [(record.cells, record.end) for record in rest] == [(r.cells, r.end) for r in found if r.end > place]


WORD = st.text(st.characters(codec="utf-8", categories=("Lu", "Ll", "Nd")), min_size=1, max_size=9)


@given(
    rows=st.lists(st.lists(WORD, min_size=4, max_size=4), min_size=2, max_size=20),
    separator=st.sampled_from(reading.SEPARATORS),
)
def test_the_separator_is_what_parts_every_row_alike(rows, separator):
    assert reading.separator_of("\n".join(separator.join(row) for row in rows)) == separator


def test_commas_inside_of_cells_are_no_separator():
    text = 'Imię;Marki\nAnna;"stała, kawa"\nPiotr;"nowy, chleb"\nEwa;x\n'
    assert reading.separator_of(text) == ";"
    assert reading.separator_of("numer\n123\n456\n") == ";"


def test_a_quotation_that_nobody_closed_costs_one_row_and_no_other():
    lines = ['1;Anna;"Bar;x', *(f"{n};Ewa;y" for n in range(2, 60))]
    found = read("\n".join(lines).encode())
    assert [record.is_broken for record in found] == [True] + [False] * 58
    assert [record.cells[0] for record in found] == [str(n) for n in range(1, 60)]
    at_the_end = read(b'1;Anna\n2;"Ewa')
    assert [(r.cells[0], r.is_broken) for r in at_the_end] == [("1", False), ("2", True)]


def test_a_cell_may_hold_line_breaks_and_half_a_letter_may_lie_in_each_piece():
    found = read('1;"ulica\nŻółta";x\n2;b;y\n'.encode())
    assert [record.cells for record in found] == [["1", "ulica\nŻółta", "x"], ["2", "b", "y"]]


def test_a_line_without_end_is_cut_and_not_kept_in_memory():
    found = read(b"a" * 300_000 + b"\nb;c\n")
    assert max(len(cell) for record in found for cell in record.cells) <= 500
    assert found[-1].cells == ["b", "c"]


def a_workbook(rows, *, hidden=False):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        if hidden:
            book.add_worksheet("Notes").hide()
        sheet = book.add_worksheet("Lista")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                if hasattr(cell, "year"):
                    sheet.write_datetime(number, place, cell, day)
                else:
                    sheet.write(number, place, cell)
        if hidden:
            sheet.activate()
    file.seek(0)
    return file


def test_a_sheet_keeps_its_row_numbers_its_numbers_and_its_days():
    import datetime

    file = a_workbook([[], ["Imię", "Telefon", "Urodziny"], [], ["Żaneta", 600100200, datetime.date(1985, 5, 31)]])
    assert sheets.is_workbook(file)
    assert b"".join(sheets.as_list(file)).decode() == "\nImię,Telefon,Urodziny\n\nŻaneta,600100200,1985-05-31\n"


def test_a_number_that_a_sheet_has_shortened_does_not_look_whole():
    assert b"E+" in b"".join(sheets.as_list(a_workbook([[12345678901234567890]])))


def test_a_hidden_sheet_is_not_the_list():
    assert b"".join(sheets.as_list(a_workbook([["Anna"]], hidden=True))) == b"Anna\n"


def changed(file: io.BytesIO, part: str, old: bytes, new: bytes) -> io.BytesIO:
    """The workbook with other bytes in one of its parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(file) as before, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            if name == part:
                assert old in content
                content = content.replace(old, new)
            after.writestr(name, content)
    return made


def with_a_cell_in_the_last_corner() -> io.BytesIO:
    """A kilobyte and a half that a reader spreads out over seventeen billion cells."""
    file = a_workbook([["Anna", "Ewa"]])
    return changed(file, "xl/worksheets/sheet1.xml", b'<c r="B1"', b'<c r="XFD1048576"')


def with_four_billion_texts() -> io.BytesIO:
    """A reader that believes the count makes room for all of them."""
    count = str(2**32 - 1).encode()
    file = a_workbook([["Anna"]])
    return changed(file, "xl/sharedStrings.xml", b'uniqueCount="1"', b'uniqueCount="%s"' % count)


def an_archive(**parts: bytes) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return file


def test_a_workbook_of_the_kind_before_is_known_by_how_it_begins():
    with pytest.raises(Refused, match="old_spreadsheet"):
        sheets.is_workbook(io.BytesIO(sheets.OLE + b"0" * 100))


HARMFUL = {
    "another document": (an_archive(word__document_xml=b"<w/>"), "not_a_list"),
    "a bomb": (an_archive(xl__workbook_xml=b"0" * (workbook.MOST_UNPACKED + 1)), "file_too_large"),
    "no archive": (io.BytesIO(sheets.ZIP + b"not a zip at all"), "broken_spreadsheet"),
    "half of one": (io.BytesIO(a_workbook([["Anna"]] * 99).getvalue()[:3000]), "broken_spreadsheet"),
    "a hollow one": (an_archive(xl__workbook_xml=b"<nothing/>"), "broken_spreadsheet"),
    "a cell in the last corner": (with_a_cell_in_the_last_corner(), "heavy_spreadsheet"),
    "four billion texts": (with_four_billion_texts(), "heavy_spreadsheet"),
}


@pytest.mark.parametrize(("file", "code"), HARMFUL.values(), ids=HARMFUL)
def test_what_only_does_harm_is_refused_and_ends_nothing_but_its_child(file, code):
    assert sheets.is_workbook(file)
    with pytest.raises(Refused) as refused:
        sheets.as_list(file)
    assert (refused.value.code, refused.value.field) == (code, "file")
