"""The door itself: its routes, and the one place where what goes wrong becomes a problem."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, IntegrityError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.urls import URLPattern, URLResolver
from django.utils.cache import patch_vary_headers
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from passage.api import acknowledged, problems
from passage.api.openapi import DESCRIPTION, TITLE, completed
from passage.api.problems import Fault
from passage.api.reading import fault_of
from passage.api.routes import (
    accounts,
    candidates,
    cards,
    members,
    parked,
    quotes,
    redemptions,
    sales,
    sync,
    till_members,
    till_operations,
    tills,
)
from passage.api.strict import StrictParser, limit_of
from passage.programme.errors import Refused
from passage.programme.trouble import Trouble, retry_after, trouble_of
from passage.ui.csp import relaxed

logger = logging.getLogger(__name__)
View = Callable[..., HttpResponse]
# Swagger's pages write styles into themselves and know nothing of trusted types; everything still comes from here.
docs_page = relaxed(style_src="'self' 'unsafe-inline'", require_trusted_types_for="", trusted_types="")


class Door(NinjaAPI):
    def get_openapi_schema(self, **words: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**words)
        completed(schema)
        return schema

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        found: list[URLResolver | URLPattern] = super()._get_urls()
        for pattern in found:
            if isinstance(pattern, URLPattern):
                pattern.callback = spoken(pattern.callback)
        return found


def spoken(view: View) -> View:
    """Whatever a view of this door refuses is refused as a problem; nothing it says is kept by anybody between."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            response = problems.response(problems.not_found())
        if response.status_code == 405:
            allowed = response.headers.get("Allow", "")
            response = problems.response(Fault("method_not_allowed", status=405, params={"allowed": allowed}))
            response.headers["Allow"] = allowed
        acknowledged.keep(request, response)
        response.headers.setdefault("Cache-Control", "no-store")
        patch_vary_headers(response, ["Accept-Language", "Authorization"])
        return response

    return inner


api = Door(
    title=TITLE,
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    docs_decorator=docs_page,
    parser=StrictParser(),
)
for resource in (
    quotes,
    sales,
    redemptions,
    members,
    candidates,
    cards,
    accounts,
    sync,
    parked,
    tills,
    till_members,
    till_operations,
):
    api.add_router("", resource.router)


@api.exception_handler(Fault)
def _fault(request: HttpRequest, fault: Fault) -> HttpResponse:
    return problems.response(fault)


@api.exception_handler(Refused)
def _refused(request: HttpRequest, refused: Refused) -> HttpResponse:
    return problems.response(problems.of_refusal(refused))


@api.exception_handler(ValidationError)
def _unreadable(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problems.response(fault_of(error.errors))


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    """ninja wraps what the parser raises."""
    if isinstance(error.__cause__, Fault):
        return problems.response(error.__cause__)
    return problems.response(Fault("not_json" if error.status_code == 400 else "invalid", status=error.status_code))


@api.exception_handler(RequestDataTooBig)
def _too_large(request: HttpRequest, error: Exception) -> HttpResponse:
    return problems.response(Fault("body_too_large", status=413, params={"limit": limit_of(request)}))


@api.exception_handler(UnreadablePostError)
def _broken_off(request: HttpRequest, error: Exception) -> HttpResponse:
    return problems.response(Fault("not_json", status=400))


@api.exception_handler(Http404)
def _absent(request: HttpRequest, error: Http404) -> HttpResponse:
    return problems.response(problems.not_found())


@api.exception_handler(DatabaseError)
@api.exception_handler(InterfaceError)
def _busy(request: HttpRequest, error: Exception) -> HttpResponse:
    """Locked, full, restarting: nothing was done, and the same request may come again."""
    trouble = trouble_of(error)
    return unavailable(request, trouble, error) if trouble else _broken(request, error)


@api.exception_handler(IntegrityError)
def _outrun(request: HttpRequest, error: IntegrityError) -> HttpResponse:
    """A parallel twin was faster at the very last step: sent again, the request finds what the twin did."""
    logger.error("a request lost a race or broke a rule of the database", exc_info=error)
    return problems.response(Fault("busy", status=503))


@api.exception_handler(Exception)
def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("a request broke", exc_info=error)
    return problems.response(Fault("internal", status=500))


def unavailable(request: HttpRequest, trouble: Trouble, error: BaseException) -> HttpResponse:
    """The same problem whatever keeps the database from answering; only how long to wait differs."""
    logger.warning("the database could not answer %s %s (%s): %s", request.method, request.path, trouble, error)
    answer = problems.response(Fault("busy", status=503))
    answer["Retry-After"] = str(retry_after(trouble))
    return answer


@spoken
def nothing_here(request: HttpRequest, **_: Any) -> HttpResponse:
    """Any other address below this door."""
    return problems.response(problems.not_found())
