"""Refusals: what an action says instead of doing half of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """Nothing was written. ``code`` says why, ``field`` names what to change, ``params`` holds the numbers.

    Doors turn code and params into a sentence in the reader's language. Params hold no secret and
    nothing that tells of another member.
    """

    def __init__(self, code: str, *, field: str = "", params: Mapping[str, Any] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.params: dict[str, Any] = dict(params or {})

    def __str__(self) -> str:
        return f"{self.code} ({self.field})" if self.field else self.code
