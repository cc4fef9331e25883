"""Two records of one person: found, compared, joined after a preview, and parted again while that is possible."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from passage.members import queries
from passage.members.consents import WORDINGS
from passage.members.models import Consent, Member, Merge
from passage.members.twins import TOLD, contradicted
from passage.office.found import find_members
from passage.office.people import MemberForm
from passage.programme import limits
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Staff
from passage.purchases import actions
from passage.purchases.statement import Statement, statement
from passage.ui.context import OWN_NAMES
from passage.ui.refusals import sentence_of
from passage.ui.wording import month_day_text, phone_text

# How a field is written for people.
SHOWN: Mapping[str, Callable[[str], str]] = {
    "phone": phone_text,
    "birthday": month_day_text,
    "name_day": month_day_text,
    "language": lambda code: OWN_NAMES.get(code, code),
}


class JoinForm(forms.Form):
    """A choice for each field that the two contradict each other in, and why they are one."""

    reason = forms.CharField(label=gettext_lazy("How do you know that they are one person?"), max_length=limits.REASON)

    def __init__(self, posted: Any, *, gone: Member, kept: Member) -> None:
        super().__init__(posted)
        self.contradicted = contradicted(gone, kept)
        asked: dict[str, forms.Field] = {
            field: forms.ChoiceField(
                label=MemberForm.base_fields[field].label,
                choices=[(side, _shown(member, field)) for side, member in (("kept", kept), ("gone", gone))],
                widget=forms.RadioSelect,
                error_messages={"required": gettext_lazy("Choose which of the two is right.")},
            )
            for field in self.contradicted
        }
        self.fields = asked | self.fields

    def choices(self) -> dict[str, str]:
        return {field: self.cleaned_data[field] for field in self.contradicted}


def _shown(member: Member, field: str) -> str:
    value = str(getattr(member, field))
    return SHOWN[field](value) if field in SHOWN else value


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two records, as the page compares them."""

    member: Member
    statement: Statement
    facts: tuple[tuple[str | Promise, str], ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """What the two said to one way of being written to, and what holds for both."""

    purpose: str
    kept: Consent | None
    gone: Consent | None
    result: bool


@require_safe
@staff_page(verb="members.merge")
def twins(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Records that look like one person; each pair leads to the page that compares them."""
    page: dict[str, object] = {"pairs": queries.look_alikes(staff.programme)}
    return staff_render(request, "office/twins.html", page, staff=staff)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="members.merge")
def merge(request: HttpRequest, staff: Staff, member: uuid.UUID) -> HttpResponse:
    """Without ``with``: a search for the other record. With it: the preview, and the button that joins them."""
    kept = _open_member(staff, str(member))
    other = request.GET.get("with", "")
    if not other:
        return _search(request, staff, kept)
    gone = _open_member(staff, other)
    form = JoinForm(request.POST if request.method == "POST" else None, gone=gone, kept=kept)
    by, at = f"staff:{staff.pk}", timezone.now()
    if request.method == "POST" and form.is_valid() and _joined(form, gone, kept, by, at):
        messages.success(request, _("They are one member from now on. Nothing is lost: see “Joined records” below."))
        return redirect("office:member", member=kept.public_id)
    try:
        page = _preview(gone, kept, by, at)
    except Refused as refused:
        messages.error(request, sentence_of(refused))
        return redirect("office:merge", member=kept.public_id)
    return staff_render(
        request, "office/join.html", {**page, "form": form}, staff=staff, status=422 if form.errors else 200
    )


def _open_member(staff: Staff, public_id: str) -> Member:
    row = queries.by_public_id(programme=staff.programme, public_id=public_id)
    if row is None or row.status in queries.NOBODY:
        raise Http404
    return row


def _search(request: HttpRequest, staff: Staff, kept: Member) -> HttpResponse:
    asked = request.GET.get("q", kept.last_name or kept.full_name)[:100].strip()
    found: list[Member] = []
    stop = ""
    try:
        found, _following = find_members(staff, text=asked, after="", at=timezone.now()) if asked else ([], "")
    except Refused as refused:
        stop = sentence_of(refused)
    present = {row.pk: row for row in map(queries.resolve, found)}
    rows = [row for row in present.values() if row.pk != kept.pk]
    page: dict[str, object] = {"member": kept, "rows": rows, "q": asked, "stop": stop}
    return staff_render(request, "office/join_search.html", page, staff=staff)


def _joined(form: JoinForm, gone: Member, kept: Member, by: str, at: datetime) -> bool:
    reason = form.cleaned_data["reason"]
    try:
        actions.merge(gone=gone, kept=kept, choices=form.choices(), reason=reason, by=by, at=at)
    except Refused as refused:
        form.add_error(None, sentence_of(refused))
        return False
    return True


def _preview(gone: Member, kept: Member, by: str, at: datetime) -> dict[str, object]:
    joined = actions.rehearse_merge(gone=gone, kept=kept, by=by, at=at)
    return {
        "sides": [_side(kept, at), _side(gone, at)],
        "kept": kept,
        "gone": gone,
        "after": joined.statement,
        "heard": _heard(gone, kept, joined),
        "blocked": gone.status == Member.Status.BLOCKED != kept.status,
    }


def _side(member: Member, at: datetime) -> Side:
    told = [(field, _shown(member, field)) for field in (*TOLD, "external_id") if getattr(member, field)]
    facts = tuple((MemberForm.base_fields[field].label or field, value) for field, value in told)
    return Side(member, statement(member, at=at), facts)


def _heard(gone: Member, kept: Member, joined: actions.Joined) -> list[Heard]:
    mine, theirs = queries.last_consents(kept), queries.last_consents(gone)
    return [
        Heard(str(Consent.Purpose(purpose).label), mine.get(purpose), theirs.get(purpose), joined.consents[purpose])
        for purpose in WORDINGS
        if purpose in joined.consents
    ]


@require_POST
@staff_page(verb="members.merge")
def unmerge(request: HttpRequest, staff: Staff, member: uuid.UUID, merge: int) -> HttpResponse:
    """They are two people after all: each gets back what was theirs."""
    row: Merge | None = (
        Merge.objects.of(staff.programme)
        .filter(pk=merge, kept__public_id=member)
        .select_related("gone", "kept", "programme")
        .first()
    )
    if row is None:
        raise Http404
    try:
        actions.unmerge(row=row, by=f"staff:{staff.pk}", at=timezone.now())
    except Refused as refused:
        messages.error(request, sentence_of(refused))
    else:
        messages.success(request, _("They are two members again. Each has their own points and cards."))
    return redirect("office:member", member=member)
