"""Rules in force at a moment, tiers held at a moment, and what rules have given already."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from django.db.models import Min
from pydantic import TypeAdapter

from passage.earning.models import RuleUsage, RuleVersion, TierChange, TierScheme
from passage.earning.tier_history import TierHistory as TierHistory
from passage.earning.tier_history import engine_tiers as engine_tiers
from passage.earning.tier_history import policy as policy
from passage.earning.tier_history import tier_history as tier_history
from passage.engine import rules as engine
from passage.engine.facts import Facts
from passage.engine.tiers import Tier as EngineTier
from passage.engine.tiers import TierPolicy, qualified, window_start
from passage.ledger import queries as ledger
from passage.members import queries as members
from passage.members.models import Member
from passage.programme import queries as programmes
from passage.programme.errors import Refused
from passage.programme.models import Programme

# What scripts from before know `tier_history` by.
ladder = tier_history
EVER = date(1, 1, 1)
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)  # no sale is older
NEWEST = 2**31  # the number of a version that nobody has written yet
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

    def dated_back(self, family: int, *, since: datetime, at: datetime) -> DatedBack:
        """What the rule says at ``at``, told of all the time since a moment; Refused where that cannot be (E-37)."""
        rule = next((each for each in self.at(at) if each.family == family), None)
        if rule is None:
            raise Refused("not_in_force", field="since")
        if isinstance(rule.earns, engine.Event):
            raise Refused("nothing_to_judge", field="since")
        if not EARLIEST <= since < at:
            raise Refused("not_in_the_past", field="since")
        mine = zip(self.versions, self.families, strict=True)
        begins = {row[0] for row, each in mine if each == family and since < row[0] <= at}
        moments = tuple(moment for moment in sorted({since} | begins) if not self._says(rule, moment))
        overlay = tuple((moment, NEWEST, rule) for moment in moments)
        families = self.families + (family,) * len(overlay)
        return DatedBack(rule, moments, replace(self, versions=self.versions + overlay, families=families))

    def _says(self, rule: engine.Rule, moment: datetime) -> bool:
        """Whether the rule said the same at that moment, in whatever version."""
        then = next((each for each in self.at(moment) if each.family == rule.family), None)
        return then is not None and replace(then, version=rule.version) == rule


@dataclass(frozen=True, slots=True)
class DatedBack:
    """A rule that is to hold since a moment that is over, and all rules then.

    ``moments``: those at which it has to be said, because it said something else, or nothing, from then on.
    """

    rule: engine.Rule
    moments: tuple[datetime, ...]
    rules: RuleSet


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


def schemes(programme: Programme) -> list[TierScheme]:
    """All of them, newest first."""
    return list(TierScheme.objects.of(programme).order_by("-number"))


def scheme(programme: Programme, *, at: datetime | None = None) -> TierScheme | None:
    """The scheme in force at a moment; None: the last one that was made."""
    rows = TierScheme.objects.of(programme).order_by("-number")
    found: TierScheme | None = (rows if at is None else rows.filter(effective_from__lte=at)).first()
    return found


def first_trace(programme: Programme, *, of: int, but: int) -> datetime | None:
    """The first moment at which anything counts for a tier under the record ``of`` or one that is an alias of ``of``
    or of ``but``; what happened under ``but`` itself is left out."""
    records = {each: each for each in members.records(programme, people={of, but}) if each != but}
    given = TierChange.objects.of(programme).filter(member_id__in=list(records), why=TierChange.Why.GIVEN, cause=None)
    moments = [ledger.first_credits(programme, records=records), given.aggregate(first=Min("at"))["first"]]
    return min((moment for moment in moments if moment is not None), default=None)


def at_each_tier(programme: Programme, *, at: datetime) -> dict[str, int]:
    """How many members hold each tier now, by its code."""
    tiers = tier_history(programme, members=[], at=at)
    counts: dict[str, int] = {}
    rows = TierChange.objects.of(programme).filter(at__lte=at, member__merged_into=None).select_related("tier")
    last: TierChange | None = None
    for change in [*rows.order_by("member_id", "at", "id").iterator(), None]:
        if last is not None and (change is None or change.member_id != last.member_id):
            held = tiers.standing_for(last, at=at)
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


def facts(person: Member, /, *, tier: EngineTier | None) -> Facts:
    """What the programme knows of a person who buys nothing: for bonuses, and the beginning of what a sale knows."""
    return Facts(
        tier=tier.code if tier else "",
        tags=tuple(person.tags),
        birthday=_month_day(person.birthday),
        name_day=_month_day(person.name_day),
    )


def _month_day(text: str) -> tuple[int, int] | None:
    return (int(text[:2]), int(text[3:])) if text else None


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
