"""What the rewards look like: drawn here, so that the demo carries no photographs and owes nobody for one."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping

from PIL import Image, ImageDraw

from passage.rewards import drawing
from passage.rewards.pictures import Drawn

SIDE, FINER = 960, 2  # drawn twice as large, so that the edges are smooth
CRUST, CRUMB, GLAZE, SUGAR = "#b8692a", "#e6ac5c", "#8a4a1c", "#fff8ea"
CREAM, LINEN, SAGE, SKY, ROSE = "#fbf3e3", "#f3e4cb", "#dfe7d3", "#dce8ee", "#f4dcd3"
CLAY, CLAY_DARK, COFFEE, COFFEE_LIGHT, NAVY, NAVY_DARK = (
    "#c4553a",
    "#a3432c",
    "#5b3620",
    "#c79a6b",
    "#31465f",
    "#24354a",
)
TURNS = 2.6  # of the bun's spiral

Pen = ImageDraw.ImageDraw


def _round(pen: Pen, x: float, y: float, across: float, colour: str, *, down: float | None = None) -> None:
    """An ellipse about a point, in units of the picture's side."""
    wide, high = across / 2, (across if down is None else down) / 2
    pen.ellipse(_scaled(x - wide, y - high, x + wide, y + high), fill=colour)


def _scaled(*numbers: float) -> list[float]:
    return [number * SIDE * FINER for number in numbers]


def _box(pen: Pen, left: float, top: float, right: float, bottom: float, colour: str, *, soft: float) -> None:
    pen.rounded_rectangle(_scaled(left, top, right, bottom), radius=soft * SIDE * FINER, fill=colour)


def _loaf(pen: Pen, x: float, y: float, size: float) -> None:
    """One of the three loaves of the sign, with its three cuts."""
    _round(pen, x, y, size, SUGAR, down=size * 0.56)
    for shift in (-0.22, 0, 0.22):
        at, half = x + shift * size, size * 0.13
        ends = _scaled(at - half * 0.4, y + half, at + half * 0.4, y - half)
        pen.line(ends, fill=CLAY, width=round(size * 0.06 * SIDE * FINER))


def bun(pen: Pen) -> None:
    """A yeast bun from above: a spiral about white cheese, with crumble on it."""
    _round(pen, 0.5, 0.5, 0.84, ROSE)
    _round(pen, 0.5, 0.53, 0.62, LINEN)
    _round(pen, 0.5, 0.5, 0.6, CRUST)
    _round(pen, 0.5, 0.49, 0.56, CRUMB)
    steps = 900
    for step in range(steps):
        turn = step / steps
        angle, far = turn * TURNS * math.tau, 0.11 + 0.155 * turn
        _round(pen, 0.5 + far * math.cos(angle), 0.49 + far * math.sin(angle), 0.016 + 0.012 * turn, CRUST)
    _round(pen, 0.5, 0.49, 0.2, SUGAR)
    for number in range(26):
        # The angle of sunflower seeds: never in rows.
        angle, far = number * 2.39996, 0.055 * math.sqrt(number + 2)
        if far < 0.27:
            _round(pen, 0.5 + far * math.cos(angle), 0.49 + far * math.sin(angle), 0.022, SUGAR)


def mug(pen: Pen) -> None:
    """The chain's mug with its three loaves."""
    _round(pen, 0.5, 0.5, 0.84, SAGE)
    _round(pen, 0.5, 0.79, 0.5, "#c9d4b9", down=0.07)
    _round(pen, 0.7, 0.5, 0.3, CLAY_DARK)
    _round(pen, 0.7, 0.5, 0.19, SAGE)
    _box(pen, 0.27, 0.27, 0.69, 0.79, CLAY, soft=0.06)
    _round(pen, 0.48, 0.285, 0.42, CLAY_DARK, down=0.09)
    _round(pen, 0.48, 0.29, 0.37, COFFEE, down=0.065)
    for x, y in ((0.48, 0.47), (0.4, 0.6), (0.56, 0.6)):
        _loaf(pen, x, y, 0.15)


def cup(pen: Pen) -> None:
    """A cup of coffee from above, with a heart of milk."""
    _round(pen, 0.5, 0.5, 0.84, SKY)
    _round(pen, 0.5, 0.52, 0.68, "#c3d3dc")
    _round(pen, 0.5, 0.5, 0.66, SUGAR)
    _round(pen, 0.5, 0.5, 0.5, LINEN)
    _box(pen, 0.7, 0.465, 0.815, 0.535, LINEN, soft=0.03)
    _round(pen, 0.5, 0.5, 0.46, SUGAR)
    _round(pen, 0.5, 0.5, 0.4, COFFEE)
    _round(pen, 0.5, 0.5, 0.35, COFFEE_LIGHT)
    for x in (0.455, 0.545):
        _round(pen, x, 0.46, 0.115, SUGAR)
    pen.polygon(_scaled(0.404, 0.483, 0.596, 0.483, 0.5, 0.61), fill=SUGAR)
    _round(pen, 0.5, 0.475, 0.06, SUGAR)


def apron(pen: Pen) -> None:
    """The baker's apron, with its pocket and the three loaves."""
    _round(pen, 0.5, 0.5, 0.84, LINEN)
    pen.arc(_scaled(0.39, 0.09, 0.61, 0.39), 180, 360, fill=NAVY_DARK, width=round(0.022 * SIDE * FINER))
    for side in (1, -1):
        ends = _scaled(0.5 + side * 0.2, 0.47, 0.5 + side * 0.33, 0.53)
        pen.line(ends, fill=NAVY_DARK, width=round(0.022 * SIDE * FINER))
    _box(pen, 0.38, 0.23, 0.62, 0.5, NAVY, soft=0.02)
    pen.polygon(_scaled(0.38, 0.4, 0.62, 0.4, 0.71, 0.5, 0.71, 0.6, 0.29, 0.6, 0.29, 0.5), fill=NAVY)
    _box(pen, 0.29, 0.48, 0.71, 0.84, NAVY, soft=0.03)
    _box(pen, 0.385, 0.585, 0.615, 0.745, NAVY_DARK, soft=0.02)
    _box(pen, 0.385, 0.585, 0.615, 0.61, SUGAR, soft=0.008)
    for x, y in ((0.5, 0.32), (0.445, 0.4), (0.555, 0.4)):
        _loaf(pen, x, y, 0.1)


PICTURES: Mapping[str, Callable[[Pen], None]] = {
    "Drożdżówka gratis": bun,
    "Kubek Trzech Bochnów": mug,
    "Dziesiąta kawa gratis": cup,
    "Fartuch piekarza": apron,
}


def drawn(draw: Callable[[Pen], None]) -> Drawn:
    """The picture as a reward keeps it. Nobody sent it, so it is drawn here and in no child process."""
    twice = Image.new("RGB", (SIDE * FINER, SIDE * FINER), CREAM)
    draw(ImageDraw.Draw(twice))
    canvas = twice.resize((SIDE, SIDE), Image.Resampling.BOX)
    made = io.BytesIO()
    canvas.save(made, "PNG", compress_level=1)
    small, large = drawing.drawn(made)
    return Drawn(small=small, large=large)
