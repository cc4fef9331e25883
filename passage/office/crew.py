"""Who works here: invited by a link, given a PIN, and out of everything the moment they leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from passage.office.forms import InviteForm, PinForm
from passage.office.tills import square
from passage.programme import actions, queries
from passage.programme.access import can, may_hire, stands_below
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.invitations import can_be_invited, invitation
from passage.programme.models import Rank, Staff
from passage.ui.refusals import refusal


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at work here, and what the reader may do about them. ``waits``: no password chosen yet."""

    staff: Staff
    may_set_pin: bool
    may_leave: bool
    waits: bool


@require_POST
@staff_page(verb="staff.edit")
def invite(request: HttpRequest, staff: Staff) -> HttpResponse:
    """A new place for somebody. Who has no password yet gets a link to choose one; nobody is told a password."""
    form = InviteForm(request.POST, **_choices(staff))
    if not form.is_valid():
        return _people(request, staff, form=PinForm(), faulty=None, invite=form)
    typed, by, at = form.cleaned_data, f"staff:{staff.pk}", timezone.now()
    shop = form.chosen_shop()
    if not may_hire(staff, typed["role"], shop=shop):
        raise PermissionDenied
    try:
        with transaction.atomic():
            login = queries.login_by_email(typed["email"]) or actions.create_login(
                email=typed["email"], password="", name=typed["name"]
            )
            person = actions.hire(programme=staff.programme, login=login, role=form.as_role(), shop=shop, by=by, at=at)
    except Refused as refused:
        known = _("This person works here already.")
        form.add_error("email", known if refused.code == "taken" else refusal(refused.code, {"field": refused.field}))
        return _people(request, staff, form=PinForm(), faulty=None, invite=form)
    return _invited(request, staff, person)


@require_POST
@staff_page(verb="staff.edit")
def link(request: HttpRequest, staff: Staff, person: int) -> HttpResponse:
    """The link once more, for somebody who has not chosen a password yet."""
    row = _below(staff, person)
    if not can_be_invited(row.login):
        raise Http404
    return _invited(request, staff, row)


def _below(staff: Staff, person: int) -> Staff:
    """Somebody whose place this person may give and take; nobody of another shop or programme is there."""
    row = next((each for each in _near(staff) if each.pk == person), None)
    if row is None:
        raise Http404
    if not stands_below(staff, row):
        raise PermissionDenied
    return row


def _near(staff: Staff) -> list[Staff]:
    """Everybody whom this person sees: those of the same shop, or all for who is in no shop alone."""
    everybody = queries.all_staff(programme=staff.programme)
    return [each for each in everybody if staff.shop_id in {None, each.shop_id}]


def _choices(staff: Staff) -> dict[str, Any]:
    """The ranks and shops that this person may give out."""
    shops = [staff.shop] if staff.shop else queries.shops(programme=staff.programme)
    ranks = [each for each in Rank if may_hire(staff, each, shop=staff.shop)]
    return {"shops": shops, "ranks": ranks, "must_be_here": staff.shop is not None}


def _invited(request: HttpRequest, staff: Staff, person: Staff) -> HttpResponse:
    if not can_be_invited(person.login):
        messages.success(request, _("The place is there. This person signs in with the password they have already."))
        return redirect("office:people")
    text = invitation(person.login, at=timezone.now())
    address = request.build_absolute_uri(reverse("website:join", args=[text]))
    page: dict[str, object] = {"person": person, "address": address, "qr": square(address), "page": "office-people"}
    return staff_render(request, "office/invited.html", page, staff=staff)


@require_POST
@staff_page(verb="staff.edit")
def leave(request: HttpRequest, staff: Staff, person: int) -> HttpResponse:
    """The person works here no longer, from this moment on: signed out of every page and till."""
    row = _below(staff, person)
    try:
        actions.leave(staff=row, by=f"staff:{staff.pk}", at=timezone.now())
    except Refused:
        messages.error(request, _("A programme needs an owner. Make somebody else one first."))
    else:
        messages.success(request, _("This person works here no longer."))
    return redirect("office:people")


@require_safe
@staff_page(verb="pins.edit")
def people(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Who works at the counters, and whether they have a PIN."""
    return _people(request, staff, form=PinForm(), faulty=None)


@require_POST
@staff_page(verb="pins.edit")
def pin(request: HttpRequest, staff: Staff, person: int) -> HttpResponse:
    """A new PIN; empty takes it away. Whoever is signed in with the old one is signed out."""
    row = next((each for each in _near(staff) if each.pk == person and each.role in queries.AT_THE_COUNTER), None)
    if row is None:
        raise Http404
    if not _may_set_pin(staff, row):
        raise PermissionDenied
    form = PinForm(request.POST)
    if form.is_valid():
        try:
            actions.set_pin(staff=row, pin=form.cleaned_data["pin"], by=f"staff:{staff.pk}", at=timezone.now())
        except Refused as refused:
            digits = _("A PIN has 4 to 8 digits and nothing else.")
            form.add_error("pin", digits if refused.code == "invalid" else refusal(refused.code, refused.params))
        else:
            done = _("The PIN is set.") if form.cleaned_data["pin"] else _("The PIN is taken away.")
            messages.success(request, done)
            return redirect("office:people")
    return _people(request, staff, form=form, faulty=row.pk)


def _may_set_pin(staff: Staff, person: Staff) -> bool:
    """One's own, and of those who stand below: whoever sets a PIN can be that person at a till."""
    return person.pk == staff.pk or (can(staff, "pins.edit") and stands_below(staff, person))


def _people(
    request: HttpRequest, staff: Staff, *, form: PinForm, faulty: int | None, invite: InviteForm | None = None
) -> HttpResponse:
    rows = [
        Person(
            each,
            may_set_pin=_may_set_pin(staff, each) and each.role in queries.AT_THE_COUNTER,
            may_leave=stands_below(staff, each) and each.pk != staff.pk,
            waits=stands_below(staff, each) and can_be_invited(each.login),
        )
        for each in _near(staff)
    ]
    if invite is None:
        invite = InviteForm(None, **_choices(staff))
    page: dict[str, object] = {"rows": rows, "form": form, "faulty": faulty, "invite": invite, "page": "office-people"}
    is_wrong = bool(faulty or invite.errors)
    return staff_render(request, "office/people.html", page, staff=staff, status=422 if is_wrong else 200)
