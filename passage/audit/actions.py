"""Writing down who did what, and what was done for which key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from passage.audit.models import Event, Operation
from passage.programme import limits
from passage.programme.blanking import blanked, full
from passage.programme.errors import Refused
from passage.programme.models import Programme, Source


def note(*, programme: Programme, by: str, verb: str, subject: str, at: datetime, **detail: Any) -> Event:
    """Add an event. Call it inside the transaction of what it tells of."""
    return Event.objects.create(programme=programme, by=by, verb=verb, subject=subject, detail=detail, at=at)


@dataclass(frozen=True, slots=True)
class Outcome:
    """``subject`` is the public name of what was done; ``is_replay``: it had been done before."""

    subject: str
    is_replay: bool


def once(
    *, programme: Programme, source: Source, key: str, asked: bytes, work: Callable[[], str], at: datetime
) -> Outcome:
    """Does ``work`` once for each ``key`` of the source, in one transaction with the key; without a key, just does it.

    Only what was done is kept, never a refusal. What is kept is the name of the thing and a fingerprint of
    what was asked: nobody's details. Raises ``Refused("key_reused")`` when something else was asked before.
    """
    fingerprint = hashlib.sha256(asked).hexdigest()
    if key and (known := _outcome(programme, source, key, fingerprint)) is not None:
        return known
    try:
        with transaction.atomic():
            subject = work()
            if key:
                Operation.objects.create(
                    programme=programme,
                    source=source,
                    key=key,
                    fingerprint=fingerprint,
                    status=200,
                    answer=subject,
                    at=at,
                )
    except (Refused, IntegrityError):
        # A twin of this request may have been faster: then its outcome is ours.
        if key and (known := _outcome(programme, source, key, fingerprint)) is not None:
            return known
        raise
    return Outcome(subject=subject, is_replay=False)


def _outcome(programme: Programme, source: Source, key: str, fingerprint: str) -> Outcome | None:
    known = Operation.objects.of(programme).filter(source=source, key=key).first()
    if known is None:
        return None
    if known.fingerprint != fingerprint:
        raise Refused("key_reused", field="Idempotency-Key")
    return Outcome(subject=known.answer, is_replay=True)


def forget(*, programme: Programme, subjects: Sequence[str]) -> None:
    """Empties the reasons that were typed about these; that it was done, when and by whom stays."""
    for start in range(0, len(subjects), limits.IN_ONE_QUERY):
        part = subjects[start : start + limits.IN_ONE_QUERY]
        rows = Event.objects.of(programme).filter(subject__in=part, detail__has_key="reason")
        full(rows).update(**blanked(rows.model))
