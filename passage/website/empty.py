"""No page is white: an answer that Django leaves empty becomes one that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from passage.website.views import only_by_button


class NoEmptyPage:
    """An address that only a button reaches was loaded again or typed: told in words, with the same status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if answer.status_code != HTTPStatus.METHOD_NOT_ALLOWED or answer.streaming or answer.content:
            return answer
        page = only_by_button(request)
        page["Allow"] = answer["Allow"]
        return page
