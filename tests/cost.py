"""How the cost of reading grows with the length of what is read: a ratio of processor times, and never a time.

Counting calls would not do: one call of `list.count`, of a regular expression or of Unicode's normalisation hides as many
steps as it likes.
"""

import gc
from collections.abc import Callable
from contextlib import suppress
from time import thread_time_ns
from typing import Any

STEPS = 16  # the larger input is so many times the smaller one: linear costs 16 times as much, square 256 times
MOST_GROWTH = 60  # somewhere between: a cache that is too small makes the linear look worse
NOTHING = 3_000_000  # nanoseconds: what costs less than this in all can be called whatever one likes
TURNS = 4


def growth(read: Callable[[Any], Any], shape: Callable[[int], Any], *, size: int) -> float:
    """How many times the cost of a ``size`` its sixteen-fold costs; what it refuses is an answer as any other."""
    small, large = shape(size), shape(STEPS * size)
    best = float("inf")
    for _turn in range(TURNS):
        dear = _cost(read, large, times=1)
        if dear < NOTHING:
            return 0.0
        best = min(best, dear / max(_cost(read, small, times=5), 1))
        if best < MOST_GROWTH:
            break
    return best


def _cost(read: Callable[[Any], Any], given: Any, *, times: int) -> int:
    """Of the cheapest of several times: what else the machine does only adds to it."""
    gc.disable()
    try:
        return min(_once(read, given) for _ in range(times))
    finally:
        gc.enable()


def _once(read: Callable[[Any], Any], given: Any) -> int:
    begun = thread_time_ns()
    with suppress(Exception):  # refused, in whatever way this parser refuses
        read(given)
    return thread_time_ns() - begun
