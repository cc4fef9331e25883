"""The programme's own settings: who it is, whom one asks, and the terms that decide what a purchase and a return do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings as installation
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from passage.engine.facts import Clawback, Restore
from passage.members import canonical
from passage.members.errors import Invalid
from passage.office.forms import PLAIN
from passage.programme import actions, addresses, limits
from passage.programme.access import can
from passage.programme.countries import clocks, countries, currencies
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Programme, Staff
from passage.purchases.queries import any_purchase
from passage.ui.refusals import sentence_of
from passage.ui.typed import WholeNumber
from passage.ui.wording import phone_text

IDENTITY = ("name", "language", "region", "zone", "currency")
SUPPORT = ("support_email", "support_phone", "support_page")
BASIS = ("basis_with_tax", "delivery_earns", "points_paid_earns", "gift_card_paid_earns")
RETURNS = ("clawback", "restore", "restored_days")
TIMES = ("reservation_minutes", "late_days", "leap_day_on_28th")
YES_NO = {
    "basis_with_tax": (
        gettext_lazy("Points are counted from"),
        gettext_lazy("the price with tax, as on the receipt"),
        gettext_lazy("the price without tax"),
    ),
    "delivery_earns": (
        gettext_lazy("What delivery costs"),
        gettext_lazy("earns as well"),
        gettext_lazy("earns nothing"),
    ),
    "points_paid_earns": (
        gettext_lazy("What was paid with points"),
        gettext_lazy("earns points again"),
        gettext_lazy("earns nothing: only money earns"),
    ),
    "gift_card_paid_earns": (
        gettext_lazy("What was paid with a gift card"),
        gettext_lazy("earns like money"),
        gettext_lazy("earns nothing"),
    ),
    "leap_day_on_28th": (
        gettext_lazy("A birthday on 29 February is kept in other years"),
        gettext_lazy("on 28 February"),
        gettext_lazy("on 1 March"),
    ),
}
CLAWBACKS = {
    Clawback.DEBT: gettext_lazy("The member owes them: the next points pay the debt first"),
    Clawback.WITHIN_BALANCE: gettext_lazy("Only what is there is taken; the rest is forgiven"),
    Clawback.PENDING_ONLY: gettext_lazy("Only points of the purchase that could not be used yet are taken"),
}
RESTORES = {
    Restore.PROPORTIONAL: gettext_lazy("They come back for the part that was returned"),
    Restore.AT_FULL_RETURN: gettext_lazy("They come back when everything was returned, and not before"),
    Restore.NONE: gettext_lazy("They do not come back"),
}


def _yes_no(name: str) -> forms.TypedChoiceField:
    label, yes, no = YES_NO[name]
    return forms.TypedChoiceField(
        label=label,
        choices=[("1", yes), ("0", no)],
        coerce=lambda chosen: chosen == "1",
        widget=forms.RadioSelect,
    )


def _number(label: Any, *, least: int, most: int, hint: Any) -> WholeNumber:
    widget = forms.NumberInput(attrs={"inputmode": "numeric"})
    return WholeNumber(label=label, min_value=least, max_value=most, help_text=hint, widget=widget)


class SettingsForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=limits.NAME, help_text=gettext_lazy("As members and clerks read it.")
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=installation.LANGUAGES,
        help_text=gettext_lazy("In which your programme writes to staff and members."),
    )
    region = forms.ChoiceField(
        label=gettext_lazy("Country of phone numbers"),
        help_text=gettext_lazy("Numbers without a country code are read as numbers of this country."),
    )
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("Decides when a day, and so a promotion, begins and ends."),
    )
    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    support_email = forms.CharField(
        label=gettext_lazy("E-mail for questions"),
        max_length=limits.EMAIL,
        required=False,
        widget=forms.TextInput(attrs={**PLAIN, "type": "email"}),
    )
    support_phone = forms.CharField(
        label=gettext_lazy("Phone for questions"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={**PLAIN, "type": "tel"}),
    )
    support_page = forms.URLField(
        label=gettext_lazy("Page for questions"),
        max_length=200,
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("Such as a form of your own; people open it from every help."),
    )
    basis_with_tax = _yes_no("basis_with_tax")
    delivery_earns = _yes_no("delivery_earns")
    points_paid_earns = _yes_no("points_paid_earns")
    gift_card_paid_earns = _yes_no("gift_card_paid_earns")
    clawback = forms.ChoiceField(
        label=gettext_lazy("Goods come back, but their points are already spent"),
        choices=[(kind.value, said) for kind, said in CLAWBACKS.items()],
        widget=forms.RadioSelect,
    )
    restore = forms.ChoiceField(
        label=gettext_lazy("Goods come back that were bought with a reward: the points paid for it"),
        choices=[(kind.value, said) for kind, said in RESTORES.items()],
        widget=forms.RadioSelect,
    )
    restored_days = _number(
        gettext_lazy("Points that come back live at least so many days"),
        least=0,
        most=3650,
        hint=gettext_lazy("Even when they would have ended meanwhile. 0: they end as before."),
    )
    reservation_minutes = _number(
        gettext_lazy("A reward chosen at the till is held for so many minutes"),
        least=1,
        most=1440,
        hint=gettext_lazy(
            "If the purchase is not paid by then, the points are free again. At a table it is six hours."
        ),
    )
    late_days = _number(
        gettext_lazy("A till may deliver visits for so many days afterwards"),
        least=1,
        most=3650,
        hint=gettext_lazy("Older ones are put aside, and a person decides."),
    )
    leap_day_on_28th = _yes_no("leap_day_on_28th")

    def __init__(self, posted: Any, *, programme: Programme, has_sold: bool) -> None:
        self.programme = programme
        known = {name: getattr(programme, name) for name in self.base_fields}
        known |= {name: "1" if known[name] else "0" for name in YES_NO}
        known["support_phone"] = phone_text(programme.support_phone) if programme.support_phone else ""
        super().__init__(posted, initial=known)
        zones = sorted({programme.zone, *clocks()})
        self._choices("region", countries())
        self._choices("zone", [(zone, zone.replace("_", " ")) for zone in zones])
        self._choices("currency", currencies((*dict.fromkeys((programme.currency, "EUR", "PLN")),)))
        if has_sold:
            self.fields["currency"].disabled = True
            self.fields["currency"].help_text = _("It stays: purchases have been recorded in it.")
        else:
            self.fields["currency"].help_text = _("It can be changed until the first purchase.")

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean_support_email(self) -> str:
        typed: str = self.cleaned_data["support_email"]
        try:
            return addresses.as_written(typed) if typed else ""
        except Refused:
            raise forms.ValidationError(_("This is no e-mail address. Check it."), code="invalid") from None

    def clean_support_phone(self) -> str:
        typed: str = self.cleaned_data["support_phone"]
        try:
            return canonical.phone(typed, region=self.data.get("region", self.programme.region)) if typed else ""
        except Invalid:
            raise forms.ValidationError(_("This is no phone number. Check it."), code="invalid") from None

    def parts(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """The fields under their headings, each with a word on what it is for."""
        return [
            (_("The programme"), "", self._bound(IDENTITY)),
            (_("Whom to ask"), _("Shown in every help and beside every fault."), self._bound(SUPPORT)),
            (_("What earns"), _("From now on. Recorded purchases keep their terms."), self._bound(BASIS)),
            (_("When goods come back"), _("For purchases from now on."), self._bound(RETURNS)),
            (_("Times"), "", self._bound(TIMES)),
        ]

    def _bound(self, names: tuple[str, ...]) -> list[forms.BoundField]:
        return [self[name] for name in names]


def what_changed(changed: Mapping[str, Sequence[Any]], /) -> str:
    """Settings that were changed, each with what it was and what it is, as the form says them."""
    return "; ".join(
        f"{SettingsForm.base_fields[name].label}: {_worded(name, was)} → {_worded(name, now)}"
        for name, (was, now) in changed.items()
        if name in SettingsForm.base_fields
    )


def _worded(name: str, value: Any) -> str:
    field = SettingsForm.base_fields[name]
    plain = {True: "1", False: "0"}[value] if name in YES_NO else str(value)
    choices = dict(field.choices) if isinstance(field, forms.ChoiceField) else {}  # type: ignore[arg-type]
    return str(choices.get(plain, plain)) or "–"


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="settings.edit")
def settings(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Everything on one page. What decides arithmetic holds from now on and is written down with what was before."""
    programme = staff.programme
    form = SettingsForm(
        request.POST if request.method == "POST" else None, programme=programme, has_sold=any_purchase(programme)
    )
    if request.method == "POST" and form.is_valid() and _changed(form, staff):
        messages.success(request, _("Saved."))
        return redirect("office:settings")
    page: dict[str, object] = {"form": form, "may_leave": can(staff, "programme.export")}
    return staff_render(request, "office/settings.html", page, staff=staff, status=422 if form.errors else 200)


def _changed(form: SettingsForm, staff: Staff) -> bool:
    try:
        with transaction.atomic():
            actions.change_settings(
                programme=staff.programme, by=f"staff:{staff.pk}", at=timezone.now(), **form.cleaned_data
            )
    except Refused as refused:
        field = refused.field if refused.field in form.fields else None
        form.add_error(field, sentence_of(refused))
        return False
    return True
