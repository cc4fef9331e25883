"""What people type, read the way they mean it: an amount with a comma or a point, spaces between thousands."""

import re
from decimal import Decimal

from babel.numbers import get_currency_precision

AMOUNT = re.compile(r"(?P<whole>[0-9]{1,12})(?:[.,](?P<part>[0-9]{1,4}))?")
GAPS = str.maketrans("", "", " \u00a0\u202f'")


class NotAnAmount(ValueError):
    """The text is no amount of the currency; ``reason`` is not_a_number, too_precise, zero or too_big."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_amount(text: str, *, currency: str, most: int) -> int:
    """Minor units of the currency, above zero and at most ``most``; `NotAnAmount` says what is wrong."""
    found = AMOUNT.fullmatch(text.strip().translate(GAPS))
    if found is None:
        raise NotAnAmount("not_a_number")
    precision = get_currency_precision(currency)
    part = found["part"] or ""
    if len(part.rstrip("0")) > precision:
        raise NotAnAmount("too_precise")
    amount = int(Decimal(f"{found['whole']}.{part or '0'}").scaleb(precision))
    if amount == 0:
        raise NotAnAmount("zero")
    if amount > most:
        raise NotAnAmount("too_big")
    return amount


def read_cursor(text: str) -> int | None:
    """The row a page goes on after, as it stands in an address; anything else begins at the start."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None
