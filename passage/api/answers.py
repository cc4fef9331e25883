"""Answers: JSON of a schema, written once, with the headers that belong to it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel

from passage.api.auth import KeyedRequest
from passage.api.problems import Fault
from passage.audit.actions import once

KEY = re.compile(r"[A-Za-z0-9._:-]{1,64}")
REPLAY = "Idempotent-Replay"


def answer(body: BaseModel, /, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    return HttpResponse(body.model_dump_json(), status=status, content_type="application/json", headers=headers)


def replayed(*, is_replay: bool) -> dict[str, str]:
    """The header of an answer that was given before."""
    return {REPLAY: "true"} if is_replay else {}


def etag(body: BaseModel, /) -> str:
    return f'"{hashlib.sha256(body.model_dump_json().encode()).hexdigest()[:32]}"'


def keyed(
    request: KeyedRequest, /, *, work: Callable[[], str], show: Callable[[str], BaseModel], status: int = 200
) -> HttpResponse:
    """A write that happens once for each ``Idempotency-Key``, in one transaction with the key.

    ``work`` does it and answers the public name of what it did; ``show`` reads that for the answer. A repeated
    request does nothing and is shown the same thing, as it is now.
    """
    outcome = once(
        programme=request.auth.programme,
        source=request.auth.source,
        key=_key(request),
        asked=f"{request.method} {request.path}\n".encode() + request.body,
        work=work,
        at=request.auth.at,
    )
    headers = replayed(is_replay=outcome.is_replay)
    return answer(show(outcome.subject), status=200 if outcome.is_replay else status, headers=headers)


def _key(request: HttpRequest) -> str:
    text = request.headers.get("Idempotency-Key", "")
    if text and not KEY.fullmatch(text):
        raise Fault("bad_idempotency_key", field="Idempotency-Key")
    return text
