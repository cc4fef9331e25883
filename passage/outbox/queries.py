"""Which jobs wait, which have failed, and what was written to whom."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q, QuerySet

from passage.outbox.models import Job, Mail, Worker
from passage.programme.models import Programme

CLOCKS_DIFFER = timedelta(minutes=5)  # of two machines that nobody set wrong


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


def worked_until() -> datetime | None:
    """The last moment at which a worker was at work here; None where none ever was."""
    seen: datetime | None = Worker.objects.aggregate(last=Max("seen_at"))["last"]
    done: datetime | None = Job.objects.aggregate(last=Max("done_at"))["last"] if seen is None else None
    return seen or done


def is_clock_behind(*, at: datetime) -> bool:
    """Whether the clock says an earlier moment than one that a worker has seen, by more than clocks differ."""
    last = worked_until()
    return last is not None and at < last - CLOCKS_DIFFER


def mails_of(programme: Programme, /, *, most: int = 100) -> list[Mail]:
    """The mails sent in the name of the programme, newest first."""
    rows = Mail.objects.filter(programme=programme).exclude(address="")
    return list(rows.order_by("-queued_at", "-id")[:most])


def all_mails(*, most: int = 100) -> list[Mail]:
    """Every mail of the installation, newest first: for a demonstration, where nothing is sent."""
    return list(Mail.objects.exclude(address="").order_by("-queued_at", "-id")[:most])


def mail_of(programme: Programme, /, *, pk: int) -> Mail | None:
    return Mail.objects.filter(programme=programme, pk=pk).first()


def unsent_mails() -> list[Mail]:
    """What was written anywhere on this installation and did not leave it, or perhaps did not, oldest first."""
    ended = [Mail.State.KEPT, Mail.State.REFUSED, Mail.State.FAILED, Mail.State.UNKNOWN]
    return list(Mail.objects.filter(state__in=ended).exclude(address="").order_by("queued_at", "id"))


def has_failed(*, key: str) -> bool:
    """Whether the job was tried so often that nobody will try it again."""
    return Job.objects.filter(key=key, state=Job.State.FAILED).exists()


def jobs_by_state() -> dict[str, int]:
    """How many jobs there are in each state that has any."""
    return dict(Job.objects.order_by().values_list("state").annotate(Count("pk")))


def mails_by_state() -> dict[str, int]:
    """How many mails there are in each state that has any; sent ones are remembered for ever, without their text."""
    return dict(Mail.objects.order_by().values_list("state").annotate(Count("pk")))


def oldest_due(*, at: datetime) -> datetime | None:
    """Since when the job has waited that has waited longest; None when none is due."""
    found: datetime | None = takable(at=at).order_by().aggregate(oldest=Min("run_at"))["oldest"]
    return found
