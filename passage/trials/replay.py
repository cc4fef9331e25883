"""One member's sales settled again, in the order in which they were recorded: what they gave, and what they would have.

Rules but the draft, levels, marks and rewards are those of the sale's own moment. Counters and remainders begin with
what the books said at the first sale of the period, and go on as the replay moves them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from passage.earning.models import RuleUsage
from passage.earning.queries import EVER
from passage.engine.basket import NOTHING, Returned
from passage.engine.conditions import feast_year
from passage.engine.facts import UNUSED, Facts, Used
from passage.engine.rules import PerAmount, Rule
from passage.purchases import usage
from passage.purchases.codec import parts_of
from passage.purchases.recorded import RecordedSale, recorded_sale

MOVE, JUDGED = "move", "judged"
NEAR = 50  # visits are compared within minutes: nobody comes more often


@dataclass(frozen=True, slots=True)
class Row:
    """A purchase as read for a replay."""

    id: int
    kind: str
    sale: int | None
    member: int | None
    shop: str
    context: Mapping[str, Any]
    settlement: Mapping[str, Any]
    basket: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """``rule`` as drafted, in the place of the rule ``instead_of`` (None: beside all others)."""

    rule: Rule
    instead_of: int | None
    rules: Mapping[int, Rule]  # by version

    def among(self, versions: Sequence[Rule]) -> tuple[Rule, ...]:
        return (*(rule for rule in versions if rule.family != self.instead_of), self.rule)

    @property
    def asks_for_the_first(self) -> bool:
        """Whether this draft or any other rule looks at the first purchase."""
        return any(rule.when.first_purchase for rule in (self.rule, *self.rules.values()))


@dataclass(slots=True)
class Held:
    """A sale while it was this member's: ``row`` gave the points (a sale or a move), ``origin`` is the sale."""

    row: Row
    origin: Row
    followers: list[Row]
    given: dict[int, int] = field(default_factory=dict)  # what it really gave, by rule
    would: dict[int, int] = field(default_factory=dict)  # and would have given
    recorded: RecordedSale | None = None
    replayed: RecordedSale | None = None
    returned: Returned = field(default_factory=dict)


@dataclass(slots=True)
class Count:
    points: int = 0
    times: int = 0
    carry: int = 0


class Counters:
    """The counters of one member in a replay: the same keys as the tables', and nothing of them is written."""

    def __init__(self) -> None:
        self.rows: dict[usage.Key, Count] = {}

    def usage(self, member_id: int, family: int, span: str, day: date) -> Count:
        return self.rows.setdefault((member_id, family, span, day), Count())

    def begin(self, member_id: int, rule: Rule, said: Used, *, year: int | None) -> None:
        """Where this replay meets the rule for the first time: what the books said of it."""
        if (member_id, rule.family, RuleUsage.Span.EVER, EVER) not in self.rows:
            ever = self.usage(member_id, rule.family, RuleUsage.Span.EVER, EVER)
            ever.points, ever.times, ever.carry = said.points, said.times, said.carry
        if year is not None and (member_id, rule.family, RuleUsage.Span.YEAR, date(year, 1, 1)) not in self.rows:
            self.usage(member_id, rule.family, RuleUsage.Span.YEAR, date(year, 1, 1)).times = said.year_times


class Replay:
    """The sales of one member. ``bought_before``: the member had bought something before the period."""

    def __init__(self, member_id: int, draft: Draft, *, bought_before: bool) -> None:
        self.member_id, self.draft = member_id, draft
        self.holder = usage.Holder(member_id, member_id)
        self.bought_before = bought_before
        self.counters = Counters()
        self.alive: set[int] = set()  # the sales that have not come back as a whole
        self.visits: list[tuple[str, datetime]] = []

    def run(self, sales: Sequence[Held]) -> None:
        """Fill in what each sale gave and would have given, net of what came back of it."""
        steps: list[tuple[int, Held, Row | None]] = [(held.row.id, held, None) for held in sales]
        for held in sales:
            steps += [(row.id, held, row) for row in _while_held(held)]
        for _, held, follower in sorted(steps, key=lambda step: step[0]):
            if follower is None:
                self._sell(held)
            elif follower.kind == JUDGED:
                self._judge(held, follower)
            else:
                self._take_back(held, follower)

    def _sell(self, held: Held) -> None:
        row = held.row
        recorded = recorded_sale(
            basket=held.origin.basket,
            settlement=held.origin.settlement,
            context=row.context,
            rules=self.draft.rules,
        )
        if recorded.facts is not None:
            rules = self.draft.among(recorded.rules)
            held.recorded, held.replayed = recorded, replace(recorded, rules=rules, facts=self._facts(recorded, rules))
            self._count(held)
        if row.kind != MOVE:
            self.alive.add(row.id)
            self.visits.append((row.shop, recorded.moment.at))

    def _count(self, held: Held) -> None:
        assert held.replayed is not None
        assert held.replayed.facts is not None
        for each in held.row.settlement["earned"]:
            for rule in each["rules"]:
                _add(held.given, self.draft.rules[rule["version"]].family, rule["points"])
        earned = held.replayed.earning(NOTHING).earned
        for one in earned:
            _add(held.would, one.rule.family, one.points)
        usage.count_sale(
            self.counters,
            self.holder,
            earned,
            facts=held.replayed.facts,
            moment=held.replayed.moment,
            terms=held.replayed.terms,
        )

    def _facts(self, recorded: RecordedSale, rules: Sequence[Rule]) -> Facts:
        """The member as the sale was recorded, but for what the replay itself has moved."""
        assert recorded.facts is not None
        facts, day = recorded.facts, recorded.moment.local(recorded.terms).date()
        used: dict[int, Used] = {}
        for rule in rules:
            year = feast_year(rule.when, facts, day, recorded.terms)
            self.counters.begin(self.member_id, rule, facts.used.get(rule.family, UNUSED), year=year)
            used[rule.family] = usage.used(self.counters.rows, [self.member_id], rule, day, year=year)
        first = facts.first_purchase
        if self.draft.asks_for_the_first:
            first = not (self.bought_before or self.alive)
        return replace(facts, used=used, first_purchase=first, minutes_since_visit=self._since_visit(recorded))

    def _since_visit(self, recorded: RecordedSale) -> int | None:
        assert recorded.facts is not None
        at, shop = recorded.moment.at, recorded.moment.shop
        gaps = [abs(int((at - when).total_seconds())) // 60 for where, when in self.visits[-NEAR:] if where == shop]
        known = recorded.facts.minutes_since_visit
        return min([*gaps, *([] if known is None else [known])], default=None)

    def _judge(self, held: Held, follower: Row) -> None:
        """The books judged the sale again: what it really gives from then on."""
        past = held.recorded
        if past is None:
            return
        now = recorded_sale(
            basket=held.origin.basket,
            settlement=held.origin.settlement,
            context=follower.context,
            rules=self.draft.rules,
        )
        had = past.kept(held.returned, sale=past.earning(NOTHING))
        has = now.kept(held.returned, sale=now.earning(NOTHING))
        held.recorded = now
        for family, (_, points) in usage.change(Counters(), self.holder, past, now, had=had, has=has).items():
            _add(held.given, family, -points)

    def _take_back(self, held: Held, follower: Row) -> None:
        before = held.returned
        if follower.settlement.get("whole", False):
            self.alive.discard(held.origin.id)
        if held.recorded is None or held.replayed is None:
            return
        after = held.returned = _returned(held.recorded, before, follower)
        owed = usage.recount(self.counters, self.holder, held.replayed, before=before, after=after)
        for family, (_, points) in owed.items():
            _add(held.would, family, -points)
        self._really_taken(held, follower, before, after)

    def _really_taken(self, held: Held, follower: Row, before: Returned, after: Returned) -> None:
        """What the books took back, by unit, shared out to the rules that lost it."""
        assert held.recorded is not None
        lost = usage.recount(Counters(), self.holder, held.recorded, before=before, after=after)
        taken = {each["unit"]: each["owed"] for each in follower.settlement["clawed"]}
        for unit in {rule.unit for rule, _ in lost.values()}:
            mine = {family: points for family, (rule, points) in lost.items() if rule.unit == unit}
            # A remainder that had to be borrowed, or that filled a step, belongs to the rule that carries it.
            carrying = next((family for family in mine if _carries(lost[family][0])), next(iter(mine)))
            mine[carrying] += taken.get(unit, 0) - sum(mine.values())
            for family, points in mine.items():
                _add(held.given, family, -points)


def _while_held(held: Held) -> list[Row]:
    """What followed on the sale while it was this member's, up to the move that took it away."""
    mine: list[Row] = []
    for row in held.followers:
        if row.id > held.row.id:
            mine.append(row)
            if row.kind == MOVE:
                break
    return mine


def _returned(past: RecordedSale, before: Returned, follower: Row) -> Returned:
    """What has come back after ``follower``; a sale that moves away has gone as a whole."""
    if follower.kind == MOVE:
        return {each.line.id: Fraction(1) for each in past.lines}
    after = dict(before)
    for line, part in parts_of(follower.settlement["parts"]).items():
        after[line] = after.get(line, Fraction(0)) + part
    return after


def _carries(rule: Rule) -> bool:
    return isinstance(rule.earns, PerAmount) and rule.earns.carry


def _add(sums: dict[int, int], family: int, points: int) -> None:
    sums[family] = sums.get(family, 0) + points
