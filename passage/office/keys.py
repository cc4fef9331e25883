"""Keys of other systems: made for one system with what it may do, shown once, seen at work, and revoked at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from passage.engine.expiry import days_later
from passage.programme import actions, limits, queries
from passage.programme.access import scopes_of
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Key, Source, Staff
from passage.ui.refusals import sentence_of

# What each scope lets a program do, as its owner would say it.
SCOPES: Mapping[str, str | Promise] = {
    "quotes": gettext_lazy("Ask what a basket would earn, without any effect"),
    "sales.read": gettext_lazy("Read sales and returns"),
    "sales.write": gettext_lazy("Record sales and returns"),
    "redemptions.write": gettext_lazy("Hold, take and give back rewards"),
    "accounts.read": gettext_lazy("Read balances and their history"),
    "members.read": gettext_lazy("Read members and their details"),
    "members.write": gettext_lazy("Enrol members and change their details"),
    "cards.write": gettext_lazy("Give out, block and replace cards"),
}
NEW = "new"


class KeyForm(forms.Form):
    """A key for a system that is known already, or for a new one."""

    source = forms.ChoiceField(label=gettext_lazy("For which system"), required=False)
    name = forms.CharField(
        label=gettext_lazy("Name of the new system"),
        help_text=gettext_lazy("Such as “Web shop” or “Accounting”. The log calls it so."),
        max_length=limits.NAME,
        required=False,
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one thing that it may do.")},
    )
    until = forms.DateField(
        label=gettext_lazy("Last day it is good (optional)"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, posted: Any, *, sources: list[Source], scopes: Collection[str]) -> None:
        super().__init__(posted, initial={"source": NEW})
        self.sources = {str(each.pk): each for each in sources}
        known = [(pk, each.name) for pk, each in self.sources.items()]
        self.fields["scopes"].choices = [each for each in SCOPES.items() if each[0] in scopes]  # type: ignore[attr-defined]
        self.fields["source"].choices = [(NEW, _("a new system")), *known]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        if self.chosen() is None and not typed.get("name") and not {"name", "source"} & self.errors.keys():
            self.add_error("name", _("Say what the new system is called."))
        return typed

    def chosen(self) -> Source | None:
        return self.sources.get(self.cleaned_data.get("source", ""))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="keys.edit")
def keys(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Every key of another system, live ones first; a new one is shown on the page that answers."""
    sources = queries.outside_sources(programme=staff.programme)
    scopes = scopes_of(staff)
    form = KeyForm(request.POST if request.method == "POST" else None, sources=sources, scopes=scopes)
    if request.method == "POST" and form.is_valid() and (made := _made(staff, form)):
        key, text = made
        shown: dict[str, object] = {"key": key, "text": text, "scopes": said(key)}
        return staff_render(request, "office/key_made.html", shown, staff=staff)
    at = timezone.now()
    rows = [
        (key, f"pk_{key.prefix}_…", said(key), _state(key, at))
        for key in queries.outside_keys(programme=staff.programme)
    ]
    rows.sort(key=lambda row: row[-1] != "live")
    page: dict[str, object] = {"form": form, "rows": rows, "is_limited": len(scopes) < len(SCOPES)}
    return staff_render(request, "office/keys.html", page, staff=staff, status=422 if form.errors else 200)


def said(key: Key) -> list[str]:
    return [str(SCOPES[scope]) for scope in SCOPES if scope in key.scopes]


def _state(key: Key, at: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "over" if key.expires_at is not None and key.expires_at <= at else "live"


def _made(staff: Staff, form: KeyForm) -> tuple[Key, str] | None:
    typed, by, at = form.cleaned_data, f"staff:{staff.pk}", timezone.now()
    try:
        with transaction.atomic():
            source = form.chosen() or actions.add_source(
                programme=staff.programme, code=_code(staff, typed["name"]), name=typed["name"], by=by, at=at
            )
            return actions.issue_key(
                source=source, scopes=typed["scopes"], by=by, at=at, expires_at=_end(staff, typed["until"])
            )
    except Refused as refused:
        past = _("This day is over. Choose one that is still to come, or none.")
        is_past = refused.code == "in_the_past"
        field = "until" if is_past else "name"
        form.add_error(field, past if is_past else sentence_of(refused))
        return None


def _code(staff: Staff, name: str) -> str:
    """A code made of the name's plain letters, with a number where it is taken."""
    plain = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L")).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[: limits.CODE - 6].strip("-") or "system"
    taken = queries.source_codes(programme=staff.programme, stem=stem)
    return next(code for code in [stem, *(f"{stem}-{number}" for number in range(2, 9_999))] if code not in taken)


def _end(staff: Staff, day: Any) -> datetime | None:
    """When the day is over at the shops."""
    if day is None:
        return None
    return datetime.combine(days_later(day, 1), time.min, tzinfo=ZoneInfo(staff.programme.zone))


@require_POST
@staff_page(verb="keys.edit")
def revoke_key(request: HttpRequest, staff: Staff, key: int) -> HttpResponse:
    """The key opens nothing from this moment on. A till's key is no key of this page: it is disconnected at its till."""
    row = next((each for each in queries.outside_keys(programme=staff.programme) if each.pk == key), None)
    if row is None:
        raise Http404
    actions.revoke_key(key=row, by=f"staff:{staff.pk}", at=timezone.now())
    messages.success(request, _("The key is revoked. Whoever still uses it is refused."))
    return redirect("office:keys")
