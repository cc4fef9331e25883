"""What is written to somebody about their log-in, in the language that is set."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from passage.logins.resetting import reset_link
from passage.programme.models import Login

# What is told at once, so that a stranger's doing is noticed. Each verb of the log that concerns a log-in, and its line.
TOLD: dict[str, Promise] = {
    "login.password_changed": gettext_lazy("The password of your log-in was changed."),
    "login.app_added": gettext_lazy("An app was set up as the second factor of your log-in."),
    "login.app_removed": gettext_lazy("The app was taken off your log-in: its codes are no longer asked for."),
    "login.passkey_added": gettext_lazy("A passkey was added to your log-in."),
    "login.passkey_removed": gettext_lazy("A passkey was removed from your log-in."),
    "login.codes_made": gettext_lazy("New recovery codes were made for your log-in."),
    "login.reset_shown": gettext_lazy("The owner of your programme made a link to choose a new password for you."),
    "login.factors_taken_off": gettext_lazy("The second factor was taken off your log-in, and you were signed out."),
}


def forgotten(login: Login, /, *, at: datetime) -> tuple[str, str]:
    """Subject and text of the mail with the link."""
    address = f"{settings.PASSAGE_URL}{reverse('website:new_password', args=[reset_link(login, at=at)])}"
    text = _(
        "Hello {name},\n\n"
        "somebody, probably you, asked for a new password for your log-in. Choose one here within the hour:\n\n"
        "{address}\n\n"
        "The link works once. If it was not you, do nothing: your password stays as it is."
    )
    return _("Choose a new password"), text.format(name=login, address=address)


def changed(login: Login, verb: str, /) -> tuple[str, str]:
    """Subject and text of the mail that tells of a change."""
    text = _(
        "Hello {name},\n\n"
        "{what}\n\n"
        "If it was you, there is nothing to do. If it was not, choose a new password at once and look where you are "
        "signed in:\n\n"
        "{address}"
    )
    address = f"{settings.PASSAGE_URL}{reverse('website:account')}"
    return _("Your log-in was changed"), text.format(name=login, what=TOLD[verb], address=address)
