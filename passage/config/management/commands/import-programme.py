"""`passage import-programme`: a programme as it left another server, proved before it is kept."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from passage.archive.actions import unpack
from passage.archive.opened import BadArchive, opened
from passage.config.removal import links, telling
from passage.config.standing import refuse_unfit
from passage.config.verification import verify
from passage.programme.models import Programme


class Command(BaseCommand):
    help = "Brings in the programme of an archive that export-programme or the back office made: all of it or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.zip", help="the archive")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        refuse_unfit()
        at = timezone.now()
        try:
            with opened(file) as archive, transaction.atomic():
                programme = unpack(archive=archive, by="system:import-programme", at=at, tell=telling(self.stderr))
                self._prove(programme)
        except BadArchive as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{programme.name} is here, as it was on {archive.created_at}. The books are right.")
        self.stdout.write("Connect every till anew: its code is under Tills in the back office.")
        for email, link in links(programme, at=at):
            self.stdout.write(f"{email} chooses a password here, within 7 days: {link}")

    def _prove(self, programme: Programme) -> None:
        if found := [str(fault) for fault in verify(programme=programme)]:
            raise BadArchive(
                "\n".join(["Nothing was written, because the books of the archive are wrong:", *found[:20]])
            )
