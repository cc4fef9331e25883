"""Defining rules and tiers, counting what rules gave, and moving members between tiers."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from passage.audit import actions as audit
from passage.earning import drafts, queries
from passage.earning.models import Rule, RuleVersion, Tally, Tier, TierChange, TierPolicy
from passage.engine import tiers as engine
from passage.ledger import queries as ledger
from passage.ledger.actions import Book
from passage.members.models import Member
from passage.programme import queries as programmes
from passage.programme.errors import Refused
from passage.programme.models import Programme

FOR_LIFE = engine.TierPolicy()


@transaction.atomic
def create_rule(
    *, programme: Programme, name: str, definition: dict[str, Any], effective_from: datetime, by: str, at: datetime
) -> Rule:
    """A new rule; sales that are already recorded are not touched, whatever ``effective_from`` says (E-37)."""
    if not name.strip():
        raise Refused("missing", field="name")
    rule = Rule.objects.create(programme=programme, name=name.strip(), made_at=at)
    _add_version(rule, definition, effective_from, by, at)
    return rule


@transaction.atomic
def change_rule(
    *, rule: Rule, definition: dict[str, Any], effective_from: datetime, by: str, at: datetime
) -> RuleVersion:
    """A new version from ``effective_from`` on, never before the version it follows."""
    return _add_version(rule, definition, effective_from, by, at)


@transaction.atomic
def end_rule(*, rule: Rule, effective_from: datetime, by: str, at: datetime) -> RuleVersion:
    """The rule earns nothing from ``effective_from`` on; what it gave stays."""
    return _add_version(rule, {}, effective_from, by, at)


@transaction.atomic
def publish(
    *,
    programme: Programme,
    rule: Rule | None,
    name: str,
    definition: dict[str, Any],
    effective_from: datetime,
    by: str,
    at: datetime,
) -> RuleVersion:
    """A new rule, or a new version of ``rule``, never in the past (E-37).

    Where the new version counts remainders in another scale, the old rule ends at that moment and a new one of
    the same name takes its place: what was left of an amount is not carried over into other steps.
    """
    if effective_from < at:
        raise Refused("in_the_past", field="effective_from")
    if rule is None:
        made = create_rule(
            programme=programme, name=name, definition=definition, effective_from=effective_from, by=by, at=at
        )
        return _newest(made)
    if not drafts.keeps_scale(
        _newest(rule).definition, queries.definition(drafts.read(programme, definition, family=rule.pk, name=rule.name))
    ):
        end_rule(rule=rule, effective_from=effective_from, by=by, at=at)
        made = create_rule(
            programme=programme, name=rule.name, definition=definition, effective_from=effective_from, by=by, at=at
        )
        return _newest(made)
    return change_rule(rule=rule, definition=definition, effective_from=effective_from, by=by, at=at)


def _newest(rule: Rule) -> RuleVersion:
    version: RuleVersion = RuleVersion.objects.of(rule.programme).filter(rule=rule).latest("number")
    return version


def _add_version(
    rule: Rule, definition: dict[str, Any], effective_from: datetime, by: str, at: datetime
) -> RuleVersion:
    last = RuleVersion.objects.of(rule.programme).filter(rule=rule).order_by("-number").first()
    if last is not None and effective_from < last.effective_from:
        raise Refused("before_last_version", field="effective_from", params={"last": last.effective_from.isoformat()})
    kept = {}
    if definition:  # kept in full, with every default written out, so that later defaults cannot change it
        kept = queries.definition(drafts.read(rule.programme, definition, family=rule.pk, name=rule.name))
    if last is not None and not drafts.keeps_scale(last.definition, kept):
        # Members' remainders are counted in steps of the old version: end this rule and make another.
        raise Refused("new_scale", field="earns")
    version = RuleVersion.objects.create(
        programme=rule.programme,
        rule=rule,
        number=(last.number if last else 0) + 1,
        definition=kept,
        effective_from=effective_from,
        made_at=at,
        by=by,
    )
    audit.note(
        programme=rule.programme, by=by, verb="rule.change", subject=f"rule:{rule.pk}", at=at, version=version.number
    )
    return version


@transaction.atomic
def set_tiers(
    *,
    programme: Programme,
    tiers: Sequence[tuple[str, str, int]],
    policy: engine.TierPolicy = FOR_LIFE,
    by: str,
    at: datetime,
) -> None:
    """Define the tiers as (code, name, threshold in credits) and how they are won and lost."""
    for code, name, threshold in tiers:
        Tier.objects.update_or_create(programme=programme, code=code, defaults={"name": name, "threshold": threshold})
    TierPolicy.objects.update_or_create(
        programme=programme,
        defaults={
            "window": policy.window,
            "months": policy.months,
            "grace_days": policy.grace_days,
            "downgrade": policy.downgrade,
            "revoke_on_return": policy.revoke_on_return,
        },
    )
    audit.note(programme=programme, by=by, verb="tiers.set", subject=f"programme:{programme.public_id}", at=at)


def write_tallies(rows: Collection[Tally]) -> None:
    """Write the counters a batch has moved; their member's accounts are locked."""
    new = [row for row in rows if row._state.adding]
    old = [row for row in rows if not row._state.adding]
    Tally.objects.bulk_create(new)
    # Rows that exist, sent as an upsert: a tenth of the time that bulk_update takes for its CASE expressions.
    Tally.objects.bulk_create(
        old, update_conflicts=True, unique_fields=["id"], update_fields=["points", "times", "carry"]
    )


def write_tier_changes(changes: Sequence[TierChange]) -> None:
    TierChange.objects.bulk_create(changes)


def merge_tallies(*, gone: Member, kept: Member) -> list[int]:
    """What rules gave ``gone`` counts for ``kept`` too; the ids of the counters that were added."""
    mine = {(row.rule_id, row.span, row.day): row for row in Tally.objects.of(kept.programme).filter(member=kept)}
    moved = list(Tally.objects.of(gone.programme).filter(member=gone))
    for row in moved:
        _add(mine, kept, row, sign=1)
    write_tallies(list(mine.values()))
    return [row.pk for row in moved]


def unmerge_tallies(*, tallies: Sequence[int], kept: Member) -> None:
    """The way back of `merge_tallies`."""
    mine = {(row.rule_id, row.span, row.day): row for row in Tally.objects.of(kept.programme).filter(member=kept)}
    for row in Tally.objects.of(kept.programme).filter(id__in=list(tallies)):
        _add(mine, kept, row, sign=-1)
    write_tallies(list(mine.values()))


def _add(mine: dict[tuple[int, str, date], Tally], kept: Member, row: Tally, *, sign: int) -> None:
    key = (row.rule_id, row.span, row.day)
    if key not in mine:
        mine[key] = Tally(programme=kept.programme, member=kept, rule_id=row.rule_id, span=row.span, day=row.day)
    mine[key].points += sign * row.points
    mine[key].times += sign * row.times
    mine[key].carry += sign * row.carry


def judge_again(*, member: Member, at: datetime, cause: uuid.UUID) -> None:
    """After a merge or its undoing: the tier that the member's credits deserve now (E-31)."""
    ladder = queries.ladder(member.programme, members=[member.pk])
    if not ladder.tiers:
        return
    zone = programmes.terms(programme=member.programme).tz
    start = engine.window_start(ladder.policy, at=at, zone=zone)
    events = ledger.credits(member.programme, members=[member.pk], since=start).get(member.pk, [])
    credits = sum(amount for _, amount in events)
    deserved, held = engine.qualified(ladder.tiers, credits), ladder.now(member.pk, at=at)
    if deserved != held:
        TierChange.objects.create(
            programme=member.programme,
            member=member,
            tier=ladder.rows[deserved.code] if deserved else None,
            why=TierChange.Why.MERGED,
            credits=credits,
            cause=cause,
            at=at,
            since=at,
        )


def review_tiers(*, programme: Programme, at: datetime, by: str = "system:tiers") -> int:
    """Judge every tier whose period has ended (and its grace passed); how many reviews. Safe to run again."""
    holders = TierChange.objects.of(programme).filter(tier__isnull=False).order_by("member_id")
    reviews = 0
    for member_id in holders.values_list("member_id", flat=True).distinct():
        # More than one period may have ended since the last review.
        while _review(programme, member_id, at):
            reviews += 1
    return reviews


@transaction.atomic
def _review(programme: Programme, member_id: int, at: datetime) -> bool:
    """Judge the member's tier at the end of the oldest period not judged yet; False where there is none."""
    # The lock that sales take: a review and a sale never judge the same member at once.
    Book.open(programme=programme, members=[member_id])
    ladder = queries.ladder(programme, members=[member_id])
    held = ladder.now(member_id, at=at)
    if held is None:
        return False
    zone = programmes.terms(programme=programme).tz
    latest = ladder.latest(member_id, at=at)
    if latest is None:
        return False
    due = engine.review_due(ladder.policy, since=latest.since, zone=zone)
    if due is None or due > at:
        return False
    credits = _credits_of_ended_window(programme, member_id, ladder.policy, due)
    tier = engine.reviewed(ladder.tiers, held=held, credits=credits, policy=ladder.policy)
    TierChange.objects.create(
        programme=programme,
        member_id=member_id,
        tier=ladder.rows[tier.code] if tier else None,
        why=TierChange.Why.REVIEWED,
        credits=credits,
        at=due,
        since=due,
    )
    return True


def _credits_of_ended_window(programme: Programme, member_id: int, policy: engine.TierPolicy, due: datetime) -> int:
    """Credits of the window that the review at ``due`` judges: it ended ``grace_days`` before."""
    zone = programmes.terms(programme=programme).tz
    end = due.astimezone(zone) - timedelta(days=policy.grace_days)
    start = engine.window_start(policy, at=end - timedelta(days=1), zone=zone)
    events = ledger.credits(programme, members=[member_id], since=start).get(member_id, [])
    return sum(amount for moment, amount in events if start is None or start <= moment < end)
