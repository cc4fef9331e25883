"""Numbers that nobody guesses, in one spelling, with a digit that catches slips of the hand."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passage.cards import numbers
from passage.programme.errors import Refused


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        (" 2900 0000 00018 ", "2900000000018"),
        ("2900-0000-00018", "2900000000018"),
        ("29\u00a000\u2013000000018\r\n", "2900000000018"),
        ("anna-01", "ANNA01"),
        ("x" * 64, "X" * 64),
    ],
)
def test_a_number_has_one_spelling(typed, number):
    assert numbers.canonical(typed) == number


@pytest.mark.parametrize(
    "typed", ["", " - ", "x" * 65, "x" * 5_000_000, "١٢٣٤", "２９００", "p\u0131otr", "a_b", "a.b", "a\x00b", "\ud800"]
)
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(Refused) as refused:
        numbers.canonical(typed)
    assert (refused.value.code, refused.value.field) == ("card_unreadable", "card")


@pytest.mark.parametrize("known", ["4006381333931", "9780201379624", "5901234123457", "96385074", "036000291452"])
def test_check_digits_are_those_of_gs1(known):
    assert numbers.ean_check_digit(known[:-1]) == known[-1]
    assert not numbers.looks_mistyped(known)


def test_a_printed_number_lies_in_the_shops_own_range_and_adds_up():
    for prefix in ("29", "200"):
        number = numbers.ean13(prefix=prefix)
        assert len(number) == 13
        assert number.startswith(prefix)
        assert not numbers.looks_mistyped(number)


@pytest.mark.parametrize("prefix", ["", "2", "590", "2999", "2x", "29 "])
def test_a_prefix_outside_the_range_or_too_long_to_be_safe_is_a_mistake(prefix):
    with pytest.raises(ValueError, match="prefix"):
        numbers.ean13(prefix=prefix)


def test_printed_numbers_are_different_and_their_digits_evenly_spread():
    batch = numbers.batch(count=2000)
    assert len(set(batch)) == 2000
    assert batch != sorted(batch)
    counts = Counter("".join(number[2:12] for number in batch))
    chi_square = sum((counts[digit] - 2000) ** 2 / 2000 for digit in "0123456789")
    assert chi_square < 50  # 9 degrees of freedom: a fair source passes all but one time in ten million


@pytest.mark.parametrize("count", [0, -1, 20_001])
def test_a_batch_has_a_limit(count):
    with pytest.raises(ValueError, match="batch"):
        numbers.batch(count=count)


def test_a_code_of_ours_carries_eighty_random_bits_and_no_letter_to_mistake():
    made = [numbers.code() for _ in range(500)]
    assert len(set(made)) == 500
    for code in made:
        assert (len(code), numbers.canonical(code)) == (17, code)
        assert not set(code[:-1]) & set("ILOU")
        assert not numbers.looks_mistyped(code)


@given(st.integers(0, 11), st.integers(1, 9))
def test_every_single_wrong_digit_shows(place, by):
    number = numbers.ean13()
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    assert numbers.looks_mistyped(wrong)


@given(st.integers(0, 16), st.integers(1, 35))
def test_every_single_wrong_character_shows(place, by):
    code = numbers.code()
    wrong = numbers.ALPHABET[(numbers.ALPHABET.index(code[place]) + by) % 36]
    mistyped = code[:place] + wrong + code[place + 1 :]
    assert numbers.looks_mistyped(mistyped) or mistyped.isdigit()


@pytest.mark.parametrize("number", ["", "1", "ANNA01", "17850", "123456789012345678"])
def test_a_number_from_elsewhere_is_not_called_mistyped(number):
    assert not numbers.looks_mistyped(number)


def test_a_number_shows_its_last_four_only():
    assert numbers.masked("2900000000018") == "•••0018"
    assert numbers.masked("ANNA01") == "•••"
