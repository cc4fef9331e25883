"""The two conversations of a passkey (WebAuthn): it is made, and it lets somebody in.

The challenge waits in the session of the browser that asked, and is good for one answer. What a browser sends is
judged by django-allauth and Yubico's library; whatever it is that they cannot read is one refusal.
"""

from __future__ import annotations

import json
from typing import Any

from allauth.mfa.webauthn.internal import auth
from django.core.exceptions import ValidationError

from passage.programme.errors import Refused
from passage.programme.models import Login

MOST_SENT = 20_000  # characters of an answer; a real one has two or three thousand
UNREADABLE = (ValidationError, ValueError, TypeError, KeyError, AttributeError, LookupError, ArithmeticError)


def options_to_make(login: Login, /) -> dict[str, Any]:
    """What the browser needs to make a passkey that stays on the device and asks for finger, face or PIN."""
    options: dict[str, Any] = auth.begin_registration(login, passwordless=True)
    return options


def made(text: str, /) -> dict[str, Any]:
    """The new passkey's public half. Raises ``Refused("passkey_wrong")``."""
    credential = _read(text)
    try:
        auth.parse_registration_response(credential)
        binding = auth.complete_registration(credential)
    except UNREADABLE as fault:
        raise Refused("passkey_wrong", field="credential") from fault
    if not binding.is_user_verified():
        raise Refused("passkey_wrong", field="credential")
    return credential


def options_to_sign_in() -> dict[str, Any]:
    """What the browser needs to offer the passkeys it has for this address. Nobody is named, so nobody is found out."""
    options: dict[str, Any] = auth.begin_authentication(None)
    return options


def whose(text: str, /) -> tuple[Login, int]:
    """Whose passkey answered, and which one it was. Raises ``Refused("passkey_wrong")``."""
    credential = _read(text)
    try:
        answer = auth.parse_authentication_response(credential)
        login = auth.extract_user_from_response(credential)
        passkey = auth.complete_authentication(login, credential)
        verified = answer.response.authenticator_data.is_user_verified()
    except UNREADABLE as fault:
        raise Refused("passkey_wrong", field="credential") from fault
    if not verified or not login.is_active:
        raise Refused("passkey_wrong", field="credential")
    return login, passkey.pk


def _read(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text) if len(text) <= MOST_SENT else None
    except (ValueError, RecursionError) as fault:
        raise Refused("passkey_wrong", field="credential") from fault
    if not isinstance(read, dict):
        raise Refused("passkey_wrong", field="credential")
    return read
