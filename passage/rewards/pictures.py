"""Pictures that people send, made harmless: read by what they are, drawn again, and kept in two sizes.

Nothing of the file itself is kept: no name, no place where it was taken, no second file hidden behind the first.
"""

from __future__ import annotations

import hashlib
import io
import uuid
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

from passage.programme.errors import Refused

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 40_000_000  # 120 MB while it is read; a telephone takes 12 to 50 million
SMALL, LARGE = 192, 960  # the longer side: a square in a list, a picture on a page
QUALITY = 82


@dataclass(frozen=True, slots=True)
class Drawn:
    small: bytes
    large: bytes


def drawn(raw: bytes) -> Drawn:
    """The picture in both sizes, as WebP. Raises ``picture_heavy``, ``picture_large`` or ``picture_unreadable``."""
    if len(raw) > MOST_BYTES:
        raise Refused("picture_heavy", field="picture", params={"limit": MOST_BYTES // 1024 // 1024})
    try:
        with warnings.catch_warnings():
            # We count the pixels ourselves, before any of them is read.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(raw), formats=FORMATS)
        if image.width * image.height > MOST_PIXELS:
            raise Refused("picture_large", field="picture", params={"limit": MOST_PIXELS // 1_000_000})
        return _drawn(image)
    except Image.DecompressionBombError:
        raise Refused("picture_large", field="picture", params={"limit": MOST_PIXELS // 1_000_000}) from None
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError):
        # Pillow tells of a broken file in many ways.
        raise Refused("picture_unreadable", field="picture") from None


def address_of(picture: Drawn, *, reward: uuid.UUID) -> uuid.UUID:
    """The same picture of the same reward has one address, and nobody guesses it: the reward's id is random."""
    return uuid.UUID(bytes=hashlib.sha256(reward.bytes + picture.large).digest()[:16])


def _drawn(image: Image.Image) -> Drawn:
    image.draft("RGB", (LARGE, LARGE))  # a large JPEG is read at a fraction of its size
    upright = ImageOps.exif_transpose(image)
    plain = upright.convert("RGBA" if _is_transparent(upright) else "RGB")
    return Drawn(small=_encoded(plain, SMALL), large=_encoded(plain, LARGE))


def _is_transparent(image: Image.Image) -> bool:
    return image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info


def _encoded(image: Image.Image, side: int) -> bytes:
    canvas = image.copy()
    canvas.thumbnail((side, side), Image.Resampling.LANCZOS)
    canvas.info.clear()  # what was said about the picture stays with its sender
    made = io.BytesIO()
    canvas.save(made, "WEBP", quality=QUALITY, method=4, exif=b"", icc_profile=None)
    return made.getvalue()
