"""Which jobs wait, and which have failed."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from passage.outbox.models import Job


def takable(*, at: datetime) -> QuerySet[Job]:
    """Jobs whose time has come, and jobs whose worker has let its lease run out; the longest waiting first."""
    ready = Q(state=Job.State.READY, run_at__lte=at)
    orphaned = Q(state=Job.State.RUNNING, lease_until__lte=at)
    return Job.objects.filter(ready | orphaned).order_by("run_at", "id")


def failed() -> list[Job]:
    """Jobs that nobody will try again, newest first."""
    return list(Job.objects.filter(state=Job.State.FAILED).order_by("-id"))


def known(*, keys: list[str]) -> set[str]:
    """Which of these keys have been queued before."""
    return set(Job.objects.filter(key__in=keys).values_list("key", flat=True))


def has_failed(*, key: str) -> bool:
    """Whether the job was tried so often that nobody will try it again."""
    return Job.objects.filter(key=key, state=Job.State.FAILED).exists()
