"""A form that arrives too late is not lost: what was typed stands on the page that says so, to be sent again."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _

MARK = "csrfmiddlewaretoken"
# Never written into a page again.
SECRETS = frozenset({"password", "again", "old", "pin", "code", "credential"})
FRESH_MARK = "Passage-Fresh-Token"


def is_sent_to_sign_in(request: HttpRequest, answer: HttpResponse) -> bool:
    """Whether the answer only asks to sign in, and then to come back to what was asked for."""
    if answer.status_code != HTTPStatus.FOUND:
        return False
    place = urlsplit(answer["Location"])
    wanted = parse_qs(place.query).get("next", [""])[0]
    return place.path == reverse("website:sign_in") and wanted in (request.get_full_path(), reverse("website:account"))


def signed_out(request: HttpRequest) -> HttpResponse:
    """Nobody is signed in any more. To a part of a page that is told by a status: a whole page would be swapped in."""
    if getattr(request, "htmx", False):
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    return _page(
        request,
        status=HTTPStatus.UNAUTHORIZED,
        headline=_("You are signed out"),
        remedy=_("Your time was over, or you signed out in another window. Nothing of this form was saved yet."),
        asks_to_sign_in=True,
    )


def stale(request: HttpRequest) -> HttpResponse:
    """The form's mark is not the one of this browser: it was open in another window, or somebody signed in since.

    Only a form of our own pages comes back to be sent again. One from elsewhere is an attempt to act as the reader.
    """
    remedy = _("Somebody signed in or out in this browser since the page was opened. Nothing was saved yet.")
    answer = _page(
        request,
        status=HTTPStatus.FORBIDDEN,
        headline=_("This form is no longer valid"),
        remedy=remedy,
        asks_to_sign_in=False,
    )
    if _is_ours(request):
        answer[FRESH_MARK] = get_token(request)
    return answer


def unsaved(request: HttpRequest, *, headline: str, remedy: str) -> HttpResponse | None:
    """The form that the database could not take, to be sent again; None where nothing of it may be kept."""
    if not _is_ours(request) or getattr(request, "htmx", False) or _typed(request) is None:
        return None
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return _page(request, status=status, headline=headline, remedy=remedy, asks_to_sign_in=False)


def _page(
    request: HttpRequest, *, status: HTTPStatus, headline: str, remedy: str, asks_to_sign_in: bool
) -> HttpResponse:
    typed = _typed(request) if _is_ours(request) else None
    context = {
        "headline": headline,
        "remedy": remedy,
        "typed": typed,
        "action": request.get_full_path(),
        "sign_in": f"{reverse('website:sign_in')}?{urlencode({'next': _opened_from(request)})}"
        if asks_to_sign_in
        else "",
    }
    answer = render(request, "website/kept.html", context, status=status)
    add_never_cache_headers(answer)
    return answer


def _is_ours(request: HttpRequest) -> bool:
    own = f"{request.scheme}://{request.get_host()}"
    return request.headers.get("Sec-Fetch-Site") == "same-origin" or request.headers.get("Origin") == own


def _typed(request: HttpRequest) -> list[tuple[str, str]] | None:
    """What was typed, field by field; None where it cannot be kept: a file, or a secret."""
    typed = [(name, text) for name, texts in request.POST.lists() if name != MARK for text in texts]
    is_secret = any(text for name, text in typed if name in SECRETS)
    return None if request.FILES or is_secret or not typed else typed


def _opened_from(request: HttpRequest) -> str:
    """The page that the form stood on, where the browser says so."""
    page = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()})
    place = urlsplit(page)
    return f"{place.path}?{place.query}".rstrip("?") if page and is_ours else reverse("website:home")
