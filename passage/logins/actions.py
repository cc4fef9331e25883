"""Every write to a log-in's factors, password and sessions. Each is the person's own doing, or an owner's for them."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal.auth import WebAuthn
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models import F
from django.utils.translation import override

from passage.audit.actions import note
from passage.logins import codes, letters
from passage.logins.queries import APP, CODES, PASSKEY
from passage.logins.resetting import reset_link
from passage.outbox.actions import Order, queue, send_mail
from passage.programme import limits
from passage.programme.actions import tie
from passage.programme.errors import Refused
from passage.programme.models import Login, Programme, Staff, Tie
from passage.programme.queries import login_by_email

MOST_PASSKEYS = 20
DEVICE = 200  # characters kept of what a browser calls itself
RESET = "password_reset"
HALF_HOUR = 30 * 60
NOWHERE = "0.0.0.0"  # noqa: S104 - told of a request whose address the proxy kept to itself


@transaction.atomic
def set_up_app(*, login: Login, secret: str, code: str, at: datetime) -> list[str]:
    """The app that shows codes becomes a factor once it has shown a right one.

    The answer is recovery codes if this is the first factor, else nothing.
    Raises ``Refused``: code_wrong, or taken when there is an app already.
    """
    _hold(login)
    if Authenticator.objects.filter(user_id=login.pk, type=APP).exists():
        raise Refused("taken", field="code")
    step = codes.step_of(code, secret=secret, at=at)
    if step is None:
        raise Refused("code_wrong", field="code")
    app = TOTP.activate(login, secret).instance
    app.data["step"], app.created_at = step, at
    app.save(update_fields=["data", "created_at"])
    return _added(login, verb="login.app_added", at=at)


@transaction.atomic
def take_app_off(*, login: Login, at: datetime) -> None:
    """The app shows nothing of use from now on; taking it off twice changes nothing."""
    _hold(login)
    _take_off(login, verb="login.app_removed", at=at, type=APP)


@transaction.atomic
def add_passkey(*, login: Login, name: str, credential: dict[str, Any], at: datetime) -> list[str]:
    """A passkey whose ceremony `ceremony.registered` has checked. The answer is as that of `set_up_app`.

    Raises ``Refused("too_many")``.
    """
    _hold(login)
    number = Authenticator.objects.filter(user_id=login.pk, type=PASSKEY).count()
    if number >= MOST_PASSKEYS:
        raise Refused("too_many", field="name", params={"limit": MOST_PASSKEYS})
    row = WebAuthn.add(login, _named(name), credential).instance
    row.created_at = at
    row.save(update_fields=["created_at"])
    return _added(login, verb="login.passkey_added", at=at)


@transaction.atomic
def rename_passkey(*, login: Login, passkey: int, name: str) -> None:
    """Raises ``Refused``: unknown, invalid (an empty name)."""
    row = Authenticator.objects.select_for_update().filter(user_id=login.pk, type=PASSKEY, pk=passkey).first()
    if row is None:
        raise Refused("unknown", field="passkey")
    row.data["name"] = _named(name)
    row.save(update_fields=["data"])


@transaction.atomic
def remove_passkey(*, login: Login, passkey: int, at: datetime) -> None:
    """The passkey lets nobody in from now on; one that is not there changes nothing."""
    _hold(login)
    _take_off(login, verb="login.passkey_removed", at=at, type=PASSKEY, pk=passkey)


@transaction.atomic
def make_codes(*, login: Login, at: datetime) -> list[str]:
    """Fresh recovery codes; the earlier ones are void. Raises ``Refused("no_factor")`` where there is nothing to recover."""
    _hold(login)
    own = Authenticator.objects.filter(user_id=login.pk)
    if not own.exclude(type=CODES).exists():
        raise Refused("no_factor")
    own.filter(type=CODES).delete()
    _tell(login, verb="login.codes_made", at=at)
    return _fresh_codes(login)


@transaction.atomic
def use_code(*, login: Login, code: str, at: datetime) -> bool:
    """Whether it is the app's code of this half minute, or a recovery code. Either works once."""
    rows = Authenticator.objects.select_for_update().filter(user_id=login.pk, type__in=[APP, CODES])
    for row in rows.order_by("id"):
        if row.type == CODES:
            good = row.wrap().validate_code(code)
            row.refresh_from_db()
        else:
            good = _use_app(row, code, at=at)
        if good:
            row.last_used_at = at
            row.save(update_fields=["last_used_at"])
            return True
    return False


def _use_app(row: Any, code: str, *, at: datetime) -> bool:
    step = codes.step_of(code, secret=decrypt(row.data["secret"]), at=at, after=row.data.get("step", codes.NEVER))
    if step is None:
        return False
    row.data["step"] = step
    row.save(update_fields=["data"])
    return True


def use_passkey(*, login: Login, passkey: int, at: datetime) -> None:
    """Somebody signed in with it."""
    Authenticator.objects.filter(user_id=login.pk, type=PASSKEY, pk=passkey).update(last_used_at=at)


@transaction.atomic
def take_factors_off(*, login: Login, by: str, at: datetime, programme: Programme | None = None) -> bool:
    """For somebody who lost phone and codes: password alone again, and signed out everywhere. False if there was none.

    ``programme`` is whose owner asks, None for the host. Raises ``Refused("elsewhere")`` when the person works in
    another programme as well: an owner has no say over what protects that one.
    """
    held = _hold(login)
    places = Staff.objects.filter(login_id=held.pk, left_at=None).select_related("programme").order_by("id")
    if programme is not None and any(place.programme_id != programme.pk for place in places):
        raise Refused("elsewhere")
    if not Authenticator.objects.filter(user_id=held.pk).delete()[0]:
        return False
    _end_everywhere(held)
    _write(held, verb="login.factors_taken_off", at=at)
    for place in places:
        subject = f"staff:{place.pk}"
        note(programme=place.programme, by=by, verb="login.factors_taken_off", subject=subject, at=at)
    return True


@transaction.atomic
def change_password(*, login: Login, password: str, at: datetime) -> Login:
    """Another password; every session of before is over. Whoever asks has put it before Django's validators."""
    if len(password) > limits.PASSWORD:
        raise Refused("too_long", field="password", params={"limit": limits.PASSWORD})
    held = _hold(login)
    held.password = make_password(password)
    held.save(update_fields=["password"])
    _end_everywhere(held)
    _tell(held, verb="login.password_changed", at=at)
    held.refresh_from_db()
    return held


def ask_reset(*, address: str, language: str, at: datetime) -> None:
    """Somebody forgot the password of this address. The worker finds out whether anybody signs in with it.

    So the answer takes the same time for an address that nobody has; one address is written to twice an hour at most.
    """
    half_hour = int(at.timestamp()) // HALF_HOUR
    name = hashlib.sha256(address.encode()).hexdigest()[:32]
    payload = {"address": address, "language": language}
    queue(orders=[Order(kind=RESET, key=f"{RESET}:{name}:{half_hour}", run_at=at, payload=payload)])


def send_reset(*, programme: Programme | None, payload: Mapping[str, Any], at: datetime) -> None:
    """The mail with the link, if there is somebody to write to; in the person's language or that of the page."""
    login = login_by_email(payload["address"])
    if login is None or not login.is_active or not login.has_mailbox:
        return
    with override(login.language or payload["language"]):
        subject, text = letters.forgotten(login, at=at)
    key = f"{RESET}:{login.pk}:{int(at.timestamp()) // HALF_HOUR}"
    # With more than a day's letters the mailbox has our links already.
    with suppress(Refused):
        send_mail(
            programme=programme,
            to=login.email,
            subject=subject,
            text=text,
            key=key,
            at=at,
            is_secret=True,
            is_unasked=True,
        )


@transaction.atomic
def hand_out_reset(*, staff: Staff, by: str, at: datetime) -> str:
    """The text of the link, for the owner to give to the person: who did it is written down, and the person is told."""
    note(programme=staff.programme, by=by, verb="login.reset_shown", subject=f"staff:{staff.pk}", at=at)
    tie(staff=staff, kind=Tie.Kind.LET_IN, by=by, at=at)
    _write(staff.login, verb="login.reset_shown", at=at)
    return reset_link(staff.login, at=at)


@transaction.atomic
def change_language(*, login: Login, language: str) -> None:
    """The language of mails and of a device where none was chosen; empty: the device's own."""
    if language and language not in dict(settings.LANGUAGES):
        raise Refused("invalid", field="language")
    Login.objects.filter(pk=login.pk).update(language=language)


def see_session(*, login: Login, key: str, address: str, device: str, at: datetime) -> None:
    """The session was used just now, from there. A new key of the same browser is another session."""
    UserSession.objects.update_or_create(
        session_key=key,
        defaults={"user": login, "ip": _address(address), "user_agent": device[:DEVICE], "last_seen_at": at},
        create_defaults={
            "user": login,
            "ip": _address(address),
            "user_agent": device[:DEVICE],
            "created_at": at,
            "last_seen_at": at,
        },
    )


def keep_session(session: SessionBase, /) -> None:
    """What the session holds, now and not after the page: so that whoever asks learns whether it could be kept."""
    session.save()


def forget_session(*, key: str) -> None:
    """The browser was signed out, or goes on under another key."""
    UserSession.objects.filter(session_key=key).delete()


@transaction.atomic
def end_session(*, login: Login, session: int) -> bool:
    """Signs one browser out; False for a session that is not this person's or not there."""
    row = UserSession.objects.filter(user_id=login.pk, pk=session).first()
    if row is None:
        return False
    row.end()
    return True


@transaction.atomic
def end_sessions(*, login: Login, at: datetime) -> Login:
    """Signs every browser out, those included that are on no list."""
    held = _hold(login)
    _end_everywhere(held)
    _tell(held, verb="login.sessions_ended", at=at)
    held.refresh_from_db()
    return held


@transaction.atomic
def forget(*, login: Login) -> None:
    """Factors, sessions and where they were from: nothing of it is left. For a log-in that names nobody any more."""
    held = _hold(login)
    Authenticator.objects.filter(user_id=held.pk).delete()
    _end_everywhere(held)


def _end_everywhere(login: Login) -> None:
    for row in UserSession.objects.filter(user_id=login.pk):
        row.end()
    Login.objects.filter(pk=login.pk).update(era=F("era") + 1)


def _hold(login: Login) -> Login:
    """The log-in, locked: whoever changes its factors at the same time comes after."""
    return Login.objects.select_for_update(no_key=True).get(pk=login.pk)


def _added(login: Login, *, verb: str, at: datetime) -> list[str]:
    _tell(login, verb=verb, at=at)
    if Authenticator.objects.filter(user_id=login.pk, type=CODES).exists():
        return []
    return _fresh_codes(login)


def _fresh_codes(login: Login) -> list[str]:
    made: list[str] = RecoveryCodes.activate(login).generate_codes()
    return made


def _take_off(login: Login, *, verb: str, at: datetime, **which: Any) -> None:
    own = Authenticator.objects.filter(user_id=login.pk)
    if not own.filter(**which).delete()[0]:
        return
    if not own.exclude(type=CODES).exists():
        own.delete()
    _tell(login, verb=verb, at=at)


def _tell(login: Login, *, verb: str, at: datetime) -> None:
    """The person is written to, and each programme where they work hears of it; a member's log-in concerns no other."""
    _write(login, verb=verb, at=at)
    for staff in Staff.objects.filter(login_id=login.pk, left_at=None).select_related("programme").order_by("id"):
        who = f"staff:{staff.pk}"
        note(programme=staff.programme, by=who, verb=verb, subject=who, at=at)


def _write(login: Login, *, verb: str, at: datetime) -> None:
    """A stranger's doing is noticed by whose log-in it is."""
    if verb not in letters.TOLD or not login.has_mailbox:
        return
    with override(login.language or settings.LANGUAGE_CODE):
        subject, text = letters.changed(login, verb)
    key = f"{verb}:{login.pk}:{at.isoformat()}"
    send_mail(programme=None, to=login.email, subject=subject, text=text, key=key, at=at)


def _named(name: str) -> str:
    tidy = " ".join(name.split())[: limits.NAME]
    if not tidy or not tidy.isprintable():
        raise Refused("invalid", field="name")
    return tidy


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return NOWHERE
