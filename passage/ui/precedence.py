"""In which order rules are applied, and which of a group counts: as sentences an owner can check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from django.utils.translation import gettext as _

from passage.engine.rules import Event, Fixed, Multiplier, PerAmount, PerUnit, PerVisit, Rule

MOST_PAIRS = 15  # beyond that nobody reads them


@dataclass(frozen=True, slots=True)
class Group:
    """Rules of which only one counts, in the order in which they are looked at, and each pair of them in words."""

    name: str
    rules: tuple[Rule, ...]
    pairs: tuple[str, ...]


def in_order(rules: Sequence[Rule], /) -> list[Rule]:
    """As the engine looks at them: the higher rank first, and of the same rank the older rule."""
    return sorted(rules, key=lambda rule: (-rule.priority, rule.family))


def groups(rules: Sequence[Rule], /) -> list[Group]:
    """The groups with more than one rule of a unit."""
    found: dict[tuple[str, str], list[Rule]] = {}
    for rule in in_order(rules):
        if rule.group:
            found.setdefault((rule.group, rule.unit), []).append(rule)
    return [
        Group(name, tuple(mine), tuple(duel(*pair) for pair in list(combinations(mine, 2))[:MOST_PAIRS]))
        for (name, _unit), mine in found.items()
        if len(mine) > 1
    ]


def duel(first: Rule, second: Rule, /) -> str:
    """Which of two rules counts where both fit a purchase; ``first`` is looked at first."""
    stronger = _always_more(first, second)
    if stronger is None:
        return _(
            "“%(first)s” or “%(second)s”: the one that gives more for the purchase; if both give the same, “%(first)s”."
        ) % {
            "first": first.name,
            "second": second.name,
        }
    weaker = second if stronger is first else first
    return _("“%(stronger)s” counts before “%(weaker)s” wherever both fit.") % {
        "stronger": stronger.name,
        "weaker": weaker.name,
    }


def _always_more(first: Rule, second: Rule) -> Rule | None:
    """The one that never gives less and so counts wherever both fit; None where it depends on the purchase."""
    one, other = _strength(first), _strength(second)
    if one is None or other is None or one[0] != other[0]:
        return None
    return first if one[1] >= other[1] else second


def _strength(rule: Rule) -> tuple[str, Fraction] | None:
    """What two rules can be compared by whatever is bought: a kind, and how much of it."""
    if rule.only or rule.exclude or rule.exclude_discounted:
        return None
    strength: tuple[str, Fraction] | None = None
    match rule.earns:
        case Fixed(points=points) | PerVisit(points=points):
            strength = "once", Fraction(points)
        case Multiplier(num=num, den=den):
            strength = "times", Fraction(num, den)
        case PerUnit(points=points):
            strength = "piece", Fraction(points)
        case PerAmount(points=points, step=step, whole_steps=False, carry=carry, rounding=rounding):
            strength = f"amount {'carry' if carry else rounding.value}", Fraction(points, step)
        case PerAmount() | Event():
            pass  # whole steps of different sizes: it depends on the amount
    return strength
