"""Whole minor units (cents, grosze): splitting and sharing without losing one."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

# Limits of promises 4.5: what one entry may move, and what one account may hold (< 2**53 for browsers).
MAX_AMOUNT = 10**9
MAX_BALANCE = 10**15


def in_range(name: str, value: int, low: int, high: int) -> None:
    """Refuse what is not a whole number from ``low`` to ``high``: floats, booleans and text included."""
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{name} is a whole number from {low} to {high}")


def split(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split ``total`` (>= 0) over ``weights`` (each >= 0) so that the parts add up to exactly ``total``.

    Largest remainder: each part gets its floor, the units left over go to the largest remainders,
    earliest first. A part of weight 0 gets 0. All weights 0 is allowed only for a total of 0.
    """
    if total < 0 or any(weight < 0 for weight in weights):
        raise ValueError("split takes a total and weights of zero or more")
    whole = sum(weights)
    if whole == 0:
        if total:
            raise ValueError("weights must add up to more than zero")
        return tuple(0 for _ in weights)
    parts = [total * weight // whole for weight in weights]
    left = total - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[:left]:
        parts[i] += 1
    return tuple(parts)


def half_up(value: Fraction) -> int:
    """The nearest whole number, halves away from zero: 37.5 is 38, -37.5 is -38."""
    sign = -1 if value < 0 else 1
    return sign * ((abs(value) * 2 + 1) // 2)


def share(total: int, part: Fraction) -> int:
    """The cumulative share of ``total`` at ``part`` (0..1), rounded half up.

    Taking ``share(now) - share(before)`` at every step never drifts: the steps add up to ``total``.
    """
    if not 0 <= part <= 1:
        raise ValueError("a share lies between 0 and 1")
    return half_up(total * part)


def ceil_div(value: int, by: int) -> int:
    """``value / by`` rounded up, for whole numbers."""
    return -(-value // by)
