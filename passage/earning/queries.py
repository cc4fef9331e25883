"""Rules in force at a moment, tiers held at a moment, and what rules have given already."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from passage.earning.models import RuleUsage, RuleVersion, Tier, TierChange, TierScheme
from passage.engine import rules as engine
from passage.engine.tiers import Downgrade, TierPolicy, Window, qualified, window_start
from passage.engine.tiers import Tier as EngineTier
from passage.ledger import queries as ledger
from passage.programme import queries as programmes
from passage.programme.models import Programme

EVER = date(1, 1, 1)
RULE: TypeAdapter[engine.Rule] = TypeAdapter(engine.Rule)


@lru_cache(maxsize=10_000)
def _parsed(definition: str) -> engine.Rule:
    """Versions never change, so neither does their value."""
    return RULE.validate_json(definition)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rule versions of a programme: asks which were in force when."""

    versions: tuple[tuple[datetime, int, engine.Rule | None], ...]  # effective_from, number, rule
    families: tuple[int, ...]
    by_version: dict[int, engine.Rule]

    def at(self, moment: datetime) -> tuple[engine.Rule, ...]:
        """Of each rule the latest version effective at ``moment``; rules that had ended are left out."""
        latest: dict[int, tuple[datetime, int, engine.Rule | None]] = {}
        for row, family in zip(self.versions, self.families, strict=True):
            if row[0] <= moment and (family not in latest or row[:2] > latest[family][:2]):
                latest[family] = row
        return tuple(rule for _, _, rule in latest.values() if rule is not None)


def rule_set(programme: Programme) -> RuleSet:
    """Every version of every rule of the programme. One statement."""
    rows = list(RuleVersion.objects.of(programme).select_related("rule").order_by("rule_id", "number"))
    versions, families, by_version = [], [], {}
    for row in rows:
        rule = None
        if row.definition:
            known = {"version": row.pk, "family": row.rule_id, "name": row.rule.name}
            rule = _parsed(json.dumps({**row.definition, **known}))
            by_version[row.pk] = rule
        versions.append((row.effective_from, row.number, rule))
        families.append(row.rule_id)
    return RuleSet(tuple(versions), tuple(families), by_version)


@dataclass(slots=True)
class TierHistory:
    """The tiers of a programme and the changes of some members' tiers, oldest first."""

    policy: TierPolicy
    tiers: tuple[EngineTier, ...]
    rows: dict[str, Tier]
    changes: dict[int, list[TierChange]]

    def held(self, member_id: int, *, before: datetime) -> EngineTier | None:
        """The tier a sale at ``before`` earns at: a change at that very moment comes after it (E-40)."""
        return self._tier([change for change in self.changes.get(member_id, ()) if change.at < before])

    def now(self, member_id: int, *, at: datetime) -> EngineTier | None:
        return self._tier([change for change in self.changes.get(member_id, ()) if change.at <= at])

    def latest(self, member_id: int, *, at: datetime | None = None) -> TierChange | None:
        """The member's last change, up to ``at``; of two at one moment the one recorded later."""
        changes = [each for each in self.changes.get(member_id, ()) if at is None or each.at <= at]
        return max(enumerate(changes), key=lambda pair: (pair[1].at, pair[0]))[1] if changes else None

    def add(self, change: TierChange) -> None:
        self.changes.setdefault(change.member_id, []).append(change)

    def _tier(self, changes: Sequence[TierChange]) -> EngineTier | None:
        if not changes:
            return None
        return self.standing_for(max(enumerate(changes), key=lambda pair: (pair[1].at, pair[0]))[1])

    def standing_for(self, change: TierChange) -> EngineTier | None:
        """The tier that ``change`` left; where there is no such tier any more, the best of what it had needed."""
        if change.tier is None:
            return None
        code, had = change.tier.code, change.tier.threshold
        same = next((tier for tier in self.tiers if tier.code == code), None)
        return same or qualified(self.tiers, had)


def tier_history(programme: Programme, *, members: Collection[int], at: datetime | None = None) -> TierHistory:
    """The scheme in force at ``at`` (None: the last one that was made), and all changes of the members' tiers.

    Three statements; one where there are no tiers.
    """
    found = scheme(programme, at=at)
    if found is None or not found.thresholds:
        return TierHistory(TierPolicy(), (), {}, {})
    rows = {row.code: row for row in Tier.objects.of(programme)}
    changes: dict[int, list[TierChange]] = {}
    for change in TierChange.objects.of(programme).filter(member_id__in=members).select_related("tier").order_by("id"):
        changes.setdefault(change.member_id, []).append(change)
    return TierHistory(policy(found), engine_tiers(found), rows, changes)


def schemes(programme: Programme) -> list[TierScheme]:
    """All of them, newest first."""
    return list(TierScheme.objects.of(programme).order_by("-number"))


def scheme(programme: Programme, *, at: datetime | None = None) -> TierScheme | None:
    """The scheme in force at a moment; None: the last one that was made."""
    rows = TierScheme.objects.of(programme).order_by("-number")
    found: TierScheme | None = (rows if at is None else rows.filter(effective_from__lte=at)).first()
    return found


def engine_tiers(row: TierScheme) -> tuple[EngineTier, ...]:
    """Lowest first."""
    return tuple(EngineTier(code, least) for code, least in sorted(row.thresholds.items(), key=lambda pair: pair[1]))


def policy(row: TierScheme) -> TierPolicy:
    return TierPolicy(
        window=Window(row.window),
        months=row.months,
        grace_days=row.grace_days,
        downgrade=Downgrade(row.downgrade),
        revoke_on_return=row.revoke_on_return,
    )


def at_each_tier(programme: Programme, *, at: datetime) -> dict[str, int]:
    """How many members hold each tier now, by its code."""
    tiers = tier_history(programme, members=[], at=at)
    counts: dict[str, int] = {}
    rows = TierChange.objects.of(programme).filter(at__lte=at).select_related("tier")
    last: TierChange | None = None
    for change in [*rows.order_by("member_id", "at", "id").iterator(), None]:
        if last is not None and (change is None or change.member_id != last.member_id):
            held = tiers.standing_for(last)
            if held is not None:
                counts[held.code] = counts.get(held.code, 0) + 1
        last = change
    return counts


def would_reach(
    programme: Programme, *, tiers: Sequence[EngineTier], policy: TierPolicy, at: datetime
) -> dict[str, int]:
    """How many members the credits of the window that holds ``at`` would bring to each tier, by its code."""
    zone = programmes.terms(programme=programme).tz
    counts: dict[str, int] = {}
    for credits in ledger.credit_sums(programme, since=window_start(policy, at=at, zone=zone), until=at):
        reached = qualified(tiers, credits)
        if reached is not None:
            counts[reached.code] = counts.get(reached.code, 0) + 1
    return counts


def usages(
    programme: Programme, *, members: Collection[int], days: Collection[date]
) -> dict[tuple[int, int, str, date], RuleUsage]:
    """What rules gave the members on ``days``, in the years around them, and ever. One statement."""
    wanted = {EVER, *days}
    wanted |= {date(year, 1, 1) for day in days for year in (day.year - 1, day.year, day.year + 1)}
    rows = RuleUsage.objects.of(programme).filter(member_id__in=members, day__in=wanted)
    return {(row.member_id, row.rule_id, row.span, row.day): row for row in rows}


def definition(rule: engine.Rule) -> dict[str, Any]:
    """A rule as the JSON its version keeps."""
    kept: dict[str, Any] = RULE.dump_python(rule, mode="json")
    for known_elsewhere in ("version", "family", "name"):
        kept.pop(known_elsewhere)
    return kept
