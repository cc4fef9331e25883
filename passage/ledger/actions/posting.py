"""The words of posting: why, how long, how it ended, and the rows that wait to be written."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from passage.engine.lots import NEVER
from passage.ledger.models import Allocation, Debt, Entry, Lot, Reservation


@dataclass(frozen=True, slots=True)
class Cause:
    """What brings an entry about: the public id of a purchase or redemption, who, and the two times.

    ``counts_at`` is the moment at which tier credits count; the moment of the sale, also for a return.
    """

    id: uuid.UUID
    by: str
    occurred_at: datetime
    at: datetime
    counts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """From when until when credited points are good; ``expires_at`` NEVER has no end."""

    active_from: datetime
    expires_at: datetime = NEVER


@dataclass(frozen=True, slots=True)
class Clawed:
    """How a clawback of ``owed`` ended: taken from lots, owed as debt, or written off."""

    owed: int
    taken: int = 0
    debt: int = 0
    written_off: int = 0


@dataclass(slots=True)
class LedgerEffects:
    """Rows waiting to be written, in the order they were posted."""

    entries: list[Entry] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    allocations: list[Allocation] = field(default_factory=list)
    debts: list[Debt] = field(default_factory=list)
    reservations: list[Reservation] = field(default_factory=list)
    known: dict[int, Lot] = field(default_factory=dict)  # every lot of the accounts, by its key

    def taken_by(self, cause: uuid.UUID) -> list[tuple[Lot, int]]:
        """The lots and points that spending for ``cause`` took, posted but not yet written."""
        return [
            (each.lot, -each.points)
            for each in self.allocations
            if each.entry.cause == cause and each.entry.kind == Entry.Kind.SPEND
        ]
