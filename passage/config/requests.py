"""Around every request: its name, one line in the log, and its place in the figures. Nothing of what was sent is kept."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from passage.config import metrics
from passage.ui import request_id

log = structlog.get_logger("passage.request")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Asked for by machines, several times a minute.
QUIET = frozenset({"healthz", "readyz", "metrics", "static"})


class Requests:
    """The outermost of all: whatever is answered has a name, and is counted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(request_id.HEADER, "") if settings.TRUST_PROXY else ""
        name, begun = request_id.begin(given), perf_counter()
        response = self.get_response(request)
        seconds = perf_counter() - begun
        response.headers[request_id.HEADER] = name
        method, route = _method(request), route_of(request)
        metrics.REQUESTS.count(method=method, route=route, status=response.status_code, seconds=seconds)
        tell = log.debug if route in QUIET else log.info
        tell("request", method=method, route=route, status=response.status_code, ms=round(seconds * 1000, 1))
        return response


def route_of(request: HttpRequest, /) -> str:
    """The name of the page or the pattern of its address; never the address itself, which strangers write."""
    if request.path_info.startswith(settings.STATIC_URL):
        return "static"
    match = request.resolver_match
    return (match.view_name or match.route) if match else "unknown"


def _method(request: HttpRequest) -> str:
    return request.method if request.method in METHODS else "OTHER"
