"""Queueing a job, and doing it: leased to a worker, tried again when it failed, never lost when the worker dies.

An effect happens exactly once when it is written in the same database transaction as ``finish``: a
worker that lost its lease meanwhile cannot finish, and its effect is undone with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from passage.outbox import queries
from passage.outbox.models import Job, Mail
from passage.programme.models import Programme

LEASE = timedelta(minutes=1)
MOST_ATTEMPTS = 8
# A mail server may be away for a night: a mail is tried for a day and a half.
MOST_OF_KIND = {"mail": 40}
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
LONGEST_ERROR = 2000
SWEPT_AT_ONCE = 1000


class LeaseLost(Exception):
    """The job went to another worker meanwhile: whatever was done for it must be undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A job asked for. ``key`` makes it one of its kind for ever; ``run_at`` is the earliest it is done."""

    kind: str
    key: str
    run_at: datetime
    programme: Programme | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


def queue(*, orders: Iterable[Order]) -> int:
    """Add the jobs whose keys are new; how many were. Call it inside the transaction of what they follow from."""
    wanted = {order.key: order for order in orders}
    new = wanted.keys() - queries.known(keys=list(wanted))
    Job.objects.bulk_create(
        [
            Job(
                kind=order.kind,
                key=order.key,
                run_at=order.run_at,
                programme=order.programme,
                payload=dict(order.payload),
            )
            for order in wanted.values()
            if order.key in new
        ],
        # Another worker may have queued the same a moment ago.
        ignore_conflicts=True,
    )
    return len(new)


def claim(*, worker: str, at: datetime, lease: timedelta = LEASE) -> Job | None:
    """Lease the job that has waited longest, or None. One that killed too many workers fails instead."""
    if not queries.takable(at=at).exists():
        return None  # looking takes no lock: an idle worker does not hold up the tills
    with transaction.atomic():
        rows = queries.takable(at=at).select_related("programme")
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True, of=("self",))
        job = rows.first()
        if job is None:
            return None
        if job.attempts >= most_attempts(job.kind):
            _end(job, Job.State.FAILED, error=job.error or "The worker died each time.", at=at)
            return None
        job.state, job.worker, job.lease_until = Job.State.RUNNING, worker, at + lease
        job.attempts += 1
        job.save(update_fields=["state", "worker", "lease_until", "attempts"])
        return job


def extend(*, job: Job, at: datetime, lease: timedelta = LEASE) -> bool:
    """Keep the job for longer; False when it is no longer ours."""
    return bool(_mine(job).update(lease_until=at + lease))


def finish(*, job: Job, at: datetime) -> None:
    """The job is done. Raises LeaseLost, so that the surrounding transaction undoes the effect."""
    changed = _mine(job).update(state=Job.State.DONE, done_at=at, lease_until=None, error="")
    if not changed:
        raise LeaseLost(job.key)


def most_attempts(kind: str, /) -> int:
    return MOST_OF_KIND.get(kind, MOST_ATTEMPTS)


@transaction.atomic
def fail(*, job: Job, error: str, at: datetime) -> bool:
    """The job went wrong: try again later, each time after a longer pause; False when that was the last time."""
    if job.attempts >= most_attempts(job.kind):
        _end(job, Job.State.FAILED, error=error, at=at)
        return False
    pause = min(FIRST_PAUSE * 4 ** min(job.attempts - 1, 9), LONGEST_PAUSE)
    _mine(job).update(state=Job.State.READY, run_at=at + pause, lease_until=None, error=error[-LONGEST_ERROR:])
    return True


def sweep(*, before: datetime) -> int:
    """Forget jobs that were done before; how many. What failed stays until somebody has looked at it."""
    old = Job.objects.filter(state=Job.State.DONE, done_at__lt=before).order_by("id")
    ids = list(old.values_list("id", flat=True)[:SWEPT_AT_ONCE])
    Job.objects.filter(id__in=ids).delete()
    return len(ids)


def _mine(job: Job) -> Any:
    """The job, while this attempt of this worker holds it."""
    return Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, worker=job.worker, attempts=job.attempts)


def _end(job: Job, state: str, *, error: str, at: datetime) -> None:
    """``worker`` and ``attempts`` as they were read: an ended job is not ended twice."""
    ended = _mine(job).update(state=state, done_at=at, lease_until=None, error=error[-LONGEST_ERROR:])
    if ended and job.kind == "mail":
        mails, last = Mail.objects.filter(pk=job.payload["mail"]), error.strip().rpartition("\n")[2][-LONGEST_ERROR:]
        mails.filter(state=Mail.State.WAITING).update(state=Mail.State.FAILED, ended_at=at, error=last)
        mails.filter(state=Mail.State.HANDING).update(state=Mail.State.UNKNOWN, ended_at=at, error=last)
