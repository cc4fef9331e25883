"""The log: who did what, when, to whom; searched by person, by kind of deed, by member and by day."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from passage.audit.queries import Wanted, search
from passage.engine.expiry import days_later
from passage.members.models import Member
from passage.members.queries import by_public_id
from passage.office.audit_text import GROUPS, told, verbs_of
from passage.programme import queries
from passage.programme.access import can
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Programme, Staff
from passage.ui.typed import WholeNumber

PAGE = 50
OF_MEMBERS = frozenset({"members", "cards", "points"})


class LogForm(forms.Form):
    """What is looked for; each field left empty does not limit."""

    who = forms.ChoiceField(label=_("Who"), required=False)
    what = forms.ChoiceField(label=_("What"), required=False)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(
        label=_("Up to and including"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    about = forms.UUIDField(required=False, widget=forms.HiddenInput)
    before = WholeNumber(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, asked: Any, *, people: list[Staff], groups: Mapping[str, str | Promise]) -> None:
        super().__init__(asked)
        self.fields["what"].choices = [("", _("everything")), *groups.items()]  # type: ignore[attr-defined]
        named = [(str(each.pk), each.login.name or each.login.email) for each in people]
        self.fields["who"].choices = [("", _("everybody")), *named]  # type: ignore[attr-defined]


@require_safe
@staff_page(verb="audit.see")
def log(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Newest first. Whoever works in one shop only reads what the people and tills of that shop did."""
    programme = staff.programme
    everybody = queries.all_staff(programme=programme, even_gone=True)
    people = [each for each in everybody if staff.shop_id in {None, each.shop_id}]
    groups = _groups(staff)
    form = LogForm(request.GET, people=people, groups=groups)
    form.is_valid()  # what cannot be is told at its field, and does not limit
    asked = form.cleaned_data
    wanted = Wanted(
        by=_by(staff, people, who=asked.get("who", "")),
        verbs=_verbs(groups, asked.get("what", "")),
        subject=f"member:{asked['about']}" if asked.get("about") else "",
        since=_midnight(programme, asked.get("since")),
        until=_midnight(programme, asked.get("until"), days=1),
    )
    events = search(wanted, programme=programme, before=asked.get("before") or 0, limit=PAGE + 1)
    shown = events[:PAGE]
    page: dict[str, object] = {
        "form": form,
        "rows": told(programme, shown),
        "following": shown[-1].pk if len(events) > PAGE else None,
        "about": _about(staff, asked.get("about")),
        "is_searched": any(asked.get(name) for name in ("who", "what", "since", "until", "about")),
    }
    return staff_render(request, "office/log.html", page, staff=staff, status=422 if form.errors else 200)


def _groups(staff: Staff) -> dict[str, str | Promise]:
    """What this person may read: who may see no members reads nothing that was done to one."""
    sees_members = can(staff, "members.see")
    return {name: said for name, said in GROUPS.items() if sees_members or name not in OF_MEMBERS}


def _verbs(groups: Mapping[str, object], asked: str) -> list[str] | None:
    if asked:
        return verbs_of(asked)
    return None if len(groups) == len(GROUPS) else [verb for group in groups for verb in verbs_of(group)]


def _about(staff: Staff, asked: uuid.UUID | None) -> Member | None:
    if asked is None or not can(staff, "members.see"):
        return None
    return by_public_id(programme=staff.programme, public_id=asked)


def _by(staff: Staff, people: list[Staff], *, who: str) -> list[str] | None:
    if who:
        return [f"staff:{who}"]
    if staff.shop_id is None:
        return None
    tills = [till for till in queries.tills(programme=staff.programme) if till.shop_id == staff.shop_id]
    return [*(f"staff:{each.pk}" for each in people), *(f"till:{till.pk}" for till in tills)]


def _midnight(programme: Programme, day: Any, *, days: int = 0) -> datetime | None:
    """When ``day`` begins where the programme is, or ``days`` later."""
    if day is None:
        return None
    return datetime.combine(days_later(day, days), time.min, tzinfo=ZoneInfo(programme.zone))
