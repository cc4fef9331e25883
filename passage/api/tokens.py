"""Inner numbers for the outside: where a page goes on, which lot an entry took. They tell nothing of their neighbours.

A number becomes eleven letters by a small keyed cipher (a Feistel network of four rounds over 64 bits), one for
each kind and programme. It hides how many there are; it is not what keeps programmes apart: every look-up is.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from functools import lru_cache

from django.conf import settings

ROUNDS = range(4)
HALF = 1 << 32


def seal(number: int, /, *, kind: str, programme_id: int) -> str:
    left, right = divmod(number, HALF)
    for turn in ROUNDS:
        left, right = right, left ^ _mix(right, turn, kind, programme_id)
    return base64.urlsafe_b64encode((left * HALF + right).to_bytes(8, "big")).decode().rstrip("=")


def unseal(text: str, /, *, kind: str, programme_id: int) -> int | None:
    """The number, or None for a text that is no such token."""
    if len(text) != 11 or not text.isascii():
        return None
    try:
        left, right = divmod(int.from_bytes(base64.urlsafe_b64decode(f"{text}="), "big"), HALF)
    except (ValueError, binascii.Error):
        return None
    for turn in reversed(ROUNDS):
        left, right = right ^ _mix(left, turn, kind, programme_id), left
    number = left * HALF + right
    return number if 0 < number < 1 << 53 else None


def _mix(half: int, turn: int, kind: str, programme_id: int) -> int:
    message = f"{turn}:{half}".encode()
    return int.from_bytes(hmac.digest(_key(kind, programme_id), message, "sha256")[:4], "big")


@lru_cache(maxsize=1000)
def _key(kind: str, programme_id: int) -> bytes:
    return hashlib.sha256(f"passage.api:{kind}:{programme_id}:{settings.SECRET_KEY}".encode()).digest()
