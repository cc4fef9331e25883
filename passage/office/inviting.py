"""A place for somebody at work here, offered or given, and the mail that tells them."""

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
from passage.programme.invitations import can_be_invited, invitation, offer
from passage.programme.models import Invitation, Programme, Shop, Staff


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who is to work here. Without an e-mail it is somebody for the tills alone, with a PIN."""

    name: str
    email: str
    role: str
    shop: Shop | None = None
    pin: str = ""


@transaction.atomic
def take_on(newcomer: Newcomer, /, *, by: Staff, at: datetime) -> Invitation | None:
    """With an e-mail an invitation and its mail; else log-in, place and PIN at once. Raises as the actions do.

    What it does and takes is the same whether or not the address has a log-in here.
    """
    if newcomer.email:
        row = actions.invite(
            email=newcomer.email,
            name=newcomer.name,
            role=newcomer.role,
            shop=newcomer.shop,
            pin=newcomer.pin,
            by=by,
            at=at,
        )
        tell(row, at=at)
        return row
    programme, doer = by.programme, f"staff:{by.pk}"
    login = actions.create_login(email="", password="", name=newcomer.name, made_for=programme)
    person = actions.hire(programme=programme, login=login, role=newcomer.role, shop=newcomer.shop, by=doer, at=at)
    if newcomer.pin:
        actions.set_pin(staff=person, pin=newcomer.pin, by=doer, at=at)
    return None


def tell(row: Invitation, /, *, at: datetime) -> None:
    """The invitation by mail, once a minute at most, in the person's own language or the programme's.

    The subject is in the programme's: its owner reads it, who is not to learn whether the address has a log-in.
    """
    programme, login = row.programme, queries.login_by_email(row.email)
    has_begun = login is not None and login.has_usable_password()
    with translation.override((login.language if login else "") or programme.language):
        said = (_to_accept() if has_begun else _to_begin()).format(
            name=(login.name if login else row.name) or row.email,
            programme=programme.name,
            # Never by the name that a request came in by: a stranger could choose it.
            link=settings.PASSAGE_URL + reverse("website:offer", args=[offer(row, is_mailed=True)]),
        )
    _send(programme, row.email, said, key=f"invitation:{row.public_id}:{at:%Y%m%d%H%M}", at=at)


def link_of(person: Staff, /, *, at: datetime) -> str:
    """The path behind which somebody who has a place already chooses a password; empty for who has one."""
    if not can_be_invited(person.login):
        return ""
    return reverse("website:join", args=[invitation(person.login, at=at)])


def tell_again(person: Staff, /, *, at: datetime) -> None:
    """The same link by mail, once a minute at most. Raises ``Refused("too_many_letters")``."""
    programme, login = person.programme, person.login
    with translation.override(login.language or programme.language):
        said = _to_begin().format(
            name=login.name or login.email,
            programme=programme.name,
            link=settings.PASSAGE_URL + link_of(person, at=at),
        )
    _send(programme, login.email, said, key=f"invitation:{person.pk}:{at:%Y%m%d%H%M}", at=at)


def _send(programme: Programme, address: str, text: str, *, key: str, at: datetime) -> None:
    with translation.override(programme.language):
        subject = _("{programme} invites you").format(programme=programme.name)
    send_mail(
        programme=programme, to=address, subject=subject, text=text, key=key, at=at, is_secret=True, is_unasked=True
    )


def _to_begin() -> str:
    return _(
        "Hello {name},\n\n{programme} offers you a place. With this link you choose your password and accept:\n\n{link}"
        "\n\nIt is good for a week, once, and for you alone. Nobody else ever sees your password. If you do not know "
        "who is asking, do nothing."
    )


def _to_accept() -> str:
    return _(
        "Hello {name},\n\n{programme} offers you a place. Sign in with the password you have already, and say yes or "
        "no:\n\n{link}\n\nUntil you accept nothing changes for you. If you do not know who is asking, do nothing."
    )
