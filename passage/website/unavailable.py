"""A database that does not answer is told with 503 and Retry-After: nothing was done, and what was typed is not lost."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from passage.programme.trouble import Trouble, first_line, retry_after, trouble_of
from passage.website import kept

log = logging.getLogger("passage.database")
# What passes by itself; anything else waits for whoever runs the server.
PASSING = frozenset({Trouble.BUSY, Trouble.CROWDED})


class Unavailable:
    """The last of the middleware: it sees first what a page met."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        trouble = trouble_of(error)
        return unavailable(request, trouble, error) if trouble else None


def unavailable(request: HttpRequest, trouble: Trouble, error: BaseException) -> HttpResponse:
    """The page that says so. It asks nothing of the database, not even who is signed in."""
    note_trouble(request, trouble, error)
    request.user = AnonymousUser()
    answer = (_form_again(request, trouble) if request.method == "POST" else None) or _told(request, trouble)
    answer["Retry-After"] = str(retry_after(trouble))
    answer["Cache-Control"] = "no-store"
    return answer


def crowded(request: HttpRequest) -> HttpResponse:
    """The page of a server that has more to do than it can: said before anybody looked at the request."""
    return _told(request, Trouble.CROWDED)


def note_trouble(request: HttpRequest, trouble: Trouble, error: BaseException) -> None:
    """One line in the log: a traceback says nothing about a database that is away."""
    level = logging.WARNING if trouble in PASSING else logging.ERROR
    log.log(level, "The database could not answer %s %s (%s): %s", request.method, request.path, trouble, _said(error))


def _said(error: BaseException) -> str:
    return first_line(error.__cause__ or error)


def _form_again(request: HttpRequest, trouble: Trouble) -> HttpResponse | None:
    """A form of our own pages stands on the page, to be sent again: it carries its entry id, so it counts once."""
    return kept.unsaved(request, headline=_headline(trouble), remedy=_remedy(trouble))


def _told(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    status = HTTPStatus.SERVICE_UNAVAILABLE
    context = {"status": status.value, "headline": _headline(trouble), "remedy": _remedy(trouble), "support": None}
    return render(request, "website/error.html", context, status=status)


def _headline(trouble: Trouble) -> str:
    if trouble in PASSING:
        return _("Very busy just now")
    return _("The server cannot save anything just now")


def _remedy(trouble: Trouble) -> str:
    if trouble in PASSING:
        return _("Nothing was saved by this request. Wait a moment, then try again: it counts only once.")
    return _(
        "Nothing was saved by this request, and what was saved before is safe. "
        "Tell whoever runs the server, and try again later."
    )
