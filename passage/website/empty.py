"""No page is white, and nothing typed is lost in one: answers that say nothing become ones that say what to do."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from passage.website import kept
from passage.website.views import only_by_button


class NoEmptyPage:
    """An address that only a button reaches was loaded again or typed: told in words, with the same status.

    Who is signed out and sends a form, or asks for a part of a page, gets no page to sign in instead: what was typed
    would be gone with it, and a part of a page would be filled with a whole one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if (request.method == "POST" or getattr(request, "htmx", False)) and kept.is_sent_to_sign_in(request, answer):
            return kept.signed_out(request)
        if answer.status_code != HTTPStatus.METHOD_NOT_ALLOWED or answer.streaming or answer.content:
            return answer
        page = only_by_button(request)
        page["Allow"] = answer["Allow"]
        return page
