"""What a reward has besides its terms: a picture, pieces in stock, what one costs, and the days it is shown."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from passage.engine.expiry import days_later
from passage.office.files import fault_of
from passage.office.once import once
from passage.office.shelf import Shelf
from passage.office.terms import RewardForm
from passage.programme import limits
from passage.programme.errors import Refused
from passage.programme.gate import staff_page
from passage.programme.models import Staff
from passage.rewards import actions, pictures, queries
from passage.rewards.actions import Particulars
from passage.rewards.models import Reward
from passage.rewards.pictures import Drawn
from passage.ui.refusals import sentence_of
from passage.ui.typed import WholeNumber

DAY = {"type": "date"}


class CatalogueForm(RewardForm):
    """A reward with all that stands beside its terms. ``row`` is None for a new one."""

    ALWAYS = RewardForm.ALWAYS | {"picture", "no_picture", "worth_each"}

    picture = forms.FileField(
        label=gettext_lazy("Picture"),
        required=False,
        help_text=gettext_lazy("JPEG, PNG or WebP. Members and clerks see it beside the name."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    no_picture = forms.BooleanField(label=gettext_lazy("Take the picture away"), required=False)
    low_at = WholeNumber(
        label=gettext_lazy("Tell me when only so many are left"), required=False, min_value=0, max_value=100_000
    )
    shown_from = forms.DateField(
        label=gettext_lazy("Shown from"),
        required=False,
        help_text=gettext_lazy("The catalogue may show it before it can be had, and after."),
        widget=forms.DateInput(attrs=DAY),
    )
    shown_until = forms.DateField(label=gettext_lazy("Shown until"), required=False, widget=forms.DateInput(attrs=DAY))

    def __init__(
        self,
        posted: Any,
        sent: Any = None,
        *,
        shelf: Shelf,
        known: dict[str, Any] | None,
        row: Reward | None,
        picture: uuid.UUID | None,
    ) -> None:
        self.row = row
        self.drawn: Drawn | None = None
        super().__init__(posted, shelf=shelf, known=known)
        self.files = MultiValueDict() if sent is None else sent
        self.amount("worth_each", gettext_lazy("What one costs you"))
        if picture is None:
            del self.fields["no_picture"]
        if row is not None:
            self.initial = {**self.initial, **self._kept(row)}

    def _kept(self, row: Reward) -> dict[str, Any]:
        zone = ZoneInfo(self.shelf.programme.zone)
        last = row.shown_until - timedelta(microseconds=1) if row.shown_until else None
        return {
            "worth_each": self.money(row.worth),
            "low_at": row.low_at,
            "shown_from": row.shown_from.astimezone(zone).date() if row.shown_from else None,
            "shown_until": last.astimezone(zone).date() if last else None,
        }

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        if typed.get("shown_from") and typed.get("shown_until") and typed["shown_until"] < typed["shown_from"]:
            self.add_error("shown_until", _("The last day is before the first one."))
        if typed.get("picture") is not None and not self.errors:
            self._draw(typed["picture"])
        return typed

    def _draw(self, sent: UploadedFile[bytes]) -> None:
        """While the form is looked through, and so before the transaction that it is saved in."""
        try:
            # One byte more than there may be tells that there are too many.
            self.drawn = pictures.drawn(sent.read(pictures.MOST_BYTES + 1))
        except Refused as refused:
            self.add_error("picture", fault_of(refused))

    def particulars(self) -> Particulars:
        typed = self.cleaned_data
        until: date | None = typed["shown_until"]
        return Particulars(
            low_at=typed["low_at"],
            worth=typed["worth_each"],
            shown_from=self._midnight(typed["shown_from"]),
            shown_until=self._midnight(days_later(until, 1)) if until else None,
        )

    def _midnight(self, day: date | None) -> datetime | None:
        return datetime.combine(day, time(), tzinfo=ZoneInfo(self.shelf.programme.zone)) if day else None

    def keep(self, row: Reward, *, by: str, at: datetime) -> None:
        """Write what stands beside the terms. Raises `Refused` with one of this form's fields."""
        actions.set_particulars(reward=row, particulars=self.particulars(), by=by, at=at)
        if self.drawn is not None:
            actions.put_picture(reward=row, picture=self.drawn, by=by, at=at)
        elif self.cleaned_data.get("no_picture"):
            actions.take_picture_away(reward=row, by=by, at=at)


class StockForm(forms.Form):
    pieces = WholeNumber(min_value=-100_000, max_value=100_000)
    reason = forms.CharField(max_length=limits.REASON)


@require_POST
@staff_page(verb="rewards.edit")
def restock(request: HttpRequest, staff: Staff, reward: uuid.UUID) -> HttpResponse:
    """More pieces, or fewer when some are broken, with the reason."""
    row = queries.by_public_id(staff.programme, public_id=reward)
    if row is None:
        raise Http404
    form = StockForm(request.POST)
    if not form.is_valid() or not form.cleaned_data["pieces"]:
        messages.error(request, _("Write how many more there are, or with a minus how many fewer, and why."))
        return redirect("office:reward", reward=reward)
    try:
        at, by, typed = timezone.now(), f"staff:{staff.pk}", form.cleaned_data
        once(request, staff, lambda: str(actions.restock(reward=row, by=by, at=at, **typed).public_id), at=at)
    except Refused as refused:
        messages.error(request, sentence_of(refused))
    else:
        messages.success(request, _("The stock is changed."))
    return redirect("office:reward", reward=reward)
