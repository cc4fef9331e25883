"""What forms for rules and rewards have in common, and the form for rewards: as the definitions that the engine reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from passage.office.forms import PLAIN, AmountField
from passage.office.shelf import Shelf
from passage.programme.errors import Refused
from passage.ui.offers import clock
from passage.ui.refusals import sentence_of
from passage.ui.typed import WholeNumber, amount_text, read_percent
from passage.ui.wording import weekday_names

WEEK = range(1, 8)
FIELDS: Mapping[str, str] = {
    "effective_from": "since",
    "earns": "kind",
    "unit": "unit",
    "name": "name",
    "picture": "picture",
    "worth": "worth_each",
    "shown_until": "shown_until",
}
KINDS_OF_REWARDS = [
    ("free_product", _("A free product")),
    ("value_off", _("An amount off the whole purchase")),
    ("percent_off", _("A percentage off the whole purchase")),
    ("product_discount", _("A discount on some products")),
    ("cashback", _("Points pay the bill")),
]


@dataclass(frozen=True, slots=True)
class Section:
    title: Any
    fields: list[forms.BoundField]

    @property
    def is_open(self) -> bool:
        """Whether a field of it is filled in or at fault, and is to be seen at once."""
        return any(bound.errors or _says_something(bound) for bound in self.fields)


def _says_something(bound: forms.BoundField) -> bool:
    value = bound.value()
    return value not in (None, "", [], ()) and value is not False and value != bound.field.initial


class TermsForm(forms.Form):
    """What rules and rewards have in common: a name, when it begins, and its conditions.

    ``OF_KINDS`` says which fields count for which kinds: the page shows only those of the kind that is chosen.
    """

    OF_KINDS: ClassVar[Mapping[str, str]] = {}
    SECTIONS: ClassVar[Sequence[tuple[Any, Sequence[str]]]] = [(_("Conditions and limits"), ())]
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

    def __init__(self, posted: Any, *, shelf: Shelf, known: dict[str, Any] | None, draft: str = "") -> None:
        """``known`` is the definition as it is, None for a new one; ``draft`` the name of one that is not there yet."""
        self.shelf, self.known = shelf, known or {}
        super().__init__(posted, initial={**self.filled(self.known), "name": draft} if known else {})
        currency = shelf.programme.currency
        self.fields["minimum"] = AmountField(label=_("From a purchase of"), currency=currency, required=False)
        self._choices("unit", [(unit.code, unit.name) for unit in shelf.units])
        self._choices("weekdays", [(day, weekday_names(str(day))) for day in WEEK])
        self._choices("shops", [(shop.code, shop.name) for shop in shelf.shops])
        self._choices("tiers", [(tier.code, tier.name) for tier in shelf.tiers])
        if known and not draft:
            del self.fields["name"]

    def first(self) -> list[forms.BoundField]:
        """What has to be said; each field knows the kinds that it counts for."""
        return [self[name] for name in self.fields if name in self.ALWAYS or name in self.OF_KINDS]

    def sections(self) -> list[Section]:
        """What may be said besides, in groups; a field that no group names is in the last one."""
        more = [name for name in self.fields if name not in self.ALWAYS and name not in self.OF_KINDS]
        named = {name for _, names in self.SECTIONS[:-1] for name in names}
        sections = []
        for title, names in self.SECTIONS:
            mine = [name for name in more if name in names or (not names and name not in named)]
            sections.append(Section(title, [self[name] for name in mine]))
        return [section for section in sections if section.fields]

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

    def fault(self, refused: Refused) -> tuple[str | None, str]:
        """The field that a refusal is about, and what it says."""
        field = FIELDS.get(refused.field.partition(".")[0])
        said = sentence_of(refused)
        return field if field in self.fields else None, said

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

    def begins_too_late(self, *, at: datetime) -> bool:
        """Whether the day it is to begin on is over; then that is said at its field."""
        since, today = self.cleaned_data["since"], at.astimezone(ZoneInfo(self.shelf.programme.zone)).date()
        if since is not None and since < today:
            self.add_error(
                "since", _("This day is over. What was recorded stays as it is: choose today or a later day.")
            )
            return True
        return False

    def effective_from(self, *, at: datetime) -> datetime | None:
        """The first moment of a later day; None for now, whose moment is read when it is done."""
        since: date | None = self.cleaned_data["since"]
        if since is None:
            return None
        begins = datetime.combine(since, time(), tzinfo=ZoneInfo(self.shelf.programme.zone))
        return begins if begins > at else None


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


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
    cost = WholeNumber(label=_("How many points it costs"), required=False, min_value=1, max_value=1_000_000)
    off = forms.CharField(label="")
    percent = forms.CharField(label=_("How much off in percent"), required=False, max_length=6)
    cap = forms.CharField(label="")
    products = forms.CharField(
        label=_("Which products or categories"), required=False, max_length=400, widget=forms.TextInput(attrs=PLAIN)
    )
    most = WholeNumber(label=_("For how many pieces at most"), required=False, min_value=1, max_value=100)
    worth = forms.CharField(label="")
    least = forms.CharField(label="")
    per_member = WholeNumber(label=_("How often for each member"), required=False, min_value=1)
    stock = WholeNumber(label=_("How many there are (empty: without end)"), required=False, min_value=0)

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
            "products": words(gives.get("products", {"products": [], "categories": []})),
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


def words(selection: dict[str, list[str]]) -> str:
    return ", ".join((*selection["products"], *selection["categories"]))
