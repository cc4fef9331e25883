"""Pictures that people send, made harmless: read by what they are, drawn again, and kept in two sizes.

Nothing of the file itself is kept: no name, no place where it was taken, no second file hidden behind the first.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass

from passage.programme import child
from passage.programme.errors import Refused

MOST_BYTES = 8 * 1024 * 1024
BOUNDS = child.Bounds(memory=640 * 1024 * 1024, seconds=20, answer=16 * 1024 * 1024)


@dataclass(frozen=True, slots=True)
class Drawn:
    small: bytes
    large: bytes


def drawn(raw: bytes) -> Drawn:
    """The picture in both sizes, as WebP, drawn in a child process: before the transaction that keeps it.

    Raises ``Refused`` with picture_heavy, picture_large, picture_unreadable or files_busy.
    """
    if len(raw) > MOST_BYTES:
        raise Refused("picture_heavy", field="picture", params={"limit": MOST_BYTES // 1024 // 1024})
    failing = Refused("picture_unreadable", field="picture")
    small, large = child.run("passage.rewards.drawing:drawn", file=raw, bounds=BOUNDS, failing=failing)
    return Drawn(small=small, large=large)


def address_of(picture: Drawn, *, reward: uuid.UUID) -> uuid.UUID:
    """The same picture of the same reward has one address, and nobody guesses it: the reward's id is random."""
    return uuid.UUID(bytes=hashlib.sha256(reward.bytes + picture.large).digest()[:16])
