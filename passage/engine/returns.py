"""Goods come back: how much money, how many points, which share of the rewards (E-25 to E-30).

Everything is a function of what has been returned in total. A return is the difference between the
answer now and the answer before, so any sequence of partial returns adds up to the full return.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from passage.engine.basket import Returned
from passage.engine.earning import Earning
from passage.engine.facts import Restore
from passage.engine.money import half_up, share, split
from passage.engine.rules import OnReturn, Rule
from passage.engine.settled import SettledLine


class TooMuchReturned(Exception):
    """More was to come back of ``line`` than is left of it. ``left``: thousandths, or minor units."""

    def __init__(self, *, line: str, left: int) -> None:
        super().__init__(f"only {left} left of line {line}")
        self.line = line
        self.left = left


@dataclass(frozen=True, slots=True)
class GivenBack:
    """``parts`` is what this return adds for each line; ``refund`` is money, minor units."""

    parts: Returned
    returned: Returned
    refund: int


def by_quantity(lines: Sequence[SettledLine], quantities: Mapping[str, int], *, before: Returned) -> GivenBack:
    """Return ``quantities`` (thousandths by line id)."""
    known = {each.line.id: each for each in lines}
    parts: Returned = {}
    for line_id, quantity in quantities.items():
        if line_id not in known:
            raise TooMuchReturned(line=line_id, left=0)
        line = known[line_id].line
        left = 1 - before.get(line_id, Fraction(0))
        part = Fraction(quantity, line.quantity)
        if quantity <= 0 or part > left:
            raise TooMuchReturned(line=line_id, left=int(left * line.quantity))
        parts[line_id] = part
    return _give_back(lines, parts, before)


def by_amount(lines: Sequence[SettledLine], amount: int, *, before: Returned) -> GivenBack:
    """Return ``amount`` minor units of money, taken from what is left of each line in proportion."""
    # What was taken back in exchange already lowered what the member paid for the rest.
    owed = sum(each.paid - _refunded(each, before) for each in lines)
    if amount <= 0 or amount > owed:
        raise TooMuchReturned(line="", left=max(owed, 0))
    if amount == owed:
        return whole(lines, before=before)
    left = [_refundable(each, before) for each in lines]
    parts: Returned = {}
    for each, room, taken in zip(lines, left, split(amount, left), strict=True):
        if taken:
            rest = 1 - before.get(each.line.id, Fraction(0))
            parts[each.line.id] = rest if taken == room else Fraction(taken, each.paid)
    return _give_back(lines, parts, before)


def whole(lines: Sequence[SettledLine], *, before: Returned) -> GivenBack:
    """Return everything that is left."""
    parts = {each.line.id: 1 - before.get(each.line.id, Fraction(0)) for each in lines}
    return _give_back(lines, {key: part for key, part in parts.items() if part}, before)


def is_whole(lines: Sequence[SettledLine], returned: Returned) -> bool:
    return all(returned.get(each.line.id, Fraction(0)) >= 1 for each in lines)


def _refundable(each: SettledLine, before: Returned) -> int:
    return max(each.paid - _refunded(each, before), 0) if each.paid > 0 else 0


def _give_back(lines: Sequence[SettledLine], parts: Returned, before: Returned) -> GivenBack:
    after = dict(before)
    for key, part in parts.items():
        after[key] = after.get(key, Fraction(0)) + part
    refund = sum(_refunded(each, after) - _refunded(each, before) for each in lines)
    return GivenBack(parts, after, refund)


def _refunded(each: SettledLine, returned: Returned) -> int:
    return half_up(each.paid * returned.get(each.line.id, Fraction(0)))


@dataclass(frozen=True, slots=True)
class Kept:
    """What of one rule's points a sale still deserves, and the change of its carried remainder."""

    rule: Rule
    points: int
    carry: int


def kept(*, sale: Earning, now: Earning, lines: Sequence[SettledLine], returned: Returned) -> dict[int, Kept]:
    """By rule family: what ``sale`` still earns after ``returned``, where ``now`` is the rest settled again.

    Rules that recompute count as they would for the rest alone: a threshold bonus goes (E-26).
    Proportional rules keep their share of the money that was not returned, and their place in their
    group: a rule they had beaten does not step in beside them.
    """
    proportional = [each for each in sale.earned if each.rule.on_return is OnReturn.PROPORTIONAL]
    held = {(each.rule.group, each.rule.unit) for each in proportional if each.rule.group}
    stay = {
        each.rule.family: Kept(each.rule, each.points, each.carry)
        for each in now.earned
        if each.rule.on_return is OnReturn.RECOMPUTE and (each.rule.group, each.rule.unit) not in held
    }
    if proportional:
        gone = _gone(lines, returned)
        stay |= {
            each.rule.family: Kept(
                each.rule, each.points - share(each.points, gone), each.carry - half_up(each.carry * gone)
            )
            for each in proportional
        }
    return stay


def _gone(lines: Sequence[SettledLine], returned: Returned) -> Fraction:
    """The share of the money paid that was returned; all or nothing where nothing was paid."""
    if is_whole(lines, returned):
        return Fraction(1)
    counted = [each for each in lines if each.paid > 0]
    paid = sum(each.paid for each in counted)
    gone = sum((each.paid * returned.get(each.line.id, Fraction(0)) for each in counted), Fraction(0))
    return min(Fraction(gone, paid), Fraction(1)) if paid else Fraction(0)


def restored(
    *,
    points: int,
    per_line: Sequence[int],
    lines: Sequence[SettledLine],
    returned: Returned,
    policy: Restore,
) -> int:
    """Points of one applied reward that ``returned`` gives back in total (cumulative share, E-25)."""
    if is_whole(lines, returned) and policy is not Restore.NONE:
        return points
    value = sum(per_line)
    if policy is not Restore.PROPORTIONAL or value == 0:
        return 0
    back = sum(
        (part * returned.get(each.line.id, Fraction(0)) for part, each in zip(per_line, lines, strict=True)),
        Fraction(0),
    )
    return share(points, min(Fraction(back, value), Fraction(1)))
