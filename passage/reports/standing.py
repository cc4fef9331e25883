"""What stands out: one person's count beside what the colleagues' counts let expect. Pure, in fractions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median

# Squares of how many standard deviations of a count that is as rare as it is expected: four stand out, ten are enough.
MARKED, MOST = Fraction(16), Fraction(100)
LEAST_MORE = 3  # and at least so many more than expected: a rare thing that happened twice is chance


@dataclass(frozen=True, slots=True)
class Counted:
    """``count`` of something in ``among`` chances for it."""

    count: int
    among: int


@dataclass(frozen=True, slots=True)
class Standing:
    """``expected`` by the colleagues, None without any; ``surplus`` how far beyond it, squared and capped."""

    count: int
    among: int
    expected: Fraction | None
    surplus: Fraction
    stands_out: bool


def standings(counted: Mapping[str, Counted], *, by_itself: bool = False) -> dict[str, Standing]:
    """Each one beside all the others. ``by_itself``: what nobody is to do at all, so that nobody excuses anybody."""
    return {who: _standing(each, _others(counted, who), by_itself=by_itself) for who, each in counted.items()}


def _others(counted: Mapping[str, Counted], who: str) -> list[Counted]:
    return [each for name, each in counted.items() if name != who and each.among > 0]


def _standing(mine: Counted, others: Sequence[Counted], *, by_itself: bool) -> Standing:
    if by_itself:
        surplus = MOST if mine.count else Fraction(0)
        return Standing(mine.count, mine.among, Fraction(0), surplus, bool(mine.count))
    if not others:
        return Standing(mine.count, mine.among, None, Fraction(0), stands_out=False)
    expected = usual(others) * mine.among
    more = mine.count - expected
    surplus = min(more**2 / max(expected, Fraction(1)), MOST) if more > 0 else Fraction(0)
    return Standing(mine.count, mine.among, expected, surplus, surplus >= MARKED and more >= LEAST_MORE)


def usual(others: Sequence[Counted]) -> Fraction:
    """How often it happens to the colleagues: the middle one, or half of all together where most have none of it."""
    middle = Fraction(median(Fraction(each.count, each.among) for each in others))
    together = Fraction(sum(each.count for each in others), sum(each.among for each in others))
    return max(middle, together / 2)
