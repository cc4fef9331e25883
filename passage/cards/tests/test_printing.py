"""What is printed is read back: every number of a page, once in each code, whatever the names on it are."""

import io
from collections import Counter

import pytest
import typst
import zxingcpp
from PIL import Image

from passage.cards import numbers
from passage.cards.printing import Layout, Printed, ink_on, sheets
from passage.cards.typesetting import grouped

HOSTILE = [
    '#panic("out")',
    '"]; #read("/etc/passwd") //',
    "*bold* $x^2$ \\ <label> @ref",
    "#{",
    "\u202e\x00\n",
    "📎" * 9,
]


def pages(cards, *, layout=Layout.SHEET, programme="Piekarnia Żółta Gęś"):
    """Each page as a picture."""
    made = sheets(cards, programme=programme, layout=layout, as_pictures=True)
    return [Image.open(io.BytesIO(page)).convert("L") for page in made]


def read(page):
    """The codes of a page, seen twice: among many, the reader may miss one at one size and see it at another."""
    seen = [page, page.resize((page.width * 2 // 3, page.height * 2 // 3))]
    counts = [Counter((str(each.format), each.text) for each in zxingcpp.read_barcodes(one)) for one in seen]
    return counts[0] | counts[1]


def counted(page, wanted):
    """How often each of the wanted codes is on the page. Of bars seen askew the reader may make up one that is none."""
    found = read(page)
    return Counter({each: found[each] for each in wanted})


def test_a_sheet_of_ten_cards_carries_each_number_once_as_a_barcode_and_once_as_a_square():
    fresh = [*numbers.batch(count=6), *numbers.codes(count=5)]
    first, second = pages([Printed(number) for number in fresh])
    kind = {number: "EAN-13" if number.isdigit() else "Code 128" for number in fresh}
    on_first = Counter([*(("QR Code", n) for n in fresh[:10]), *((kind[n], n) for n in fresh[:10])])
    on_second = Counter([("QR Code", fresh[10]), ("Code 128", fresh[10])])
    assert counted(first, on_first) == on_first
    assert counted(second, on_second) == on_second
    assert not set(read(first)) & set(on_second)


def test_a_card_printer_gets_one_card_on_each_page_of_the_size_of_a_card():
    fresh = numbers.batch(count=3)
    made = pages([Printed(number) for number in fresh], layout=Layout.SINGLE)
    wanted = [Counter([("QR Code", number), ("EAN-13", number)]) for number in fresh]
    assert [counted(page, each) for page, each in zip(made, wanted, strict=True)] == wanted
    assert {page.size for page in made} == {(1011, 638)}  # 85.6 by 54 mm at 300 to the inch


def test_a_sheet_of_sixty_five_labels_carries_each_number_once():
    fresh = [*numbers.batch(count=40), *numbers.codes(count=25)]
    [page] = pages([Printed(number) for number in fresh], layout=Layout.LABELS)
    wanted = Counter(("EAN-13" if number.isdigit() else "QR Code", number) for number in fresh)
    assert counted(page, wanted) == wanted


@pytest.mark.parametrize("number", ["7", "2900000000017", "123456", "A" * 30, "Z9" * 32])
def test_a_number_from_elsewhere_is_printed_as_what_a_scanner_can_still_read(number):
    [page] = pages([Printed(number)], layout=Layout.SINGLE)
    found = {str(each.format): each.text for each in zxingcpp.read_barcodes(page)}
    assert set(found.values()) == {number}
    assert "EAN-13" not in found  # 2900000000017 has thirteen digits that do not add up
    assert ("Code 128" in found) is (len(number) <= 30)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_never_more_than_text(name):
    number = numbers.code()
    [page] = pages([Printed(number, name)], layout=Layout.SINGLE, programme=name)
    assert {text for kind, text in read(page) if kind == "QR Code"} == {number}


def test_the_same_text_as_source_would_have_been_run():
    with pytest.raises(typst.TypstError, match="out"):
        typst.compile(HOSTILE[0].encode())


def test_polish_letters_keep_their_signs():
    said = [pages([Printed("7", name)], layout=Layout.SINGLE)[0].tobytes() for name in ("Żaneta Ćwik", "Zaneta Cwik")]
    assert said[0] != said[1]
    signs = [pages([Printed("7", each)], layout=Layout.SINGLE)[0].tobytes() for each in "ĄĆĘŁŃÓŚŹŻąćęłńóśźż"]
    assert len(set(signs)) == len(signs)


def test_a_number_is_read_out_in_fours_and_the_ink_can_be_read():
    assert grouped("2900000000018") == "2900 0000 0001 8"
    assert (ink_on("#0d4a3b"), ink_on("#f2b544"), ink_on("red")) == ("#ffffff", "#000000", "#ffffff")


def test_a_file_holds_so_many_cards_and_no_more():
    with pytest.raises(ValueError, match="1000"):
        sheets([Printed("7")] * 1001, programme="P", layout=Layout.LABELS)
