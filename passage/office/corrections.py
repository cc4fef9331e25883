"""Corrections of balances that need a second person: what waits, who asked, and the answer of somebody else (F-42)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from passage.journal import actions as journal
from passage.ledger import actions, queries
from passage.ledger.actions.correcting import RIGHT
from passage.programme import actions as programmes
from passage.programme import limits
from passage.programme import queries as programme_queries
from passage.programme.access import can
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Programme, Staff
from passage.programme.second import Seconds
from passage.ui.refusals import sentence_of
from passage.ui.typed import WholeNumber

MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """A correction, the names of who asked and who answered, and whether the reader may say no, and yes."""

    correction: Any
    asked_by: str
    decided_by: str
    is_own: bool
    may_decide: bool
    may_agree: bool


@require_safe
@staff_page(verb="points.adjust")
def corrections(request: HttpRequest, staff: Staff) -> HttpResponse:
    """What waits, then what was done. A manager of one shop sees their own only."""
    return _page(request, staff, faulty=None)


def _page(request: HttpRequest, staff: Staff, *, faulty: int | None) -> HttpResponse:
    programme, me = staff.programme, f"staff:{staff.pk}"
    sees_all = can(staff, "points.approve")
    waiting = [row for row in queries.corrections_asked(programme, at=timezone.now()) if sees_all or row.by == me]
    done = queries.corrections_done(programme, by="" if sees_all else me)
    names, seconds = names_of(programme), Seconds(programme)
    page: dict[str, object] = {
        "waiting": [_row(staff, each, names, seconds) for each in waiting],
        "done": [_row(staff, each, names, seconds) for each in done],
        "faulty": faulty,
        "may_set": can(staff, "control.edit"),
        "page": "office-corrections",
    }
    return staff_render(request, "office/corrections.html", page, staff=staff, status=422 if faulty else 200)


def _row(staff: Staff, correction: Any, names: dict[str, str], seconds: Seconds) -> Row:
    fault = _fault(staff, correction, seconds)
    may_decide = can(staff, RIGHT) and fault != "same_person"
    return Row(
        correction=correction,
        asked_by=names.get(correction.by, ""),
        decided_by=names.get(correction.decided_by, ""),
        is_own=fault == "same_person",
        may_decide=may_decide,
        may_agree=may_decide and not fault,
    )


def _fault(staff: Staff, correction: Any, seconds: Seconds) -> str:
    return seconds.fault(asked_by=correction.by, by=f"staff:{staff.pk}", right=RIGHT, at=timezone.now())


def names_of(programme: Programme) -> dict[str, str]:
    """What everybody who ever worked here is called, by "staff:7"."""
    everybody = programme_queries.all_staff(programme=programme, even_gone=True)
    return {f"staff:{each.pk}": str(each.login) for each in everybody}


def waiting_for(staff: Staff, *, at: datetime) -> int:
    """How many corrections wait for this person's answer."""
    if not can(staff, RIGHT):
        return 0
    rows = queries.corrections_asked(staff.programme, at=at)
    seconds = Seconds(staff.programme) if rows else None
    return sum(not _fault(staff, row, seconds) for row in rows if seconds is not None)


@require_POST
@staff_page(verb="points.approve")
def decide(request: HttpRequest, staff: Staff, correction: int) -> HttpResponse:
    """Agreed to and booked, or refused with the reason that whoever asked reads."""
    row = queries.correction(staff.programme, pk=correction)
    if row is None:
        raise Http404
    is_yes, answer = request.POST.get("do") == "approve", request.POST.get("answer", "").strip()[: limits.REASON]
    if not is_yes and not answer:
        return _page(request, staff, faulty=row.pk)
    by, at = f"staff:{staff.pk}", timezone.now()
    try:
        if is_yes:
            journal.agree(correction=row, answer=answer, by=by, at=at)
        else:
            actions.refuse(correction=row, answer=answer, by=by, at=at)
    except Refused as refused:
        if refused.code == "same_person":
            raise PermissionDenied from None
        messages.error(request, sentence_of(refused))
    else:
        messages.success(request, _("Booked. The log names you both.") if is_yes else _("Refused. Nothing was booked."))
    return redirect("office:corrections")


class ControlForm(forms.Form):
    field_order = ("alone", "alone_a_day", "own_card", "card_a_day", "card_a_week", "late_minutes")

    """What one person may do alone, an empty number being no limit; and what the integrity board looks for."""

    alone = WholeNumber(
        label=gettext_lazy("Most points that one person corrects alone"),
        help_text=gettext_lazy(
            "Above it a second person has to agree. Empty: no limit. A purse counts its smallest coin."
        ),
        required=False,
        min_value=0,
        max_value=MOST,
    )
    own_card = forms.BooleanField(
        label=gettext_lazy("Everybody may serve themselves: collect, redeem and correct on their own card"),
        required=False,
    )
    alone_a_day = WholeNumber(
        label=gettext_lazy("Most points that one person corrects alone within 24 hours"),
        help_text=gettext_lazy("What is added and what is taken count together. Empty: no limit."),
        required=False,
        min_value=0,
        max_value=MOST,
    )

    card_a_day = WholeNumber(
        label=gettext_lazy("Visits of one card in a day that are still usual"), min_value=1, max_value=100
    )
    card_a_week = WholeNumber(
        label=gettext_lazy("Visits of one card in a week that are still usual"), min_value=1, max_value=500
    )
    late_minutes = WholeNumber(
        label=gettext_lazy("Minutes before the last sale of a day that count as closing time"),
        help_text=gettext_lazy("A sale of nobody that is older and is given to a member then is counted on the board."),
        min_value=1,
        max_value=720,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="control.edit")
def control(request: HttpRequest, staff: Staff) -> HttpResponse:
    """The owner says what one person may do alone."""
    kept = programme_queries.control(programme=staff.programme)
    known = {name: getattr(kept, name) or None for name in ControlForm.field_order}
    form = ControlForm(request.POST if request.method == "POST" else None, initial=known)
    if request.method == "POST" and form.is_valid():
        chosen: Any = {name: form.cleaned_data[name] or 0 for name in ControlForm.field_order}
        chosen["own_card"] = bool(chosen["own_card"])
        programmes.set_control(programme=staff.programme, by=f"staff:{staff.pk}", at=timezone.now(), **chosen)
        messages.success(request, _("Saved. It holds from now on."))
        return redirect("office:control")
    return staff_render(request, "office/control.html", {"form": form}, staff=staff, status=422 if form.errors else 200)
