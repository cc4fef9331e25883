"""Reading what was written down."""

from __future__ import annotations

from collections.abc import Sequence

from passage.audit.models import Event
from passage.programme import limits
from passage.programme.models import Programme


def about(*, programme: Programme, subject: str, before: int = 0, limit: int = limits.PAGE) -> Sequence[Event]:
    """What happened to ``subject``, newest first; ``before`` is the id of the last event already seen."""
    events = Event.objects.of(programme).filter(subject=subject)
    if before:
        events = events.filter(id__lt=before)
    return list(events.order_by("-id")[: max(1, min(limit, limits.PAGE))])
