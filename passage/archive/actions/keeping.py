"""Archives made on request: asked for by an owner, packed by the worker, kept for a day, and gone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction

from passage.archive import queries
from passage.archive.models import Archive
from passage.archive.packing import pack
from passage.audit.actions import note
from passage.outbox.actions import Order, queue
from passage.programme.models import Programme

KIND = "make_archive"
KEPT = timedelta(hours=24)
TOLD_EVERY = 5000  # rows


class _Teller:
    """Writes how far the packer is, every few thousand rows."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.last = -1

    def __call__(self, done: int, total: int) -> None:
        if done == total or done // TOLD_EVERY != self.last:
            self.last = done // TOLD_EVERY
            self.target.write_text(json.dumps({"done": done, "total": total}))


def ask(*, programme: Programme, by: str, at: datetime) -> Archive:
    """An archive will be made; while one is being made, that one."""
    try:
        with transaction.atomic():
            archive: Archive = Archive.objects.create(programme=programme, by=by, asked_at=at)
            note(programme=programme, by=by, verb="archive.asked", subject=_subject(archive), at=at)
            order = Order(
                kind=KIND,
                key=f"{KIND}:{archive.public_id}",
                run_at=at,
                programme=programme,
                payload={"archive": str(archive.public_id)},
            )
            queue(orders=[order])
    except IntegrityError:
        under_way: Archive = Archive.objects.of(programme).get(state=Archive.State.WAITING)
        return under_way
    return archive


def make(*, programme: Programme, payload: Mapping[str, Any], at: datetime) -> None:
    """Packs the archive that was asked for. It takes as long as it takes: call it outside a transaction.

    Done again after a worker died it begins anew. What goes wrong is kept with the archive, and raised.
    """
    archive: Archive = Archive.objects.of(programme).get(public_id=payload["archive"])
    told = queries.progress_file(archive)
    try:
        rows = pack(programme=programme, target=queries.file(archive), at=at, tell=_Teller(told))
    except BaseException:
        Archive.objects.of(programme).filter(pk=archive.pk).update(state=Archive.State.FAILED)
        raise
    finally:
        told.unlink(missing_ok=True)
    Archive.objects.of(programme).filter(pk=archive.pk).update(
        state=Archive.State.READY,
        rows=rows,
        size=queries.file(archive).stat().st_size,
        made_at=at,
        until=at + KEPT,
    )


def downloaded(*, archive: Archive, by: str, at: datetime) -> None:
    note(programme=archive.programme, by=by, verb="archive.downloaded", subject=_subject(archive), at=at)


def end_archives(*, programme: Programme, at: datetime, by: str = "system:archives") -> int:
    """Takes away the files whose day is over, and what a packer that was killed left behind; how many archives ended."""
    over = list(Archive.objects.of(programme).filter(state=Archive.State.READY, until__lte=at))
    for archive in over:
        queries.file(archive).unlink(missing_ok=True)
        archive.state = Archive.State.GONE
        archive.save(update_fields=["state"])
    never = Archive.objects.of(programme).filter(state=Archive.State.WAITING, asked_at__lte=at - KEPT)
    never.update(state=Archive.State.FAILED)
    for left in queries.folder().glob("passage-*"):
        if left.stat().st_mtime < (at - KEPT).timestamp():
            shutil.rmtree(left, ignore_errors=True)
    return len(over)


def _subject(archive: Archive) -> str:
    return f"archive:{archive.public_id}"
