"""Forms for rules and rewards: what the owner types, as the definitions that the engine reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from passage.office.forms import PLAIN, AmountField
from passage.office.shelf import Shelf
from passage.ui.offers import clock
from passage.ui.typed import amount_text, read_percent
from passage.ui.wording import weekday_names

WEEK = range(1, 8)
KINDS_OF_RULES = [
    ("per_amount", _("Points for every amount")),
    ("per_visit", _("Points for every visit")),
    ("per_unit", _("Points for every piece of some products")),
    ("fixed", _("A bonus once for the purchase")),
    ("multiplier", _("More of all points")),
]
KINDS_OF_REWARDS = [
    ("free_product", _("A free product")),
    ("value_off", _("An amount off the whole purchase")),
    ("percent_off", _("A percentage off the whole purchase")),
    ("product_discount", _("A discount on some products")),
    ("cashback", _("Points pay the bill")),
]


class TermsForm(forms.Form):
    """What rules and rewards have in common: a name, when it begins, and its conditions.

    ``OF_KINDS`` says which fields count for which kinds: the page shows only those of the kind that is chosen.
    """

    OF_KINDS: ClassVar[Mapping[str, str]] = {}
    ALWAYS: ClassVar[frozenset[str]] = frozenset({"name", "kind", "unit", "since"})

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("As members and clerks read it."))
    unit = forms.ChoiceField(label=_("What is counted"))
    minimum = forms.CharField(label="")  # replaced by an amount in the programme's currency
    weekdays = forms.TypedMultipleChoiceField(label=_("Only on these days"), coerce=int, required=False)
    hours_from = forms.TimeField(
        label=_("Only from"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    hours_to = forms.TimeField(
        label=_("until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    shops = forms.MultipleChoiceField(label=_("Only in these shops"), required=False)
    tiers = forms.MultipleChoiceField(label=_("Only at these levels"), required=False)
    starts = forms.DateField(label=_("First day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    ends = forms.DateField(label=_("Last day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    since = forms.DateField(
        label=_("In force from"),
        required=False,
        help_text=_("Empty: from now on. Purchases that are recorded already stay as they are."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, posted: Any, *, shelf: Shelf, known: dict[str, Any] | None) -> None:
        """``known`` is the definition as it is, with its name; None for a new one."""
        self.shelf, self.known = shelf, known or {}
        super().__init__(posted, initial=self.filled(self.known) if known else {})
        currency = shelf.programme.currency
        self.fields["minimum"] = AmountField(label=_("From a purchase of"), currency=currency, required=False)
        self._choices("unit", [(unit.code, unit.name) for unit in shelf.units])
        self._choices("weekdays", [(day, weekday_names(str(day))) for day in WEEK])
        self._choices("shops", [(shop.code, shop.name) for shop in shelf.shops])
        self._choices("tiers", [(tier.code, tier.name) for tier in shelf.tiers])
        if known:
            del self.fields["name"]

    def first(self) -> list[forms.BoundField]:
        """What has to be said; each field knows the kinds that it counts for."""
        return [self[name] for name in self.fields if name in self.ALWAYS or name in self.OF_KINDS]

    def conditions(self) -> list[forms.BoundField]:
        """What may be said besides."""
        return [self[name] for name in self.fields if name not in self.ALWAYS and name not in self.OF_KINDS]

    def has_conditions(self) -> bool:
        """Whether one of them is filled in or at fault, and is to be seen at once."""
        return any(bound.errors or bound.value() for bound in self.conditions())

    def mark_kinds(self) -> None:
        for name, kinds in self.OF_KINDS.items():
            if name in self.fields:
                self.fields[name].kinds = kinds  # type: ignore[attr-defined]

    def _choices(self, name: str, choices: Sequence[tuple[Any, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]
        many = isinstance(self.fields[name], forms.MultipleChoiceField)
        if many:
            self.fields[name].widget = forms.CheckboxSelectMultiple(choices=choices)
        if many and not choices:
            del self.fields[name]

    def amount(self, name: str, label: Any, *, required: bool = False) -> None:
        self.fields[name] = AmountField(label=label, currency=self.shelf.programme.currency, required=required)

    def filled(self, known: dict[str, Any]) -> dict[str, Any]:
        when = known["when"]
        hours = when["hours"][0] if when["hours"] else None
        return {
            "unit": known["unit"],
            "minimum": self.money(when["minimum"]),
            "weekdays": when["weekdays"],
            "hours_from": clock(hours[0]) if hours else "",
            "hours_to": clock(min(hours[1], 24 * 60 - 1)) if hours else "",
            **{name: when[name] for name in ("shops", "tiers", "starts", "ends")},
        }

    def money(self, amount: int | None) -> str:
        return amount_text(amount, currency=self.shelf.programme.currency) if amount else ""

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        start, end = typed.get("hours_from"), typed.get("hours_to")
        if (start is None) != (end is None) or (start and end and end <= start):
            self.add_error("hours_to", _("Give both times, the second one later than the first."))
        if typed.get("starts") and typed.get("ends") and typed["ends"] < typed["starts"]:
            self.add_error("ends", _("The last day is before the first one."))
        return typed

    def need(self, *names: str) -> None:
        """These fields are needed for the kind that was chosen."""
        for name in names:
            if not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, _("Fill this in."))

    def choose(self, name: str) -> dict[str, list[str]]:
        """What was typed as products and categories; an error at the field where one is unknown."""
        found = self.shelf.selection(self.cleaned_data.get(name) or "")
        if found is None:
            self.add_error(
                name, _("One of these is neither the code of a product nor a category. Check the list of products.")
            )
        return found or {"products": [], "categories": []}

    def when(self) -> dict[str, Any]:
        """The conditions: as they were, with what this form asks for put in."""
        typed, known = self.cleaned_data, self.known.get("when", {})
        hours = known.get("hours", [])[1:]
        if typed.get("hours_from") and typed.get("hours_to"):
            hours = [[_minute(typed["hours_from"]), _minute(typed["hours_to"])], *hours]
        days = {name: typed[name].isoformat() if typed[name] else None for name in ("starts", "ends")}
        return {
            **known,
            **days,
            "hours": hours,
            "weekdays": typed.get("weekdays") or [],
            "shops": typed.get("shops", []),
            "tiers": typed.get("tiers", []),
            "minimum": typed["minimum"] or 0,
        }

    def effective_from(self, *, at: datetime) -> datetime:
        since: date | None = self.cleaned_data["since"]
        if since is None:
            return at
        return max(datetime.combine(since, time(), tzinfo=ZoneInfo(self.shelf.programme.zone)), at)


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


class RuleForm(TermsForm):
    """An earning rule. Which fields count depends on its kind; the others are left alone."""

    OF_KINDS = {"points": "per_amount per_visit per_unit fixed", "step": "per_amount", "times": "multiplier"}

    kind = forms.ChoiceField(label=_("What it gives"), choices=KINDS_OF_RULES, widget=forms.RadioSelect)
    points = forms.IntegerField(label=_("How many points"), required=False, min_value=1, max_value=1_000_000)
    step = forms.CharField(label="")
    times = forms.DecimalField(
        label=_("Times how much"),
        required=False,
        min_value=Decimal("1.01"),
        max_value=100,
        max_digits=5,
        decimal_places=2,
    )
    only = forms.CharField(
        label=_("Only for these products or categories"),
        required=False,
        max_length=400,
        widget=forms.TextInput(attrs=PLAIN),
    )
    exclude = forms.CharField(
        label=_("Without these products or categories"),
        required=False,
        max_length=400,
        widget=forms.TextInput(attrs=PLAIN),
    )
    tags = forms.CharField(label=_("Only for members marked"), required=False, max_length=200)
    first_purchase = forms.BooleanField(label=_("Only for the first purchase"), required=False)
    birthday_days = forms.IntegerField(label=_("Days around the birthday"), required=False, min_value=0, max_value=180)
    name_day_days = forms.IntegerField(label=_("Days around the name day"), required=False, min_value=0, max_value=180)
    per_day = forms.IntegerField(label=_("At most so many points a day"), required=False, min_value=1)
    per_sale = forms.IntegerField(label=_("At most so many points for one purchase"), required=False, min_value=1)
    group = forms.CharField(label=_("Group: only the best of a group counts"), required=False, max_length=40)

    def __init__(self, posted: Any, *, shelf: Shelf, known: dict[str, Any] | None) -> None:
        super().__init__(posted, shelf=shelf, known=known)
        self.amount("step", _("For every"))
        self.mark_kinds()
        self.order_fields(["name", "kind", "unit", "points", "step", "times", "only", "exclude", "minimum"])

    def filled(self, known: dict[str, Any]) -> dict[str, Any]:
        earns, when, limits = known["earns"], known["when"], known["limits"]
        times = Decimal(earns["num"]) / Decimal(earns["den"]) if earns["kind"] == "multiplier" else None
        return {
            **super().filled(known),
            "kind": earns["kind"],
            "points": earns.get("points"),
            "step": self.money(earns.get("step")),
            "times": times,
            "only": _words(known["only"]),
            "exclude": _words(known["exclude"]),
            "tags": ", ".join(when["tags"]),
            **{name: when[name] for name in ("first_purchase", "birthday_days", "name_day_days")},
            "per_day": limits["day"],
            "per_sale": limits["sale"],
            "group": known["group"],
        }

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        kind = typed.get("kind", "")
        self.need(*{"multiplier": ["times"], "per_amount": ["points", "step"]}.get(kind, ["points"]))
        typed["only"], typed["exclude"] = self.choose("only"), self.choose("exclude")
        return typed

    def definition(self) -> dict[str, Any]:
        typed, limits = self.cleaned_data, self.known.get("limits", {})
        tags = [tag.strip() for tag in typed["tags"].split(",") if tag.strip()]
        feasts = {name: typed[name] for name in ("first_purchase", "birthday_days", "name_day_days")}
        return {
            **self.known,
            "unit": typed["unit"],
            "earns": self._earns(),
            "only": typed["only"],
            "exclude": typed["exclude"],
            "when": {**self.when(), "tags": tags, **feasts},
            "limits": {**limits, "day": typed["per_day"], "sale": typed["per_sale"]},
            "group": typed["group"],
        }

    def _earns(self) -> dict[str, Any]:
        typed, kind = self.cleaned_data, self.cleaned_data["kind"]
        before = self.known.get("earns", {})
        kept = before if before.get("kind") == kind else {"kind": kind}
        if kind == "multiplier":
            num, den = typed["times"].as_integer_ratio()
            return {**kept, "num": num, "den": den}
        more = {"step": typed["step"]} if kind == "per_amount" else {}
        return {**kept, "points": typed["points"], **more}


class RewardForm(TermsForm):
    """A catalogue item. Which fields count depends on its kind; the others are left alone."""

    OF_KINDS = {
        "cost": "free_product value_off percent_off product_discount",
        "off": "value_off product_discount",
        "percent": "percent_off product_discount",
        "cap": "percent_off",
        "products": "free_product product_discount",
        "most": "product_discount",
        "worth": "cashback",
        "least": "cashback",
    }

    kind = forms.ChoiceField(label=_("What it gives"), choices=KINDS_OF_REWARDS, widget=forms.RadioSelect)
    cost = forms.IntegerField(label=_("How many points it costs"), required=False, min_value=1, max_value=1_000_000)
    off = forms.CharField(label="")
    percent = forms.CharField(label=_("How much off in percent"), required=False, max_length=6)
    cap = forms.CharField(label="")
    products = forms.CharField(
        label=_("Which products or categories"), required=False, max_length=400, widget=forms.TextInput(attrs=PLAIN)
    )
    most = forms.IntegerField(label=_("For how many pieces at most"), required=False, min_value=1, max_value=100)
    worth = forms.CharField(label="")
    least = forms.CharField(label="")
    per_member = forms.IntegerField(label=_("How often for each member"), required=False, min_value=1)
    stock = forms.IntegerField(label=_("How many there are (empty: without end)"), required=False, min_value=0)

    def __init__(self, posted: Any, *, shelf: Shelf, known: dict[str, Any] | None) -> None:
        super().__init__(posted, shelf=shelf, known=known)
        self.amount("off", _("How much off"))
        self.amount("cap", _("At most off"))
        self.amount("worth", _("What one point is worth"))
        self.amount("least", _("Smallest amount to pay"))
        self.mark_kinds()
        if known:
            del self.fields["stock"]
        self.order_fields(
            ["name", "kind", "unit", "cost", "off", "percent", "cap", "products", "most", "worth", "least"]
        )

    def filled(self, known: dict[str, Any]) -> dict[str, Any]:
        gives = known["gives"]
        percent = gives.get("percent_bp")
        return {
            **super().filled(known),
            "kind": gives["kind"],
            "cost": known["cost"] or None,
            "off": self.money(gives.get("amount")),
            "percent": f"{percent / 100:g}" if percent else "",
            "cap": self.money(gives.get("cap")),
            "products": _words(gives.get("products", {"products": [], "categories": []})),
            "most": gives.get("most"),
            "worth": self.money(gives.get("worth")),
            "least": self.money(gives.get("least")),
            "per_member": known["per_member"],
        }

    def clean_percent(self) -> int | None:
        text: str = self.cleaned_data["percent"]
        rate = read_percent(text) if text else None
        if text and not rate:
            raise forms.ValidationError(_("Write the rate in percent, for example 23 or 5.5."), code="invalid")
        return rate

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        needs = {
            "free_product": ["cost", "products"],
            "value_off": ["cost", "off"],
            "percent_off": ["cost", "percent"],
            "product_discount": ["cost", "products"],
            "cashback": ["worth"],
        }
        kind = typed.get("kind", "")
        self.need(*needs.get(kind, []))
        if kind == "product_discount" and bool(typed.get("percent")) == bool(typed.get("off")):
            self.add_error("percent", _("Give either an amount off or a percentage."))
        typed["products"] = self.choose("products")
        return typed

    def definition(self) -> dict[str, Any]:
        typed, kind = self.cleaned_data, self.cleaned_data["kind"]
        return {
            **self.known,
            "unit": typed["unit"],
            "cost": 0 if kind == "cashback" else typed["cost"],
            "gives": self._gives(kind),
            "settlement": "tender" if kind == "cashback" else "discount",
            "when": self.when(),
            "per_member": typed["per_member"],
        }

    def _gives(self, kind: str) -> dict[str, Any]:
        typed = self.cleaned_data
        before = self.known.get("gives", {})
        kept = before if before.get("kind") == kind else {"kind": kind}
        match kind:
            case "free_product":
                return {**kept, "products": typed["products"]}
            case "value_off":
                return {**kept, "amount": typed["off"]}
            case "percent_off":
                return {**kept, "percent_bp": typed["percent"], "cap": typed["cap"]}
            case "product_discount":
                off = {"percent_bp": typed["percent"] or 0, "amount": typed["off"] or 0}
                return {**kept, "products": typed["products"], **off, "most": typed["most"] or 1}
            case _:
                return {**kept, "worth": typed["worth"], "least": typed["least"] or typed["worth"]}


def _words(selection: dict[str, list[str]]) -> str:
    return ", ".join((*selection["products"], *selection["categories"]))
