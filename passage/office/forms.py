"""What the staff types in the back office, read the way they mean it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from passage.engine.expiry import LONGEST, Expiry, ExpiryKind
from passage.engine.money import MAX_AMOUNT
from passage.products.models import BARCODE, CATEGORY, Product
from passage.programme import limits
from passage.programme.models import Rank, Role, Shop, Till
from passage.ui.typed import AMOUNT_FAULTS, NotAnAmount, WholeNumber, amount_text, read_amount, read_percent

PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class AmountField(forms.CharField):
    """Money as typed; cleaned to minor units of ``currency``, None when left empty."""

    def __init__(self, *, currency: str, zero: bool = False, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={**PLAIN, "inputmode": "decimal"})
        super().__init__(max_length=20, widget=widget, **kwargs)
        self.currency = currency
        self.zero = zero

    def clean(self, value: Any) -> int | None:
        text: str = super().clean(value)
        if not text:
            return None
        try:
            return read_amount(text, currency=self.currency, most=MAX_AMOUNT)
        except NotAnAmount as fault:
            if fault.reason == "zero" and self.zero:
                return 0
            raise forms.ValidationError(AMOUNT_FAULTS[fault.reason], code=fault.reason) from None


class MomentField(forms.DateTimeField):
    """Day and time in the programme's zone, as the browser's own control gives them."""

    def __init__(self, *, zone: str, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], **kwargs)
        self.zone = ZoneInfo(zone)

    def clean(self, value: Any) -> datetime | None:
        moment: datetime | None = super().clean(value)
        return moment.replace(tzinfo=self.zone) if moment else None


class TillForm(forms.Form):
    shop = forms.ChoiceField(label=_("Shop"))
    code = forms.CharField(label=_("Number or name of the till"), max_length=limits.CODE)

    def __init__(self, *args: Any, shops: Sequence[Shop], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shop"].choices = [(shop.code, shop.name) for shop in shops]  # type: ignore[attr-defined]


class PinForm(forms.Form):
    """An empty PIN takes the old one away."""

    pin = forms.CharField(
        label=_("New PIN"),
        required=False,
        max_length=8,
        widget=forms.TextInput(attrs={**PLAIN, "inputmode": "numeric"}),
    )


class InviteForm(forms.Form):
    """Somebody who is to work here. No password is asked for: they choose their own."""

    name = forms.CharField(label=_("First and last name"), max_length=limits.NAME)
    email = forms.EmailField(label=_("E-mail"), max_length=limits.EMAIL)
    role = forms.ChoiceField(label=_("What they are here"), initial=Rank.CLERK)
    shop = forms.ChoiceField(label=_("Only in this shop"), required=False)

    def __init__(self, posted: Any, *, shops: Sequence[Shop], ranks: Sequence[Rank], must_be_here: bool) -> None:
        super().__init__(posted)
        self.shops = shops
        everywhere = [] if must_be_here else [("", _("in every shop"))]
        self.fields["shop"].choices = [*everywhere, *((shop.code, shop.name) for shop in shops)]  # type: ignore[attr-defined]
        self.fields["shop"].required = must_be_here
        self.fields["role"].choices = [(rank.value, rank.label) for rank in ranks]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        rank, shop = typed.get("role"), typed.get("shop")
        if rank == Rank.SHOP and not shop and "shop" not in self.errors:
            self.add_error("shop", _("A shop manager has one shop: choose it."))
        if rank in (Rank.OWNER, Rank.CHAIN, Rank.DEVELOPER) and shop:
            self.add_error("shop", _("This place is in every shop: choose “in every shop”."))
        return typed

    def as_role(self) -> Role:
        """What the chosen rank is in the books."""
        rank = Rank(self.cleaned_data["role"])
        return Role.MANAGER if rank in (Rank.CHAIN, Rank.SHOP) else Role(rank.value)

    def chosen_shop(self) -> Shop | None:
        return next((each for each in self.shops if each.code == self.cleaned_data["shop"]), None)


class ProductForm(forms.Form):
    """A product on sale. ``code`` is asked for only while it is new: receipts name it for ever."""

    code = forms.CharField(
        label=_("Code"),
        max_length=limits.CODE,
        help_text=_("Letters and figures, as on receipts; it stays the same for ever."),
    )
    name = forms.CharField(label=_("Name"), max_length=limits.NAME)
    category = forms.CharField(label=_("Category"), max_length=CATEGORY, required=False)
    vat = forms.CharField(label=_("Tax in percent"), max_length=6, required=False)
    barcode = forms.CharField(label=_("Barcode"), max_length=BARCODE, required=False)
    weighed = forms.BooleanField(
        label=_("Sold by weight"), required=False, help_text=_("The price is then that of a kilogram.")
    )

    def __init__(self, posted: Any, *, currency: str, product: Product | None = None) -> None:
        super().__init__(posted, initial={} if product is None else _known(product, currency))
        self.fields["price"] = AmountField(label=_("Price, tax included"), currency=currency, zero=True)
        self.fields["deposit"] = AmountField(
            label=_("Deposit on the bottle (optional)"), currency=currency, zero=True, required=False
        )
        if product is not None:
            del self.fields["code"]
        order = ["code", "name", "price", "category", "vat", "barcode", "weighed", "deposit"]
        self.order_fields(order)

    def clean_vat(self) -> int | None:
        text: str = self.cleaned_data["vat"]
        if not text:
            return None
        rate = read_percent(text)
        if rate is None:
            raise forms.ValidationError(_("Write the rate in percent, for example 23 or 5.5."), code="invalid")
        return rate

    def details(self) -> dict[str, Any]:
        """What `products.put` takes."""
        given = {name: self.cleaned_data[name] for name in ("name", "category", "price", "barcode", "weighed")}
        return {**given, "vat_bp": self.cleaned_data["vat"], "deposit": self.cleaned_data["deposit"] or 0}


def _known(product: Product, currency: str) -> dict[str, Any]:
    names = ("name", "category", "barcode", "weighed")
    rate = "" if product.vat_bp is None else f"{product.vat_bp / 100:g}"
    amounts = {name: amount_text(getattr(product, name), currency=currency) for name in ("price", "deposit")}
    return {**{name: getattr(product, name) for name in names}, "vat": rate, **amounts}


class VisitForm(forms.Form):
    """A visit from its paper receipt."""

    till = forms.ChoiceField(label=_("Till"))
    receipt = forms.CharField(
        label=_("Receipt number"),
        max_length=64,
        help_text=_("As printed. If the till delivers the same receipt later, it counts once."),
        widget=forms.TextInput(attrs=PLAIN),
    )
    member = forms.CharField(
        label=_("Member: card, phone or e-mail"), max_length=254, widget=forms.TextInput(attrs=PLAIN)
    )

    def __init__(self, *args: Any, tills: Sequence[Till], currency: str, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["moment"] = MomentField(label=_("Date and time on the receipt"), zone=zone)
        self.fields["till"].choices = [(str(each.pk), f"{each.shop.name}, {each.code}") for each in tills]  # type: ignore[attr-defined]
        self.fields["amount"] = AmountField(label=_("Amount paid"), currency=currency)
        self.order_fields(["till", "receipt", "moment", "amount", "member"])


class MendForm(forms.Form):
    """Recorded after all, perhaps for another member or without its rewards."""

    member = forms.CharField(
        label=_("For this member instead: card, phone or e-mail (optional)"),
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs=PLAIN),
    )
    without_rewards = forms.BooleanField(label=_("Without its rewards"), required=False)


class DismissForm(forms.Form):
    reason = forms.CharField(label=_("Why nothing is to be recorded"), max_length=200)


class ShopForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=limits.NAME)
    code = forms.CharField(
        label=_("Code"),
        max_length=limits.CODE,
        help_text=_("Letters and figures, as sales systems call it; it stays the same for ever."),
    )
    city = forms.CharField(label=_("City"), max_length=limits.NAME, required=False)


LIVES = [
    ("none", _("They never end")),
    ("days", _("So many days after they were earned")),
    ("end_of_month", _("At the end of a month, so many months later")),
    ("end_of_year", _("At the end of a year, so many years later")),
    ("fixed_date", _("On a day, all of them")),
    ("inactivity", _("So many days after the last purchase")),
]
UNCOUNTED = {"none", "fixed_date"}


class LifeForm(forms.Form):
    """How long points live and from when on they can be used."""

    life = forms.ChoiceField(label=_("How long they live"), choices=LIVES, initial="none")
    count = WholeNumber(label=_("How many days, months or years"), required=False, min_value=0, max_value=3650)
    on = forms.DateField(
        label=_("Which day (their last one)"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    pending_days = WholeNumber(
        label=_("Days until they can be used"), required=False, min_value=0, max_value=365, initial=0
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        life = typed.get("life")
        if life and life not in UNCOUNTED and not typed.get("count") and "count" not in self.errors:
            self.add_error("count", _("Fill this in."))
        if life == "fixed_date" and not typed.get("on") and "on" not in self.errors:
            self.add_error("on", _("Fill this in."))
        if life in {"end_of_month", "end_of_year"} and (typed.get("count") or 0) > LONGEST[ExpiryKind(life)]:
            self.add_error("count", _("That is too long. Choose that they never end."))
        return typed

    def expiry(self) -> Expiry:
        typed, life = self.cleaned_data, ExpiryKind(self.cleaned_data["life"])
        if life is ExpiryKind.FIXED_DATE:
            return Expiry(life, on=typed["on"])
        return Expiry() if life is ExpiryKind.NONE else Expiry(life, typed["count"])


class UnitForm(LifeForm):
    """What members collect."""

    name = forms.CharField(label=_("Name"), max_length=40, help_text=_("As members read it, such as Points."))
    kind = forms.ChoiceField(
        label=_("What it is"),
        choices=[("points", _("Points")), ("stamps", _("Stamps"))],
        initial="points",
        widget=forms.RadioSelect,
    )
    qualifies = forms.BooleanField(label=_("Earning them counts for the levels"), required=False)
    field_order = ["name", "kind", "life", "count", "on", "pending_days", "qualifies"]

    def code(self, *, taken: Collection[str]) -> str:
        """A code that sales systems can use: the kind, with a number behind it where there are several."""
        kind: str = self.cleaned_data["kind"]
        return next(
            code for number in range(1, 1000) if (code := kind if number == 1 else f"{kind}{number}") not in taken
        )

    def details(self) -> dict[str, Any]:
        """What `ledger.set_up_unit` takes."""
        typed = self.cleaned_data
        kept = {name: typed[name] for name in ("name", "kind", "qualifies")}
        return {**kept, "expiry": self.expiry(), "pending_days": typed["pending_days"] or 0}
