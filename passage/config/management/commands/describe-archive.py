"""`passage describe-archive`: what an archive of this version holds, table by table."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from passage.archive.paper import paper, rewritten

DOCS = Path(__file__).resolve().parents[4] / "docs" / "archive.md"


class Command(BaseCommand):
    help = "Says what stands in every table and column of an archive."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true", help="in a checkout: bring docs/archive.md up to date")

    def handle(self, *args: Any, write: bool, **options: Any) -> None:
        if write:
            DOCS.write_text(rewritten(DOCS.read_text()))
        else:
            self.stdout.write(paper())
