"""One backup: made, proved or found wanting, and in the end let go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection

from passage.backups import keeping
from passage.backups.errors import BadBackup
from passage.backups.keeping import GOOD, UNPROVEN, Kept
from passage.backups.models import Backup
from passage.backups.sealing import Sealer, synced
from passage.backups.taking import take

LEFT_BEHIND = timedelta(days=2)
REMEMBERED = timedelta(days=400)


def make(*, folder: Path, scratch: Path, passphrase: str, at: datetime) -> Backup:
    """A file in ``folder`` that holds everything acknowledged before ``at``; not yet proved, and called so.

    ``scratch`` is for SQLite's own copy meanwhile. Raises OSError where there is no room.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / (keeping.name(at=at) + UNPROVEN)
    part = path.with_suffix(".part")
    try:
        with part.open("xb") as file:
            part.chmod(0o600)
            facts = {"made_at": at.isoformat(), "database": connection.vendor}
            sealer = Sealer(file, passphrase=passphrase, facts=facts)
            take(target=sealer, folder=scratch, at=at)
            sealer.finish()
            synced(file)
        part.rename(path)
    except FileExistsError:
        raise BadBackup(f"{part} is there: a backup of this very second is under way.") from None
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return Backup.objects.create(name=path.stem, made_at=at, size=path.stat().st_size)


def prove(*, backup: Backup, folder: Path, reached: Mapping[str, int], at: datetime) -> Path:
    """It was put back elsewhere and its books are right: from now on it is called a backup."""
    path = folder / (backup.name + UNPROVEN)
    if path.exists():
        path = path.rename(path.with_suffix(GOOD))
    backup.proven_at, backup.reached, backup.trouble = at, dict(reached), ""
    backup.save(update_fields=["proven_at", "reached", "trouble"])
    return path if path.exists() else folder / (backup.name + GOOD)


def fail(*, backup: Backup, folder: Path, trouble: str) -> None:
    """It could not be put back, or its books are wrong: it is called a backup no more, and the reason is kept."""
    path = folder / (backup.name + GOOD)
    if path.exists():
        path.rename(path.with_suffix(UNPROVEN))
    backup.proven_at, backup.trouble = None, trouble
    backup.save(update_fields=["proven_at", "trouble"])


def forget_old(*, folder: Path, kept: Kept, at: datetime) -> int:
    """Deletes the backups that nothing keeps any longer, and what was left behind unproven; how many files."""
    gone = keeping.to_remove(folder, kept=kept)
    gone += [each for each in keeping.unproven(folder) if at - keeping.made_at(each) > LEFT_BEHIND]
    gone += [
        each
        for each in folder.glob("passage-*.part")
        if at.timestamp() - each.stat().st_mtime > LEFT_BEHIND.total_seconds()
    ]
    for path in gone:
        path.unlink(missing_ok=True)
    Backup.objects.filter(made_at__lt=at - REMEMBERED).delete()
    return len(gone)
