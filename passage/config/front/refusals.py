"""What the front says itself, in three languages: made once at the start, so that saying it takes no thread."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.utils import translation

from passage.api import problems
from passage.ui.csp import ContentSecurityPolicy
from passage.website import unavailable, views

if TYPE_CHECKING:
    from django.http import HttpRequest

    from passage.config.front.bridge import Header, Request

# Seconds until the same request may come again.
AGAIN = 1
MACHINES = ("/api/", "/readyz")


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    headers: list[Header]
    text: bytes


class Refusals:
    def __init__(self) -> None:
        languages = [code for code, _name in settings.LANGUAGES]
        self._said = {
            (status, language, is_machine): _made(status, language=language, is_machine=is_machine)
            for status in problems.UNREAD
            for language in languages
            for is_machine in (True, False)
        }

    def of(self, status: HTTPStatus, request: Request) -> Refusal:
        return self._said[status, _language(request), request.path.startswith(MACHINES)]


def _made(status: HTTPStatus, *, language: str, is_machine: bool) -> Refusal:
    def view(request: HttpRequest) -> HttpResponse:
        if is_machine:
            return problems.response(problems.unread(status))
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            return unavailable.crowded(request)
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            return views.broken(request)
        page = views.bad_request(request, ValueError())
        page.status_code = status
        return page

    request = WSGIRequest({"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.input": BytesIO()})
    with translation.override(language):
        answer = ContentSecurityPolicy(view)(request)
    headers = [(name, value) for name, value in answer.items() if name != "Content-Length"]
    fixed = [("Cache-Control", "no-store"), ("Content-Language", language), ("Connection", "close")]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        fixed.append(("Retry-After", str(AGAIN)))
    named = {name for name, _value in fixed}
    return Refusal(status, [*(each for each in headers if each[0] not in named), *fixed], answer.content)


def _language(request: Request) -> str:
    """The first of ours that the browser asks for."""
    for wanted in (request.headers.get("accept-language") or "").split(",")[:10]:
        code = wanted.split(";")[0].strip().lower()[:2]
        if code in dict(settings.LANGUAGES):
            return code
    return settings.LANGUAGE_CODE
