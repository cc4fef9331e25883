"""How long somebody stays signed in, and when they were last seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import UpdateError
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from passage.logins.actions import forget_session, keep_session, see_session
from passage.programme import throttle
from passage.programme.access import place
from passage.programme.models import Login, Role
from passage.programme.transactions import briefly
from passage.programme.trouble import trouble_of
from passage.website.entry import BEGAN, SEEN
from passage.website.unavailable import note_trouble

# Who sees the whole programme is signed in for a working day, and not at a desk that was left.
LEAD = frozenset({Role.OWNER, Role.MANAGER, Role.AUDITOR, Role.DEVELOPER})
LEAD_IDLE, LEAD_LONGEST = timedelta(minutes=30), timedelta(hours=12)
# A counter is often left alone for an hour, and its shift is long.
SHIFT = timedelta(hours=16)
TOLD_EVERY = timedelta(minutes=1)


class Presence:
    """Signs out whose time is over, before the page; notes who was there, after it and at most once a minute.

    A till works with a key of its own: what it asks keeps nobody signed in and ends nothing. But a session whose time
    is over opens no page to it either: anybody can write such a header.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return self.get_response(request)
        at, has_key = timezone.now(), "Authorization" in request.headers
        if request.user.is_authenticated and is_over(request, at=at):
            if has_key:
                request.user = AnonymousUser()
                return self.get_response(request)
            key = request.session.session_key
            logout(request)
            if key:
                forget_session(key=key)
            messages.info(request, _("You were signed out because your time was over. Sign in again to go on."))
        response = self.get_response(request)
        if isinstance(request.user, Login) and not has_key and response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            _try_to_note(request, request.user, at=at)
        return response


def is_over(request: HttpRequest, *, at: datetime) -> bool:
    """Whether the session has lasted too long for who it is. Most requests need no look at the database for it."""
    now = at.timestamp()
    idle = timedelta(seconds=now - request.session.get(SEEN, now))
    lasted = timedelta(seconds=now - request.session.get(BEGAN, now))
    if idle <= LEAD_IDLE and lasted <= LEAD_LONGEST:
        return False
    staff = place(login=request.user)
    if staff is None:
        return False
    if staff.role in LEAD:
        return True
    return lasted > SHIFT


def _try_to_note(request: HttpRequest, login: Login, *, at: datetime) -> None:
    """The page is made, and what its form did is committed: that cannot fail any more because this note does."""
    was_changed = request.session.modified
    try:
        with briefly():
            _note(request, login, at=at)
    except UpdateError:
        return  # signed out meanwhile, in another window
    except Error as error:
        if (trouble := trouble_of(error)) is None:
            raise
        note_trouble(request, trouble, error)
    # What the page itself changed in the session is still saved, and may still be refused.
    request.session.modified = was_changed


def _note(request: HttpRequest, login: Login, *, at: datetime) -> None:
    now = int(at.timestamp())
    if now - request.session.get(SEEN, 0) < TOLD_EVERY.total_seconds():
        return
    request.session[SEEN] = now
    request.session.setdefault(BEGAN, now)
    key = request.session.session_key
    if key:
        device = request.headers.get("User-Agent", "")
        see_session(login=login, key=key, address=throttle.address_of(request), device=device, at=at)
    keep_session(request.session)
