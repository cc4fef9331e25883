"""What an API key looks like: ``pk_<prefix>_<secret>``. The secret is shown once and kept as a hash only.

The fixed beginning lets scanners of leaked secrets find it; the prefix finds the row without the secret.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import NamedTuple

SHAPE = re.compile(r"pk_([0-9a-z]{8})_[0-9A-Za-z_-]{43}")
LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


class Fresh(NamedTuple):
    prefix: str
    text: str


def fresh() -> Fresh:
    """A new key with 256 random bits of secret."""
    prefix = "".join(secrets.choice(LETTERS) for _ in range(8))
    return Fresh(prefix=prefix, text=f"pk_{prefix}_{secrets.token_urlsafe(32)}")


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
