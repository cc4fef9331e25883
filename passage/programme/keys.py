"""What an API key looks like: ``pk_<prefix>_<secret>``. The secret is shown once and kept as a hash only.

The fixed beginning lets scanners of leaked secrets find it; the prefix finds the row without the secret.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import NamedTuple

SHAPE = re.compile(r"pk_([0-9a-z]{8})_[0-9A-Za-z_-]{43}")
HALF_A_CODE = 4
MOST_TYPED = 40
LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


class Fresh(NamedTuple):
    prefix: str
    text: str


def fresh() -> Fresh:
    """A new key with 256 random bits of secret."""
    prefix = "".join(secrets.choice(LETTERS) for _ in range(8))
    return Fresh(prefix=prefix, text=f"pk_{prefix}_{secrets.token_urlsafe(32)}")


def pairing_code() -> str:
    """A code to type at a till, "K7QM-2XWD": 40 random bits, good for minutes and for one use."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(2 * HALF_A_CODE)).upper()
    return f"{letters[:HALF_A_CODE]}-{letters[HALF_A_CODE:]}"


def pairing_hash(text: str) -> str:
    """The hash of a pairing code in any spelling; an empty text for what cannot be one."""
    bare = "".join(text.split()).replace("-", "").lower() if len(text) <= MOST_TYPED else ""
    shaped = len(bare) == 2 * HALF_A_CODE and all(letter in LETTERS for letter in bare)
    return hashed(f"pairing:{bare}") if shaped else ""


def prefix_of(text: str) -> str:
    """The prefix of a key that has the right shape, else an empty text."""
    shaped = SHAPE.fullmatch(text) if text.isascii() else None
    return shaped[1] if shaped else ""


def hashed(text: str) -> str:
    """SHA-256 in hex. No salt and no stretching: there is nothing to guess in 256 random bits."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def is_same(*, text: str, kept: str) -> bool:
    """Whether ``kept`` is the hash of ``text``, compared in constant time."""
    return secrets.compare_digest(hashed(text), kept)
