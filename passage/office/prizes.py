"""The register of prizes: what was handed over, what it was worth, and the tax on it; and when to watch (B-26).

What the law asks is said by the owner, in numbers of their own: nothing here knows a country.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from passage.members.queries import resolve
from passage.office.forms import AmountField
from passage.programme.access import can
from passage.programme.actions import watch_prizes
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Programme, Staff
from passage.rewards import prizes
from passage.rewards.prizes import Prize
from passage.ui.tables import MARK, csv_lines
from passage.ui.typed import amount_text, read_cursor, read_percent
from passage.ui.wording import day_text

PAGE = 100
FIRST_YEAR, LAST_YEAR = 2000, 2999


class WatchForm(forms.Form):
    """Whether prizes are watched, from which worth on, and the tax on those above."""

    on = forms.BooleanField(label=gettext_lazy("Watch over the worth of prizes"), required=False)
    tax = forms.CharField(label=gettext_lazy("Tax in percent"), max_length=6)

    def __init__(self, posted: Any, *, programme: Programme) -> None:
        currency = programme.currency
        known = {
            "on": programme.prize_watch,
            "threshold": amount_text(programme.prize_threshold, currency=currency),
            "tax": f"{programme.prize_tax_bp / 100:g}",
        }
        super().__init__(posted, initial=known)
        label = gettext_lazy("Prizes worth more than this are taxed")
        self.fields["threshold"] = AmountField(label=label, currency=currency, zero=True)
        self.order_fields(["on", "threshold", "tax"])

    def clean_tax(self) -> int:
        rate = read_percent(self.cleaned_data["tax"])
        if rate is None:
            raise forms.ValidationError(_("Write the rate in percent, for example 23 or 5.5."), code="invalid")
        return rate


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="rules.see")
def register(request: HttpRequest, staff: Staff) -> HttpResponse:
    """The prizes of one year, and what is watched."""
    programme, may_edit = staff.programme, can(staff, "rules.edit")
    form = WatchForm(request.POST if request.method == "POST" else None, programme=programme)
    if request.method == "POST":
        if not may_edit:
            raise PermissionDenied
        if form.is_valid():
            typed, at = form.cleaned_data, timezone.now()
            watch_prizes(
                programme=programme,
                on=typed["on"],
                threshold=typed["threshold"],
                tax_bp=typed["tax"],
                by=f"staff:{staff.pk}",
                at=at,
            )
            messages.success(request, _("Saved."))
            return redirect("office:prizes")
    page = {"form": form, "may_edit": may_edit, **(_year(request, programme) if programme.prize_watch else {})}
    return staff_render(request, "office/prizes.html", page, staff=staff, status=422 if form.errors else 200)


def _year(request: HttpRequest, programme: Programme) -> dict[str, object]:
    years = prizes.years(programme)
    asked = read_cursor(request.GET.get("year", ""))
    year = asked if asked in years else next(iter(years), None)
    if year is None:
        return {"years": []}
    only_above = request.GET.get("only") == "above"
    after = request.GET.get("after", "")
    lines = prizes.register(programme, year=year, only_above=only_above, after=read_cursor(after) or 0)
    shown = list(islice(lines, PAGE + 1))
    return {
        "years": years,
        "year": year,
        "only_above": only_above,
        "lines": shown[:PAGE],
        "following": shown[PAGE - 1].row.pk if len(shown) > PAGE else None,
        "totals": prizes.totals(programme, year=year),
    }


@require_safe
@staff_page(verb="rules.see")
def as_file(request: HttpRequest, staff: Staff, year: int) -> HttpResponse:
    """The whole year for a spreadsheet or the accountant."""
    programme = staff.programme
    lines = prizes.register(programme, year=min(max(year, FIRST_YEAR), LAST_YEAR))
    return HttpResponse(
        "".join(_rows(programme, lines)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="prizes-{year}.csv"'},
    )


def _rows(programme: Programme, lines: Iterable[Prize]) -> Iterator[str]:
    head = (_("Date"), _("Member"), _("Prize"), _("Shop"), _("Worth"), _("Above the threshold"), _("Tax"), _("Remarks"))
    yield MARK
    yield from csv_lines([head, *(_cells(programme, line) for line in lines)])


def _cells(programme: Programme, line: Prize) -> tuple[str, ...]:
    row, currency = line.row, programme.currency
    member = resolve(row.member)
    assert row.handed_at is not None  # it is in the register
    return (
        day_text(row.handed_at, zone=programme.zone),
        member.full_name or member.external_id or str(member.public_id),
        row.version.reward.name,
        row.shop.name if row.shop else "",
        "" if row.worth is None else amount_text(row.worth, currency=currency),
        _("yes") if line.is_above else _("no"),
        amount_text(line.tax, currency=currency),
        _("taken back") if line.is_taken_back else "",
    )
