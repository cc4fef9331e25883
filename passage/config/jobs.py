"""The timetable: what the worker does by itself, how often, and which action does it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from django.conf import settings

from passage.archive.actions import end_archives, make
from passage.archive.actions.keeping import KIND as MAKE_ARCHIVE
from passage.config import drills, erasures, verification
from passage.earning.actions import keep_feasts, review_tiers, welcome
from passage.imports import actions as imports
from passage.ledger.actions import end_corrections, expire_points
from passage.logins.actions import RESET, send_reset
from passage.outbox.actions import Order, take_to_post
from passage.outbox.models import Job
from passage.privacy.actions import KEEP, forget_absent
from passage.programme.models import Programme
from passage.purchases.actions import match_parked
from passage.rewards.actions import end_reservations
from passage.seals.actions import seal, tell_head
from passage.trials import actions as trials

BACKUP = "backup"
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
    "welcome": Task(welcome, Every.MINUTE),
    "seal": Task(seal, Every.MINUTE),
    "keep_feasts": Task(keep_feasts, Every.HOUR),
    "end_corrections": Task(end_corrections, Every.HOUR),
    "expire_points": Task(expire_points, Every.HOUR),
    "forget_absent": Task(forget_absent, Every.NIGHT),
    "end_archives": Task(end_archives, Every.HOUR),
    "review_tiers": Task(review_tiers, Every.NIGHT),
    "verify": Task(verification.prove, Every.NIGHT),
    "tell_head": Task(tell_head, Every.NIGHT),
    "forget_imports": Task(imports.forget_old, Every.NIGHT),
}

# Jobs that a room queues for itself, by kind; ``work`` and the end of the job are one transaction.
QUEUED: dict[str, Callable[..., None]] = {RESET: send_reset, KEEP: erasures.keep, "import": imports.work}


class Errand(Protocol):
    """What has to do with another machine: no transaction is open while it waits, and it ends the job itself."""

    def __call__(self, *, job: Job, clock: Callable[[], datetime]) -> None: ...


ERRANDS: dict[str, Errand] = {"mail": take_to_post}

# As QUEUED, for work that is long: it commits as it goes, and can be run again from wherever it stopped.
LONG: dict[str, Callable[..., None]] = {
    trials.JOB: trials.work,
    trials.DATE_BACK: trials.work_back,
    MAKE_ARCHIVE: make,
    BACKUP: drills.work,
}


def due(*, programmes: list[Programme], at: datetime) -> Iterator[Order]:
    """One order for each task of each programme and its current period; a period missed long ago stays missed."""
    for programme in programmes:
        for kind, task in TIMETABLE.items():
            period = _period(task.every, at.astimezone(ZoneInfo(programme.zone)))
            yield Order(kind=kind, key=f"{kind}:{programme.pk}:{period}", run_at=at, programme=programme)
    if settings.BACKUPS is not None:
        # Of the whole installation, in the night of its first programme.
        zone = ZoneInfo(programmes[0].zone) if programmes else UTC
        yield Order(kind=BACKUP, key=f"{BACKUP}:{_period(Every.NIGHT, at.astimezone(zone))}", run_at=at)


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
