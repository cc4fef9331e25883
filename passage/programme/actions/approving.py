"""What somebody above agrees to at a till: one deed about one sale, once, by the server's clock."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from django.core import signing

from passage.programme.clerks import MARK, held
from passage.programme.models import Approval, Staff, Till

SALT = "till.approval"
LIFE = timedelta(minutes=15)
SKEW = timedelta(
    minutes=5
)  # between the server's clock and what a till's clocks came to, and for the way to the server


def approve(*, staff: Staff, till: Till, kind: str, sale: str, at: datetime) -> str:
    """``staff`` agrees to one deed about one sale; what the till sends along with it."""
    row = Approval.objects.create(programme=till.programme, till=till, staff=staff, kind=kind, sale=sale, made_at=at)
    return signing.dumps([str(row.public_id), staff.pin_hash[-MARK:]], salt=SALT)


def use_approval(
    *, text: str, till: Till, kind: str, sales: Collection[str], done_at: datetime, at: datetime
) -> Staff | None:
    """Who agreed, and nobody any more for the next one: it is used up in the same transaction as the deed.

    None for one that is forged, used, of another deed, sale or till, or not of these minutes. ``sales`` are the names
    that the sale goes by; ``done_at`` is when the till did it, ``at`` when the server hears of it: both have to be near.
    """
    try:
        name, mark = signing.loads(text, salt=SALT)
        public_id = uuid.UUID(name)
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        return None
    rows = Approval.objects.of(till.programme_id).filter(
        public_id=public_id, till=till, kind=kind, sale__in=list(sales)
    )
    row = rows.first()
    if row is None or not -SKEW <= done_at - row.made_at <= LIFE or not timedelta() <= at - row.made_at <= LIFE + SKEW:
        return None
    # Of two deeds that come at once the second waits for the first here, and then finds it used.
    if not rows.filter(used_at=None).update(used_at=at):
        return None
    return held(till, row.staff_id, mark)
