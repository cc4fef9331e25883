"""Who stands at a till: a PIN that the server checked becomes a signed slip, good for a shift at that till."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password
from django.core import signing

from passage.programme.models import Staff, Till

SALT = "till.clerk"
APPROVAL = "till.approval"
SHIFT = timedelta(hours=16)
MINUTES_OF_APPROVAL = timedelta(minutes=15)
# What somebody above has to agree to at a till, and the right it takes.
APPROVED = {"void": "purchases.void", "move": "purchases.move"}
MARK = 8  # characters of the PIN's hash: another PIN ends the slips made with the one before


def is_pin(*, staff: Staff, pin: str) -> bool:
    """Whether ``pin`` is this person's; False for somebody who has none."""
    return bool(staff.pin_hash) and check_password(pin, staff.pin_hash)


def clerk_slip(*, staff: Staff, till: Till, at: datetime) -> str:
    """What the till sends along to say who is working there."""
    return signing.dumps([till.pk, staff.pk, at.isoformat(), staff.pin_hash[-MARK:]], salt=SALT)


def read_slip(*, text: str, till: Till, at: datetime, life: timedelta = SHIFT) -> Staff | None:
    """Whose slip it is; None for one that is forged, old, of another till, of somebody who left or has a new PIN."""
    try:
        till_id, staff_id, made, mark = signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    if till_id != till.pk or not timedelta() <= at - datetime.fromisoformat(made) <= life:
        return None
    return _held(till, staff_id, mark)


def approval(*, staff: Staff, till: Till, kind: str, sale: str, at: datetime) -> str:
    """That somebody above agreed to one deed about one sale."""
    content = [till.pk, staff.pk, at.isoformat(), staff.pin_hash[-MARK:], kind, sale]
    return signing.dumps(content, salt=APPROVAL)


def read_approval(*, text: str, till: Till, kind: str, sales: Collection[str], at: datetime) -> Staff | None:
    """Who agreed; None for a slip that is forged, of another deed, sale or till, or not of these minutes.

    ``sales`` are the names that the sale goes by. ``at`` is when the deed was done.
    """
    try:
        till_id, staff_id, made, mark, deed, sale = signing.loads(text, salt=APPROVAL)
    except (signing.BadSignature, ValueError):
        return None
    away = abs(at - datetime.fromisoformat(made))
    if (till_id, deed) != (till.pk, kind) or sale not in sales or away > MINUTES_OF_APPROVAL:
        return None
    return _held(till, staff_id, mark)


def _held(till: Till, staff_id: int, mark: str) -> Staff | None:
    rows = Staff.objects.of(till.programme_id).filter(pk=staff_id, left_at=None)
    staff: Staff | None = rows.select_related("programme", "shop", "login").first()
    return staff if staff is not None and staff.pin_hash[-MARK:] == mark else None
