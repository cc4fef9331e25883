"""A person's right to be forgotten, and how long the programme keeps who stays away."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from passage.members.canonical import folded
from passage.members.models import Member
from passage.members.queries import NOBODY, by_public_id
from passage.privacy import queries
from passage.privacy.actions import erase, set_retention
from passage.privacy.models import Erasure, Retention
from passage.programme.access import can
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Staff
from passage.purchases.statement import statement
from passage.ui.typed import WholeNumber

PAGE = 100
BY_HAND = (Erasure.Why.ASKED, Erasure.Why.MISTAKE)
SHORT = 8
LONGEST_MONTHS, LONGEST_NOTICE = 240, 365


class EraseForm(forms.Form):
    """Why, and the name once more: what is done here cannot be undone."""

    why = forms.ChoiceField(
        label=gettext_lazy("Why"),
        choices=[(why.value, why.label) for why in BY_HAND],
        widget=forms.RadioSelect,
        initial=Erasure.Why.ASKED,
    )
    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}))

    def __init__(self, posted: Any, *, member: Member) -> None:
        super().__init__(posted)
        self.wanted = member.full_name or str(member.public_id)[:SHORT]
        self.fields["name"].label = _("To confirm, type: {name}").format(name=self.wanted)

    def clean_name(self) -> str:
        typed = str(self.cleaned_data["name"])
        if folded(typed) != folded(self.wanted):
            raise forms.ValidationError(_("This is not the name. Nothing was erased."))
        return typed


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="members.erase")
def erase_member(request: HttpRequest, staff: Staff, member: uuid.UUID) -> HttpResponse:
    """What goes and what stays, said before; then gone."""
    row = by_public_id(programme=staff.programme, public_id=member)
    if row is None or row.status in NOBODY:
        raise Http404
    at = timezone.now()
    form = EraseForm(request.POST if request.method == "POST" else None, member=row)
    if request.method == "POST" and form.is_valid():
        erase(member=row, why=form.cleaned_data["why"], by=f"staff:{staff.pk}", at=at)
        messages.success(request, _("Erased. Nothing here names this person any more."))
        return redirect("office:member", member=row.public_id)
    page: dict[str, object] = {"form": form, "member": row, "statement": statement(row, at=at)}
    return staff_render(request, "office/erase.html", page, staff=staff, status=422 if form.errors else 200)


class RetentionForm(forms.Form):
    months = WholeNumber(
        label=gettext_lazy("Erase after how many months without a sign of life"),
        help_text=gettext_lazy("36 is a common limit for shops. 0 keeps everybody for ever."),
        min_value=0,
        max_value=LONGEST_MONTHS,
    )
    notice_days = WholeNumber(
        label=gettext_lazy("How many days before that the staff is told"), min_value=0, max_value=LONGEST_NOTICE
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="retention.see")
def privacy(request: HttpRequest, staff: Staff) -> HttpResponse:
    """The setting, whom it concerns, and whom it will concern tonight."""
    kept, at = queries.retention(staff.programme), timezone.now()
    may_edit = can(staff, "retention.edit")
    if request.method == "POST" and not may_edit:
        raise PermissionDenied
    known = {"months": kept.months, "notice_days": kept.notice_days}
    form = RetentionForm(request.POST if request.method == "POST" else None, initial=known)
    if request.method == "POST" and form.is_valid():
        set_retention(programme=staff.programme, by=f"staff:{staff.pk}", at=at, **form.cleaned_data)
        messages.success(request, _("Saved. It holds from tonight on."))
        return redirect("office:privacy")
    page = {"form": form, "kept": kept, "may_edit": may_edit, **_concerned(staff, kept)}
    return staff_render(request, "office/privacy.html", page, staff=staff, status=422 if form.errors else 200)


def _concerned(staff: Staff, kept: Retention) -> dict[str, object]:
    programme, tonight = staff.programme, 0
    if kept.months:
        since = queries.limit_of(programme, months=kept.months, at=timezone.now())
        tonight = queries.absent(programme, since=since).filter(notice=None).count()
    rows = queries.notices(programme, limit=PAGE + 1)
    return {"rows": rows[:PAGE], "more": len(rows) > PAGE, "tonight": tonight, "erased": queries.erased(programme)}
