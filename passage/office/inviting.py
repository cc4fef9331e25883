"""A place for somebody at work here, and the mail that tells them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from passage.outbox.actions import send_mail
from passage.programme import actions, queries
from passage.programme.invitations import can_be_invited, invitation
from passage.programme.models import Shop, Staff


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who is to work here. Without an e-mail it is somebody for the tills alone, with a PIN."""

    name: str
    email: str
    role: str
    shop: Shop | None = None
    pin: str = ""


@transaction.atomic
def take_on(newcomer: Newcomer, /, *, by: Staff, at: datetime) -> Staff:
    """The log-in, the place, the PIN and the invitation: all of them or none. Raises as the actions do."""
    programme, doer = by.programme, f"staff:{by.pk}"
    login = queries.login_by_email(newcomer.email) if newcomer.email else None
    if login is None:
        login = actions.create_login(email=newcomer.email, password="", name=newcomer.name)
    person = actions.hire(programme=programme, login=login, role=newcomer.role, shop=newcomer.shop, by=doer, at=at)
    if newcomer.pin:
        actions.set_pin(staff=person, pin=newcomer.pin, by=doer, at=at)
    tell(person, at=at)
    return person


def link_of(person: Staff, /, *, at: datetime) -> str:
    """The path behind which the person chooses a password; empty for who has one, or needs none."""
    if not can_be_invited(person.login):
        return ""
    return reverse("website:join", args=[invitation(person.login, at=at)])


def tell(person: Staff, /, *, at: datetime) -> bool:
    """The invitation, in the person's own language or the programme's; once a minute at most. False: no mailbox.

    Raises ``Refused("too_many_letters")``.
    """
    login, programme = person.login, person.programme
    if not login.has_mailbox:
        return False
    link = link_of(person, at=at)
    with translation.override(login.language or programme.language):
        subject = _("{programme} invites you").format(programme=programme.name)
        text = _with_link() if link else _without_link()
        said = text.format(
            name=login.name or login.email,
            programme=programme.name,
            # Never by the name that a request came in by: a stranger could choose it.
            link=settings.PASSAGE_URL + (link or reverse("website:sign_in")),
        )
    return send_mail(
        programme=programme,
        to=login.email,
        subject=subject,
        text=said,
        key=f"invitation:{person.pk}:{at:%Y%m%d%H%M}",
        at=at,
        is_secret=bool(link),
        is_unasked=True,
    )


def _with_link() -> str:
    return _(
        "Hello {name},\n\nyou now have a place at {programme}. With this link you choose your password:\n\n{link}\n\n"
        "It is good for a week, once, and for you alone. Nobody else ever sees your password."
    )


def _without_link() -> str:
    return _(
        "Hello {name},\n\nyou now have a place at {programme}. You sign in with the password you have already:\n\n{link}"
    )
