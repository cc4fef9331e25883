"""What became of a file, or would become of it: each receipt, each cancellation, the points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from passage.purchases.values import Answer, Status


@dataclass(slots=True)
class Count:
    """What became of sales or of returns. ``known`` were recorded by an earlier run; ``conflicting`` were, too, and now
    say something else."""

    recorded: int = 0
    known: int = 0
    conflicting: int = 0
    refused: int = 0

    def add(self, answer: Answer) -> None:
        match answer.status:
            case Status.RECORDED:
                self.recorded += 1
            case Status.REPLAYED:
                self.known += 1
            case _ if answer.problem is not None and answer.problem.code == "conflict":
                self.conflicting += 1
            case _:
                self.refused += 1


@dataclass(slots=True)
class Points:
    """Of one unit. ``expired`` of those given had ended before they came; ``taken`` is what returns ask back."""

    given: int = 0
    expired: int = 0
    taken: int = 0


@dataclass(slots=True)
class Summary:
    """``uncovered`` sales were recorded when no rule was in force; ``alone`` counts cancelled lines that wait, whole or
    in part; ``late`` those of earlier files that now found their sale."""

    rows: int = 0
    without_member: int = 0
    members_new: int = 0
    members_known: int = 0
    sales: Count = field(default_factory=Count)
    uncovered: int = 0
    cancellations: int = 0
    returns: Count = field(default_factory=Count)
    late: int = 0
    alone: int = 0
    points: dict[str, Points] = field(default_factory=dict)

    def settle(self, settlement: Mapping[str, Any], *, at: datetime) -> None:
        """Count the points of a sale or a return as it was answered; ``at`` is now."""
        for each in settlement.get("earned", ()):
            points = self.points.setdefault(each["unit"], Points())
            points.given += each["points"]
            ends = each.get("expires_at")
            if ends is not None and datetime.fromisoformat(ends) <= at:
                points.expired += each["points"]
        for each in settlement.get("clawed", ()):
            self.points.setdefault(each["unit"], Points()).taken += each["owed"]
