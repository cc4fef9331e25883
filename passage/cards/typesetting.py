"""Cards, set on pages. Loaded by a child process only: see `passage.programme.child` and `printing`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import barcode
import segno
import typst

from passage.cards import numbers

SOURCE = Path(__file__).with_name("card.typ")
WIDEST_BARS = 75.6  # mm between the edges of a card, less 5 on either side
WIDEST_MODULE, THINNEST_MODULE = 0.33, 0.19  # mm; below the second one common scanners give up
GROUP = 4


def pages(file: BinaryIO) -> Iterator[bytes]:
    """What `printing.sheets` asks for: one PDF, or each page as a PNG."""
    asked = json.load(file)
    given = {
        **{name: asked[name] for name in ("programme", "colour", "ink")},
        "shape": json.dumps(asked["shape"]),
        "cards": json.dumps([_drawn(card) for card in asked["cards"]]),
    }
    compiler = typst.Compiler(SOURCE.read_bytes(), ignore_system_fonts=True, sys_inputs=given)
    if asked["as_pictures"]:
        made = compiler.compile(format="png", ppi=300)
    else:
        made = compiler.compile(format="pdf", pdf_tags=False)
    yield from made if isinstance(made, list) else [made or b""]


def grouped(number: str) -> str:
    """The number in groups of four, to be read out and typed."""
    return " ".join(number[start : start + GROUP] for start in range(0, len(number), GROUP))


def _drawn(card: Mapping[str, str]) -> dict[str, Any]:
    number = card["number"]
    modules = _bars(number)
    module = min(WIDEST_MODULE, WIDEST_BARS / len(modules))
    bars = _runs(modules) if module >= THINNEST_MODULE else []
    return {
        "number": grouped(number),
        "holder": card["holder"],
        "square": _square(number),
        "bars": bars,
        "modules": len(modules),
        "module": round(module, 4),
    }


def _bars(number: str) -> str:
    """A one for each dark module of the barcode, a zero for each light one."""
    if len(number) == numbers.EAN_LENGTH and number.isdigit() and not numbers.looks_mistyped(number):
        return str(barcode.get("ean13", number[:-1]).build()[0])
    return str(barcode.get("code128", number).build()[0])


def _runs(modules: str) -> list[tuple[int, int]]:
    """Where each dark bar begins, and how wide it is."""
    return [(found.start(), len(found[0])) for found in re.finditer("1+", modules)]


def _square(number: str) -> list[str]:
    made = segno.make_qr(number, error="m")
    return ["".join("1" if dark else "0" for dark in row) for row in made.matrix]
