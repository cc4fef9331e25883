"""What people type means one thing or is refused; nothing is guessed."""

import pytest

from passage.ui.typed import NotAnAmount, read_amount, read_cursor

MOST = 10**9


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12.50", 1250),
        ("12,50", 1250),
        ("12", 1200),
        (" 1 234,5 ", 123450),
        ("1\u00a0234.56", 123456),
        ("0,01", 1),
        ("7,500", 750),
    ],
)
def test_an_amount_is_read_as_it_is_meant(text, amount):
    assert read_amount(text, currency="PLN", most=MOST) == amount


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not_a_number"),
        ("-5", "not_a_number"),
        ("1e9", "not_a_number"),
        ("NaN", "not_a_number"),
        ("١٢", "not_a_number"),
        ("1,234.56", "not_a_number"),
        ("12,345", "too_precise"),
        ("0,00", "zero"),
        ("99999999999", "too_big"),
        ("9" * 20, "not_a_number"),
    ],
)
def test_what_is_no_amount_is_refused_with_its_reason(text, reason):
    with pytest.raises(NotAnAmount) as fault:
        read_amount(text, currency="PLN", most=MOST)
    assert fault.value.reason == reason


def test_a_currency_without_cents_takes_none():
    assert read_amount("500", currency="JPY", most=MOST) == 500
    with pytest.raises(NotAnAmount):
        read_amount("500.5", currency="JPY", most=MOST)


@pytest.mark.parametrize(("text", "row"), [("17", 17), ("", None), ("x", None), ("-1", None), ("9" * 30, None)])
def test_a_cursor_is_a_row_or_the_start(text, row):
    assert read_cursor(text) == row
