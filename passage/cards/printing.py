"""Cards on paper: a number as a barcode, as a QR code and in groups that can be read out, set by Typst.

What people typed reaches Typst as values and never as source, so no name can be more than text; and Typst runs in a child
process (`passage.programme.child`), so that no text can do more than fail.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from passage.programme import child
from passage.programme.errors import Refused

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
PLAIN_COLOUR = "#0d4a3b"
MOST = 1_000  # cards in one file: a second and a half, and 200 MB while it is made
BOUNDS = child.Bounds(memory=1024 * 1024 * 1024, seconds=30, answer=64 * 1024 * 1024)


class Layout(StrEnum):
    SHEET = "sheet"
    SINGLE = "single"
    LABELS = "labels"


@dataclass(frozen=True, slots=True)
class Shape:
    """How the cards lie on a page, in millimetres; ``many`` across and down, ``start`` the first one's corner."""

    page: tuple[float, float]
    size: tuple[float, float]
    many: tuple[int, int]
    start: tuple[float, float]
    gap: float
    draw: str
    marks: bool


A4 = (210.0, 297.0)
CARD_SIZE = (85.6, 54.0)  # ISO/IEC 7810 ID-1, a bank card
SHAPES = {
    Layout.SHEET: Shape(A4, CARD_SIZE, (2, 5), (19.4, 13.5), 0.0, "card", marks=True),
    Layout.SINGLE: Shape(CARD_SIZE, CARD_SIZE, (1, 1), (0.0, 0.0), 0.0, "card", marks=False),
    Layout.LABELS: Shape(A4, (38.1, 21.2), (5, 13), (4.75, 10.7), 2.5, "label", marks=False),
}


@dataclass(frozen=True, slots=True)
class Printed:
    """A card to print; ``holder`` is the name on it, or ""."""

    number: str
    holder: str = ""


def sheets(
    cards: Sequence[Printed], *, programme: str, layout: Layout, colour: str = PLAIN_COLOUR, as_pictures: bool = False
) -> list[bytes]:
    """The cards as one PDF, or with ``as_pictures`` each page of it as a PNG.

    A card carries an EAN-13 where its number is one, otherwise a Code 128 while its bars stay wide enough for a
    scanner, and a QR code always; a label carries one of the two. Raises ``Refused`` with cards_not_printed or files_busy.
    """
    if not 0 < len(cards) <= MOST:
        raise ValueError(f"a file has 1 to {MOST} cards")
    asked = {
        "programme": programme,
        "colour": colour if COLOUR.fullmatch(colour) else PLAIN_COLOUR,
        "ink": ink_on(colour),
        "shape": asdict(SHAPES[layout]),
        "cards": [asdict(card) for card in cards],
        "as_pictures": as_pictures,
    }
    failing = Refused("cards_not_printed", field="cards")
    return list(
        child.run("passage.cards.typesetting:pages", file=json.dumps(asked).encode(), bounds=BOUNDS, failing=failing)
    )


def ink_on(colour: str) -> str:
    """White or black, whichever is easier to read on ``colour``."""
    if not COLOUR.fullmatch(colour):
        return "#ffffff"
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return "#000000" if 299 * red + 587 * green + 114 * blue > 150_000 else "#ffffff"
