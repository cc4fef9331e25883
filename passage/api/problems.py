"""What is said when something cannot be done: RFC 9457 problems, in the language of whoever asked.

``code`` is stable and for programs, ``detail`` is one sentence for people that ends in the remedy, ``field`` is
the place in what was sent, ``params`` the numbers. The sentences stand in `passage.api.wordings`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse

from passage.api.wordings import REFUSALS, TITLES
from passage.programme.errors import Refused
from passage.ui import request_id
from passage.ui.sentences import condition

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 1
WAIT_SECONDS = 60
MOST_ERRORS = 50

# Codes of the rooms below that are about the state of things rather than about what was sent.
CONFLICTS = frozenset(
    {
        "already_captured",
        "already_returned",
        "captured_by_sale",
        "card_bound",
        "card_state",
        "conflict",
        "quote_expired",
        "quote_other",
        "member_erased",
        "member_merged",
        "not_captured",
        "other_content",
        "other_order",
        "redemption_captured",
        "redemption_expired",
        "redemption_released",
        "redemption_reversed",
        "reward_used",
        "same_member",
        "taken",
    }
)
TOO_MANY = frozenset({"too_many_misses"})

# What is said of a request before any route sees it.
UNREAD = {
    HTTPStatus.BAD_REQUEST: "broken_off",
    HTTPStatus.REQUEST_TIMEOUT: "too_slow",
    HTTPStatus.LENGTH_REQUIRED: "length_missing",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal",
    HTTPStatus.SERVICE_UNAVAILABLE: "crowded",
}


@dataclass(frozen=True, slots=True)
class Error:
    """One fault of several: what is wrong with which field."""

    code: str
    field: str = ""
    params: Mapping[str, Any] = made(default_factory=dict)


class Fault(Exception):
    """A problem on its way out: nothing was done. ``errors`` are all the fields at fault, the first one first.

    ``wait``: with 429, seconds until it is worth asking again.
    """

    def __init__(
        self,
        code: str,
        *,
        status: int = 422,
        field: str = "",
        params: Mapping[str, Any] | None = None,
        errors: Sequence[Error] = (),
        wait: int = WAIT_SECONDS,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.errors = tuple(errors) or (Error(code, field, dict(params or {})),)
        self.headers = _headers(status, wait)

    @property
    def code(self) -> str:
        return self.errors[0].code


def of_refusal(refused: Refused) -> Fault:
    """A refusal of a room below as a fault: 409 where the state of things stands against it, 429 for too many, else 422."""
    if refused.code in TOO_MANY:
        return Fault(refused.code, status=429, params=refused.params, wait=60 * refused.params["minutes"])
    return refusal(refused.code, field=refused.field, params=refused.params)


def refusal(code: str, *, field: str = "", params: Mapping[str, Any] | None = None) -> Fault:
    return Fault(code, status=409 if code in CONFLICTS else 422, field=field, params=params)


def not_found() -> Fault:
    """The same for what never was, for what is another programme's, and for an id that cannot be one."""
    return Fault("not_found", status=404)


def unread(status: HTTPStatus) -> Fault:
    return Fault(UNREAD[status], status=status)


def content(fault: Fault) -> dict[str, Any]:
    """The problem as JSON, in the active language."""
    first = fault.errors[0]
    said: dict[str, Any] = {
        "type": f"urn:passage:problem:{first.code}",
        "title": str(TITLES.get(fault.status, HTTPStatus(fault.status).phrase)),
        "status": fault.status,
        **_error(first),
        "request_id": request_id.current(),
    }
    if len(fault.errors) > 1:
        said["errors"] = [_error(each) for each in fault.errors[:MOST_ERRORS]]
    return said


def response(fault: Fault) -> HttpResponse:
    text = json.dumps(content(fault), default=str)
    return HttpResponse(text, status=fault.status, content_type=MEDIA_TYPE, headers=fault.headers)


def item(error: Error) -> dict[str, Any]:
    """One fault as it stands beside an item of a batch."""
    return _error(error)


def sentence(error: Error) -> str:
    """What is wrong and what to do about it. An unknown code is shown as it is, never a broken answer."""
    if said := condition(error.code, error.params):
        return said
    words = _Words({"field": error.field or "body", "code": error.code, **error.params})
    return str(REFUSALS.get(error.code, REFUSALS["unknown_code"])).format_map(words)


def _error(error: Error) -> dict[str, Any]:
    return {
        "code": error.code,
        "detail": sentence(error),
        "field": error.field,
        "params": dict(error.params),
    }


class _Words(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "–"

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        return ", ".join(str(each) for each in value) if isinstance(value, list | tuple) else value


def _headers(status: int, wait: int) -> dict[str, str]:
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Bearer realm="passage"'}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return {"Retry-After": str(wait)}
    return {"Retry-After": str(RETRY_SECONDS)} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
