"""The levels of the programme, from a day on, with who would be where; and a level given to one member by hand."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from passage.earning import actions, queries
from passage.earning.models import Tier, TierScheme
from passage.engine.expiry import end_of_day
from passage.engine.money import MAX_BALANCE
from passage.engine.tiers import Downgrade, TierPolicy, Window
from passage.engine.tiers import Tier as EngineTier
from passage.ledger.queries import units
from passage.members import queries as members
from passage.members.models import Member
from passage.office.once import once
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Programme, Staff
from passage.ui.levels import policy_sentences
from passage.ui.refusals import refusal, sentence_of
from passage.ui.typed import WholeNumber

MORE = 2  # empty rows for new levels
CODE = 20
Level = tuple[str, str, int]  # code, name, threshold


class LevelsForm(forms.Form):
    """Each level is a row of a name and what it takes; an emptied row takes its level away."""

    window = forms.ChoiceField(
        label=gettext_lazy("What counts"),
        widget=forms.RadioSelect,
        choices=[
            (Window.LIFETIME, gettext_lazy("everything ever earned")),
            (Window.CALENDAR_YEAR, gettext_lazy("what was earned in the calendar year")),
            (Window.ROLLING_MONTHS, gettext_lazy("what was earned in the last months")),
        ],
    )
    months = WholeNumber(label=gettext_lazy("How many months"), required=False, min_value=1, max_value=60)
    grace_days = WholeNumber(
        label=gettext_lazy("Days to spare"),
        required=False,
        min_value=0,
        max_value=366,
        help_text=gettext_lazy("So long a level stays after its period has ended."),
    )
    downgrade = forms.ChoiceField(
        label=gettext_lazy("Who did not earn enough to stay"),
        widget=forms.RadioSelect,
        choices=[
            (Downgrade.RECOMPUTED, gettext_lazy("goes to the level that was earned")),
            (Downgrade.ONE_STEP, gettext_lazy("goes down by one level only")),
        ],
    )
    revoke_on_return = forms.BooleanField(
        label=gettext_lazy("A return takes away the level that the purchase had reached"), required=False
    )
    since = forms.DateField(
        label=gettext_lazy("In force from"),
        required=False,
        help_text=gettext_lazy("Empty: from now on."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, posted: Any, *, known: Sequence[Level], policy: TierPolicy) -> None:
        self.known = list(known)
        super().__init__(posted, initial=_filled(policy))
        for number in range(len(self.known) + MORE):
            _same, name, threshold = self.known[number] if number < len(self.known) else ("", "", None)
            self.fields[f"name_{number}"] = forms.CharField(
                label=_("Name of the level"), max_length=40, required=False, initial=name
            )
            self.fields[f"threshold_{number}"] = WholeNumber(
                label=_("From how many points"), required=False, min_value=1, max_value=MAX_BALANCE, initial=threshold
            )

    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"name_{number}"], self[f"threshold_{number}"]) for number in range(len(self.known) + MORE)]

    def others(self) -> list[forms.BoundField]:
        return [self[name] for name in ("window", "months", "grace_days", "downgrade", "revoke_on_return", "since")]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("window") == Window.ROLLING_MONTHS and not typed.get("months") and "months" not in self.errors:
            self.add_error("months", _("Fill this in."))
        seen: set[int] = set()
        for number in range(len(self.known) + MORE):
            name, threshold = typed.get(f"name_{number}"), typed.get(f"threshold_{number}")
            if bool(name) != bool(threshold) and f"threshold_{number}" not in self.errors:
                self.add_error(f"name_{number}" if threshold else f"threshold_{number}", _("Fill this in."))
            if threshold in seen:
                self.add_error(f"threshold_{number}", _("Two levels cannot begin at the same number."))
            seen |= {threshold} if threshold else set()
        return typed

    def levels(self) -> list[Level]:
        """The rows that are filled, lowest first; a new level gets a code of its name."""
        taken = {code for code, _name, _threshold in self.known}
        found = []
        for number in range(len(self.known) + MORE):
            name, threshold = self.cleaned_data.get(f"name_{number}"), self.cleaned_data.get(f"threshold_{number}")
            if name and threshold:
                code = self.known[number][0] if number < len(self.known) else _code(name, taken)
                taken.add(code)
                found.append((code, name, threshold))
        return sorted(found, key=lambda level: level[2])

    def policy(self) -> TierPolicy:
        typed = self.cleaned_data
        return TierPolicy(
            window=Window(typed["window"]),
            months=typed["months"] or 12,
            grace_days=typed["grace_days"] or 0,
            downgrade=Downgrade(typed["downgrade"]),
            revoke_on_return=typed["revoke_on_return"],
        )


def _filled(policy: TierPolicy) -> dict[str, Any]:
    return {
        "window": policy.window.value,
        "months": policy.months,
        "grace_days": policy.grace_days,
        "downgrade": policy.downgrade.value,
        "revoke_on_return": policy.revoke_on_return,
    }


def _code(name: str, taken: set[str]) -> str:
    stem = slugify(name)[: CODE - 3] or "level"
    return next(code for number in range(1, 100) if (code := stem if number == 1 else f"{stem}{number}") not in taken)


@dataclass(frozen=True, slots=True)
class Step:
    """A level of the page: how many hold it now, and how many the form would bring there (None: not asked)."""

    name: str
    threshold: int
    now: int
    then: int | None


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="rules.edit")
def tiers(request: HttpRequest, staff: Staff) -> HttpResponse:
    """The levels as they are, and a form for what they are to be from a day on."""
    at, programme = timezone.now(), staff.programme
    schemes = queries.schemes(programme)
    names = {tier.code: tier.name for tier in Tier.objects.of(programme)}
    newest = schemes[0] if schemes else None
    known = _known(newest, names)
    policy = queries.policy(newest) if newest else TierPolicy()
    form = LevelsForm(request.POST if request.method == "POST" else None, known=known, policy=policy)
    steps: list[Step] = []
    if request.method == "POST" and form.is_valid():
        if "look" in request.POST:
            steps = _previewed(programme, form, at)
        elif _set(staff, form, at):
            messages.success(request, _("Saved. Nobody’s level has moved by it."))
            return redirect("office:tiers")
    now = queries.at_each_tier(programme, at=at)
    in_force = next((each for each in schemes if each.effective_from <= at), None)
    page: dict[str, object] = {
        "form": form,
        "levels": [Step(name, least, now.get(code, 0), None) for code, name, least in _known(in_force, names)],
        "said": policy_sentences(queries.policy(in_force)) if in_force else [],
        "steps": steps,
        "counted": [unit.name for unit in units(programme) if unit.qualifies],
        "schemes": [(each, each.effective_from > at, _known(each, names)) for each in schemes],
    }
    return staff_render(request, "office/tiers.html", page, staff=staff, status=422 if form.errors else 200)


def _known(scheme: TierScheme | None, names: dict[str, str]) -> list[Level]:
    tiers = queries.engine_tiers(scheme) if scheme else ()
    return [(tier.code, names.get(tier.code, tier.code), tier.threshold) for tier in tiers]


def _previewed(programme: Programme, form: LevelsForm, at: datetime) -> list[Step]:
    levels = form.levels()
    tiers = [EngineTier(code, threshold) for code, _name, threshold in levels]
    now = queries.at_each_tier(programme, at=at)
    then = queries.would_reach(programme, tiers=tiers, policy=form.policy(), at=at)
    return [Step(name, least, now.get(code, 0), then.get(code, 0)) for code, name, least in levels]


def _set(staff: Staff, form: LevelsForm, at: datetime) -> bool:
    since = _moment(form, "since", at=at, zone=staff.programme.zone)
    if form.errors:
        return False
    try:
        actions.publish_tiers(
            programme=staff.programme,
            tiers=form.levels(),
            policy=form.policy(),
            effective_from=since,
            by=f"staff:{staff.pk}",
            now=timezone.now,
        )
    except Refused as refused:
        form.add_error("since" if refused.field == "effective_from" else None, sentence_of(refused))
        return False
    return True


def _moment(form: forms.Form, name: str, *, at: datetime, zone: str) -> datetime | None:
    """The first moment of a day that was typed; None, for now, today or nothing; an error at the field for one that is over."""
    day: date | None = form.cleaned_data[name]
    place = ZoneInfo(zone)
    today = at.astimezone(place).date()
    if day is not None and day < today:
        form.add_error(name, refusal("in_the_past"))
    return None if day is None or day <= today else datetime.combine(day, time(), tzinfo=place)


class GiveForm(forms.Form):
    """A level by hand: empty takes back what was given."""

    tier = forms.ChoiceField(label=gettext_lazy("Level"), required=False)
    until = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("Then the level that was earned counts again. Empty: until you take it back."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def __init__(self, posted: Any, *, levels: Sequence[Level]) -> None:
        super().__init__(posted)
        earned = ("", _("the one that was earned"))
        self.fields["tier"].choices = [earned, *((code, name) for code, name, _least in levels)]  # type: ignore[attr-defined]


def _given(row: Member, typed: dict[str, Any], *, until: datetime | None, by: str, at: datetime) -> str:
    reason = typed["reason"]
    if typed["tier"]:
        return str(actions.give_tier(member=row, code=typed["tier"], until=until, reason=reason, by=by, at=at).pk)
    actions.take_tier_back(member=row, reason=reason, by=by, at=at)
    return ""


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="points.adjust")
def give_tier(request: HttpRequest, staff: Staff, member: uuid.UUID) -> HttpResponse:
    """Somebody is given a level until a day, with a reason, or what was given is taken back."""
    row = members.by_public_id(programme=staff.programme, public_id=member)
    if row is None or row.status == Member.Status.ERASED:
        raise Http404
    at = timezone.now()
    names = {tier.code: tier.name for tier in Tier.objects.of(staff.programme)}
    levels = _known(queries.scheme(staff.programme, at=at), names)
    form = GiveForm(request.POST if request.method == "POST" else None, levels=levels)
    if request.method == "POST" and form.is_valid():
        typed, by = form.cleaned_data, f"staff:{staff.pk}"
        until = None
        if typed["until"]:
            until = end_of_day(typed["until"], ZoneInfo(staff.programme.zone))
        try:
            once(request, staff, lambda: _given(row, typed, until=until, by=by, at=at), at=at)
        except Refused as refused:
            field = refused.field if refused.field in form.fields else None
            form.add_error(field, sentence_of(refused))
        else:
            messages.success(request, _("The level is set."))
            return redirect("office:member", member=row.public_id)
    page: dict[str, object] = {"form": form, "member": row, "has_levels": bool(levels)}
    return staff_render(request, "office/give_tier.html", page, staff=staff, status=422 if form.errors else 200)
