"""Which archives there are of a programme, and where their files lie."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

from passage.archive.models import Archive
from passage.programme.models import Programme


@dataclass(frozen=True, slots=True)
class Progress:
    done: int
    total: int

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0


def folder() -> Path:
    """Where finished archives lie, beside the database; closed to other accounts."""
    found = Path(settings.DATA) / "archives"
    found.mkdir(mode=0o700, exist_ok=True)
    return found


def file(archive: Archive, /) -> Path:
    return folder() / f"{archive.public_id}.zip"


def latest(*, programme: Programme) -> Archive | None:
    found: Archive | None = Archive.objects.of(programme).order_by("-id").first()
    return found


def to_download(*, programme: Programme, public_id: UUID, at: datetime) -> Archive | None:
    """The archive of this very programme, while it may still be had."""
    rows = Archive.objects.of(programme).filter(public_id=public_id, state=Archive.State.READY, until__gt=at)
    found: Archive | None = rows.first()
    return found if found is not None and file(found).exists() else None


def progress(archive: Archive, /) -> Progress:
    """How far the packer is. It tells a file and not the database, which it reads at one instant."""
    try:
        told = json.loads(progress_file(archive).read_text())
        return Progress(done=told["done"], total=told["total"])
    except (OSError, ValueError, KeyError):
        return Progress(done=0, total=0)


def progress_file(archive: Archive, /) -> Path:
    return folder() / f"{archive.public_id}.progress"
