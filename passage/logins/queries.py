"""Reads about a log-in: its factors, and where it is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils.crypto import constant_time_compare

from passage.programme.models import Login

APP, PASSKEY, CODES = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES


@dataclass(frozen=True, slots=True)
class Passkey:
    """``used`` is None until somebody signed in with it."""

    id: int
    name: str
    made: datetime
    used: datetime | None


@dataclass(frozen=True, slots=True)
class Factors:
    """What this person has beside the password; ``codes``: recovery codes not used yet, None without a factor."""

    app: datetime | None
    passkeys: tuple[Passkey, ...]
    codes: int | None

    @property
    def any(self) -> bool:
        return self.app is not None or bool(self.passkeys)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One browser in which the person is signed in now."""

    id: int
    key: str
    address: str
    device: str
    since: datetime
    seen: datetime


def factors(login: Login, /) -> Factors:
    rows = list(Authenticator.objects.filter(user_id=login.pk).order_by("created_at", "id"))
    return Factors(
        app=next((row.created_at for row in rows if row.type == APP), None),
        passkeys=tuple(
            Passkey(id=row.pk, name=row.data["name"], made=row.created_at, used=row.last_used_at)
            for row in rows
            if row.type == PASSKEY
        ),
        codes=next((len(row.wrap().get_unused_codes()) for row in rows if row.type == CODES), None),
    )


def signed_in(login: Login, /, *, at: datetime) -> list[SignedIn]:
    """Where the log-in is signed in, the latest seen first. A session that would open nothing is not told."""
    rows = list(UserSession.objects.filter(user_id=login.pk).order_by("-last_seen_at", "-id"))
    alive = _alive({row.session_key for row in rows}, login, at=at)
    return [
        SignedIn(row.pk, row.session_key, row.ip, row.user_agent, since=row.created_at, seen=row.last_seen_at)
        for row in rows
        if row.session_key in alive
    ]


def _alive(keys: set[str], login: Login, *, at: datetime) -> set[str]:
    marks = [login.get_session_auth_hash(), *login.get_session_auth_fallback_hash()]
    stored = Session.objects.filter(session_key__in=keys, expire_date__gt=at)
    return {
        row.session_key
        for row in stored
        if any(constant_time_compare(row.get_decoded().get(HASH_SESSION_KEY, ""), mark) for mark in marks)
    }
