"""Refusals of this room.

Codes: taken, invalid, invalid_email, invalid_phone, invalid_day, invalid_tag, too_long, too_many, unknown_language,
unknown_field, unknown_member, member_blocked, member_merged, member_erased, same_member, choose, bad_cursor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from passage.programme.errors import Refused


class Taken(Refused):
    """Another member of the programme has this e-mail, phone or number already."""

    def __init__(self, field: str) -> None:
        super().__init__("taken", field=field)


class Invalid(Refused):
    """``field`` cannot be what was given."""

    def __init__(self, field: str, code: str = "invalid", *, params: Mapping[str, Any] | None = None) -> None:
        super().__init__(code, field=field, params=params)
