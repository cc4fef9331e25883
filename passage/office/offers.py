"""Promotions and rewards: read as sentences, written in forms, in force from a day, never changed behind one's back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from passage.earning import actions as earning
from passage.earning import queries as rules
from passage.earning.models import Rule, RuleVersion, Tier
from passage.engine.rules import Rule as EngineRule
from passage.ledger.queries import units
from passage.office.catalogue import CatalogueForm
from passage.office.files import status_of
from passage.office.handovers import warning
from passage.office.once import once
from passage.office.rule_terms import RuleForm
from passage.office.shelf import Shelf
from passage.office.terms import TermsForm
from passage.office.trials import REPLACED, drafted, tried, wish_form
from passage.products import queries as products
from passage.programme import queries as programmes
from passage.programme.access import can
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Programme, Staff
from passage.programme.transactions import moment_of_change
from passage.rewards import actions as reward_actions
from passage.rewards import queries as rewards
from passage.rewards.models import Reward, RewardVersion
from passage.trials.queries import latest
from passage.ui.offers import Names, reward_sentences, rule_sentences
from passage.ui.precedence import groups


@dataclass(frozen=True, slots=True)
class Offer:
    """A rule or reward as the list tells it. ``since`` in the future: it has not begun."""

    key: Any
    name: str
    sentences: list[str]
    since: datetime
    is_coming: bool
    stock: int | None = None
    rank: int = 0
    is_running_out: bool = False
    picture: uuid.UUID | None = None
    warning: str = ""


def shelf(programme: Programme) -> Shelf:
    rows = products.on_sale(programme=programme)
    return Shelf(
        programme=programme,
        units=units(programme),
        shops=programmes.shops(programme=programme),
        tiers=list(Tier.objects.of(programme).order_by("threshold")),
        products={row.code: row.name for row in rows},
        categories=frozenset(row.category for row in rows if row.category),
    )


def names(found: Shelf) -> Names:
    return Names(
        currency=found.programme.currency,
        zone=found.programme.zone,
        kinds={unit.code: unit.kind for unit in found.units},
        shops={shop.code: shop.name for shop in found.shops},
        tiers={tier.code: tier.name for tier in found.tiers},
        products=found.products,
    )


@require_safe
@staff_page(verb="rules.see")
def promotions(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Every rule in force or still to come, in its own words and in the order in which they are applied."""
    at = timezone.now()
    words = names(shelf(staff.programme))
    rule_set = rules.rule_set(staff.programme)
    rows: list[Offer] = []
    told: dict[int, EngineRule] = {}
    for version in _latest(RuleVersion.objects.of(staff.programme).select_related("rule"), "rule_id", at=at):
        rule = rule_set.by_version.get(version.pk)
        if rule is not None:
            told.setdefault(rule.family, rule)
            said = rule_sentences(rule, names=words)
            coming = version.effective_from > at
            rows.append(Offer(version.rule_id, rule.name, said, version.effective_from, coming, rank=rule.priority))
    rows.sort(key=lambda row: (-row.rank, row.key, row.since))
    page: dict[str, object] = {
        "rows": rows,
        "groups": groups(list(told.values())),
        "trials": latest(staff.programme),
        "may_edit": can(staff, "rules.edit"),
    }
    return staff_render(request, "office/promotions.html", page, staff=staff)


def _latest(versions: Any, key: str, *, at: datetime) -> list[Any]:
    """Of each the version in force, and the ones that are still to come; an ended one is left out by its caller."""
    now: dict[int, Any] = {}
    coming: list[Any] = []
    for row in versions.order_by("effective_from", "number"):
        if row.effective_from > at:
            coming.append(row)
        else:
            now[getattr(row, key)] = row
    return [*now.values(), *coming]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="rules.edit")
def promotion(request: HttpRequest, staff: Staff, rule: int | None = None) -> HttpResponse:
    """One rule, or a new one. A change is a new version from a day on; what was earned stays."""
    row = None if rule is None else _rule(staff, rule)
    versions = [] if row is None else list(row.versions.order_by("-effective_from", "-number"))
    draft = drafted(request, staff, row)
    known = draft.definition if draft else next((each.definition for each in versions if each.definition), None)
    name = draft.name if draft and row is None else ""
    posted = request.POST if request.method == "POST" else None
    form = RuleForm(posted, shelf=shelf(staff.programme), known=known, draft=name)
    wish = wish_form(request, staff, draft)

    def save(definition: dict[str, Any], since: datetime | None, by: str) -> None:
        version = earning.publish(
            programme=staff.programme,
            rule=row,
            name=form.cleaned_data.get("name", ""),
            definition=definition,
            effective_from=since,
            by=by,
            at=timezone.now,
        )
        if row is not None and version.rule_id != row.pk:
            messages.info(request, REPLACED)

    if posted is not None and "try" in posted:
        trial = tried(staff, row, form, wish)
        if trial is not None:
            return redirect("office:trial", trial.pk)
    elif posted is not None and _saved(request, form, staff, save):
        messages.success(request, _("Saved. It counts from the day you chose."))
        return redirect("office:promotions")
    page: dict[str, object] = {"form": form, "wish": wish, "row": row, **_history(versions)}
    page["may_date_back"] = can(staff, "rules.date_back")
    faults = bool(form.errors or (wish.is_bound and wish.errors))
    return staff_render(request, "office/promotion.html", page, staff=staff, status=422 if faults else 200)


def _history(versions: Sequence[Any]) -> dict[str, object]:
    """The versions, newest first, and whether the newest one ends it."""
    return {"versions": versions, "is_ended": bool(versions and not versions[0].definition)}


def _saved(
    request: HttpRequest,
    form: TermsForm,
    staff: Staff,
    save: Callable[[dict[str, Any], datetime | None, str], None],
) -> bool:
    at = timezone.now()
    if not form.is_valid() or form.begins_too_late(at=at):
        return False

    def work() -> str:
        save(form.definition(), form.effective_from(at=at), f"staff:{staff.pk}")  # type: ignore[attr-defined]
        return ""

    try:
        once(request, staff, work, at=at)
    except Refused as refused:
        form.add_error(*form.fault(refused))
        return False
    return True


def _rule(staff: Staff, pk: int) -> Rule:
    row: Rule | None = Rule.objects.of(staff.programme).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@require_POST
@staff_page(verb="rules.edit")
def end_promotion(request: HttpRequest, staff: Staff, rule: int) -> HttpResponse:
    """The rule gives nothing from now on; what it gave stays."""
    earning.stop(rule=_rule(staff, rule), by=f"staff:{staff.pk}", now=timezone.now)
    messages.success(request, _("Ended. What was earned stays."))
    return redirect("office:promotions")


@require_safe
@staff_page(verb="rewards.see")
def catalogue(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Every reward in force or still to come, in its own words."""
    at = timezone.now()
    words = names(shelf(staff.programme))
    pictures = rewards.pictures(staff.programme)
    rows = []
    for version in _latest(RewardVersion.objects.of(staff.programme).select_related("reward"), "reward_id", at=at):
        if not version.definition:
            continue
        value, reward = rewards.value(version), version.reward
        said = reward_sentences(value, names=words)
        rows.append(
            Offer(
                key=reward.public_id,
                name=reward.name,
                sentences=said,
                since=version.effective_from,
                is_coming=version.effective_from > at,
                stock=reward.stock,
                is_running_out=reward.is_running_out,
                picture=pictures.get(reward.public_id),
                warning=warning(staff.programme, reward.worth),
            )
        )
    return staff_render(
        request, "office/rewards.html", {"rows": rows, "may_edit": can(staff, "rewards.edit")}, staff=staff
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="rewards.edit")
def reward(request: HttpRequest, staff: Staff, reward: uuid.UUID | None = None) -> HttpResponse:
    """One reward, or a new one. Points that are held for it already keep the price they were held at."""
    row = None if reward is None else _reward(staff, reward)
    versions = [] if row is None else list(row.versions.order_by("-number"))
    known = next((each.definition for each in versions if each.definition), None)
    picture = None if row is None else rewards.pictures(staff.programme).get(row.public_id)
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = CatalogueForm(*sent, shelf=shelf(staff.programme), known=known, row=row, picture=picture)

    @transaction.atomic
    def save(definition: dict[str, Any], chosen: datetime | None, by: str) -> None:
        kept, at = row, moment_of_change(staff.programme, now=timezone.now)
        since = at if chosen is None else chosen
        if kept is None:
            kept = reward_actions.create_reward(
                programme=staff.programme,
                name=form.cleaned_data["name"],
                definition=definition,
                effective_from=since,
                stock=form.cleaned_data["stock"],
                by=by,
                at=at,
            )
        else:
            reward_actions.change_reward(reward=kept, definition=definition, effective_from=since, by=by, at=at)
        form.keep(kept, by=by, at=at)

    if request.method == "POST" and _saved(request, form, staff, save):
        messages.success(request, _("Saved. The tills offer it from the day you chose."))
        return redirect("office:rewards")
    page: dict[str, object] = {"form": form, "row": row, "picture": picture, **_history(versions)}
    page["warning"] = warning(staff.programme, row.worth) if row else ""
    return staff_render(request, "office/reward.html", page, staff=staff, status=status_of(form))


def _reward(staff: Staff, public_id: uuid.UUID) -> Reward:
    row = rewards.by_public_id(staff.programme, public_id=public_id)
    if row is None:
        raise Http404
    return row


@require_POST
@staff_page(verb="rewards.edit")
def end_reward(request: HttpRequest, staff: Staff, reward: uuid.UUID) -> HttpResponse:
    """No longer offered; what is held for an order can still be had."""
    row = _reward(staff, reward)
    with transaction.atomic():
        at = moment_of_change(staff.programme, now=timezone.now)
        last = row.versions.order_by("-number").first()
        since = max(at, last.effective_from) if last else at
        reward_actions.change_reward(reward=row, definition={}, effective_from=since, by=f"staff:{staff.pk}", at=at)
    messages.success(request, _("Taken out of the catalogue."))
    return redirect("office:rewards")
