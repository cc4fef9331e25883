"""What the owner reads about backups on the overview: when the last good one was made, or that there is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from passage.backups import queries

OLD = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Line:
    """``made_at`` is of the last good one. ``trouble``: the newest could not be proved. ``is_planned``: one will be made."""

    made_at: datetime | None
    is_old: bool
    trouble: str
    is_planned: bool

    @property
    def is_warning(self) -> bool:
        return self.is_old or bool(self.trouble)


def line(*, at: datetime) -> Line | None:
    """None for a demonstration, which keeps nothing of anybody's."""
    good, last = queries.last_good(), queries.last()
    if good is None and last is None and settings.SHOWS_MAIL:
        return None
    made_at = good.made_at if good is not None else None
    is_old = made_at is not None and at - made_at > OLD
    return Line(made_at, is_old, last.trouble if last is not None else "", settings.BACKUPS is not None)
