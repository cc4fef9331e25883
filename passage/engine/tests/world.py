"""The small world of the engine's tests: a shop in euros in Paris, and one Tuesday morning.

No database and no Django: the engine needs neither. Everything can be overridden by name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from passage.engine import carry
from passage.engine.basket import NOTHING, PIECE, Basket, Line, Returned
from passage.engine.earning import Earning
from passage.engine.facts import Facts, Moment, Terms, Used
from passage.engine.returns import GivenBack, Kept, by_amount, by_quantity, kept, restored, whole
from passage.engine.rewards import Claim, Reward
from passage.engine.rules import PerAmount, Rule
from passage.engine.settle import Purse, Settled, earn_again, settle

VECTORS = Path(__file__).parent.parent / "vectors"
TERMS = Terms(currency="EUR", zone="Europe/Paris")
TUESDAY = datetime(2026, 3, 31, 10, 0, tzinfo=UTC)  # noon in Paris
ANNA = Facts()
NO_ONE: dict[str, Purse] = {}


def vectors(name: str, part: str) -> list[dict[str, Any]]:
    """The worked examples of one file, checked to say why each is there."""
    cases: list[dict[str, Any]] = json.loads((VECTORS / f"{name}.json").read_text())[part]
    assert cases
    assert all(case["why"] for case in cases)
    return cases


def why(case: Any) -> str:
    return str(case["why"]) if isinstance(case, dict) else ""


def read(kind: Any, value: Any) -> Any:
    """A value of the engine read from JSON, as strictly as it can be read."""
    return TypeAdapter(kind).validate_json(json.dumps(value), strict=True)


def line(amount: int, *, key: str = "1", pieces: int = 1, **more: Any) -> Line:
    return Line(id=key, amount=amount, quantity=more.pop("quantity", pieces * PIECE), **more)


def basket(*amounts: int | Line, currency: str = "EUR", **more: Any) -> Basket:
    """A basket of lines, or of amounts whose lines are called 1, 2, 3."""
    lines = tuple(
        each if isinstance(each, Line) else Line(id=str(number), amount=each)
        for number, each in enumerate(amounts, start=1)
    )
    return Basket(currency=currency, lines=lines, **more)


def rule(earns: Any, *, family: int = 1, unit: str = "points", **more: Any) -> Rule:
    return Rule(version=family, family=family, name=more.pop("name", f"rule {family}"), unit=unit, earns=earns, **more)


def reward(gives: Any, *, cost: int = 10, unit: str = "points", **more: Any) -> Reward:
    return Reward(version=1, family=1, name=more.pop("name", "a reward"), unit=unit, cost=cost, gives=gives, **more)


@dataclass(frozen=True)
class Till:
    """Where a basket is settled: everything but the basket has a value that stays out of the way."""

    rules: Sequence[Rule] = ()
    claims: Sequence[Claim] = ()
    purses: Mapping[str, Purse] = field(default_factory=lambda: {"points": Purse(available=1000)})
    facts: Facts | None = ANNA
    at: datetime = TUESDAY
    shop: str = "rynek"
    terms: Terms = TERMS

    @property
    def moment(self) -> Moment:
        return Moment(at=self.at, shop=self.shop)

    def settle(self, what: Basket) -> Settled:
        return settle(
            basket=what,
            rules=self.rules,
            claims=self.claims,
            purses=self.purses,
            facts=self.facts,
            moment=self.moment,
            terms=self.terms,
        )

    def rest(self, what: Basket, settled: Settled, returned: Returned) -> Earning:
        """What the sale still earns when ``returned`` has come back."""
        assert self.facts is not None
        return earn_again(
            lines=settled.lines,
            basket=what,
            rules=self.rules,
            facts=self.facts,
            moment=self.moment,
            terms=self.terms,
            returned=returned,
        )


def why_nots(earning: Earning) -> list[dict[str, int | str]]:
    return [step.as_json() for step in earning.why_not]


@dataclass
class Sale:
    """A recorded sale: it gives points and moves remainders, and takes both back with the goods."""

    member: Member
    basket: Basket
    till: Till
    settled: Settled
    returned: Returned = field(default_factory=lambda: dict(NOTHING))
    given_back: dict[str, int] = field(default_factory=dict)  # points of rewards restored so far, by claim

    def kept(self) -> dict[int, Kept]:
        now = self.till.rest(self.basket, self.settled, self.returned)
        return kept(sale=self.settled.earning, now=now, lines=self.settled.lines, returned=self.returned)

    def take_back(self, how: Mapping[str, Any]) -> tuple[GivenBack, int, int]:
        """Return ``quantities``, an ``amount`` or the whole: what came back, points clawed back, points restored."""
        lines, before = self.settled.lines, self.kept()
        if "quantities" in how:
            came = by_quantity(lines, how["quantities"], before=self.returned)
        elif "amount" in how:
            came = by_amount(lines, how["amount"], before=self.returned)
        else:
            came = whole(lines, before=self.returned)
        self.returned = came.returned
        clawed = self.member.take(before, self.kept())
        return came, clawed, self._restore()

    def _restore(self) -> int:
        total = 0
        for each in self.settled.applied:
            now = restored(
                points=each.points,
                per_line=each.per_line,
                lines=self.settled.lines,
                returned=self.returned,
                policy=self.till.terms.restore,
            )
            before = self.given_back.get(each.claim.key, 0)
            assert now >= before, "a return never takes a restored reward away again"
            total += now - before
            self.given_back[each.claim.key] = now
            self.member.add(each.claim.reward.unit, now - before)
        return total


@dataclass
class Member:
    """What the purchases room keeps of a member, in memory: balances by unit, remainders by rule family."""

    balances: dict[str, int] = field(default_factory=dict)
    remainders: dict[int, int] = field(default_factory=dict)

    def add(self, unit: str, points: int) -> None:
        self.balances[unit] = self.balances.get(unit, 0) + points

    def buys(self, what: Basket, till: Till) -> Sale:
        facts = till.facts or ANNA
        used = {family: Used(carry=remainder) for family, remainder in self.remainders.items()}
        till = replace(till, facts=replace(facts, used={**facts.used, **used}))
        settled = till.settle(what)
        for each in settled.applied:
            self.add(each.claim.reward.unit, -each.points)
        for each in settled.earning.earned:
            self.add(each.rule.unit, each.points)
            self.remainders[each.rule.family] = self.remainders.get(each.rule.family, 0) + each.carry
        return Sale(self, what, till, settled)

    def take(self, before: Mapping[int, Kept], now: Mapping[int, Kept]) -> int:
        """Take back what is not deserved any more, remainders included; the points taken."""
        taken = 0
        for family in sorted({*before, *now}):
            old, new = before.get(family), now.get(family)
            kept_rule = (old or new).rule  # type: ignore[union-attr]
            points = (old.points if old else 0) - (new.points if new else 0)
            remainder = self.remainders.get(family, 0) + (new.carry if new else 0) - (old.carry if old else 0)
            if isinstance(kept_rule.earns, PerAmount):
                more, remainder = carry.normalised(remainder, kept_rule.earns)
                points -= more
            self.remainders[family] = remainder
            self.add(kept_rule.unit, -points)
            taken += points
        return taken

    def state(self) -> tuple[dict[str, int], dict[int, int]]:
        """What a member has, without the zeros."""
        return (
            {unit: points for unit, points in self.balances.items() if points},
            {family: left for family, left in self.remainders.items() if left},
        )
