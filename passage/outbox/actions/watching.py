"""That a worker is at work, and since when: what tells a worker that died, and a clock that leapt."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from passage.outbox.models import Worker

REMEMBERED = timedelta(days=30)
HOST = "accepted-by-hand"


@transaction.atomic
def be_seen(*, worker: str, begun_at: datetime, at: datetime) -> None:
    """The worker is at work now. Workers of long ago are forgotten, but for the last one there was."""
    Worker.objects.update_or_create(
        name=worker, defaults={"seen_at": at}, create_defaults={"begun_at": begun_at, "seen_at": at}
    )
    Worker.objects.filter(seen_at__lt=at - REMEMBERED).exclude(name=worker).delete()


@transaction.atomic
def accept_clock(*, at: datetime) -> None:
    """Somebody looked at the clock and it is right: what workers saw before counts no more."""
    Worker.objects.all().delete()
    Worker.objects.create(name=HOST, begun_at=at, seen_at=at)
