"""Reading what was written down."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from passage.audit.models import Event
from passage.programme import limits
from passage.programme.models import Programme


def about(*, programme: Programme, subject: str, before: int = 0, limit: int = limits.PAGE) -> Sequence[Event]:
    """What happened to ``subject``, newest first; ``before`` is the id of the last event already seen."""
    events = Event.objects.of(programme).filter(subject=subject)
    if before:
        events = events.filter(id__lt=before)
    return list(events.order_by("-id")[: max(1, min(limit, limits.PAGE))])


@dataclass(frozen=True, slots=True)
class Wanted:
    """Done by one of ``by``, one of ``verbs``, to ``subject``, at ``since`` or later, before ``until``.

    What is left out does not limit.
    """

    by: Collection[str] | None = None
    verbs: Collection[str] | None = None
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def as_q(self) -> Q:
        asked = {
            "by__in": self.by,
            "verb__in": self.verbs,
            "subject": self.subject or None,
            "at__gte": self.since,
            "at__lt": self.until,
        }
        return Q(**{name: value for name, value in asked.items() if value is not None})


def search(wanted: Wanted, *, programme: Programme, before: int = 0, limit: int = limits.PAGE) -> list[Event]:
    """What is wanted, newest first; ``before`` is the id of the last event already seen.

    In the order of the moments, as the indexes have it: of a million lines it reads those it shows.
    """
    events = Event.objects.of(programme).filter(wanted.as_q())
    if before:
        seen = Event.objects.of(programme).filter(id=before).values_list("at", flat=True).first()
        if seen is None:
            return []
        events = events.filter(Q(at__lt=seen) | Q(at=seen, id__lt=before), at__lte=seen)
    return list(events.order_by("-at", "-id")[: max(1, min(limit, limits.PAGE))])
