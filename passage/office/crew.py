"""Who works here: invited by a mail or a link, given a PIN, and out of everything the moment they leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from passage.logins import actions as logins
from passage.members.models import Member
from passage.office.forms import InviteForm, PinForm
from passage.office.inviting import Newcomer, link_of, take_on, tell
from passage.programme import actions, queries
from passage.programme.access import can, may_hire, stands_below, with_second_factor
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.invitations import can_be_invited
from passage.programme.models import Rank, Staff
from passage.ui.refusals import sentence_of
from passage.ui.squares import square


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at work here, and what the reader may do about them. ``waits``: no password chosen yet."""

    staff: Staff
    may_set_pin: bool
    may_leave: bool
    waits: bool
    has_factor: bool
    may_take_factor: bool
    may_reset: bool


@require_POST
@staff_page(verb="staff.edit")
def invite(request: HttpRequest, staff: Staff) -> HttpResponse:
    """A new place for somebody. Who has no password yet gets a link to choose one; nobody is told a password."""
    form = InviteForm(request.POST, **_choices(staff))
    if not form.is_valid():
        return _people(request, staff, form=PinForm(), faulty=None, invite=form)
    typed, shop = form.cleaned_data, form.chosen_shop()
    if not may_hire(staff, typed["role"], shop=shop):
        raise PermissionDenied
    newcomer = Newcomer(name=typed["name"], email=typed["email"], role=form.as_role(), shop=shop)
    try:
        person = take_on(newcomer, by=staff, at=timezone.now())
    except Refused as refused:
        known = _("This person works here already.")
        field = "name" if refused.field == "name" else "email"
        form.add_error(field, known if refused.code == "taken" else sentence_of(refused))
        return _people(request, staff, form=PinForm(), faulty=None, invite=form)
    return _invited(request, staff, person)


@require_POST
@staff_page(verb="staff.edit")
def link(request: HttpRequest, staff: Staff, person: int) -> HttpResponse:
    """The link once more, for somebody who has not chosen a password yet; it is sent again as well."""
    row = _below(staff, person)
    if not can_be_invited(row.login):
        raise Http404
    try:
        tell(row, at=timezone.now())
    except Refused as refused:
        messages.error(request, sentence_of(refused))
        return redirect("office:people")
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
    if not _may_show_link(staff, person):
        alone = _(
            "The place is there. The link goes to {email} and is for whoever reads that mailbox, for nobody else."
        )
        elsewhere = _("This log-in is used in another programme as well. Ask whoever runs the server.")
        messages.info(request, alone.format(email=person.login.email) if settings.SENDS_MAIL else elsewhere)
        return redirect("office:people")
    address = request.build_absolute_uri(link_of(person, at=timezone.now()))
    page: dict[str, object] = {"person": person, "address": address, "qr": square(address), "page": "office-people"}
    page["sends"] = settings.SENDS_MAIL
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


@require_POST
@staff_page(verb="settings.edit")
def ask_factor(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Whether owners and managers need a second factor. Who lacks it is led to set it up, and opens nothing else."""
    asked = request.POST.get("asked") == "yes"
    actions.ask_second_factor(programme=staff.programme, asked=asked, by=f"staff:{staff.pk}", at=timezone.now())
    on, off = _("Owners and managers need a second factor now."), _("A second factor is no longer asked for.")
    messages.success(request, on if asked else off)
    return redirect("office:people")


@require_POST
@staff_page(verb="settings.edit")
def take_factor(request: HttpRequest, staff: Staff, person: int) -> HttpResponse:
    """For a colleague who lost phone and codes; for oneself there is one's own page, which asks who one is."""
    row = _other(staff, person)
    if not _is_only_ours(staff, row):
        messages.error(request, _("This log-in is used in another programme as well. Ask whoever runs the server."))
    elif logins.take_factors_off(login=row.login, programme=staff.programme, by=f"staff:{staff.pk}", at=timezone.now()):
        messages.success(request, _("The second factor is taken off, and the person is signed out everywhere."))
    return redirect("office:people")


@require_POST
@staff_page(verb="settings.edit")
def new_password(request: HttpRequest, staff: Staff, person: int) -> HttpResponse:
    """A link for a colleague who forgot the password. Their second factor is asked for all the same.

    The owner's alone: a manager could use it to ask in another's name for what they then agree to (F-42).
    """
    row = _other(staff, person)
    if can_be_invited(row.login):
        raise Http404
    if not _is_only_ours(staff, row):
        messages.error(request, _("This log-in is used in another programme as well. Ask whoever runs the server."))
        return redirect("office:people")
    at = timezone.now()
    text = logins.hand_out_reset(staff=row, by=f"staff:{staff.pk}", at=at)
    address = request.build_absolute_uri(reverse("website:new_password", args=[text]))
    page: dict[str, object] = {"person": row, "address": address, "qr": square(address), "page": "office-people"}
    return staff_render(request, "office/invited.html", page | {"is_reset": True}, staff=staff)


def _other(staff: Staff, person: int) -> Staff:
    row = _below(staff, person)
    if row.pk == staff.pk:
        raise Http404
    return row


def _may_show_link(staff: Staff, person: Staff) -> bool:
    """Whoever has the link chooses the password. It is not shown where that opens a place in another programme, nor
    where strangers may begin programmes: one of them could choose it for an address that is not theirs, and wait.
    """
    return _is_only_ours(staff, person) and not (settings.SIGN_UP and settings.SENDS_MAIL)


def _is_only_ours(staff: Staff, person: Staff) -> bool:
    """Whoever works or is a member elsewhere is no owner's alone: a place here must not open what is theirs there."""
    elsewhere = Staff.objects.filter(login=person.login, left_at=None).exclude(programme=staff.programme)
    member = Member.objects.filter(login=person.login).exclude(programme=staff.programme)
    return not elsewhere.exists() and not member.exists()


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
            form.add_error("pin", digits if refused.code == "invalid" else sentence_of(refused))
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
    near, is_owner = _near(staff), can(staff, "settings.edit")
    protected = with_second_factor(each.login_id for each in near)
    rows = []
    for each in near:
        is_mine = stands_below(staff, each) and each.pk != staff.pk
        rows.append(
            Person(
                each,
                may_set_pin=_may_set_pin(staff, each) and each.role in queries.AT_THE_COUNTER,
                may_leave=is_mine,
                waits=is_mine and can_be_invited(each.login),
                has_factor=each.login_id in protected,
                may_take_factor=is_owner and is_mine and each.login_id in protected,
                may_reset=is_owner and is_mine and each.login.has_usable_password(),
            )
        )
    if invite is None:
        invite = InviteForm(None, **_choices(staff))
    page: dict[str, object] = {"rows": rows, "form": form, "faulty": faulty, "invite": invite, "page": "office-people"}
    page["may_ask"] = is_owner
    is_wrong = bool(faulty or invite.errors)
    return staff_render(request, "office/people.html", page, staff=staff, status=422 if is_wrong else 200)
