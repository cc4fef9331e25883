"""`passage backup`: everything in one sealed file, proved by restoring it somewhere else."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from passage.backups.errors import BadBackup
from passage.config import defences, drills


class Command(BaseCommand):
    help = (
        "Makes a backup in PASSAGE_BACKUP_DIR while the tills go on selling, restores it into a scratch place, proves the "
        "books there, and deletes the backups that PASSAGE_BACKUP_KEEP no longer keeps. `passage work` does it every night."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        defences.refuse_without(connection)
        try:
            file = drills.back_up(at=timezone.now())
        except BadBackup as bad:
            raise CommandError(str(bad)) from None
        except OSError as error:
            raise CommandError(f"The backup could not be written: {error}.") from None
        self.stdout.write(
            f"{file}: {file.stat().st_size / 1e6:.1f} MB. It was restored elsewhere, and its books are right."
        )
