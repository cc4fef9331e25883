"""`passage restore`: the database of a backup in the place of this one."""

import json
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from passage.backups.errors import BadBackup
from passage.config import restored, restoring
from passage.config.management.commands.drill import newest
from passage.config.verification import verify
from passage.journal import queries as journal
from passage.programme.models import Programme

NOTHING_OPENS = "Set PASSAGE_BACKUP_PASSPHRASE_FILE, or PASSAGE_BACKUP_PASSPHRASE, to what the backup was made with."


class Command(BaseCommand):
    help = (
        "Puts a backup into an empty or new place, brings it to this version, forgets again whoever was erased since, "
        "proves the books, and lets the tills send again what is missing. Stop `passage serve` and `passage work` first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="the backup, else the newest one")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="put the installation that is here aside: on SQLite its file is kept beside, on PostgreSQL its tables go",
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="one line of JSON instead of sentences")

    def handle(self, *args: Any, file: Path | None, replace: bool, as_json: bool, **options: Any) -> None:
        at = timezone.now()
        passphrase = settings.ENV.backup_passphrase
        if not passphrase:
            raise CommandError(NOTHING_OPENS)
        try:
            file = file or newest()
            facts = restoring.put_back(file=file, passphrase=passphrase, replace=replace, at=at)
            made_at = datetime.fromisoformat(facts["made_at"])
            told = restored.begin_again(at=at, since=made_at, beside=file.absolute().parent)
        except BadBackup as bad:
            raise CommandError(str(bad)) from None
        except OSError as error:
            raise CommandError(f"{error.filename or file}: {error.strerror}.") from None
        faults = [str(fault) for each in Programme.objects.order_by("id") for fault in verify(programme=each)]
        if as_json:
            report = {"made_at": facts["made_at"], "faults": faults, "reached": journal.reached(), **told.as_json()}
            self.stdout.write(json.dumps(report))
        else:
            self._tell(file, facts, told, faults)
        connection.close()
        if faults:
            raise SystemExit(1)

    def _tell(self, file: Path, facts: dict[str, Any], told: restored.Restored, faults: list[str]) -> None:
        self.stdout.write(f"{file.name} is in place, as everything was on {facts['made_at']}.")
        for line in [*told.sentences(), *faults]:
            self.stdout.write(line)
        self.stdout.write(f"{len(faults)} faults" if faults else "The books are right.")
        if settings.ENV.secret_key is not None and settings.ENV.secret_key.get_secret_value() != facts["secret_key"]:
            self.stdout.write(
                "SECRET_KEY is another one than that of the backup: what tills have kept and second factors cannot be "
                "read. Set the former key again, or add it to SECRET_KEY_FALLBACKS."
            )
