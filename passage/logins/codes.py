"""The codes that an app on a phone shows, one every half minute (RFC 6238)."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote, urlencode

from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from django.utils.crypto import constant_time_compare

from passage.logins.adapter import NAME

SECONDS = 30
DRIFT = 1  # a phone's clock may be half a minute off in either direction
DIGITS = 6
NEVER = -1


def new_secret() -> str:
    secret: str = generate_totp_secret()
    return secret


def address_of(secret: str, /, *, email: str) -> str:
    """What the QR code says to the app."""
    return f"otpauth://totp/{quote(f'{NAME}:{email}')}?{urlencode({'secret': secret, 'issuer': NAME})}"


def step_of(code: str, /, *, secret: str, at: datetime, after: int = NEVER) -> int | None:
    """Which half minute since 1970 the code belongs to; None for a wrong one and for one not later than ``after``."""
    typed = "".join(code.split())
    now = int(at.timestamp()) // SECONDS
    for step in range(now - DRIFT, now + DRIFT + 1):
        if step > after and constant_time_compare(typed, code_at(step, secret=secret)):
            return step
    return None


def code_at(step: int, /, *, secret: str) -> str:
    shown: str = format_hotp_value(hotp_value(secret, step))
    return shown
