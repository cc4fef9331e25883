"""How somebody comes by a password of their own: a signed link, good for a week, until the first use."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core import signing

from passage.programme.models import Login

SALT = "programme.invitation"
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
