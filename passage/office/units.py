"""What members collect, how long it lives, and changing that for what will be earned from a day on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from passage.engine.expiry import Lifespan
from passage.ledger import actions as ledger
from passage.ledger.queries import units as all_units
from passage.office.forms import LifeForm, UnitForm
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Staff
from passage.ui.lives import life_sentences
from passage.ui.refusals import refusal, sentence_of

FIELDS = {"effective_from": "since", "life": "life", "on": "on", "count": "count", "pending_days": "pending_days"}


@dataclass(frozen=True, slots=True)
class TermsText:
    """Terms of a unit in words; ``since`` None: from the beginning."""

    since: datetime | None
    is_coming: bool
    said: list[str]


def told(terms: Lifespan, *, at: datetime, zone: str) -> TermsText:
    """The example is of points that are earned now, or on the day on which the terms begin."""
    coming = terms.since is not None and terms.since > at
    example = terms.since if coming and terms.since else at
    said = life_sentences(terms.expiry, pending_days=terms.pending_days, at=example, zone=zone)
    return TermsText(terms.since, coming, said)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="rules.edit")
def units(request: HttpRequest, staff: Staff) -> HttpResponse:
    """What is counted, and another one."""
    form = UnitForm(request.POST if request.method == "POST" else None)
    known, at = all_units(staff.programme), timezone.now()
    if request.method == "POST" and form.is_valid() and not _is_over(form, "on", at=at, zone=staff.programme.zone):
        code = form.code(taken={unit.code for unit in known})
        try:
            ledger.set_up_unit(programme=staff.programme, code=code, **form.details())
        except Refused as refused:
            form.add_error(FIELDS.get(refused.field), refusal(refused.code, refused.params))
        else:
            messages.success(request, _("It can be earned from now on: add a rule."))
            return redirect("office:units")
    rows = [(unit, told(unit.terms(at), at=at, zone=staff.programme.zone)) for unit in known]
    page: dict[str, object] = {"form": form, "units": rows}
    return staff_render(request, "office/units.html", page, staff=staff, status=422 if form.errors else 200)


class ChangeForm(LifeForm):
    since = forms.DateField(
        label=gettext_lazy("For what is earned from"),
        required=False,
        help_text=gettext_lazy("Empty: from now on. What members have already keeps its own days."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, posted: Any, *, terms: Lifespan) -> None:
        expiry = terms.expiry
        known = {"life": expiry.kind.value, "count": expiry.count or None, "on": expiry.on}
        super().__init__(posted, initial={**known, "pending_days": terms.pending_days})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="rules.edit")
def unit(request: HttpRequest, staff: Staff, code: str) -> HttpResponse:
    """How one unit lives, and from when on it will live otherwise."""
    row = next((each for each in all_units(staff.programme) if each.code == code), None)
    if row is None:
        raise Http404
    at, zone = timezone.now(), staff.programme.zone
    form = ChangeForm(request.POST if request.method == "POST" else None, terms=row.all_terms()[-1])
    if request.method == "POST" and form.is_valid() and _changed(staff, code, form, at):
        messages.success(request, _("Saved. What members have already keeps its own days."))
        return redirect("office:unit", code=row.code)
    history = [told(terms, at=at, zone=zone) for terms in reversed(row.all_terms())]
    page: dict[str, object] = {
        "form": form,
        "unit": row,
        "now": told(row.terms(at), at=at, zone=zone),
        "history": history,
    }
    return staff_render(request, "office/unit.html", page, staff=staff, status=422 if form.errors else 200)


def _changed(staff: Staff, code: str, form: ChangeForm, at: datetime) -> bool:
    zone = staff.programme.zone
    if _is_over(form, "since", at=at, zone=zone) or _is_over(form, "on", at=at, zone=zone):
        return False
    since: date | None = form.cleaned_data["since"]
    begins = at if since is None else max(datetime.combine(since, time(), tzinfo=ZoneInfo(zone)), at)
    try:
        ledger.change_unit(
            programme=staff.programme,
            unit=code,
            expiry=form.expiry(),
            pending_days=form.cleaned_data["pending_days"] or 0,
            effective_from=begins,
            by=f"staff:{staff.pk}",
            at=at,
        )
    except Refused as refused:
        form.add_error(FIELDS.get(refused.field), sentence_of(refused))
        return False
    return True


def _is_over(form: forms.Form, name: str, *, at: datetime, zone: str) -> bool:
    """Whether a day that was typed is over; then that is said at its field."""
    day: date | None = form.cleaned_data.get(name)
    if day is None or day >= at.astimezone(ZoneInfo(zone)).date():
        return False
    form.add_error(name, refusal("in_the_past"))
    return True
