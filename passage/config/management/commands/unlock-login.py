"""`passage unlock-login ADDRESS`: the way back in for an owner who lost password, phone and recovery codes."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone

from passage.logins.actions import take_factors_off
from passage.logins.resetting import reset_link
from passage.programme.queries import login_by_email

WHO = "system:host"


class Command(BaseCommand):
    help = "Takes every second factor off a log-in, signs it out everywhere, and shows a link to choose a new password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="the e-mail address that the person signs in with")

    def handle(self, *args: Any, **options: Any) -> None:
        login, at = login_by_email(options["address"]), timezone.now()
        if login is None or not login.is_active:
            raise CommandError(f"nobody signs in with {options['address']}")
        take_factors_off(login=login, by=WHO, at=at)
        login.refresh_from_db()
        path = reverse("website:new_password", args=[reset_link(login, at=at)])
        self.stdout.write(
            f"Give this link to {login} and to nobody else; it is good for one hour:\n{settings.PASSAGE_URL}{path}"
        )
