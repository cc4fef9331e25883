"""What the clerk types: a card, an amount, and the receipt's number if there is one."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from passage.engine.money import MAX_AMOUNT
from passage.programme.models import Shop
from passage.ui.typed import AMOUNT_FAULTS, NotAnAmount, read_amount


class PointsForm(forms.Form):
    """Amount is asked for in the programme's currency and cleaned to its minor units."""

    card = forms.CharField(
        label=_("Card number"),
        help_text=_("Scan the card, or type its number, a phone number or an e-mail address."),
        max_length=254,
        error_messages={"required": _("Scan or type a card number first.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "enterkeyhint": "next"}),
    )
    amount = forms.CharField(
        label=_("Amount of the purchase"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "enterkeyhint": "go"}),
    )
    receipt = forms.CharField(
        label=_("Receipt number (optional)"),
        help_text=_("A receipt that was already counted is recognised by its number."),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    shop = forms.ChoiceField(label=_("Shop"))

    def __init__(self, *args: Any, currency: str, shops: Sequence[Shop], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.only_shop = shops[0].name if len(shops) == 1 else ""
        self.fields["shop"].choices = [(shop.code, shop.name) for shop in shops]  # type: ignore[attr-defined]
        if len(shops) <= 1:
            self.fields["shop"].widget = forms.HiddenInput()
        # A programme that has not opened a shop yet can still try a purchase out.
        self.fields["shop"].required = bool(shops)

    def clean_amount(self) -> int | None:
        text: str = self.cleaned_data["amount"]
        if not text.strip():
            return None
        try:
            return read_amount(text, currency=self.currency, most=MAX_AMOUNT)
        except NotAnAmount as fault:
            raise forms.ValidationError(AMOUNT_FAULTS[fault.reason], code=fault.reason) from None

    def focus(self, *, is_amount_next: bool, is_done: bool) -> None:
        """Puts the cursor where the next key belongs: on the card, on the amount, or (done) on the button."""
        wanted = "amount" if is_amount_next else "card"
        if not is_done and not self.errors:
            self.fields[wanted].widget.attrs["autofocus"] = True
