"""A rule dated back: what that comes to, the word of the owner, how far it has come, and what it came to (E-37)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from passage.earning.models import Rule
from passage.earning.queries import rule_set
from passage.ledger.queries import units
from passage.members.masks import masked
from passage.members.queries import by_ids
from passage.office.offers import names, shelf
from passage.office.trials import DAY, Change
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Programme, Staff
from passage.trials import actions, queries
from passage.trials.models import Backdating
from passage.ui.offers import rule_sentences
from passage.ui.refusals import sentence_of


class SinceForm(forms.Form):
    since = forms.DateField(
        label=gettext_lazy("Let it count from"),
        help_text=gettext_lazy("A day that is over, such as the first day of the purchases that you brought along."),
        widget=forms.DateInput(attrs=DAY),
    )

    def moment(self, zone: str) -> datetime:
        since: date = self.cleaned_data["since"]
        return datetime.combine(since, time(), tzinfo=ZoneInfo(zone))


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        help_text=gettext_lazy("It stays in the log with your name."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@dataclass(frozen=True, slots=True)
class Sum:
    """Points of one unit: given, taken back, and as much of what was given as had reached its end already."""

    name: str
    kind: str
    given: int
    taken: int
    expired: int


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="rules.date_back")
def date_back(request: HttpRequest, staff: Staff, rule: int) -> HttpResponse:
    """From which day the rule is to hold. Nothing counts yet: the figures come first."""
    row: Rule | None = Rule.objects.of(staff.programme).filter(pk=rule).first()
    if row is None:
        raise Http404
    form, at = SinceForm(request.POST if request.method == "POST" else None), timezone.now()
    if form.is_bound and form.is_valid():
        try:
            since = form.moment(staff.programme.zone)
            made = actions.begin_back(rule=row, since=since, by=f"staff:{staff.pk}", at=at)
        except Refused as refused:
            form.add_error("since", sentence_of(refused))
        else:
            actions.rehearse(backdating=made, at=at)
            return redirect("office:backdating", made.pk)
    current = next((each for each in rule_set(staff.programme).at(at) if each.family == row.pk), None)
    page: dict[str, object] = {
        "row": row,
        "form": form,
        "said": rule_sentences(current, names=names(shelf(staff.programme))) if current else [],
        "earlier": queries.backdatings(row),
    }
    return staff_render(request, "office/date_back.html", page, staff=staff, status=422 if form.errors else 200)


@require_safe
@staff_page(verb="rules.date_back")
def backdating(request: HttpRequest, staff: Staff, backdating: int) -> HttpResponse:
    """What it would come to, or how far it has come, or what it came to. A page that waits asks again by itself."""
    return _shown(request, staff, _backdating(staff, backdating), ReasonForm())


@require_POST
@staff_page(verb="rules.date_back")
def confirm_past(request: HttpRequest, staff: Staff, backdating: int) -> HttpResponse:
    """The word of the owner: from now on the rule holds since then."""
    row, form = _backdating(staff, backdating), ReasonForm(request.POST)
    if form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            actions.confirm(backdating=row, reason=reason, by=f"staff:{staff.pk}", now=timezone.now)
            return redirect("office:backdating", row.pk)
        except Refused as refused:
            form.add_error(None, sentence_of(refused))
    return _shown(request, staff, row, form, status=422)


def _backdating(staff: Staff, pk: int) -> Backdating:
    row = queries.backdating(staff.programme, pk=pk)
    if row is None:
        raise Http404
    return row


def _shown(request: HttpRequest, staff: Staff, row: Backdating, form: ReasonForm, *, status: int = 200) -> HttpResponse:
    tally = row.given if row.confirmed_at else row.found
    kinds = {unit.code: unit.kind for unit in units(staff.programme)}
    page: dict[str, object] = {
        "row": row,
        "form": form,
        "tally": tally,
        "sums": _sums(staff.programme, tally["units"]),
        "largest": _largest(staff.programme, tally["largest"]),
        "kind": kinds.get(row.definition["unit"], "points"),
    }
    return staff_render(request, "office/backdating.html", page, staff=staff, status=status)


def _sums(programme: Programme, table: Mapping[str, list[int]]) -> list[Sum]:
    known = {unit.code: unit for unit in units(programme)}
    return [Sum(known[code].name, known[code].kind, *table[code]) for code in sorted(table) if code in known]


def _largest(programme: Programme, entries: list[list[int]]) -> list[Change]:
    """Over a shoulder only masked names are read."""
    known = by_ids(programme=programme, ids=[entry[1] for entry in entries])
    return [
        Change(masked(known[member]).name or _("Member without a name"), taken, given, page=known[member].public_id)
        for _more, member, given, taken in entries
        if member in known
    ]
