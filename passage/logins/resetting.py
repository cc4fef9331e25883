"""The way back for somebody who forgot the password: a signed link, good for an hour, until the first use."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from passage.programme.models import Login

SALT = "logins.resetting"
LIFE = timedelta(hours=1)


def reset_link(login: Login, /, *, at: datetime) -> str:
    """The text of the link. It ends with the password it was made for, and when the log-in is signed out everywhere."""
    return signing.dumps([login.pk, _mark(login), at.isoformat()], salt=SALT)


def whose_reset(text: str, /, *, at: datetime) -> Login | None:
    """Whose link it is; None for one that is forged, used, or an hour old."""
    try:
        pk, mark, made = signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    if not timedelta() <= at - datetime.fromisoformat(made) <= LIFE:
        return None
    login: Login | None = Login.objects.filter(pk=pk, is_active=True).first()
    return login if login is not None and constant_time_compare(_mark(login), mark) else None


def _mark(login: Login) -> str:
    """What stands for the password and the era, and tells nobody what a session carries."""
    return salted_hmac(SALT, login.get_session_auth_hash(), algorithm="sha256").hexdigest()[:16]
