"""The problem as documented; `passage.api.problems` writes it."""

from __future__ import annotations

from typing import Any

from passage.api.schemas.fields import ResponseBody


class FieldProblem(ResponseBody):
    """One field at fault. ``params`` are the numbers of the sentence."""

    code: str
    detail: str
    field: str
    params: dict[str, Any]


class Problem(FieldProblem):
    """RFC 9457. ``errors`` lists every field at fault where there are several; ``request_id`` is the header X-Request-Id, to
    be told to whoever runs Passage: the lines of the log carry it."""

    type: str
    title: str
    status: int
    request_id: str
    errors: list[FieldProblem] = []
