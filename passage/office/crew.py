"""Who works here: invited by a mail or a link, given a PIN, and out of everything the moment they leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

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
from passage.office.inviting import Newcomer, link_of, take_on, tell, tell_again
from passage.programme import actions, queries
from passage.programme.access import can, may_hire, stands_below, with_second_factor
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.invitations import can_be_invited, offer
from passage.programme.models import Invitation, Rank, Staff, Tie
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
    """A place is offered. Whether the address has a log-in here is told to its mailbox and to nobody else."""
    form = InviteForm(request.POST, **_choices(staff))
    if not form.is_valid():
        return _people(request, staff, form=PinForm(), faulty=None, invite=form)
    typed, shop = form.cleaned_data, form.chosen_shop()
    if not may_hire(staff, typed["role"], shop=shop):
        raise PermissionDenied
    newcomer = Newcomer(name=typed["name"], email=typed["email"], role=form.as_role(), shop=shop)
    try:
        row = take_on(newcomer, by=staff, at=timezone.now())
    except Refused as refused:
        known = _("This person works here already.")
        field = "name" if refused.field == "name" else "email"
        form.add_error(field, known if refused.code == "taken" else sentence_of(refused))
        return _people(request, staff, form=PinForm(), faulty=None, invite=form)
    assert row is not None  # the form asks for an address
    return _offered(request, staff, row)


@require_POST
@staff_page(verb="staff.edit")
def offer_again(request: HttpRequest, staff: Staff, invitation: UUID) -> HttpResponse:
    """The invitation once more."""
    row = _offer(staff, invitation)
    try:
        tell(row, at=timezone.now())
    except Refused as refused:
        messages.error(request, sentence_of(refused))
        return redirect("office:people")
    return _offered(request, staff, row)


@require_POST
@staff_page(verb="staff.edit")
def withdraw(request: HttpRequest, staff: Staff, invitation: UUID) -> HttpResponse:
    """Nobody is invited any more: the link that went out opens nothing."""
    try:
        actions.withdraw(invitation=_offer(staff, invitation), by=f"staff:{staff.pk}", at=timezone.now())
    except Refused as refused:
        messages.error(request, sentence_of(refused))
    else:
        messages.success(request, _("The invitation is withdrawn."))
    return redirect("office:people")


def _offers(staff: Staff) -> list[Invitation]:
    """The invitations to places that this person may give."""
    rows = queries.invitations(programme=staff.programme, at=timezone.now())
    return [row for row in rows if may_hire(staff, row.rank, shop=row.shop)]


def _offer(staff: Staff, public_id: UUID) -> Invitation:
    row = next((each for each in _offers(staff) if each.public_id == public_id), None)
    if row is None:
        raise Http404
    return row


def _offered(request: HttpRequest, staff: Staff, row: Invitation) -> HttpResponse:
    """With a mail server the link goes to the mailbox and nowhere else; whoever is shown it here could use it."""
    if settings.SENDS_MAIL:
        said = _("The invitation goes to {email}. Until it is accepted, nobody has the place.")
        messages.success(request, said.format(email=row.email))
        return redirect("office:people")
    actions.show_link(invitation=row, by=f"staff:{staff.pk}", at=timezone.now())
    address = request.build_absolute_uri(reverse("website:offer", args=[offer(row, is_mailed=False)]))
    return _shown(request, staff, row.name, address, "offer")


def _shown(request: HttpRequest, staff: Staff, who: str, address: str, kind: str) -> HttpResponse:
    """A link to be given by hand, as text and as a picture."""
    page: dict[str, object] = {"who": who, "address": address, "qr": square(address), "kind": kind}
    return staff_render(request, "office/invited.html", page | {"page": "office-people"}, staff=staff)


@require_POST
@staff_page(verb="staff.edit")
def link(request: HttpRequest, staff: Staff, person: int) -> HttpResponse:
    """For somebody who has a place and no password yet, such as after a move to this server: the link to choose one."""
    row, at = _below(staff, person), timezone.now()
    if not can_be_invited(row.login):
        raise Http404
    if settings.SENDS_MAIL:
        try:
            tell_again(row, at=at)
        except Refused as refused:
            messages.error(request, sentence_of(refused))
        else:
            messages.info(request, _mailed(row))
        return redirect("office:people")
    if not _is_only_ours(row):
        messages.error(request, _not_ours())
        return redirect("office:people")
    actions.tie(staff=row, kind=Tie.Kind.LET_IN, by=f"staff:{staff.pk}", at=at)
    return _shown(request, staff, str(row.login), request.build_absolute_uri(link_of(row, at=at)), "link")


def _mailed(person: Staff) -> str:
    said = _("The link goes to {email}. It is for whoever reads that mailbox, for nobody else.")
    return said.format(email=person.login.email)


def _not_ours() -> str:
    return _("This log-in is the person’s own. Ask whoever runs the server.")


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


@require_POST
@staff_page(verb="staff.edit")
def leave(request: HttpRequest, staff: Staff, person: int) -> HttpResponse:
    """The person works here no longer, from this moment on, at every page and till of this programme."""
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
    if not _is_only_ours(row):
        messages.error(request, _not_ours())
    elif logins.take_factors_off(login=row.login, programme=staff.programme, by=f"staff:{staff.pk}", at=timezone.now()):
        messages.success(request, _("The second factor is taken off, and the person is signed out everywhere."))
    return redirect("office:people")


@require_POST
@staff_page(verb="settings.edit")
def new_password(request: HttpRequest, staff: Staff, person: int) -> HttpResponse:
    """For a colleague who forgot the password. Their second factor is asked for all the same.

    The link is shown only for a log-in that this programme made and nobody else uses; else the mailbox alone gets it.
    The owner's alone: a manager could use it to ask in another's name for what they then agree to (F-42).
    """
    row, at = _other(staff, person), timezone.now()
    if can_be_invited(row.login) or not row.login.has_mailbox:
        raise Http404
    if _is_only_ours(row):
        text = logins.hand_out_reset(staff=row, by=f"staff:{staff.pk}", at=at)
        address = request.build_absolute_uri(reverse("website:new_password", args=[text]))
        return _shown(request, staff, str(row.login), address, "reset")
    if settings.SENDS_MAIL:
        logins.ask_reset(address=row.login.email, language=staff.programme.language, at=at)
        messages.info(request, _mailed(row))
    else:
        messages.error(request, _not_ours())
    return redirect("office:people")


def _other(staff: Staff, person: int) -> Staff:
    row = _below(staff, person)
    if row.pk == staff.pk:
        raise Http404
    return row


def _is_only_ours(person: Staff) -> bool:
    """Whether this programme's invitation made the log-in and nothing else hangs on it: no place, card or offer elsewhere."""
    login, programme = person.login, person.programme
    if login.made_for != programme.public_id:
        return False
    elsewhere = Staff.objects.filter(login=login, left_at=None).exclude(programme=programme)
    member = Member.objects.filter(login=login).exclude(programme=programme)
    offers = [each for each in queries.invitations_to(login, at=timezone.now()) if each.programme_id != programme.pk]
    return not elsewhere.exists() and not member.exists() and not offers


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
                may_reset=is_owner and is_mine and each.login.has_mailbox and each.login.has_usable_password(),
            )
        )
    if invite is None:
        invite = InviteForm(None, **_choices(staff))
    page: dict[str, object] = {"rows": rows, "form": form, "faulty": faulty, "invite": invite, "page": "office-people"}
    page["may_ask"], page["offers"] = is_owner, _offers(staff)
    is_wrong = bool(faulty or invite.errors)
    return staff_render(request, "office/people.html", page, staff=staff, status=422 if is_wrong else 200)
