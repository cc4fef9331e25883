"""How far the reading has come: a bar for a person who watches, a line now and then for a log."""

from __future__ import annotations

from collections.abc import Callable

from django.core.management.base import OutputWrapper
from django.utils.translation import gettext as _

WIDTH = 30
OFTEN, SELDOM = 0.2, 15.0  # seconds between two words: on a screen, in a log


class Progress:
    """``clock`` counts seconds, from anywhere. ``total`` rows are to come."""

    def __init__(self, *, target: OutputWrapper, total: int, clock: Callable[[], float]) -> None:
        self._target, self._total, self._clock = target, max(total, 1), clock
        self._watched = target.isatty()
        self._began = self._said = clock()

    def tell(self, rows: int) -> None:
        """``rows`` are done. Says so when it is time to."""
        now = self._clock()
        if now - self._said >= (OFTEN if self._watched else SELDOM):
            self._said = now
            self._say(rows, now)

    def end(self) -> None:
        """The last word: all is done."""
        self._say(self._total, self._clock())
        if self._watched:
            self._target.write("")

    def _say(self, rows: int, now: float) -> None:
        rate = int(rows / max(now - self._began, 0.001))
        left = (self._total - rows) // max(rate, 1)
        words = _("{share} % · {rows} of {total} rows · {rate} rows a second · {left} left").format(
            share=rows * 100 // self._total,
            rows=rows,
            total=self._total,
            rate=rate,
            left=f"{left // 60}:{left % 60:02}",
        )
        if self._watched:
            filled = WIDTH * rows // self._total
            bar = "#" * filled + "." * (WIDTH - filled)
            self._target.write(f"\r\x1b[K[{bar}] {words}", style_func=str, ending="")
        else:
            self._target.write(words, style_func=str)
        self._target.flush()
