"""`passage invite-owner`: the link by which somebody begins a programme here, for whoever runs the server."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from passage.programme import addresses, queries
from passage.programme.beginnings import LIFE, beginning
from passage.programme.errors import Refused


class Command(BaseCommand):
    help = (
        "Prints a link for the owner of a new programme, good for three days and once. Behind it they choose a "
        "password and set the programme up in four steps, whether or not strangers may sign up here."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the address that the owner will sign in with")
        parser.add_argument("--name", default="", help="the owner's name")

    def handle(self, *args: Any, email: str, name: str, **options: Any) -> None:
        try:
            address = addresses.canonical(email)
        except Refused:
            raise CommandError(f"{email} is no e-mail address.") from None
        known = queries.login_by_email(address)
        if known is not None and known.has_usable_password():
            raise CommandError(f"{address} has a log-in already: sign in with it and open {settings.PASSAGE_URL}/begin")
        text = beginning(email=address, name=" ".join(name.split()), on_request=False, at=timezone.now())
        self.stdout.write(f"For {address} alone, good for {LIFE.days} days:")
        self.stdout.write(settings.PASSAGE_URL + reverse("website:confirm", args=[text]))
