"""`passage mail`: what this installation has written and not got rid of, for whoever runs the server."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from passage.outbox import actions, queries


class Command(BaseCommand):
    help = (
        "Lists the mails that were kept, refused or given up, or perhaps sent, with their texts; links and codes that are "
        "for the addressee alone are left out. --again puts them into the queue once more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--again", action="store_true", help="try those that were not sent once more")
        parser.add_argument(
            "--unknown-too", action="store_true", help="with --again: also those that may have arrived, a second time"
        )

    def handle(self, *args: Any, again: bool, unknown_too: bool, **options: Any) -> None:
        left = queries.unsent_mails()
        for mail in left:
            self.stdout.write(f"{mail.queued_at:%Y-%m-%d %H:%M} UTC  {mail.state}  {mail.address}  {mail.subject}")
            if mail.error:
                self.stdout.write(f"  {mail.error}")
            if mail.text and not mail.is_secret:
                self.stdout.write("".join(f"  {line}\n" for line in mail.text.splitlines()))
        tried = [mail for mail in left if again and (unknown_too or mail.state != mail.State.UNKNOWN)]
        queued = sum(actions.send_again(mail=mail, at=timezone.now()) for mail in tried)
        self.stdout.write(f"{len(left)} not sent, {queued} put into the queue again.")
