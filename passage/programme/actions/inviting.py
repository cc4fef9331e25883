"""A place offered to somebody who reads a mailbox: it is theirs once they have said yes, and nobody's before."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from passage.programme import addresses
from passage.programme.access import may_hire
from passage.programme.actions.staff import check_place, hire, kept_pin, tie
from passage.programme.actions.terms import named
from passage.programme.errors import Refused
from passage.programme.models import Invitation, Login, Shop, Staff, Tie
from passage.programme.queries import staff_of
from passage.programme.witness import note

LIFE = timedelta(days=7)
State = Invitation.State


@transaction.atomic
def invite(
    *, email: str, name: str, role: str, by: Staff, at: datetime, shop: Shop | None = None, pin: str = ""
) -> Invitation:
    """Offers the place, and tells nobody whether the address has a log-in here. A ``pin`` holds once it is accepted.

    Raises `Refused`: invalid_email, invited_already, taken for somebody at work here; and as `hire` and `set_pin` do.
    """
    programme, doer = by.programme, f"staff:{by.pk}"
    address = addresses.canonical(email)
    check_place(programme=programme, role=role, shop=shop)
    kept = kept_pin(pin)
    if Staff.objects.of(programme).filter(login__email=address, left_at=None).exists():
        raise Refused("taken", field="email")
    waiting = Invitation.objects.of(programme).select_for_update(no_key=True).filter(state=State.OPEN)
    for old in waiting.filter(until__lte=at).order_by("id"):
        _end(old, State.OVER)
    if waiting.filter(email=address).exists():
        raise Refused("invited_already", field="email")
    row: Invitation = Invitation.objects.create(
        programme=programme,
        email=address,
        name=named(name),
        role=role,
        shop=shop,
        pin_hash=kept,
        by=doer,
        made_at=at,
        until=at + LIFE,
    )
    where = shop.code if shop else ""
    note(programme=programme, by=doer, verb="staff.invited", subject=_subject(row), at=at, role=role, shop=where)
    return row


@transaction.atomic
def show_link(*, invitation: Invitation, by: str, at: datetime) -> None:
    """``by`` is shown the link and could use it. Raises ``Refused("invitation_over")``."""
    row = _held(invitation, at)
    if by not in row.shown_to:
        row.shown_to = [*row.shown_to, by]
        row.save(update_fields=["shown_to"])
    note(programme=row.programme, by=by, verb="staff.link_shown", subject=_subject(row), at=at)


@transaction.atomic
def accept(*, invitation: Invitation, login: Login, at: datetime) -> Staff:
    """The person says yes: from this moment on the place is theirs.

    Raises `Refused`: not_yours, taken, and invitation_over, also where whoever invited could not do so any more.
    """
    row = _held(invitation, at)
    if login.email != row.email:
        raise Refused("not_yours", field="invitation")
    inviter = staff_of(programme=row.programme, by=row.by)
    if inviter is None or not may_hire(inviter, row.rank, shop=row.shop):
        raise Refused("invitation_over", field="invitation")
    staff = hire(programme=row.programme, login=login, role=row.role, shop=row.shop, by=row.by, at=at)
    if row.pin_hash:
        staff.pin_hash = row.pin_hash
        staff.save(update_fields=["pin_hash"])
    for each in row.shown_to:
        tie(staff=staff, kind=Tie.Kind.LET_IN, by=each, at=at)
    _end(row, State.ACCEPTED)
    return staff


@transaction.atomic
def decline(*, invitation: Invitation, login: Login, at: datetime) -> None:
    """The person says no. Raises `Refused`: not_yours, invitation_over."""
    row = _held(invitation, at)
    if login.email != row.email:
        raise Refused("not_yours", field="invitation")
    _end(row, State.DECLINED)
    note(programme=row.programme, by=f"login:{login.pk}", verb="staff.declined", subject=_subject(row), at=at)


@transaction.atomic
def withdraw(*, invitation: Invitation, by: str, at: datetime) -> None:
    """Its link opens nothing from now on. Raises ``Refused("invitation_over")``."""
    row = _held(invitation, at)
    _end(row, State.WITHDRAWN)
    note(programme=row.programme, by=by, verb="staff.invitation_withdrawn", subject=_subject(row), at=at)


def _held(invitation: Invitation, at: datetime) -> Invitation:
    rows = Invitation.objects.of(invitation.programme_id).select_for_update(no_key=True, of=("self",))
    row: Invitation = rows.select_related("programme", "shop").get(pk=invitation.pk)
    if row.state != State.OPEN or row.until <= at:
        raise Refused("invitation_over", field="invitation")
    return row


def _end(row: Invitation, state: str) -> None:
    """It names nobody any more: who said no, or nothing, left nothing here."""
    row.state, row.email, row.name, row.pin_hash = state, "", "", ""
    row.save(update_fields=["state", "email", "name", "pin_hash"])


def _subject(row: Invitation) -> str:
    return f"invitation:{row.pk}"
