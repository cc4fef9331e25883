"""Letting somebody in: half a sign-in that waits for its second factor, and what a whole one leaves in the session."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import login as begin
from django.contrib.auth import update_session_auth_hash
from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme

from passage.logins import actions
from passage.programme import throttle
from passage.programme.access import has_second_factor
from passage.programme.models import Login

HALF = "half_in"  # whose password was right, when, and where they want to go
BEGAN, SEEN, PROVEN = "began", "seen", "proven"  # seconds since 1970
HALF_LIFE = timedelta(minutes=10)
PROOF_LIFE = timedelta(minutes=10)
KNOWN = "known"  # the cookie of a browser that was let in before, and whom it let in
KNOWN_LIFE = timedelta(days=180)
MOST_KNOWN = 8
BACKEND = "django.contrib.auth.backends.ModelBackend"


def go_on(request: HttpRequest, login: Login, *, wanted: str, at: datetime) -> HttpResponse:
    """The password was right: in, or on to the second factor."""
    if not has_second_factor(login):
        return let_in(request, login, wanted=wanted, at=at)
    request.session.cycle_key()
    request.session[HALF] = [login.pk, login.get_session_auth_hash(), at.timestamp(), wanted]
    return redirect("website:second")


def half_in(request: HttpRequest, *, at: datetime) -> tuple[Login, str] | None:
    """Whose second factor is awaited and where they want to go; None after ten minutes or another password."""
    pk, mark, since, wanted = request.session.get(HALF) or (0, "", 0, "")
    login = Login.objects.filter(pk=pk, is_active=True).first()
    if login is None or not 0 <= at.timestamp() - since <= HALF_LIFE.total_seconds():
        return None
    return (login, wanted) if constant_time_compare(mark, login.get_session_auth_hash()) else None


def let_in(request: HttpRequest, login: Login, *, wanted: str, at: datetime) -> HttpResponse:
    """Everything that was asked has been proven. The person's own language, unless one was chosen on this device."""
    request.session.pop(HALF, None)
    begin(request, login, backend=BACKEND)
    request.session[BEGAN] = request.session[SEEN] = request.session[PROVEN] = int(at.timestamp())
    _note(request, login, at=at)
    answer = redirect(safe(wanted, request) or "website:home")
    if login.language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        speak(answer, login.language)
    _know(request, answer, login.email)
    return answer


def is_known(request: HttpRequest, account: str) -> bool:
    """Whether this browser let that person in within the last half year. It opens nothing: see `throttle`."""
    return _short(account) in _known(request)


def _know(request: HttpRequest, answer: HttpResponse, account: str) -> None:
    short = _short(account)
    known = [short, *(each for each in _known(request) if each != short)][:MOST_KNOWN]
    answer.set_cookie(
        KNOWN,
        signing.dumps(known, salt=KNOWN),
        max_age=KNOWN_LIFE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _known(request: HttpRequest) -> list[str]:
    try:
        known: list[str] = signing.loads(request.COOKIES.get(KNOWN, ""), salt=KNOWN, max_age=KNOWN_LIFE)
    except signing.BadSignature:
        return []
    return known


def _short(account: str) -> str:
    """Names nobody to whoever finds the cookie."""
    return salted_hmac(KNOWN, account.strip().lower(), algorithm="sha256").hexdigest()[:16]


def stay_in(request: HttpRequest, login: Login, *, at: datetime) -> None:
    """This browser goes on, under a new key, when every session of before has been ended."""
    update_session_auth_hash(request, login)
    _note(request, login, at=at)


def speak(answer: HttpResponse, language: str) -> None:
    """This device speaks the language from now on."""
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )


def is_proven(session: SessionBase, *, at: datetime) -> bool:
    """Whether the person proved in the last ten minutes who they are, at the sign-in or again."""
    age: float = at.timestamp() - session.get(PROVEN, 0)
    return 0 <= age <= PROOF_LIFE.total_seconds()


def prove(session: SessionBase, *, at: datetime) -> None:
    session[PROVEN] = int(at.timestamp())


def safe(address: str, request: HttpRequest) -> str:
    """An address within this house, from its root, or nothing: what else there is, Django takes for the name of a page."""
    own = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if own and address.startswith("/") else ""


def _note(request: HttpRequest, login: Login, *, at: datetime) -> None:
    key = request.session.session_key
    if key:
        device = request.headers.get("User-Agent", "")
        actions.see_session(login=login, key=key, address=throttle.address_of(request), device=device, at=at)
