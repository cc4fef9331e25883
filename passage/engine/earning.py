"""What a basket earns: every rule that applied, with its arithmetic, and why the others did not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from passage.engine.conditions import Case, failing
from passage.engine.facts import UNUSED, Facts, Moment, Terms, Used
from passage.engine.money import MAX_AMOUNT
from passage.engine.reasons import Because, Step, WhyNot, because, why_not
from passage.engine.rules import Event, Fixed, Limits, Multiplier, PerAmount, PerUnit, PerVisit, Rule
from passage.engine.settled import BasisLine


@dataclass(frozen=True, slots=True)
class Earned:
    """Points one rule gave. ``base`` is what multipliers count; ``carry`` the change of the remainder."""

    rule: Rule
    points: int
    basis: int
    base: int = 0
    carry: int = 0
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Earning:
    earned: tuple[Earned, ...] = ()
    why_not: tuple[Step, ...] = ()

    def points(self, unit: str) -> int:
        return sum(each.points for each in self.earned if each.rule.unit == unit)

    def units(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.rule.unit for each in self.earned))


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything but the rules: what is left of the basket, the member, the place and the settings."""

    lines: tuple[BasisLine, ...]
    total: int  # the whole bill, to say what was left out of the basis
    currency: str
    facts: Facts
    moment: Moment
    terms: Terms

    @property
    def amount(self) -> int:
        return sum(each.amount for each in self.lines)

    @property
    def case(self) -> Case:
        lines = [each.line for each in self.lines]
        return Case(self.amount, lines, self.currency, self.facts, self.moment, self.terms)


def earn(situation: Situation, rules: Sequence[Rule]) -> Earning:
    """Apply ``rules`` to what is left of a basket. An empty rest earns nothing.

    Order: conditions, arithmetic, best of each group, multipliers on base points only, limits
    last (E-38). The result depends on the arguments alone: a return asks again with less.
    """
    if not situation.lines:
        return Earning()
    of_purchases = [rule for rule in rules if not isinstance(rule.earns, Event)]
    ordered = sorted(of_purchases, key=lambda rule: (-rule.priority, rule.family))
    if situation.amount < 0:  # more was taken back in exchange than bought (E-46)
        return Earning((), tuple(why_not(WhyNot.NOTHING_ELIGIBLE, rule=rule.name) for rule in ordered))
    case = situation.case
    tried = [_try(rule, situation, case) for rule in ordered]
    refused = [each for each in tried if isinstance(each, Step)]
    won, beaten = _best_of_groups([each for each in tried if isinstance(each, Earned)], situation)
    multiplied = [_multiply(each, won, situation) for each in won]
    limited = [_limit(each, situation.facts.used.get(each.rule.family, UNUSED)) for each in multiplied]
    gave = tuple(each for each in limited if each.points or each.carry)
    nothing = [_nothing(each) for each in limited if not each.points and not each.carry]
    return Earning(gave, (*refused, *beaten, *nothing))


def _nothing(each: Earned) -> Step:
    """Why a rule that applied gave no point: a limit, too small an amount, or nothing to count."""
    capped = [step for step in each.steps if step.code == Because.CAPPED.value]
    if capped:
        return capped[0]
    if isinstance(each.rule.earns, PerAmount) and each.basis > 0:
        return why_not(WhyNot.BELOW_STEP, rule=each.rule.name, minimum=each.rule.earns.least)
    return why_not(WhyNot.NOTHING_ELIGIBLE, rule=each.rule.name)


def _try(rule: Rule, situation: Situation, case: Case) -> Earned | Step:
    """What ``rule`` gives by itself, before groups, multipliers and limits, or why it does not."""
    used = situation.facts.used.get(rule.family, UNUSED)
    failed = failing(rule.when, case, name=rule.name) or _times_spent(rule, used)
    if failed is not None:
        return failed
    lines = situation.lines
    if _is_choosy(rule):
        lines = tuple(each for each in lines if _counts(rule, each))
    if not lines:
        return why_not(WhyNot.NOTHING_ELIGIBLE, rule=rule.name)
    return _arithmetic(rule, lines, situation, used)


def _times_spent(rule: Rule, used: Used) -> Step | None:
    spent = (
        ("day", rule.limits.times_day, used.day_times),
        ("member", rule.limits.times_member, used.times),
        ("year", 1 if _is_feast(rule) else None, used.year_times),
    )
    for cap, limit, times in spent:
        if limit is not None and times >= limit:
            return why_not(WhyNot.CAP_REACHED, rule=rule.name, cap=cap, limit=limit)
    return None


def _is_feast(rule: Rule) -> bool:
    return rule.when.birthday_days is not None or rule.when.name_day_days is not None


def _is_choosy(rule: Rule) -> bool:
    """Whether the rule looks at what the lines are, or counts them all."""
    return bool(rule.only) or bool(rule.exclude) or rule.exclude_discounted


def _counts(rule: Rule, each: BasisLine) -> bool:
    if rule.exclude.matches(each.line) or (rule.exclude_discounted and each.line.discounted):
        return False
    return not rule.only or rule.only.matches(each.line)


def _arithmetic(rule: Rule, lines: Sequence[BasisLine], situation: Situation, used: Used) -> Earned | Step:
    amount = max(sum(each.amount for each in lines), 0)
    earns = rule.earns
    match earns:
        case PerAmount():
            earned = _per_amount(rule, earns, amount, situation, used)
        case PerVisit():
            since = _minutes_since_visit(situation.facts, used)
            if since is not None and since < earns.minutes_between:
                return why_not(WhyNot.TOO_SOON, rule=rule.name, minutes=earns.minutes_between)
            earned = _plain(rule, Because.PER_VISIT, amount, earns.points)
        case PerUnit():
            earned = _per_unit(rule, earns, amount, lines)
        case Fixed():
            earned = replace(_plain(rule, Because.FIXED, amount, earns.points), base=0)
        case Multiplier():
            earned = Earned(rule, 0, amount)
        case Event():
            raise AssertionError("a purchase is no event")
        case _:
            assert_never(earns)
    return earned


def _minutes_since_visit(facts: Facts, used: Used) -> int | None:
    return facts.minutes_since_visit if used.minutes_since_visit is None else used.minutes_since_visit


def _per_unit(rule: Rule, earns: PerUnit, amount: int, lines: Sequence[BasisLine]) -> Earned:
    units = sum(each.units for each in lines)
    points = units * earns.points
    step = because(Because.PER_UNIT, rule=rule.name, units=units, points_per=earns.points, points=points)
    return Earned(rule, points, amount, points, steps=(step,))


def _plain(rule: Rule, code: Because, amount: int, points: int) -> Earned:
    return Earned(rule, points, amount, points, steps=(because(code, rule=rule.name, points=points),))


def _per_amount(rule: Rule, earns: PerAmount, amount: int, situation: Situation, used: Used) -> Earned:
    alone = earns.alone(amount)
    carried_in = used.carry if earns.carry else 0
    points, carried_out = alone, 0
    if earns.carry:
        steps, carried_out = divmod(carried_in + earns.weight(amount), earns.step)
        points = steps * earns.per_step
    step = because(
        Because.PER_AMOUNT,
        rule=rule.name,
        basis=amount,
        left_out=max(situation.total - amount, 0),
        points_per=earns.points,
        step=earns.step,
        carried_in=carried_in,
        carried_out=carried_out,
        points=points,
    )
    return Earned(rule, points, amount, alone, carry=carried_out - carried_in, steps=(step,))


def _best_of_groups(tried: Sequence[Earned], situation: Situation) -> tuple[list[Earned], list[Step]]:
    """Of each exclusive group keep the best for the member; say by whom the others were beaten.

    Multipliers are compared last, by the points they would add to what the other groups won.
    """
    best: dict[tuple[str, str], Earned] = {}
    for each in tried:
        if each.rule.group and not isinstance(each.rule.earns, Multiplier):
            _keep_better(best, each, best.get(_group(each)), _alone)
    base = [each for each in tried if best.get(_group(each), each) is each]
    for each in tried:
        if each.rule.group and isinstance(each.rule.earns, Multiplier):
            _keep_better(best, each, best.get(_group(each)), lambda one: _worth(one, base, situation))
    won = [each for each in tried if best.get(_group(each), each) is each]
    beaten = [
        why_not(WhyNot.BEATEN, rule=each.rule.name, by=best[_group(each)].rule.name)
        for each in tried
        if best.get(_group(each), each) is not each
    ]
    return won, beaten


def _group(each: Earned) -> tuple[str, str]:
    return (each.rule.group, each.rule.unit)


def _keep_better(
    best: dict[tuple[str, str], Earned], each: Earned, rival: Earned | None, worth: Callable[[Earned], int]
) -> None:
    def rank(one: Earned) -> tuple[int, int, int]:
        return (worth(one), one.rule.priority, -one.rule.family)

    if rival is None or rank(each) > rank(rival):
        best[_group(each)] = each


def _alone(each: Earned) -> int:
    """Compared without carried remainders, so that the choice never depends on other sales."""
    return each.base if isinstance(each.rule.earns, PerAmount) else each.points


def _worth(each: Earned, base: Sequence[Earned], situation: Situation) -> int:
    earns = each.rule.earns
    if not isinstance(earns, Multiplier):
        return _alone(each)
    others = [other for other in base if _group(other) != _group(each)]
    return _bonus(earns, _multiplied(each.rule, others, situation))


def _multiply(each: Earned, won: Sequence[Earned], situation: Situation) -> Earned:
    """Give a multiplier its bonus: a factor of what this sale alone earned as base points."""
    earns = each.rule.earns
    if not isinstance(earns, Multiplier):
        return each
    base = _multiplied(each.rule, won, situation)
    points = _bonus(earns, base)
    if not points:
        return each
    step = because(
        Because.MULTIPLIER,
        rule=each.rule.name,
        times_num=earns.num,
        times_den=earns.den,
        base=base,
        points=points,
    )
    return replace(each, points=points, steps=(step,))


def _bonus(earns: Multiplier, base: int) -> int:
    return base * (earns.num - earns.den) // earns.den


def _multiplied(rule: Rule, won: Sequence[Earned], situation: Situation) -> int:
    """The base points that a multiplier counts: of its own products only, where it names or excludes some."""
    mine = [each for each in won if each.rule.unit == rule.unit]
    if not _is_choosy(rule):
        return sum(each.base for each in mine)
    return sum(min(each.base, _base_of(each, rule, situation)) for each in mine)


def _base_of(each: Earned, rule: Rule, situation: Situation) -> int:
    lines = [line for line in situation.lines if _counts(rule, line) and _counts(each.rule, line)]
    match each.rule.earns:
        case PerAmount() as earns:
            return earns.alone(max(sum(line.amount for line in lines), 0))
        case PerUnit() as earns:
            return earns.points * sum(line.units for line in lines)
        case _:  # a visit is not made of products
            return 0 if rule.only else each.base


def _limit(each: Earned, used: Used) -> Earned:
    limits: Limits = each.rule.limits
    most = MAX_AMOUNT if limits.sale is None else min(limits.sale, MAX_AMOUNT)
    room = (
        ("sale", most, most),
        ("day", limits.day, None if limits.day is None else limits.day - used.day_points),
        ("member", limits.member, None if limits.member is None else limits.member - used.points),
    )
    points, steps = each.points, list(each.steps)
    for cap, limit, left in room:
        if limit is not None and left is not None and points > max(left, 0):
            lost = points - max(left, 0)
            points = max(left, 0)
            steps.append(because(Because.CAPPED, rule=each.rule.name, cap=cap, limit=limit, lost=lost))
    return replace(each, points=points, steps=tuple(steps))
