"""Refusals of this room.

Codes: card_unreadable, card_typo, card_unknown, card_blank, card_bound, card_blocked, card_lost, card_replaced
(params: by, the new number masked), card_expired, card_state, taken, too_many, pattern_prefix, pattern_short (params: least), pattern_long (limit),
pattern_of_goods.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from passage.programme.errors import Refused


class NotThisCard(Refused):
    """The card cannot be used, or not for this."""

    def __init__(self, code: str, *, field: str = "card", params: Mapping[str, Any] | None = None) -> None:
        super().__init__(code, field=field, params=params)
