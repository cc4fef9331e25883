"""Numbers written as text become whole numbers, digit by digit: nothing is ever a float on the way."""

from __future__ import annotations

import re
from functools import lru_cache

# A price keeps six places behind the decimal sign and a quantity three, so that both are whole numbers.
PRICE_PLACES = 6
QUANTITY_PLACES = 3


@lru_cache(maxsize=65_536)
def exact(text: str, *, places: int, decimal: str = ".", thousands: str = "") -> int | None:
    """``text`` times 10 to the power of ``places``: "2,5" with three places is 2500.

    None for what is no number written in the digits 0 to 9, or has more places than can be kept.
    """
    shaped = _shape(decimal, thousands).fullmatch(text)
    if shaped is None:
        return None
    sign, whole, behind = shaped.groups()
    behind = (behind or "").rstrip("0")
    if len(behind) > places:
        return None
    number = int(whole.replace(thousands, "") + behind.ljust(places, "0"))
    return -number if sign == "-" else number


@lru_cache
def _shape(decimal: str, thousands: str) -> re.Pattern[str]:
    whole = "[0-9]{1,12}"
    if thousands:
        whole = f"[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}}){{1,3}}|{whole}"
    return re.compile(f"([+-]?)({whole})(?:{re.escape(decimal)}([0-9]{{1,20}}))?")


def cost(*, price: int, quantity: int, minor: int) -> int:
    """What ``quantity`` (thousandths) costs at ``price`` (millionths of a currency's unit), in minor units.

    ``minor`` is how many places the currency has. Rounded once, half up.
    """
    whole: int = 10 ** (PRICE_PLACES + QUANTITY_PLACES)
    scale: int = 10**minor
    return (2 * price * quantity * scale + whole) // (2 * whole)
