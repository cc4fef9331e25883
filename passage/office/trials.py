"""A promotion tried on past sales before it counts: what it would have given, cost and changed, and publishing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from passage.earning.models import Rule, Tier
from passage.earning.queries import rule_set
from passage.ledger.queries import units
from passage.members.masks import masked
from passage.members.queries import by_ids
from passage.office.forms import AmountField
from passage.office.terms import TermsForm
from passage.products import queries as products
from passage.programme import queries as programmes
from passage.programme.access import can
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Programme, Staff
from passage.trials import actions, queries
from passage.trials.models import Trial
from passage.trials.replay import Draft
from passage.ui.offers import Names, rule_sentences
from passage.ui.refusals import refusal, sentence_of
from passage.ui.typed import amount_text, read_cursor
from passage.ui.wording import weekday_names

DAY = {"type": "date"}
REPLACED = gettext_lazy(
    "It counts in other steps than before: the old rule ends then and this one takes its place. Amounts that wait "
    "to fill a point of the old rule are not carried over."
)


class WishForm(forms.Form):
    """On how many weeks to try a draft, and what its points cost."""

    weeks = forms.TypedChoiceField(
        label=gettext_lazy("On the sales of the last"),
        coerce=int,
        choices=[
            (4, gettext_lazy("4 weeks")),
            (8, gettext_lazy("8 weeks")),
            (13, gettext_lazy("13 weeks")),
            (26, gettext_lazy("26 weeks")),
        ],
        initial=8,
    )

    def __init__(self, posted: Any, *, currency: str, initial: Mapping[str, Any]) -> None:
        super().__init__(posted, initial=dict(initial))
        self.fields["worth"] = AmountField(
            label=gettext_lazy("What 100 of them are worth (optional)"),
            currency=currency,
            required=False,
            help_text=gettext_lazy("For the cost in money. With 100 points for a coffee at 5.00 it is 5.00."),
        )


def wish_form(request: HttpRequest, staff: Staff, draft: Trial | None) -> WishForm:
    """Filled with what was said last."""
    currency = staff.programme.currency
    worth = queries.last_worth(staff.programme)
    known = {"weeks": draft.weeks if draft else 8, "worth": amount_text(worth, currency=currency) if worth else ""}
    return WishForm(request.POST if "try" in request.POST else None, currency=currency, initial=known)


def drafted(request: HttpRequest, staff: Staff, row: Rule | None) -> Trial | None:
    """The draft that the page is to begin with, where its address names one."""
    asked = request.GET.get("trial", "")
    number = read_cursor(asked)
    found = queries.trial(staff.programme, pk=number) if number is not None else None
    return found if found is not None and found.rule_id == (row.pk if row else None) else None


def tried(staff: Staff, row: Rule | None, form: TermsForm, wish: WishForm) -> Trial | None:
    """The trial of what the form says, already run where it is small; None where something is to be put right."""
    if not (form.is_valid() and wish.is_valid()):
        return None
    at = timezone.now()
    asked = actions.Wish(
        name=form.cleaned_data.get("name", ""),
        definition=form.definition(),  # type: ignore[attr-defined]
        weeks=wish.cleaned_data["weeks"],
        worth=wish.cleaned_data["worth"],
    )
    try:
        trial = actions.begin(programme=staff.programme, rule=row, wish=asked, by=f"staff:{staff.pk}", at=at)
    except Refused as refused:
        form.add_error(*form.fault(refused))
        return None
    actions.run(trial=trial, at=at)
    return trial


class PublishForm(forms.Form):
    since = forms.DateField(
        label=gettext_lazy("Publish from"),
        required=False,
        help_text=gettext_lazy("Empty: from now on. Purchases that are recorded already stay as they are."),
        widget=forms.DateInput(attrs=DAY),
    )

    def moment(self, *, at: datetime, zone: str) -> datetime | None:
        """From when on; None for now, and with the reason at the field for a day that is over."""
        since: date | None = self.cleaned_data["since"]
        place = ZoneInfo(zone)
        if since is None or since == at.astimezone(place).date():
            return None
        begins = datetime.combine(since, time(), tzinfo=place)
        if begins < at:
            self.add_error("since", refusal("in_the_past"))
            return None
        return begins


@dataclass(frozen=True, slots=True)
class Change:
    """Points really given, and what they would have been, of a day of the week, a shop, a rule or a member."""

    name: str
    given: int
    would: int
    page: object = None
    kind: str = "points"

    @property
    def more(self) -> int:
        return self.would - self.given


@require_safe
@staff_page(verb="rules.see")
def trial(request: HttpRequest, staff: Staff, trial: int) -> HttpResponse:
    """How far it has come, or what it found. The page of one that still runs asks again by itself."""
    return _shown(request, staff, _trial(staff, trial), PublishForm())


@require_POST
@staff_page(verb="rules.edit")
def publish(request: HttpRequest, staff: Staff, trial: int) -> HttpResponse:
    """What was tried becomes a rule, from a day on that is not over."""
    row, form, at = _trial(staff, trial), PublishForm(request.POST), timezone.now()
    since = form.moment(at=at, zone=staff.programme.zone) if form.is_valid() else None
    if form.errors:
        return _shown(request, staff, row, form, status=422)
    try:
        version = actions.publish(trial=row, effective_from=since, by=f"staff:{staff.pk}", now=timezone.now)
    except Refused as refused:
        form.add_error(None, sentence_of(refused))
        return _shown(request, staff, row, form, status=422)
    if row.rule_id is not None and version.rule_id != row.rule_id:
        messages.info(request, str(REPLACED))
    messages.success(request, _("Published. It counts from the day you chose."))
    return redirect("office:promotions")


def _trial(staff: Staff, pk: int) -> Trial:
    row = queries.trial(staff.programme, pk=pk)
    if row is None:
        raise Http404
    return row


def _shown(request: HttpRequest, staff: Staff, row: Trial, form: PublishForm, *, status: int = 200) -> HttpResponse:
    draft, found = queries.draft(row), row.found
    kinds = {unit.code: unit.kind for unit in units(staff.programme)}
    given, would = found["points"]
    people = _members(staff.programme, [*found["winners"], *found["losers"]])
    page: dict[str, object] = {
        "row": row,
        "form": form,
        "said": rule_sentences(draft.rule, names=_names(staff.programme, kinds)),
        "kind": kinds.get(draft.rule.unit, "points"),
        "total": Change(row.name, given, would),
        "cost": None if row.worth is None else round((would - given) * row.worth / 100),
        "per_week": None if row.worth is None else round((would - given) * row.worth / 100 / row.weeks),
        "weekdays": [
            Change(weekday_names(str(day)), *found["weekdays"][str(day)])
            for day in range(1, 8)
            if str(day) in found["weekdays"]
        ],
        "shops": _shops(staff.programme, found["shops"]),
        "others": _others(row, draft, kinds),
        "winners": [people[entry[1]] for entry in found["winners"]],
        "losers": [people[entry[1]] for entry in found["losers"]],
        "may_edit": can(staff, "rules.edit"),
        "has_days": bool(row.definition["when"]["starts"] or row.definition["when"]["ends"]),
    }
    return staff_render(request, "office/trial.html", page, staff=staff, status=status)


def _names(programme: Programme, kinds: Mapping[str, str]) -> Names:
    return Names(
        currency=programme.currency,
        zone=programme.zone,
        kinds=kinds,
        shops={shop.code: shop.name for shop in programmes.shops(programme=programme)},
        tiers={tier.code: tier.name for tier in Tier.objects.of(programme)},
        products={row.code: row.name for row in products.on_sale(programme=programme)},
    )


def _shops(programme: Programme, table: Mapping[str, Sequence[int]]) -> list[Change]:
    known = programmes.shops_by_codes(programme=programme, codes=table)
    rows = [
        Change(known[code].name if code in known else _("no shop in particular"), pair[0], pair[1])
        for code, pair in table.items()
    ]
    return sorted(rows, key=lambda row: row.name)


def _others(row: Trial, draft: Draft, kinds: Mapping[str, str]) -> list[Change]:
    """The other rules that would have given more or less than they did, those that lose most first."""
    known = {rule.family: rule for rule in rule_set(row.programme).by_version.values()}
    mine = {draft.rule.family, row.rule_id}
    changed = [
        Change(known[family].name, pair[0], pair[1], page=family, kind=kinds.get(known[family].unit, "points"))
        for text, pair in row.found["rules"].items()
        if (family := int(text)) not in mine and family in known and pair[0] != pair[1]
    ]
    return sorted(changed, key=lambda change: change.more)


def _members(programme: Programme, entries: Sequence[Sequence[int]]) -> dict[int, Change]:
    """The members of these entries, by key; over a shoulder only masked names are read."""
    known = by_ids(programme=programme, ids=[entry[1] for entry in entries])
    return {
        entry[1]: Change(
            masked(known[entry[1]]).name or _("Member without a name"),
            entry[2],
            entry[3],
            page=known[entry[1]].public_id,
        )
        for entry in entries
    }
