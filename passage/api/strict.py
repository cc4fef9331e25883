"""JSON read with suspicion: what two programs could read differently is refused, never guessed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

from passage.api.problems import Fault

BODY = 64 * 1024  # bytes of an ordinary request
SYNC = 1024 * 1024  # bytes of a till's batch
DEPTH = 20  # braces and brackets inside each other
DIGITS = 40  # of one number: far more than any that is accepted, few enough to be read in no time


@dataclass(frozen=True, slots=True)
class NotWhole:
    """A number with a point, an exponent, or none at all (NaN): every field refuses it by name."""

    text: str


class StrictParser(Parser):
    """What ninja asks for the body of a request."""

    def parse_body(self, request: HttpRequest) -> Any:
        return read(request.body, limit=limit_of(request))


def limit_of(request: HttpRequest, /) -> int:
    """The most bytes that this address takes."""
    return SYNC if request.path.endswith(("/sync", "/till/operations")) else BODY


def read(body: bytes, /, *, limit: int) -> Any:
    """The value in ``body``. Raises `Fault`: 413 when too large, else 400 with what is wrong."""
    if len(body) > limit:
        raise Fault("body_too_large", status=413, params={"limit": limit})
    try:
        value = json.loads(
            body.decode("utf-8"),
            parse_int=_whole,
            parse_float=NotWhole,
            parse_constant=NotWhole,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError):
        raise Fault("not_json", status=400) from None
    _check(value)
    return value


def _whole(text: str) -> int | NotWhole:
    return int(text) if len(text) <= DIGITS else NotWhole(text[:DIGITS])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Fault("duplicate_key", status=400, field=first_twice(name for name, _ in pairs))
    return found


def first_twice(names: Iterable[str]) -> str:
    """The first of the names that was there before, or ""."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return ""


def _check(value: Any) -> None:
    waiting = [(value, 1)]
    while waiting:
        each, depth = waiting.pop()
        if not isinstance(each, dict | list):
            continue
        if depth > DEPTH:
            raise Fault("too_deep", status=400, params={"limit": DEPTH})
        waiting += [(part, depth + 1) for part in (each.values() if isinstance(each, dict) else each)]
