"""Members in the hands of the back office: enrolled, put right, blocked, given cards, corrected; each deed written down."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from passage.cards import actions as cards
from passage.cards import queries as card_queries
from passage.cards.models import Card
from passage.ledger import actions as ledger
from passage.ledger.queries import units
from passage.members import actions, queries
from passage.members.models import Member
from passage.office.once import once
from passage.office.people import AdjustForm, CardForm, MemberForm, ReasonForm
from passage.programme import throttle
from passage.programme.access import can
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Staff
from passage.ui.context import entry_of
from passage.ui.refusals import sentence_of

SOURCE = "office"


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="members.edit")
def enrol(request: HttpRequest, staff: Staff) -> HttpResponse:
    """A new member, with a card from the stock of blank ones when one is at hand."""
    form = MemberForm(request.POST if request.method == "POST" else None, member=None)
    if request.method == "POST" and form.is_valid():
        made: list[str] = []

        def work() -> None:
            at = timezone.now()
            with throttle.looking(f"staff:{staff.pk}", at=at):
                made.append(once(request, staff, lambda: str(_enrolled(staff, form).public_id), at=at))

        if _done(form, work):
            messages.success(request, _("The member is there."))
            return redirect("office:member", member=made[0])
    page: dict[str, object] = {"form": form, "member": None}
    return staff_render(request, "office/member_form.html", page, staff=staff, status=422 if form.errors else 200)


@transaction.atomic
def _enrolled(staff: Staff, form: MemberForm) -> Member:
    at, by = timezone.now(), f"staff:{staff.pk}"
    member = actions.enrol(programme=staff.programme, by=by, at=at, **form.details())
    if form.cleaned_data["consents"]:
        given = dict.fromkeys(form.cleaned_data["consents"], True)
        actions.record_consents(member=member, given=given, source=SOURCE, by=by, at=at)
    if number := form.cleaned_data["card"]:
        _give(staff, member, number)
    return member


def _give_typed(staff: Staff, member: Member, number: str) -> None:
    with throttle.looking(f"staff:{staff.pk}", at=timezone.now()):
        _give(staff, member, number)


def _give(staff: Staff, member: Member, number: str) -> None:
    """Only a card of a batch can be given out: a number off the shelf is no card (E-33)."""
    card = card_queries.find(programme=staff.programme, code=number)
    if card is None:
        raise Refused("card_unknown", field="card")
    cards.bind(card=card, member=member, by=f"staff:{staff.pk}", at=timezone.now())


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="members.edit")
def edit(request: HttpRequest, staff: Staff, member: uuid.UUID) -> HttpResponse:
    row = _member(staff, member)
    form = MemberForm(request.POST if request.method == "POST" else None, member=row)
    if request.method == "POST" and form.is_valid():
        by, at = f"staff:{staff.pk}", timezone.now()

        def work() -> None:
            card_queries.check_not_own_gifts(member=row, by=by, details=form.details())
            with transaction.atomic():
                actions.edit(member=row, by=by, at=at, **form.details())
                said = {name: name in form.cleaned_data["consents"] for name in form.purposes}
                actions.record_consents(member=row, given=said, source=SOURCE, by=by, at=at)

        if _done(form, work):
            messages.success(request, _("Saved."))
            return redirect("office:member", member=row.public_id)
    page: dict[str, object] = {"form": form, "member": row}
    return staff_render(request, "office/member_form.html", page, staff=staff, status=422 if form.errors else 200)


def _done(form: Any, work: Callable[[], object]) -> bool:
    try:
        work()
    except Refused as refused:
        field = refused.field if refused.field in form.fields else None
        form.add_error(field, sentence_of(refused))
        return False
    return True


def _member(staff: Staff, public_id: uuid.UUID) -> Member:
    row = queries.by_public_id(programme=staff.programme, public_id=public_id)
    if row is None or row.status == Member.Status.ERASED:
        raise Http404
    return row


@require_POST
@staff_page(verb="members.block")
def block(request: HttpRequest, staff: Staff, member: uuid.UUID) -> HttpResponse:
    """Blocked with a reason, or let in again: which of the two the button says, so that a second time says the same."""
    row, by, at = _member(staff, member), f"staff:{staff.pk}", timezone.now()
    if request.POST.get("do") == "unblock":
        return _told(
            request, row, _("The member may earn and redeem again."), lambda: actions.unblock(member=row, by=by, at=at)
        )
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _refused(request, row, _("Say why in a few words."))
    reason = form.cleaned_data["reason"]
    return _told(
        request, row, _("The member is blocked."), lambda: actions.block(member=row, reason=reason, by=by, at=at)
    )


def _told(request: HttpRequest, row: Member, said: str, work: Callable[[], object]) -> HttpResponse:
    try:
        work()
    except Refused as refused:
        return _refused(request, row, sentence_of(refused))
    messages.success(request, said)
    return redirect("office:member", member=row.public_id)


def _refused(request: HttpRequest, row: Member, why: str) -> HttpResponse:
    messages.error(request, why)
    return redirect("office:member", member=row.public_id)


@require_POST
@staff_page(verb="cards.bind")
def give_card(request: HttpRequest, staff: Staff, member: uuid.UUID) -> HttpResponse:
    """A blank card by its number, or without a number a code of our own."""
    row = _member(staff, member)
    form = CardForm(request.POST)
    form.is_valid()
    number = form.cleaned_data.get("number", "")
    if number:
        return _told(request, row, _("The card is given."), lambda: _give_typed(staff, row, number))
    by, at = f"staff:{staff.pk}", timezone.now()

    def issue() -> str:
        return cards.issue(programme=staff.programme, member=row, by=by, at=at).number

    return _told(request, row, _("The card is given."), lambda: once(request, staff, issue, at=at))


DEEDS = {"lose": "cards.lose", "replace": "cards.replace", "block": "cards.block", "unblock": "cards.block"}


@require_POST
@staff_page(verb="cards.lose")
def turn_card(request: HttpRequest, staff: Staff, member: uuid.UUID, card: int) -> HttpResponse:
    """A card reported lost, replaced, blocked, or working again."""
    row, deed = _member(staff, member), request.POST.get("do", "")
    held: Card | None = Card.objects.of(staff.programme).filter(pk=card, member=row).first()
    if held is None or deed not in DEEDS:
        raise Http404
    if not can(staff, DEEDS[deed]):
        raise PermissionDenied
    kept, by, at = held, f"staff:{staff.pk}", timezone.now()
    reason = request.POST.get("reason", "").strip()[:200] or _("In the back office")
    work: dict[str, Callable[[], object]] = {
        "lose": lambda: cards.lose(card=kept, reason=reason, by=by, at=at),
        "replace": lambda: cards.replace(card=kept, by=by, at=at),
        "block": lambda: cards.block(card=kept, reason=reason, by=by, at=at),
        "unblock": lambda: cards.unblock(card=kept, by=by, at=at),
    }
    said = {
        "lose": _("The card is reported lost. It opens nothing any more; the points stay with the member."),
        "replace": _("The card is replaced. The new one works at once."),
        "block": _("The card is blocked."),
        "unblock": _("The card works again."),
    }
    return _told(request, row, said[deed], work[deed])


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="points.adjust")
def adjust(request: HttpRequest, staff: Staff, member: uuid.UUID) -> HttpResponse:
    """Points added or taken by hand, with the reason that the member reads."""
    row = _member(staff, member)
    form = AdjustForm(request.POST if request.method == "POST" else None, units=units(staff.programme))
    if request.method == "POST" and form.is_valid():
        typed, by, at = form.cleaned_data, f"staff:{staff.pk}", timezone.now()
        sign = -1 if typed["way"] == "take" else 1

        done: list[Any] = []

        def work() -> None:
            points = sign * typed["points"]
            asked = {"unit": typed["unit"], "points": points, "reason": typed["reason"]}
            done.append(ledger.correct(member=row, **asked, by=by, at=at, once=entry_of(request)))

        if _done(form, work):
            if done[0].entry is None:
                messages.info(
                    request, _("This is more than one person may do alone. Somebody else has to agree first.")
                )
                return redirect("office:corrections")
            messages.success(request, _("Corrected. The member reads the reason."))
            return redirect("office:member", member=row.public_id)
    page: dict[str, object] = {"form": form, "member": row}
    return staff_render(request, "office/adjust.html", page, staff=staff, status=422 if form.errors else 200)
