"""`passage restored`: to be run once after a backup was put back by other means than `passage restore`."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from passage.config import restored


class Command(BaseCommand):
    help = (
        "Run this once after restoring a backup by other means than `passage restore`: every till then sends again what "
        "this database does not have, and members who were erased since are erased again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for line in restored.begin_again(at=timezone.now()).sentences():
            self.stdout.write(line)
