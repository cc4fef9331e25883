"""A picture, drawn again in two sizes. Loaded by a child process only: see `passage.programme.child`."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import BinaryIO

from PIL import Image, ImageOps

from passage.programme.errors import Refused

# What a telephone takes is read at a fraction of its size; of the others every point is read, so they have fewer.
MOST_PIXELS = {"JPEG": 40_000_000, "PNG": 16_000_000, "WEBP": 16_000_000}
SMALL, LARGE = 192, 960  # the longer side: a square in a list, a picture on a page
QUALITY = 82


def drawn(file: BinaryIO) -> Iterator[bytes]:
    """The small one and the large one, as WebP. Raises ``picture_large`` or ``picture_unreadable``."""
    try:
        with warnings.catch_warnings():
            # We count the pixels ourselves, before any of them is read.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(file, formats=tuple(MOST_PIXELS))
        most = MOST_PIXELS[image.format or ""]
        if image.width * image.height > most:
            raise _too_large(most)
        large = _large(image)
        small = large.copy()
        small.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
        yield _encoded(small)
        yield _encoded(large)
    except Image.DecompressionBombError:
        raise _too_large(min(MOST_PIXELS.values())) from None
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError):
        # Pillow tells of a broken file in many ways.
        raise Refused("picture_unreadable", field="picture") from None


def _too_large(most: int) -> Refused:
    return Refused("picture_large", field="picture", params={"limit": most // 1_000_000})


def _large(image: Image.Image) -> Image.Image:
    """On a page's scale and upright. It is made smaller first: nothing else is done with every point."""
    image.draft("RGB", (LARGE, LARGE))
    kind = "RGBA" if _is_transparent(image) else "RGB"
    plain = image if image.mode == kind and "transparency" not in image.info else image.convert(kind)
    plain.thumbnail((LARGE, LARGE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    ImageOps.exif_transpose(plain, in_place=True)
    return plain


def _is_transparent(image: Image.Image) -> bool:
    return image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info


def _encoded(canvas: Image.Image) -> bytes:
    canvas.info.clear()  # what was said about the picture stays with its sender
    made = io.BytesIO()
    canvas.save(made, "WEBP", quality=QUALITY, method=4, exif=b"", icc_profile=None)
    return made.getvalue()
