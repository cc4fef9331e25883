"""A recorded sale as values again: to take some of it back, or to ask what it would have earned by other rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from passage.engine import returns as engine
from passage.engine.basket import Basket, Returned
from passage.engine.conditions import feast_year
from passage.engine.earning import Earning
from passage.engine.facts import Facts, Moment, Terms
from passage.engine.returns import Kept
from passage.engine.rules import Rule
from passage.engine.settle import earn_again
from passage.engine.settled import SettledLine
from passage.purchases import codec


@dataclass(frozen=True, slots=True)
class RecordedSale:
    """What a sale was settled from. ``facts`` None: it had no member, and earned nothing."""

    basket: Basket
    lines: tuple[SettledLine, ...]
    facts: Facts | None
    terms: Terms
    moment: Moment
    rules: tuple[Rule, ...]

    def earning(self, returned: Returned) -> Earning:
        """What the sale earns when ``returned`` of it has come back."""
        if self.facts is None:
            return Earning()
        return earn_again(
            lines=self.lines,
            basket=self.basket,
            rules=self.rules,
            facts=self.facts,
            moment=self.moment,
            terms=self.terms,
            returned=returned,
        )

    def counted_in(self, rule: Rule) -> tuple[date, int | None]:
        """The day whose limits the sale counts against, and the year of the feast that ``rule`` celebrated with it."""
        assert self.facts is not None  # a sale of nobody is counted nowhere
        day = self.moment.local(self.terms).date()
        return day, feast_year(rule.when, self.facts, day, self.terms)

    def kept(self, returned: Returned, *, sale: Earning) -> dict[int, Kept]:
        """What ``sale``, the earning with nothing returned, still comes to."""
        now = self.earning(returned) if returned else sale
        return engine.kept(sale=sale, now=now, lines=self.lines, returned=returned)


def recorded_sale(
    *, basket: Mapping[str, Any], settlement: Mapping[str, Any], context: Mapping[str, Any], rules: Mapping[int, Rule]
) -> RecordedSale:
    """The sale as its row keeps it; ``settlement`` is the sale's own, ``context`` that of the row that counts now."""
    value = codec.basket_of(basket)
    return RecordedSale(
        basket=value,
        lines=codec.lines_of(value, settlement),
        facts=None if context["facts"] is None else codec.facts_of(context["facts"]),
        terms=codec.terms_of(context["terms"]),
        moment=Moment(datetime.fromisoformat(context["at"]), context["request"]["receipt"][0]),
        rules=tuple(rules[version] for version in context["rules"]),
    )
