"""The form for an earning rule: what the owner types, as the definition that the engine reads."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from passage.engine.rules import MAX_FEAST_DAYS, MAX_MINUTES, Occasion
from passage.office.forms import PLAIN
from passage.office.shelf import Shelf
from passage.office.terms import TermsForm, words
from passage.ui.typed import PlainDecimal, WholeNumber

KINDS_OF_RULES = [
    ("per_amount", _("Points for every amount")),
    ("per_visit", _("Points for every visit")),
    ("per_unit", _("Points for every piece of some products")),
    ("fixed", _("A bonus once for the purchase")),
    ("multiplier", _("More of all points")),
    ("event", _("A bonus without a purchase")),
]
OCCASIONS = [
    (Occasion.JOINED, _("Who joins, once")),
    (Occasion.BIRTHDAY, _("On the birthday, once a year")),
    (Occasion.NAME_DAY, _("On the name day, once a year")),
]
# What only a purchase has or leaves: a bonus without one cannot ask for it.
OF_A_PURCHASE = (
    *("only", "exclude", "exclude_discounted", "minimum", "any_of", "all_of", "first_purchase", "shops", "weekdays"),
    *("hours_from", "birthday_days", "name_day_days", "per_sale", "per_day", "per_member", "times_day", "times_member"),
    "group",
)
RESTS = [
    ("carry", _("It is kept for the next purchase")),
    ("floor", _("It is dropped")),
    ("half_up", _("From one half on it gives a point")),
    ("ceil", _("It always gives a point")),
]
ON_RETURN = [
    ("recompute", _("as if what came back had never been bought")),
    ("proportional", _("in proportion to the money given back")),
]
MOST = 1_000_000
AROUND = _("0: on the day alone; 7: from a week before to a week after. Once a year for each member.")


def _codes(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, required=False, max_length=400, widget=forms.TextInput(attrs=PLAIN)
    )


def _count(label: Any, *, least: int = 1, most: int = MOST, help_text: Any = "") -> WholeNumber:
    return WholeNumber(label=label, required=False, min_value=least, max_value=most, help_text=help_text)


class RuleForm(TermsForm):
    """An earning rule. Which fields count depends on its kind; the others are left alone."""

    OF_KINDS = {
        "points": "per_amount per_visit per_unit fixed event",
        "occasion": "event",
        "step": "per_amount",
        "times": "multiplier",
        "rest": "per_amount",
        "minutes_between": "per_visit",
    }
    SECTIONS = [
        (_("When and where"), ("starts", "ends", "weekdays", "hours_from", "hours_to", "shops")),
        (_("For whom"), ("tiers", "tags", "first_purchase", "birthday_days", "name_day_days")),
        (_("For what"), ("only", "exclude", "exclude_discounted", "minimum", "any_of", "all_of")),
        (_("Limits"), ("per_sale", "per_day", "per_member", "times_day", "times_member")),
        (_("Together with other rules, and returns"), ()),
    ]

    kind = forms.ChoiceField(label=_("What it gives"), choices=KINDS_OF_RULES, widget=forms.RadioSelect)
    occasion = forms.ChoiceField(label=_("For what occasion"), choices=OCCASIONS, required=False)
    points = _count(_("How many points"))
    step = forms.CharField(label="")
    times = PlainDecimal(
        label=_("Times how much"),
        required=False,
        min_value=Decimal("1.01"),
        max_value=100,
        max_digits=5,
        decimal_places=2,
    )
    rest = forms.ChoiceField(label=_("What does not fill a point"), choices=RESTS, required=False, initial="carry")
    minutes_between = _count(_("Minutes until the next visit counts"), least=0, most=MAX_MINUTES)
    only = _codes(_("Only for these products or categories"))
    exclude = _codes(_("Without these products or categories"))
    exclude_discounted = forms.BooleanField(label=_("Without what is sold at a lower price"), required=False)
    any_of = _codes(_("Only with one of these in the basket"))
    all_of = _codes(_("Only with all of these in the basket"))
    tags = forms.CharField(label=_("Only for members marked"), required=False, max_length=200)
    first_purchase = forms.BooleanField(label=_("Only for the first purchase"), required=False)
    birthday_days = _count(_("Days around the birthday"), least=0, most=MAX_FEAST_DAYS, help_text=AROUND)
    name_day_days = _count(_("Days around the name day"), least=0, most=MAX_FEAST_DAYS, help_text=AROUND)
    per_sale = _count(_("At most so many points for one purchase"))
    per_day = _count(_("At most so many points a day"))
    per_member = _count(_("At most so many points for one member, ever"))
    times_day = _count(_("At most so many times a day"))
    times_member = _count(_("At most so many times for one member, ever"))
    group = forms.CharField(
        label=_("Group: only the best of a group counts"),
        required=False,
        max_length=40,
        help_text=_("Rules with the same word here shut each other out. Without one, all that fit add up."),
    )
    priority = _count(
        _("Rank"),
        least=-999,
        most=999,
        help_text=_("Of two in a group that give the same, the higher rank counts. Usually 0."),
    )
    on_return = forms.ChoiceField(
        label=_("When goods come back, it is counted again"), choices=ON_RETURN, required=False, initial="recompute"
    )

    def __init__(self, posted: Any, *, shelf: Shelf, known: dict[str, Any] | None, draft: str = "") -> None:
        super().__init__(posted, shelf=shelf, known=known, draft=draft)
        self.amount("step", _("For every"))
        self.mark_kinds()
        names = [name for _title, section in self.SECTIONS for name in section]
        self.order_fields(
            ["name", "kind", "unit", "occasion", "points", "step", "times", "rest", "minutes_between", *names]
        )

    def filled(self, known: dict[str, Any]) -> dict[str, Any]:
        earns, when, limits = known["earns"], known["when"], known["limits"]
        times = Decimal(earns["num"]) / Decimal(earns["den"]) if earns["kind"] == "multiplier" else None
        return {
            **super().filled(known),
            "kind": earns["kind"],
            "points": earns.get("points"),
            "step": self.money(earns.get("step")),
            "times": times,
            "occasion": earns.get("on"),
            "rest": "carry" if earns.get("carry", True) else earns["rounding"],
            "minutes_between": earns.get("minutes_between"),
            **{name: words(known[name]) for name in ("only", "exclude")},
            **{name: words(when[name]) for name in ("any_of", "all_of")},
            "tags": ", ".join(when["tags"]),
            **{name: when[name] for name in ("first_purchase", "birthday_days", "name_day_days")},
            **{f"per_{span}": limits[span] for span in ("sale", "day", "member")},
            **{name: limits[name] for name in ("times_day", "times_member")},
            **{name: known[name] for name in ("exclude_discounted", "group", "on_return")},
            "priority": known["priority"] or None,
        }

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        kind = typed.get("kind", "")
        needs = {"multiplier": ["times"], "per_amount": ["points", "step"], "event": ["points", "occasion"]}
        self.need(*needs.get(kind, ["points"]))
        if kind == "event":
            for name in OF_A_PURCHASE:
                value = typed.get(name)
                if value not in (None, "", []) and value is not False:
                    self.add_error(name, _("A bonus without a purchase cannot ask for this. Leave it empty."))
        for name in ("only", "exclude", "any_of", "all_of"):
            typed[name] = self.choose(name)
        return typed

    def definition(self) -> dict[str, Any]:
        typed, limits = self.cleaned_data, self.known.get("limits", {})
        tags = [tag.strip() for tag in typed["tags"].split(",") if tag.strip()]
        asked = ("first_purchase", "birthday_days", "name_day_days", "any_of", "all_of")
        most = {span: typed[f"per_{span}"] for span in ("sale", "day", "member")}
        return {
            **self.known,
            "unit": typed["unit"],
            "earns": self._earns(),
            **{name: typed[name] for name in ("only", "exclude", "exclude_discounted", "group")},
            "when": {**self.when(), "tags": tags, **{name: typed[name] for name in asked}},
            "limits": {**limits, **most, **{name: typed[name] for name in ("times_day", "times_member")}},
            "priority": typed["priority"] or 0,
            "on_return": typed["on_return"] or "recompute",
        }

    def _earns(self) -> dict[str, Any]:
        typed, kind = self.cleaned_data, self.cleaned_data["kind"]
        before = self.known.get("earns", {})
        kept = before if before.get("kind") == kind else {"kind": kind}
        if kind == "multiplier":
            num, den = typed["times"].as_integer_ratio()
            return {**kept, "num": num, "den": den}
        more: dict[str, Any] = {}
        if kind == "per_amount":
            rest = typed["rest"] or "carry"
            rounding = kept.get("rounding", "floor") if rest == "carry" else rest
            more = {"step": typed["step"], "carry": rest == "carry", "rounding": rounding}
        if kind == "event":
            more = {"on": typed["occasion"]}
        if kind == "per_visit" and typed["minutes_between"] is not None:
            more = {"minutes_between": typed["minutes_between"]}
        return {**kept, "points": typed["points"], **more}
