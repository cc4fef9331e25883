"""Who stands at a till: a PIN that the server checked becomes a signed clerk token, good for a shift at that till."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password
from django.core import signing

from passage.programme.models import Staff, Till

SALT = "till.clerk"
SHIFT = timedelta(hours=16)
# What somebody above has to agree to at a till, and the right it takes.
APPROVED = {"void": "purchases.void", "move": "purchases.move"}
MARK = 8  # characters of the PIN's hash: another PIN ends the tokens made with the one before


def is_pin(*, staff: Staff, pin: str) -> bool:
    """Whether ``pin`` is this person's; False for somebody who has none."""
    return bool(staff.pin_hash) and check_password(pin, staff.pin_hash)


def clerk_token(*, staff: Staff, till: Till, at: datetime) -> str:
    """What the till sends along to say who is working there."""
    return signing.dumps([till.pk, staff.pk, at.isoformat(), staff.pin_hash[-MARK:]], salt=SALT)


def read_clerk_token(*, text: str, till: Till, at: datetime, life: timedelta = SHIFT) -> Staff | None:
    """Whose token it is; None for one that is forged, old, of another till, of somebody who left or has a new PIN."""
    try:
        till_id, staff_id, made, mark = signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    if till_id != till.pk or not timedelta() <= at - datetime.fromisoformat(made) <= life:
        return None
    return held(till, staff_id, mark)


def held(till: Till, staff_id: int, mark: str) -> Staff | None:
    """The person with this number, if they still work here and have the PIN that they had then."""
    rows = Staff.objects.of(till.programme_id).filter(pk=staff_id, left_at=None)
    staff: Staff | None = rows.select_related("programme", "shop", "login").first()
    return staff if staff is not None and staff.pin_hash[-MARK:] == mark else None
