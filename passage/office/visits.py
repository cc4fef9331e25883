"""Visits that did not arrive as they were: put aside by the server, or only on a paper receipt (S-37)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from passage.engine.money import MAX_AMOUNT
from passage.journal import actions, queries
from passage.journal.actions.resolving import Visit
from passage.journal.models import TillOperation
from passage.members.models import Member
from passage.office.forms import DismissForm, MendForm, VisitForm
from passage.office.found import one_member
from passage.programme import queries as programmes
from passage.programme.access import can
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Staff, Till
from passage.ui.context import entry_of
from passage.ui.refusals import REFUSALS, refusal, sentence_of


@dataclass(frozen=True, slots=True)
class Aside:
    """An operation that waits for a person: why, and what of it can be read."""

    row: TillOperation
    why: str
    receipt: str
    amount: int | None
    can_be_mended: bool


@require_safe
@staff_page(verb="visits.mend")
def visits(request: HttpRequest, staff: Staff) -> HttpResponse:
    rows = [_aside(each) for each in queries.quarantined(staff.programme, shop=staff.shop)]
    return staff_render(request, "office/visits.html", {"rows": rows}, staff=staff)


def _aside(row: TillOperation) -> Aside:
    problem = row.problem or {}
    lines = row.payload.get("lines") if isinstance(row.payload, dict) else None
    amounts = [line.get("amount") for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []
    whole = [amount for amount in amounts if isinstance(amount, int)]
    return Aside(
        row=row,
        why=_why(problem),
        receipt=str(row.payload.get("receipt", ""))[:64],
        amount=sum(whole) if whole and row.kind == "sale" and abs(sum(whole)) <= MAX_AMOUNT else None,
        can_be_mended=row.item is not None and "move" not in row.item,
    )


def _why(problem: Mapping[str, Any]) -> str:
    """Why it lies here. What only a program could put right was not to be read, for a person."""
    code = problem.get("code", "unreadable")
    known = code if code in REFUSALS else "unreadable"
    return refusal(known, {"field": problem.get("field", ""), **problem.get("params", {})})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="visits.mend")
def visit(request: HttpRequest, staff: Staff, operation: int) -> HttpResponse:
    """One visit put aside: recorded after all, or dismissed with the reason."""
    row = _operation(staff, operation)
    posted = request.POST if request.method == "POST" else None
    is_dismissal = posted is not None and posted.get("do") == "dismiss"
    mend = MendForm(None if is_dismissal else posted)
    dismiss = DismissForm(posted if is_dismissal else None)
    if posted is not None and (_dismiss(staff, row, dismiss) if is_dismissal else _mend(staff, row, mend)):
        messages.success(request, _("Dismissed. Nothing was recorded.") if is_dismissal else _("Recorded."))
        return redirect("office:visits")
    page = {"aside": _aside(row), "mend": mend, "dismiss": dismiss}
    return staff_render(request, "office/visit.html", page, staff=staff, status=422 if posted else 200)


def _mend(staff: Staff, row: TillOperation, form: MendForm) -> bool:
    if not form.is_valid():
        return False
    try:
        text = form.cleaned_data["member"].strip()
        member = one_member(staff, text=text, at=timezone.now()) if text else None
        actions.resolve(
            operation=row,
            by=f"staff:{staff.pk}",
            at=timezone.now(),
            member=member,
            without_rewards=form.cleaned_data["without_rewards"],
        )
    except Refused as refused:
        form.add_error("member" if refused.field in {"member", "card"} else None, sentence_of(refused))
        return False
    return True


def _dismiss(staff: Staff, row: TillOperation, form: DismissForm) -> bool:
    if not form.is_valid():
        return False
    actions.dismiss(operation=row, reason=form.cleaned_data["reason"], by=f"staff:{staff.pk}", at=timezone.now())
    return True


def _operation(staff: Staff, pk: int) -> TillOperation:
    row = queries.quarantined_of(staff.programme, pk=pk)
    if row is None or row.state != TillOperation.State.QUARANTINED:
        raise Http404
    assert row.key.till is not None  # only tills have a journal
    if not can(staff, "visits.mend", shop=row.key.till.shop):
        raise PermissionDenied
    return row


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="visits.mend")
def enter(request: HttpRequest, staff: Staff) -> HttpResponse:
    """A visit from its paper receipt. One that looks like a recorded one is shown before anything is written."""
    programme = staff.programme
    rows = [each for each in programmes.tills(programme=programme) if can(staff, "visits.mend", shop=each.shop)]
    form = VisitForm(
        request.POST if request.method == "POST" else None,
        tills=rows,
        currency=programme.currency,
        zone=programme.zone,
        initial={"moment": ""},
    )
    page: dict[str, Any] = {"form": form, "has_tills": bool(rows), "entry": entry_of(request)}
    if request.method == "POST" and form.is_valid():
        done = _enter(staff, form, rows, page, is_sure=request.POST.get("do") == "sure")
        if done and page.get("waits"):
            messages.info(request, _("This is more than one person may do alone. Somebody else has to agree first."))
            return redirect("office:corrections")
        if done:
            messages.success(request, _("The visit is recorded. If its till delivers it later, it counts once."))
            return redirect("office:visits")
    status = 422 if form.errors else 200
    return staff_render(request, "office/enter.html", page, staff=staff, status=status)


def _enter(staff: Staff, form: VisitForm, tills: list[Till], page: dict[str, Any], *, is_sure: bool) -> bool:
    typed = form.cleaned_data
    till = next(each for each in tills if str(each.pk) == typed["till"])
    try:
        member = one_member(staff, text=typed["member"], at=timezone.now())
        twins = _twins(staff, member, till, typed["amount"], typed["moment"])
        if twins and not is_sure:
            page["twins"] = twins
            return False
        given = Visit(
            entry=page["entry"],
            shop=till.shop,
            till=till.code,
            receipt=typed["receipt"].strip(),
            occurred_at=typed["moment"],
            amount=typed["amount"],
            member=member,
        )
        row = actions.enter_by_hand(programme=staff.programme, visit=given, by=f"staff:{staff.pk}", at=timezone.now())
        page["waits"] = row is None
    except Refused as refused:
        field = {"receipt": "receipt", "occurred_at": "moment"}.get(refused.field, "member")
        form.add_error(field, sentence_of(refused))
        return False
    return True


def _twins(staff: Staff, member: Member, till: Till, amount: int, at: datetime) -> list[object]:
    return list(queries.lookalikes(staff.programme, member=member, shop=till.shop, amount=amount, at=at))
