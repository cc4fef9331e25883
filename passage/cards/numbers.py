"""The numbers on cards: one spelling, check digits, and numbers that nobody guesses.

A printed card carries an EAN-13 of the range kept for shops' own use (20 to 29), a virtual one a code of
80 random bits. Numbers from elsewhere may be anything of letters and digits.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator

from passage.cards.errors import NotThisCard
from passage.programme import limits

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Without I, L, O and U: what is read out or typed is not mistaken for 1, 0 or V. 32 letters make 5 bits each.
UNMISTAKABLE = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 17
EAN_LENGTH = 13
LEAST_RANDOM_DIGITS = 9
NUMBER = re.compile(rf"[0-9A-Z]{{1,{limits.CARD_NUMBER}}}")
# With a blank or a dash after every character, and some to spare.
MOST_TYPED = 4 * limits.CARD_NUMBER
BETWEEN = re.compile(r"[\s\u2010-\u2015-]+")


def canonical(text: str) -> str:
    """Capitals and digits without blanks and dashes. Raises ``card_unreadable`` for anything else (F18, F31)."""
    bare = BETWEEN.sub("", text) if len(text) <= MOST_TYPED else ""
    # Before the capitals: the capital of a dotless i is an I.
    number = bare.upper() if bare.isascii() else ""
    if not NUMBER.fullmatch(number):
        raise NotThisCard("card_unreadable", params={"limit": limits.CARD_NUMBER})
    return number


def ean13(*, prefix: str = "29") -> str:
    """An EAN-13 in the shops' own range; all digits between prefix and check digit are random."""
    free = EAN_LENGTH - 1 - len(prefix)
    if not re.fullmatch(r"2[0-9]+", prefix) or free < LEAST_RANDOM_DIGITS:
        raise ValueError("a prefix begins with 2 and leaves at least nine digits free")
    body = prefix + "".join(secrets.choice("0123456789") for _ in range(free))
    return body + ean_check_digit(body)


def code() -> str:
    """A code of 80 random bits and a check character, for QR codes and virtual cards."""
    body = "".join(secrets.choice(UNMISTAKABLE) for _ in range(CODE_LENGTH - 1))
    return body + check_character(body)


def distinct(*, count: int, new: Callable[[], str]) -> list[str]:
    """``count`` different numbers of a pattern of one's own."""
    return _distinct(count, iter(new, ""))


def batch(*, count: int, prefix: str = "29") -> list[str]:
    """``count`` different EAN-13 numbers for a batch of printed cards."""
    return _distinct(count, _endless(prefix))


def codes(*, count: int) -> list[str]:
    """``count`` different codes that nobody guesses, for a batch of printed cards."""
    return _distinct(count, iter(code, ""))


def ean_check_digit(body: str) -> str:
    """The GS1 check digit of the digits before it, of any length."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return str(-weighted % 10)


def luhn_check_digit(body: str) -> str:
    """The check digit of payment cards (ISO/IEC 7812): one wrong digit, or nearly any two swapped, shows."""
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body))]
    return str(-sum(each // 10 + each % 10 for each in doubled) % 10)


def check_character(body: str) -> str:
    """Luhn's check over 36 letters and digits: one wrong character, or nearly any two swapped, shows."""
    return ALPHABET[-_luhn(body, factor=2) % len(ALPHABET)]


def looks_mistyped(number: str) -> bool:
    """Whether an unknown ``number`` has the length of a checked one and does not add up: probably a slip of the hand."""
    if number.isdigit() and len(number) in {8, 12, EAN_LENGTH}:
        return ean_check_digit(number[:-1]) != number[-1]
    if len(number) == CODE_LENGTH and not number.isdigit():
        return check_character(number[:-1]) != number[-1]
    return False


def masked(number: str) -> str:
    """The last four characters, for telling a card's new number to whoever holds the old one."""
    return f"•••{number[-4:]}" if len(number) > 6 else "•••"


def _luhn(body: str, *, factor: int) -> int:
    total = 0
    for character in reversed(body):
        doubled = ALPHABET.index(character) * factor
        total += doubled // len(ALPHABET) + doubled % len(ALPHABET)
        factor = 3 - factor
    return total


def _endless(prefix: str) -> Iterator[str]:
    while True:
        yield ean13(prefix=prefix)


def _distinct(count: int, source: Iterator[str]) -> list[str]:
    if not 0 < count <= limits.CARDS:
        raise ValueError(f"a batch has 1 to {limits.CARDS} cards")
    found: dict[str, None] = {}
    while len(found) < count:
        found[next(source)] = None
    return list(found)
