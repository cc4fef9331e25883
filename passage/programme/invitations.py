"""The links of invitations: to a place that is offered, and to a password for a log-in that has none. Signed, for a week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing

from passage.programme.models import Invitation, Login

SALT = "programme.invitation"
OFFER = "programme.offer"
LIFE = timedelta(days=7)
MARK = 12  # characters of what stands for the password: choosing one ends every link made before


def can_be_invited(login: Login, /) -> bool:
    """Only who has no password yet: a link never opens what somebody already has."""
    return login.is_active and login.has_mailbox and not login.has_usable_password()


def invitation(login: Login, /, *, at: datetime) -> str:
    """The text of the link. Whoever has it can choose the password: it is for that person's eyes."""
    return signing.dumps([login.pk, login.password[-MARK:], at.isoformat()], salt=SALT)


def invited(text: str, /, *, at: datetime) -> Login | None:
    """Whose link it is; None for one that is forged, used, or a week old."""
    try:
        pk, mark, made = signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    if not timedelta() <= at - datetime.fromisoformat(made) <= LIFE:
        return None
    login: Login | None = Login.objects.filter(pk=pk, is_active=True).first()
    if login is None or login.has_usable_password() or login.password[-MARK:] != mark:
        return None
    return login


@dataclass(frozen=True, slots=True)
class Offer:
    """A place that is offered; ``is_mailed``: whoever has the link reads that mailbox. One shown on a page proves nothing."""

    invitation: Invitation
    is_mailed: bool


def offer(invitation: Invitation, /, *, is_mailed: bool) -> str:
    """The text of the link to the place that is offered."""
    return signing.dumps([str(invitation.public_id), is_mailed], salt=OFFER)


def offered(text: str, /, *, at: datetime) -> Offer | None:
    """What the link is to; None for one that is forged, or to an invitation that is over."""
    try:
        public_id, is_mailed = signing.loads(text, salt=OFFER)
    except (signing.BadSignature, ValueError):
        return None
    rows = Invitation.objects.filter(public_id=public_id, state=Invitation.State.OPEN, until__gt=at)
    row: Invitation | None = rows.select_related("programme", "shop").first()
    return Offer(row, is_mailed) if row is not None else None


def may_begin_by(offer: Offer, login: Login | None, /) -> bool:
    """Whether a password can be chosen behind the link: for an address without a log-in, or without a password yet.

    A log-in that has not begun may be another programme's doing: only whoever reads its mailbox begins it.
    """
    return login is None or (offer.is_mailed and can_be_invited(login))
