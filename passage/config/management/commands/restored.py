"""`passage restored`: to be run once after a backup was put back, so that tills send again what it may lack."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from passage.config import erasures
from passage.outbox import actions as outbox
from passage.programme import actions as programmes


class Command(BaseCommand):
    help = (
        "Run this once after restoring a backup: every till then sends again what this database does not have, and "
        "members who were erased since are erased again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        again = erasures.forget_again(at=timezone.now())
        if again:
            self.stdout.write(f"Forgotten again: {again} members who had been erased after the backup was made.")
        # The backup remembers a moment of long ago, and that is no leap of the clock.
        outbox.accept_clock(at=timezone.now())
        self.stdout.write(f"Epoch {programmes.begin_epoch(at=timezone.now())}: tills will send again what is missing.")
