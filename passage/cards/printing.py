"""Cards on paper: a number as a barcode, as a QR code and in groups that can be read out, set by Typst.

What people typed reaches Typst as values and never as source, so no name can be more than text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import barcode
import segno
import typst

from passage.cards import numbers as card_numbers

SOURCE = Path(__file__).with_name("card.typ")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
PLAIN_COLOUR = "#0d4a3b"
MOST = 1_000  # cards in one file: a second and a half, and 200 MB while it is made
WIDEST_BARS = 75.6  # mm between the edges of a card, less 5 on either side
WIDEST_MODULE, THINNEST_MODULE = 0.33, 0.19  # mm; below the second one common scanners give up
GROUP = 4


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
    scanner, and a QR code always; a label carries one of the two.
    """
    if not 0 < len(cards) <= MOST:
        raise ValueError(f"a file has 1 to {MOST} cards")
    given = {
        "programme": programme,
        "colour": colour if COLOUR.fullmatch(colour) else PLAIN_COLOUR,
        "ink": ink_on(colour),
        "shape": json.dumps(asdict(SHAPES[layout])),
        "cards": json.dumps([_drawn(card) for card in cards]),
    }
    compiler = typst.Compiler(SOURCE.read_bytes(), ignore_system_fonts=True, sys_inputs=given)
    if as_pictures:
        pages = compiler.compile(format="png", ppi=300)
    else:
        pages = compiler.compile(format="pdf", pdf_tags=False)
    return pages if isinstance(pages, list) else [pages or b""]


def grouped(number: str) -> str:
    """The number in groups of four, to be read out and typed."""
    return " ".join(number[start : start + GROUP] for start in range(0, len(number), GROUP))


def ink_on(colour: str) -> str:
    """White or black, whichever is easier to read on ``colour``."""
    if not COLOUR.fullmatch(colour):
        return "#ffffff"
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return "#000000" if 299 * red + 587 * green + 114 * blue > 150_000 else "#ffffff"


def _drawn(card: Printed) -> dict[str, Any]:
    modules = _bars(card.number)
    module = min(WIDEST_MODULE, WIDEST_BARS / len(modules))
    bars = _runs(modules) if module >= THINNEST_MODULE else []
    return {
        "number": grouped(card.number),
        "holder": card.holder,
        "square": _square(card.number),
        "bars": bars,
        "modules": len(modules),
        "module": round(module, 4),
    }


def _bars(number: str) -> str:
    """A one for each dark module of the barcode, a zero for each light one."""
    if len(number) == card_numbers.EAN_LENGTH and number.isdigit() and not card_numbers.looks_mistyped(number):
        return str(barcode.get("ean13", number[:-1]).build()[0])
    return str(barcode.get("code128", number).build()[0])


def _runs(modules: str) -> list[tuple[int, int]]:
    """Where each dark bar begins, and how wide it is."""
    return [(found.start(), len(found[0])) for found in re.finditer("1+", modules)]


def _square(number: str) -> list[str]:
    made = segno.make_qr(number, error="m")
    return ["".join("1" if dark else "0" for dark in row) for row in made.matrix]
