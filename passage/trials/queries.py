"""Trials, and the recorded sales that they settle again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from passage.earning import drafts
from passage.earning import queries as earning
from passage.earning.models import Rule, RuleVersion
from passage.programme.models import Programme
from passage.purchases.history import had_bought
from passage.purchases.models import Purchase
from passage.trials.models import Backdating, Trial
from passage.trials.replay import MOVE, Draft, Held, Row

GIVING = (Purchase.Kind.SALE, Purchase.Kind.MOVE)  # kinds that give a member points
READ = ("id", "kind", "sale_id", "member_id", "shop__code", "context", "settlement", "basket")


def trial(programme: Programme, *, pk: int) -> Trial | None:
    rows = Trial.objects.of(programme).select_related("rule", "published", "programme")
    found: Trial | None = rows.filter(pk=pk).first()
    return found


def backdating(programme: Programme, *, pk: int) -> Backdating | None:
    rows = Backdating.objects.of(programme).select_related("rule", "programme")
    found: Backdating | None = rows.filter(pk=pk).first()
    return found


def backdatings(rule: Rule, /, *, limit: int = 5) -> list[Backdating]:
    """Of one rule, those that somebody confirmed, newest first."""
    rows = Backdating.objects.of(rule.programme_id).filter(rule=rule).exclude(confirmed_at=None)
    return list(rows.order_by("-id")[:limit])


def latest(programme: Programme, *, limit: int = 5) -> list[Trial]:
    return list(Trial.objects.of(programme).select_related("rule").order_by("-id")[:limit])


def last_worth(programme: Programme) -> int | None:
    """What a hundred points were said to be worth the last time somebody said it."""
    rows = Trial.objects.of(programme).exclude(worth=None).order_by("-id")
    found: int | None = rows.values_list("worth", flat=True).first()
    return found


def newest_number(rule: Rule) -> int:
    """The number of the rule's last version; 0 for a rule without any."""
    rows = RuleVersion.objects.of(rule.programme_id).filter(rule=rule).order_by("-number")
    return rows.values_list("number", flat=True).first() or 0


def draft(row: Trial) -> Draft:
    """The trial's rule as the engine takes it, without a first and last day: it is tried on days that are over."""
    family, said = drafts.NEW, row.definition
    if row.rule is not None:
        kept = drafts.in_scale(drafts.last_scaled(row.rule, up_to=row.before), row.definition)
        family, said = (row.rule.pk, kept) if kept is not None else (family, said)
    dateless = {**said, "when": {**said["when"], "starts": None, "ends": None}}
    rule = drafts.read(row.programme, dateless, family=family, name=row.name)
    return Draft(rule, row.rule_id, earning.rule_set(row.programme).by_version)


def sales(programme: Programme, *, since: datetime) -> Any:
    """Sales of members since a moment, and moves of sales from then to another member."""
    rows = Purchase.objects.of(programme).filter(kind__in=GIVING, member__isnull=False)
    return rows.filter(occurred_at__gte=since)


def next_members(programme: Programme, *, since: datetime, after: int, limit: int) -> list[int]:
    """The next members, by key, who bought something since then."""
    rows = sales(programme, since=since).filter(member_id__gt=after).order_by("member_id")
    return list(rows.values_list("member_id", flat=True).distinct()[:limit])


def held_by(programme: Programme, *, members: Sequence[int], since: datetime) -> dict[int, list[Held]]:
    """The sales of some members since then, with all that followed on them. Three statements."""
    found = [_row(each) for each in sales(programme, since=since).filter(member_id__in=members).values_list(*READ)]
    known = {row.id: row for row in found if row.kind != MOVE}
    moved = {row.sale for row in found if row.kind == MOVE and row.sale not in known}
    if moved:
        rows = Purchase.objects.of(programme).filter(pk__in=moved).values_list(*READ)
        known |= {each[0]: _row(each) for each in rows}
    followers: dict[int, list[Row]] = {}
    for each in Purchase.objects.of(programme).filter(sale__in=list(known)).order_by("id").values_list(*READ):
        follower = _row(each)
        assert follower.sale is not None
        followers.setdefault(follower.sale, []).append(follower)
    held: dict[int, list[Held]] = {}
    for row in found:
        origin = known[row.sale or row.id]
        assert row.member is not None
        held.setdefault(row.member, []).append(Held(row, origin, followers.get(origin.id, [])))
    return held


def _row(values: Sequence[Any]) -> Row:
    pk, kind, sale, member, shop, context, settlement, basket = values
    return Row(pk, kind, sale, member, shop or "", context, settlement, basket)


def bought_before(programme: Programme, *, members: Sequence[int], since: datetime) -> set[int]:
    """Who of them had bought something before that moment that did not come back as a whole."""
    return set(had_bought(programme, members, before=since))
