"""The counts behind `passage.programme.throttle`: each step is one statement, so of many at once each gets its own number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F

from passage.programme.models import AttemptCount

SWEPT_AT_ONCE = 1000
COUNT = """
INSERT INTO programme_attemptcount (key, tries, ends_at) VALUES (%(key)s, 1, %(ends_at)s)
ON CONFLICT (key) DO UPDATE SET
    tries = CASE WHEN programme_attemptcount.ends_at > %(at)s THEN programme_attemptcount.tries + 1 ELSE 1 END,
    ends_at = CASE WHEN programme_attemptcount.ends_at > %(at)s
        THEN programme_attemptcount.ends_at ELSE excluded.ends_at END
RETURNING tries
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One more under ``key``, of which there may be ``most`` until ``ends_at`` of the first."""

    key: str
    most: int
    ends_at: datetime


def count_up(*, steps: Iterable[Step], at: datetime, is_apart: bool = True) -> bool:
    """One more of each, or of none and False when one of them is too many.

    ``is_apart``: in a transaction of its own, so that what follows cannot undo it; RuntimeError inside another one.
    """
    with transaction.atomic(durable=is_apart):
        # In one order everywhere: two that count under the same keys do not wait in a circle.
        for step in sorted(steps, key=lambda each: each.key):
            if _counted(step, at=at) > step.most:
                transaction.set_rollback(True)
                return False
    return True


def count_down(*, keys: Iterable[str]) -> None:
    """One less of each: the try was none."""
    for key in sorted(keys):
        AttemptCount.objects.filter(key=key, tries__gt=0).update(tries=F("tries") - 1)


def drop_counts(*, keys: Iterable[str]) -> None:
    AttemptCount.objects.filter(key__in=list(keys)).delete()


def sweep_counts(*, before: datetime) -> int:
    """Counts whose time is over; how many were dropped."""
    over = AttemptCount.objects.filter(ends_at__lt=before).order_by("ends_at")
    keys = list(over.values_list("key", flat=True)[:SWEPT_AT_ONCE])
    # One that began anew meanwhile stays.
    dropped, _ = AttemptCount.objects.filter(key__in=keys, ends_at__lt=before).delete()
    return dropped


def _counted(step: Step, /, *, at: datetime) -> int:
    moment = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"key": step.key, "ends_at": moment(step.ends_at), "at": moment(at)})
        tries: int = cursor.fetchone()[0]
    return tries
