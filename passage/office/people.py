"""Forms about members: their details, their cards, a reason, a correction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from passage.ledger.actions import MOST
from passage.members.consents import WORDINGS
from passage.members.models import Member
from passage.members.queries import consents
from passage.office.forms import PLAIN
from passage.programme import limits
from passage.ui.context import OWN_NAMES
from passage.ui.typed import WholeNumber

DETAILS = ("first_name", "last_name", "phone", "email", "birthday", "name_day", "language", "external_id")


class MemberForm(forms.Form):
    """Every detail may be missing. ``card`` is asked for only while the member is new."""

    first_name = forms.CharField(label=_("First name"), max_length=limits.NAME, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=limits.NAME, required=False)
    phone = forms.CharField(
        label=_("Phone"), max_length=40, required=False, widget=forms.TextInput(attrs={**PLAIN, "type": "tel"})
    )
    email = forms.CharField(
        label=_("E-mail"),
        max_length=limits.EMAIL,
        required=False,
        widget=forms.TextInput(attrs={**PLAIN, "type": "email"}),
    )
    birthday = forms.CharField(
        label=_("Birthday"), max_length=5, required=False, help_text=_("Month and day, such as 05-31; no year is kept.")
    )
    name_day = forms.CharField(
        label=_("Name day"), max_length=5, required=False, help_text=_("Month and day, such as 07-26.")
    )
    language = forms.ChoiceField(label=_("Language"), required=False)
    tags = forms.CharField(
        label=_("Marks"), max_length=200, required=False, help_text=_("Parted by commas; rules can ask for them.")
    )
    external_id = forms.CharField(label=_("Number in your other system"), max_length=limits.EXTERNAL_ID, required=False)
    card = forms.CharField(
        label=_("Number of a blank card (optional)"), max_length=80, required=False, widget=forms.TextInput(attrs=PLAIN)
    )
    consents = forms.MultipleChoiceField(
        label=_("What the member said yes to"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, posted: Any, *, member: Member | None) -> None:
        known: dict[str, Any] = {}
        if member is not None:
            known = {name: getattr(member, name) for name in DETAILS}
            known["tags"] = ", ".join(member.tags)
            known["consents"] = [purpose for purpose, said in consents(member).items() if said]
        super().__init__(posted, initial=known)
        self.purposes = list(WORDINGS)
        languages = [(code, OWN_NAMES.get(code, code)) for code, _name in settings.LANGUAGES]
        self.fields["language"].choices = [("", _("not known")), *languages]  # type: ignore[attr-defined]
        self.fields["consents"].choices = [(name, WORDINGS[name].text) for name in self.purposes]  # type: ignore[attr-defined]
        if member is not None:
            del self.fields["card"]

    def details(self) -> dict[str, Any]:
        """What `members.actions` takes."""
        tags = [tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip()]
        return {**{name: self.cleaned_data[name] for name in DETAILS}, "tags": tags}


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=limits.REASON)


class CardForm(forms.Form):
    number = forms.CharField(label=_("Number of a blank card (empty: a new code)"), max_length=80, required=False)


class AdjustForm(forms.Form):
    """A correction by hand; how many is always above zero, and the way says whether they come or go."""

    unit = forms.ChoiceField(label=_("What is counted"))
    way = forms.ChoiceField(
        label=_("Which way"),
        choices=[("give", _("Add")), ("take", _("Take away"))],
        widget=forms.RadioSelect,
        initial="give",
    )
    points = WholeNumber(label=_("How many"), min_value=1, max_value=MOST)
    reason = forms.CharField(label=_("Reason, as the member reads it"), max_length=limits.REASON)

    def __init__(self, posted: Any, *, units: Sequence[Any]) -> None:
        super().__init__(posted)
        self.fields["unit"].choices = [(unit.code, unit.name) for unit in units]  # type: ignore[attr-defined]
