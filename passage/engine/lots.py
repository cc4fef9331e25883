"""Lots of points: in which order they are used up, and where points go back to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

NEVER = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lot:
    """Points credited together. ``key`` is any stable order key (the row's id); ``left`` >= 0."""

    key: int
    left: int
    opened_at: datetime
    active_from: datetime
    expires_at: datetime = NEVER

    def usable(self, *, at: datetime) -> bool:
        return self.left > 0 and self.active_from <= at < self.expires_at


@dataclass(frozen=True, slots=True)
class Taken:
    key: int
    points: int


class NotEnoughPoints(Exception):
    """More points were asked for than the usable lots hold; ``missing`` says how many more."""

    def __init__(self, missing: int) -> None:
        super().__init__(f"{missing} points missing")
        self.missing = missing


def in_order(lots: Iterable[Lot]) -> list[Lot]:
    """Soonest to expire first, ties oldest first, lots without an end last (E-18)."""
    return sorted(lots, key=lambda lot: (lot.expires_at, lot.opened_at, lot.key))


def available(lots: Iterable[Lot], *, at: datetime) -> int:
    return sum(lot.left for lot in lots if lot.usable(at=at))


def pending(lots: Iterable[Lot], *, at: datetime) -> int:
    return sum(lot.left for lot in lots if lot.active_from > at)


def consume(lots: Iterable[Lot], points: int, *, at: datetime) -> tuple[Taken, ...]:
    """Take exactly ``points`` from the lots usable at ``at`` and say which lot gave what, or raise."""
    taken = take_up_to((lot for lot in lots if lot.usable(at=at)), points)
    short = points - sum(part.points for part in taken)
    if short:
        raise NotEnoughPoints(short)
    return taken


def take_up_to(lots: Iterable[Lot], points: int) -> tuple[Taken, ...]:
    """Take as much of ``points`` as the lots hold, in the order of E-18."""
    if points < 0:
        raise ValueError("points to take must not be negative")
    taken: list[Taken] = []
    for lot in in_order(lots):
        part = min(points, lot.left)
        if part > 0:
            taken.append(Taken(lot.key, part))
            points -= part
    return tuple(taken)


def give_back(taken: tuple[Taken, ...], *, before: int, now: int) -> tuple[Taken, ...]:
    """Which lots get points back when ``before`` of a debit were restored and ``now`` shall be.

    The last lot taken gets its points back first. The answer depends only on the two totals, so
    any partition of a full return restores every lot exactly (E-20, E-25).
    """
    back: list[Taken] = []
    start = 0
    for part in reversed(taken):
        end = start + part.points
        points = min(end, now) - max(start, before)
        if points > 0:
            back.append(Taken(part.key, points))
        start = end
    return tuple(back)
