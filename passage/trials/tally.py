"""What dating a rule back comes to: sums that grow with each portion of members and stay small."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from passage.purchases.actions import Judged, Points
from passage.trials.findings import MOST


@dataclass(slots=True)
class Tally:
    """``units``: points given, taken and expired on arrival, by unit. ``tiers``: how many members end at another level.

    ``largest`` are [difference, member, given, taken] in the unit of the rule.
    """

    sales: int = 0
    changed_sales: int = 0
    members: int = 0
    changed_members: int = 0
    tiers: int = 0
    units: dict[str, list[int]] = field(default_factory=dict)
    largest: list[list[int]] = field(default_factory=list)

    @classmethod
    def read(cls, kept: dict[str, Any]) -> Tally:
        return cls(**kept)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def add(self, judged: Iterable[Judged], *, among: Collection[int], unit: str) -> None:
        """Count persons, each once: with the first of their records that bought something. ``among`` are records."""
        for each in judged:
            if min(each.sales) in among:
                self._add(each, unit)

    def _add(self, each: Judged, unit: str) -> None:
        self.members += 1
        self.sales += len(each.sales)
        self.changed_sales += each.changed
        self.changed_members += bool(each.changed)
        self.tiers += each.changes_tier
        for code, points in each.points.items():
            sums = self.units.setdefault(code, [0, 0, 0])
            for place, more in enumerate((points.given, points.taken, points.expired)):
                sums[place] += more
        mine = each.points.get(unit, Points())
        if mine.given != mine.taken:
            entry = [mine.given - mine.taken, each.person, mine.given, mine.taken]
            self.largest = sorted([*self.largest, entry], key=lambda row: (-abs(row[0]), row[1]))[:MOST]
