"""The one call that does the work: a basket, a member, rules, claims and lots become a settlement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from passage.engine import claims as counter
from passage.engine.basket import NOTHING, Basket, Returned
from passage.engine.claims import Applied, Counter
from passage.engine.earning import Earning, Situation, earn
from passage.engine.facts import Facts, Moment, Terms
from passage.engine.reasons import Step
from passage.engine.rewards import Claim
from passage.engine.rules import Rule
from passage.engine.settled import SettledLine, basis, spread_tenders


@dataclass(frozen=True, slots=True)
class Purse:
    """What a member can spend of one unit right now, and what is owed in it."""

    available: int = 0
    debt: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """The answer. ``lines`` are priced; ``payable`` is what is left to pay in money, minor units."""

    lines: tuple[SettledLine, ...]
    applied: tuple[Applied, ...]
    refused: tuple[tuple[Claim, Step], ...]
    earning: Earning

    @property
    def payable(self) -> int:
        return sum(line.paid for line in self.lines)

    @property
    def price(self) -> int:
        return sum(line.net for line in self.lines)


def settle(
    *,
    basket: Basket,
    rules: Sequence[Rule],
    claims: Sequence[Claim],
    purses: Mapping[str, Purse],
    facts: Facts | None,
    moment: Moment,
    terms: Terms,
) -> Settled:
    """Price the basket under ``claims``, then say what it earns. No member (``facts`` None): no points."""
    lines = tuple(SettledLine(line) for line in basket.lines)
    if facts is None:
        return Settled(spread_tenders(lines, basket), (), (), Earning())
    lines, applied, refused = _claim_all(lines, basket, claims, purses, facts, moment, terms)
    lines = spread_tenders(lines, basket)
    earning = earn_again(
        lines=lines, basket=basket, rules=rules, facts=facts, moment=moment, terms=terms, returned=NOTHING
    )
    return Settled(lines, tuple(applied), tuple(refused), earning)


def earn_again(
    *,
    lines: Sequence[SettledLine],
    basket: Basket,
    rules: Sequence[Rule],
    facts: Facts,
    moment: Moment,
    terms: Terms,
    returned: Returned,
) -> Earning:
    """What a settled basket earns when ``returned`` of it has come back: the sale itself with nothing returned."""
    situation = Situation(
        lines=basis(lines, terms=terms, returned=returned),
        total=basket.total,
        currency=basket.currency,
        facts=facts,
        moment=moment,
        terms=terms,
    )
    return earn(situation, rules)


def _claim_all(
    lines: tuple[SettledLine, ...],
    basket: Basket,
    claims: Sequence[Claim],
    purses: Mapping[str, Purse],
    facts: Facts,
    moment: Moment,
    terms: Terms,
) -> tuple[tuple[SettledLine, ...], list[Applied], list[tuple[Claim, Step]]]:
    available = {unit: purse.available for unit, purse in purses.items()}
    debt = {unit: purse.debt for unit, purse in purses.items()}
    desk = Counter(basket.currency, available, debt, facts, moment, terms)
    applied: list[Applied] = []
    refused: list[tuple[Claim, Step]] = []
    for claim in counter.in_order(claims):
        outcome = counter.apply_claim(claim, lines, desk)
        if isinstance(outcome, Step):
            refused.append((claim, outcome))
            continue
        applied.append(outcome)
        lines = counter.put_on(lines, outcome)
        if not claim.is_held:
            available[claim.reward.unit] -= outcome.points
    return lines, applied, refused
