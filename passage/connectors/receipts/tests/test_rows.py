"""Reading: every cell is taken exactly or refused with its row, its field and its reason; nothing stops the file."""

import gzip
from datetime import UTC, datetime

import pytest

from passage.connectors.receipts.grouping import lines_of
from passage.connectors.receipts.profile import BadProfile, read_profile, shipped
from passage.connectors.receipts.refusals import words_of
from passage.connectors.receipts.rows import BadFile, Sheet
from passage.connectors.receipts.tests.files import HEADINGS, a_file, polish, read, row
from passage.engine.basket import LineKind


def test_a_polish_file_is_read_to_the_grosz_and_the_minute(tmp_path):
    path = a_file(
        tmp_path, row(quantity="0,345", price="1 234,50"), row(product="KAUCJA-PET", name="Kaucja", price="0,50")
    )
    [bread, deposit], refused = read(path)
    assert refused == []
    assert (bread.receipt, bread.member, bread.product, bread.name) == ("1", "77", "CHLEB", "Chleb żytni")
    assert (bread.quantity, bread.amount, bread.category, bread.shop) == (345, 42_590, "Pieczywo", "rynek")
    assert bread.at == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
    assert (deposit.kind, deposit.amount) == (LineKind.DEPOSIT, 50)


def test_a_gzipped_file_is_read_like_a_plain_one(tmp_path):
    plain = a_file(tmp_path, row(), row("2"))
    packed = tmp_path / "sales.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read(packed) == read(plain)


def test_a_row_without_a_member_is_counted_and_left_out_whatever_else_it_says(tmp_path):
    sheet = Sheet(path=a_file(tmp_path, row(member=" "), row(), row(member="", price="?")), profile=polish(), minor=2)
    assert [item.row for item in sheet.rows()] == [3]
    assert sheet.without_member == 2


@pytest.mark.parametrize(
    ("cells", "field", "code"),
    [
        ({"quantity": "0"}, "Ilość", "no_quantity"),
        ({"quantity": "dwa"}, "Ilość", "number"),
        ({"quantity": "1.5"}, "Ilość", "number"),
        ({"quantity": "0,0005"}, "Ilość", "number"),
        ({"quantity": "٣"}, "Ilość", "number"),
        ({"quantity": "9999999"}, "Ilość", "too_large"),
        ({"price": "-1,00"}, "Cena", "below_zero"),
        ({"price": "NaN"}, "Cena", "number"),
        ({"price": ""}, "Cena", "number"),
        ({"price": "99999999999"}, "Cena", "too_large"),
        ({"date": "2026-03-02"}, "Data", "date"),
        ({"date": "31.02.2026"}, "Data", "date"),
        ({"time": ""}, "Data", "date"),
        ({"receipt": ""}, "Paragon", "missing"),
        ({"receipt": "1" * 32}, "Paragon", "too_long"),
        ({"product": ""}, "Kod", "missing"),
        ({"product": "A\x00B"}, "Kod", "encoding"),
        ({"member": "7" * 81}, "Karta", "too_long"),
    ],
)
def test_a_bad_cell_is_refused_with_row_field_reason_and_remedy(tmp_path, cells, field, code):
    rows, [refused] = read(
        a_file(tmp_path, row("9"), row(**cells), row("10"), encoding="utf-8"), polish(file={"encoding": "utf-8"})
    )
    assert [each.receipt for each in rows] == ["9", "10"], "the file went on"
    assert (refused.row, refused.field, refused.code) == (3, field, code)
    reason, remedy = words_of(refused)
    assert reason
    assert remedy
    assert "{" not in reason + remedy


def test_a_row_of_another_width_is_refused_under_its_receipt(tmp_path):
    _, [short, long] = read(a_file(tmp_path, "7;77", row("8") + ";;"))
    assert (short.receipt, short.code, short.params) == ("7", "columns", {"have": 2, "want": 9})
    assert (long.receipt, long.params["have"]) == ("8", 11)


def test_bytes_that_the_encoding_does_not_know_refuse_their_row_only(tmp_path):
    path = a_file(tmp_path, row("1"), row("2", name="Chleb \u0142ódzki"), row("3", name="bread"))
    rows, refused = read(path)
    assert (len(rows), refused) == (3, [])
    raw = path.read_bytes().replace("\u0142ódzki".encode("cp1250"), b"\x83\x98")
    path.write_bytes(raw)
    rows, [refusal] = read(path)
    assert [each.receipt for each in rows] == ["1", "3"]
    assert (refusal.field, refusal.code) == ("Nazwa", "encoding")


def test_an_endless_text_is_refused_and_the_file_goes_on(tmp_path):
    rows, refused = read(a_file(tmp_path, row("1"), row("2", name="x" * 5_000_000), row("3")))
    assert [each.receipt for each in rows] == ["1", "3"]
    assert [(each.row, each.code) for each in refused] == [(3, "unreadable")]


def test_the_mark_that_windows_puts_before_utf_8_is_not_part_of_a_heading(tmp_path):
    path = a_file(tmp_path, row(), encoding="utf-8-sig")
    rows, refused = read(path, polish(file={"encoding": "utf-8"}))
    assert (len(rows), refused) == (1, [])


def test_the_amount_of_the_line_wins_over_price_times_quantity(tmp_path):
    profile = polish(columns={"price": None, "amount": "Cena"})
    [bread, back], _ = read(
        a_file(tmp_path, row(quantity="3", price="20,00"), row(quantity="-3", price="-20,00")), profile
    )
    assert (bread.amount, back.amount, back.given_back) == (2000, 2000, True)
    assert bread.piece == back.piece
    _, [refused] = read(a_file(tmp_path, row(price="-20,00")), profile)
    assert refused.code == "below_zero"


def test_what_comes_back_is_told_by_the_sign_or_by_the_number(tmp_path):
    [sold, back], refused = read(a_file(tmp_path, row("1"), row("2", quantity="-1")))
    assert (sold.given_back, back.given_back, back.quantity, refused) == (False, True, 1000, [])
    marked = polish(returns={"negative_quantity": False, "prefix": "Z"})
    path = a_file(tmp_path, row("Z1", quantity="-1"), row("Z2"), row("3", quantity="-1"))
    [back], refused = read(path, marked)
    assert (back.receipt, back.given_back) == ("Z1", True)
    assert [each.code for each in refused] == ["quantity_above_zero", "quantity_below_zero"]


def test_the_hour_that_comes_twice_is_taken_for_the_first(tmp_path):
    [at], _ = read(a_file(tmp_path, row(date="25.10.2026", time="02:30")))
    assert at.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_file_without_the_columns_a_torn_file_and_no_file_are_refused_as_a_whole(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("a;b;c\r\n1;2;3\r\n")
    with pytest.raises(BadFile, match="Paragon"):
        read(path)
    path.write_text(HEADINGS.replace("Cena", "Karta"), encoding="cp1250")
    with pytest.raises(BadFile, match="Karta"):
        read(path)
    path.write_text("")
    with pytest.raises(BadFile):
        read(path)
    torn = tmp_path / "torn.csv.gz"
    torn.write_bytes(gzip.compress(a_file(tmp_path, *[row(str(each)) for each in range(5000)]).read_bytes())[:-400])
    with pytest.raises(BadFile, match="fetch the file again"):
        read(torn)
    (tmp_path / "no.csv.gz").write_bytes(b"Paragon;Karta")
    with pytest.raises(BadFile):
        read(tmp_path / "no.csv.gz")
    with pytest.raises(BadFile):
        read(tmp_path / "nowhere.csv")


def test_the_survey_knows_which_receipts_stand_apart_and_what_came_back(tmp_path):
    path = a_file(
        tmp_path, row("1"), row("2"), row("1"), row("3"), row("1"), row("4", quantity="-1"), row("5", price="-2,00")
    )
    survey = Sheet(path=path, profile=polish(), minor=2).survey()
    assert survey.rows == 8
    assert survey.last_rows == {"1": 6}
    assert survey.wanted == {("77", "CHLEB", 7_900_000)}
    assert survey.given_back == 1


def test_every_shipped_profile_can_be_read():
    assert "online-retail" in shipped()
    assert [read_profile(name=name).name for name in shipped()]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("name = 1", "name"),
        ("[file]\ndelimiter = ';;'", "file.delimiter"),
        ("[file]\nencoding = 'martian'", "no such encoding"),
        ("[file]\ndecimal = ','\nthousands = ','", "same sign"),
        ("[date]\nformat = '%d'\nzone = 'Mars/Olympus'", "no such time zone"),
        ("[columns]\nreceipt = 'a'", "columns.member"),
        ("[colums]\nreceipt = 'a'", "colums"),
        ("[returns]\nprefix = 'C'\nnegative_quantity = true", "either prefix"),
        ("not toml", "line 1"),
    ],
)
def test_a_profile_that_cannot_be_used_says_which_word_is_wrong(tmp_path, text, word):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(BadProfile, match=word):
        read_profile(name=str(path))


@pytest.mark.parametrize("name", ["nothing", "../profile", "nowhere.toml", ""])
def test_a_profile_that_is_not_there_is_said(name):
    with pytest.raises(BadProfile):
        read_profile(name=name)


# The heading under which this file says the unit; it has no column to spare.
UNIT = {"unit": "Dział", "category": None}


@pytest.mark.parametrize(
    ("cells", "changes", "units"),
    [
        ({"quantity": "2"}, {}, 2),
        ({"quantity": "2,000"}, {}, 1),
        ({"quantity": "1,999"}, {}, 1),
        ({"quantity": "2,000"}, {"measures": {"decimals": False}}, 2),
        ({"quantity": "2,000", "category": "szt."}, {"columns": UNIT}, 2),
        ({"quantity": "2", "category": "KG"}, {"columns": UNIT}, 1),
        ({"quantity": "2", "category": "kg."}, {"columns": UNIT}, 1),
        ({"quantity": "2,000", "category": ""}, {"columns": UNIT}, 1),
        ({"quantity": "2", "category": "mb"}, {"columns": UNIT, "measures": {"units": ["mb"]}}, 1),
    ],
)
def test_a_quantity_is_a_measure_by_its_unit_or_else_by_its_decimals(tmp_path, cells, changes, units):
    [sold], refused = read(a_file(tmp_path, row(**cells)), polish(**changes))
    assert not refused
    [line] = lines_of([sold])
    assert (line.units, line.quantity) == (units, 1999 if cells["quantity"] == "1,999" else 2000)
