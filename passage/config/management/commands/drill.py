"""`passage drill`: whether a backup can be restored, without touching anything."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from passage.backups import keeping
from passage.backups.errors import BadBackup
from passage.backups.models import Backup
from passage.config import drills


class Command(BaseCommand):
    help = "Restores a backup into a scratch place, proves its books there, and throws the place away."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="the backup, else the newest one")

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        try:
            file = file or newest()
            known = Backup.objects.filter(name=file.stem).first()
            if known is not None:
                drills.prove(known, file)
            else:
                drills.drill(file)
        except BadBackup as bad:
            raise CommandError(str(bad)) from None
        except OSError as error:
            raise CommandError(f"{file}: {error}.") from None
        self.stdout.write(f"{file.name} can be restored, and its books are right.")


def newest() -> Path:
    """The newest proven backup. Raises `BadBackup` where there is none."""
    folder: Path | None = settings.BACKUPS
    if folder is None:
        raise BadBackup("Name the file of the backup, or set PASSAGE_BACKUP_DIR.")
    found = keeping.good(folder)
    if not found:
        raise BadBackup(f"There is no backup in {folder}.")
    return found[0]
