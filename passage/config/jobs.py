"""The timetable: what the worker does by itself, how often, and which action does it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from passage.config import verification
from passage.earning.actions import review_tiers
from passage.imports import actions as imports
from passage.ledger.actions import expire_points
from passage.outbox.actions import Order
from passage.programme.models import Programme
from passage.purchases.actions import match_parked
from passage.rewards.actions import end_reservations

# Points end at midnight, reviews are due at midnight: both are done when the shops are shut.
NIGHT_HOUR = 3


class Work(Protocol):
    """A room's action for one programme: safe to run again, commits as it goes, answers how much it did."""

    def __call__(self, *, programme: Programme, at: datetime, by: str) -> int: ...


class Every(StrEnum):
    MINUTE = "minute"
    HOUR = "hour"
    NIGHT = "night"


@dataclass(frozen=True, slots=True)
class Task:
    work: Work
    every: Every


TIMETABLE: dict[str, Task] = {
    "end_reservations": Task(end_reservations, Every.MINUTE),
    "match_parked": Task(match_parked, Every.MINUTE),
    "expire_points": Task(expire_points, Every.HOUR),
    "review_tiers": Task(review_tiers, Every.NIGHT),
    "verify": Task(verification.prove, Every.NIGHT),
    "forget_imports": Task(imports.forget_old, Every.NIGHT),
}

# Jobs that a room queues for itself, by kind; ``work`` and the end of the job are one transaction.
QUEUED: dict[str, Callable[..., None]] = {"import": imports.work}


def due(*, programmes: list[Programme], at: datetime) -> Iterator[Order]:
    """One order for each task of each programme and its current period; a period missed long ago stays missed."""
    for programme in programmes:
        for kind, task in TIMETABLE.items():
            period = _period(task.every, at.astimezone(ZoneInfo(programme.zone)))
            yield Order(kind=kind, key=f"{kind}:{programme.pk}:{period}", run_at=at, programme=programme)


def _period(every: Every, local: datetime) -> str:
    """The name of the period that ``local`` lies in; a night begins at NIGHT_HOUR and is named by its date.

    With the offset from UTC, because one night a year holds the same hour twice.
    """
    match every:
        case Every.MINUTE:
            return local.isoformat(timespec="minutes")
        case Every.HOUR:
            return local.replace(minute=0).isoformat(timespec="minutes")
        case Every.NIGHT:
            return (local.replace(tzinfo=None) - timedelta(hours=NIGHT_HOUR)).date().isoformat()
