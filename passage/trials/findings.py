"""What a trial has found so far: sums that grow member by member and stay small, however many sales there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from passage.trials.replay import Draft, Held

MOST = 10  # of those who win and of those who lose the most
Pair = list[int]  # points really given, points that would have been


@dataclass(slots=True)
class Findings:
    """Points are those of the draft's unit, but for ``rules``, where each counts its own. All net of returns.

    ``winners`` and ``losers`` are [difference, member, given, would have been].
    """

    sales: int = 0
    changed_sales: int = 0
    members: int = 0
    changed_members: int = 0
    points: Pair = field(default_factory=lambda: [0, 0])
    weekdays: dict[str, Pair] = field(default_factory=dict)
    shops: dict[str, Pair] = field(default_factory=dict)
    rules: dict[str, Pair] = field(default_factory=dict)
    winners: list[list[int]] = field(default_factory=list)
    losers: list[list[int]] = field(default_factory=list)

    @classmethod
    def read(cls, kept: dict[str, Any]) -> Findings:
        return cls(**kept)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def add(self, member_id: int, sales: Iterable[Held], draft: Draft) -> None:
        """Count one member's sales, as replayed."""
        mine = [0, 0]
        for held in sales:
            given, would = self._sale(held, draft)
            mine[0] += given
            mine[1] += would
        self.members += 1
        self._rank(member_id, mine)

    def _sale(self, held: Held, draft: Draft) -> tuple[int, int]:
        units = {rule.family: rule.unit for rule in draft.rules.values()} | {draft.rule.family: draft.rule.unit}
        sums = [0, 0]
        for place, points_by_rule in enumerate((held.given, held.would)):
            for family, points in points_by_rule.items():
                self.rules.setdefault(str(family), [0, 0])[place] += points
                sums[place] += points if units[family] == draft.rule.unit else 0
        self.sales += 1
        self.changed_sales += held.given != held.would
        if held.recorded is not None:
            day = held.recorded.moment.local(held.recorded.terms).isoweekday()
            _add(self.weekdays, str(day), sums)
        _add(self.shops, held.row.shop, sums)
        _add_to(self.points, sums)
        return sums[0], sums[1]

    def _rank(self, member_id: int, mine: Pair) -> None:
        difference = mine[1] - mine[0]
        if not difference:
            return
        self.changed_members += 1
        entry = [difference, member_id, *mine]
        if difference > 0:
            self.winners = sorted([*self.winners, entry], key=lambda each: (-each[0], each[1]))[:MOST]
        else:
            self.losers = sorted([*self.losers, entry], key=lambda each: (each[0], each[1]))[:MOST]


def _add(table: dict[str, Pair], key: str, sums: Pair) -> None:
    _add_to(table.setdefault(key, [0, 0]), sums)


def _add_to(pair: Pair, sums: Pair) -> None:
    pair[0] += sums[0]
    pair[1] += sums[1]
