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
    """RFC 9457. ``errors`` lists every field at fault where there are several."""

    type: str
    title: str
    status: int
    errors: list[FieldProblem] = []
