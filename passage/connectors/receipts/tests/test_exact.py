import pytest
from hypothesis import given
from hypothesis import strategies as st

from passage.connectors.receipts.exact import cost, exact


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2.55", 2_550_000),
        ("7.5", 7_500_000),
        ("0.001", 1_000),
        ("12", 12_000_000),
        ("-3", -3_000_000),
        ("2.5500000", 2_550_000),
    ],
)
def test_a_price_keeps_every_digit(text, number):
    assert exact(text, places=6) == number


def test_polish_and_french_numbers_are_read_as_written():
    assert exact("1 234,56", places=2, decimal=",", thousands=" ") == 123_456
    assert exact("1234,56", places=2, decimal=",", thousands=" ") == 123_456
    assert exact("1\u202f234,5", places=2, decimal=",", thousands="\u202f") == 123_450


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "NaN",
        "inf",
        "1e5",
        "1,5",
        "0x10",
        "١٢",
        "²",
        "1.2.3",
        "--1",
        "1.",
        ".5",
        "2.5000001",
        "1" * 13,
        "1_000",
        "12 34",
    ],
)
def test_what_is_no_number_is_none(text):
    assert exact(text, places=6) is None


def test_thousands_stand_where_they_belong():
    assert exact("12 34", places=2, thousands=" ") is None


@given(st.integers(0, 10**9), st.integers(0, 6))
def test_every_number_comes_back(number, places):
    whole, rest = divmod(number, 10**places)
    text = f"{whole}.{rest:0{places}}" if places else str(whole)
    assert exact(text, places=places) == number


def test_a_line_is_rounded_once_and_half_up():
    assert cost(price=1_000, quantity=1000, minor=2) == 0, "a tenth of a penny"
    assert cost(price=5_000, quantity=1000, minor=2) == 1, "half a penny"
    assert cost(price=1_000, quantity=4_000, minor=2) == 0
    assert cost(price=7_900_000, quantity=345, minor=2) == 273, "2.7255 for 0.345 kg"
    assert cost(price=150_000_000, quantity=1000, minor=0) == 150, "yen have no smaller coin"
