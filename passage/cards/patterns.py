"""Number patterns of one's own: how the cards of a programme begin, how long they are, and what catches a slip."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from enum import StrEnum

from passage.cards.numbers import (
    EAN_LENGTH,
    LEAST_RANDOM_DIGITS,
    UNMISTAKABLE,
    ean_check_digit,
    luhn_check_digit,
)
from passage.programme.errors import Refused

LONGEST = 24  # a longer one is neither typed nor fits as a barcode on a card
LEAST_RANDOM_LETTERS = 7  # 35 bits, more than nine digits
# Lengths of the barcodes on goods; those that begin with 2 are kept for a shop's own use.
OF_GOODS = {8, 12, EAN_LENGTH, 14}


class Check(StrEnum):
    """What the last character is: the check digit of barcodes, that of payment cards, or nothing (letters and digits)."""

    EAN = "ean"
    LUHN = "luhn"
    LETTERS = "letters"


@dataclass(frozen=True, slots=True)
class Pattern:
    """``prefix``, then characters that nobody guesses, then the check digit if there is one: ``length`` in all."""

    prefix: str
    length: int
    check_kind: Check

    @property
    def free(self) -> int:
        return self.length - len(self.prefix) - (self.check_kind is not Check.LETTERS)

    def validate(self) -> None:
        """Raises ``Refused``: pattern_prefix, pattern_short (least), pattern_long (limit), pattern_of_goods."""
        allowed = r"[0-9A-Z]*" if self.check_kind is Check.LETTERS else r"[0-9]*"
        if not re.fullmatch(allowed, self.prefix):
            raise Refused("pattern_prefix", field="prefix")
        if self.length > LONGEST:
            raise Refused("pattern_long", field="length", params={"limit": LONGEST})
        least = LEAST_RANDOM_LETTERS if self.check_kind is Check.LETTERS else LEAST_RANDOM_DIGITS
        if self.free < least:
            needed = self.length + least - self.free
            raise Refused("pattern_short", field="length", params={"least": needed})
        if self.check_kind is Check.EAN and self.length in OF_GOODS and not self.prefix.startswith("2"):
            raise Refused("pattern_of_goods", field="prefix")

    def new(self) -> str:
        letters = UNMISTAKABLE if self.check_kind is Check.LETTERS else "0123456789"
        body = self.prefix + "".join(secrets.choice(letters) for _ in range(self.free))
        # Of digits alone it would be taken for another kind of number.
        if self.check_kind is Check.LETTERS and body.isdigit():
            return self.new()
        return body + self._last(body)

    def fits(self, number: str) -> bool:
        """Whether a number could be of this pattern, as far as its beginning, length and characters say."""
        is_like = self.check_kind is Check.LETTERS or number.isdigit()
        return is_like and len(number) == self.length and number.startswith(self.prefix)

    def adds_up(self, number: str) -> bool:
        return self.check_kind is Check.LETTERS or self._last(number[:-1]) == number[-1]

    def _last(self, body: str) -> str:
        match self.check_kind:
            case Check.EAN:
                return ean_check_digit(body)
            case Check.LUHN:
                return luhn_check_digit(body)
            case Check.LETTERS:
                return ""
