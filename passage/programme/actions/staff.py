"""Places: given, ended, and the PIN that goes with one at the tills."""

from __future__ import annotations

import re
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction

from passage.programme.actions.terms import among
from passage.programme.errors import Refused
from passage.programme.models import Login, Programme, Role, Shop, Staff, Tie
from passage.programme.witness import note

PIN = re.compile(r"[0-9]{4,8}")
RUN = "0123456789"
EVERYWHERE = (Role.OWNER, Role.DEVELOPER)  # places that no shop can hold


@transaction.atomic
def hire(*, programme: Programme, login: Login, role: str, by: str, at: datetime, shop: Shop | None = None) -> Staff:
    """A place for the login, in one shop or (None) in all: a manager of all is the chain's.

    Raises `Refused`: taken if it has one already, everywhere_only for an owner or developer of one shop.
    """
    check_place(programme=programme, role=role, shop=shop)
    if Staff.objects.of(programme).filter(login=login, left_at=None).exists():
        raise Refused("taken", field="login")
    staff: Staff = Staff.objects.create(programme=programme, login=login, role=role, shop=shop)
    where = shop.code if shop else ""
    note(programme=programme, by=by, verb="staff.hired", subject=f"staff:{staff.pk}", at=at, role=role, shop=where)
    tie(staff=staff, kind=Tie.Kind.HIRED, by=by, at=at)
    return staff


def check_place(*, programme: Programme, role: str, shop: Shop | None) -> None:
    """Raises `Refused` for a place that nobody can have: unknown_shop, everywhere_only."""
    among(role, Role.values, field="role")
    if shop is not None and shop.programme_id != programme.id:
        raise Refused("unknown_shop", field="shop")
    if shop is not None and role in EVERYWHERE:
        raise Refused("everywhere_only", field="shop")


def tie(*, staff: Staff, kind: str, by: str, at: datetime) -> None:
    """``by`` has the person's place or log-in in hand. What is no person of the staff ties nobody."""
    if by.startswith("staff:") and by != f"staff:{staff.pk}":
        Tie.objects.create(programme_id=staff.programme_id, staff=staff, kind=kind, by=by, at=at)


@transaction.atomic
def leave(*, staff: Staff, by: str, at: datetime) -> Staff:
    """Ends the place from this moment on, at every page and till; ending it twice changes nothing.

    The log-in is the person's own: what else they do with it goes on. Raises ``Refused("last_owner")``.
    """
    places = Staff.objects.of(staff.programme_id).select_for_update(no_key=True).order_by("id")
    current = {place.pk: place for place in places.filter(left_at=None)}
    if staff.pk not in current:
        staff.refresh_from_db()
        return staff
    if staff.role == Role.OWNER and sum(place.role == Role.OWNER for place in current.values()) == 1:
        raise Refused("last_owner", field="staff")
    left: Staff = current[staff.pk]
    left.left_at = at
    left.save(update_fields=["left_at"])
    note(programme=left.programme, by=by, verb="staff.left", subject=f"staff:{left.pk}", at=at)
    return left


@transaction.atomic
def set_pin(*, staff: Staff, pin: str, by: str, at: datetime) -> Staff:
    """The PIN that this person signs in with at a till, 4 to 8 digits; an empty one takes it away.

    Raises ``Refused``: invalid, or pin_too_simple for one digit over and over or a run such as 1234.
    """
    kept = kept_pin(pin)
    held: Staff = Staff.objects.of(staff.programme_id).select_for_update(no_key=True).get(pk=staff.pk)
    held.pin_hash = kept
    held.save(update_fields=["pin_hash"])
    note(programme=held.programme, by=by, verb="staff.pin_set", subject=f"staff:{held.pk}", at=at)
    return held


def kept_pin(pin: str, /) -> str:
    """What is kept of a PIN, empty for none. Raises ``Refused`` as `set_pin` does."""
    if pin and not (pin.isascii() and PIN.fullmatch(pin)):
        raise Refused("invalid", field="pin")
    if pin and (len(set(pin)) == 1 or pin in RUN or pin in RUN[::-1]):
        raise Refused("pin_too_simple", field="pin")
    return make_password(pin) if pin else ""
