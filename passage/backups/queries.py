"""Which backups are known, and how far the last good one reaches."""

from __future__ import annotations

from passage.backups.models import Backup


def last_good() -> Backup | None:
    """The newest that was proven."""
    return Backup.objects.filter(proven_at__isnull=False).order_by("-made_at").first()


def last() -> Backup | None:
    """The newest, proven or not."""
    return Backup.objects.order_by("-made_at").first()


def durable_through(*, key_id: int) -> int:
    """The last number of this till's journal that is in a proven backup; 0 where there is none."""
    found = last_good()
    return int(found.reached.get(str(key_id), 0)) if found is not None else 0
