"""How somebody who has no log-in yet begins a programme of their own: a signed link, sent to the address it names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing

SALT = "programme.beginning"
LIFE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Beginning:
    """Whoever holds the link reads this mailbox. ``on_request``: they asked for it themselves."""

    email: str
    name: str
    on_request: bool


def beginning(*, email: str, name: str, on_request: bool, at: datetime) -> str:
    """The text of the link; it holds no secret, and nothing is kept until it is used."""
    return signing.dumps([email, name, on_request, at.isoformat()], salt=SALT, compress=True)


def begun(text: str, /, *, at: datetime) -> Beginning | None:
    """What the link says; None for one that is forged or three days old."""
    try:
        email, name, on_request, made = signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    if not timedelta() <= at - datetime.fromisoformat(made) <= LIFE:
        return None
    return Beginning(email, name, on_request)
