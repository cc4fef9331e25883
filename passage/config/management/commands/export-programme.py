"""`passage export-programme`: everything of one programme in one file, for another server or for the safe."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from passage.archive.packing import pack
from passage.audit.actions import note
from passage.config.removal import telling
from passage.programme import queries


class Command(BaseCommand):
    help = (
        "Writes everything of a programme into one ZIP file, which import-programme reads and docs/archive.md explains."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("programme", metavar="SLUG", help="the short name of the programme")
        parser.add_argument("file", type=Path, metavar="FILE.zip", help="the archive to write; it must not exist yet")

    def handle(self, *args: Any, programme: str, file: Path, **options: Any) -> None:
        found = queries.programme_by_slug(slug=programme)
        if found is None:
            raise CommandError(f"There is no programme called {programme!r}.")
        if file.exists():
            raise CommandError(f"{file} exists already. Choose another name, or move it away.")
        at = timezone.now()
        try:
            rows = pack(programme=found, target=file, at=at, tell=telling(self.stderr))
        except OSError as error:
            raise CommandError(f"{file} cannot be written ({error.strerror}).") from None
        subject = f"programme:{found.slug}"
        note(
            programme=found, by="system:export-programme", verb="programme.exported", subject=subject, at=at, count=rows
        )
        self.stdout.write(
            f"{file}: {rows} rows, {file.stat().st_size / 1e6:.1f} MB. It holds personal details: keep it safe."
        )
