"""The remainder of E-03 after returns: kept between zero and one step, with points for the rest."""

from __future__ import annotations

from passage.engine.rules import PerAmount


def normalised(remainder: int, earns: PerAmount) -> tuple[int, int]:
    """``(points, remainder)``: whole steps in a remainder that a return pushed below zero or over a step.

    Points are negative when a return had to borrow. Sales and returns in any order end alike,
    because points and remainder together always say the same sum.
    """
    steps, rest = divmod(remainder, earns.step)
    return steps * earns.per_step, rest
