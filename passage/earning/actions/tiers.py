"""Defining tiers, and moving members between them: by what they earned, at the end of a period, or by hand."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from passage.audit import actions as audit
from passage.cards import queries as cards
from passage.earning import queries
from passage.earning.models import Tier, TierChange, TierScheme
from passage.engine import tiers as engine
from passage.engine.money import MAX_BALANCE
from passage.ledger import queries as ledger
from passage.ledger.actions import AccountBatch
from passage.members.models import Member
from passage.programme import queries as programmes
from passage.programme.errors import Refused
from passage.programme.models import Programme

FOR_LIFE = engine.TierPolicy()


@transaction.atomic
def set_tiers(
    *,
    programme: Programme,
    tiers: Sequence[tuple[str, str, int]],
    policy: engine.TierPolicy = FOR_LIFE,
    effective_from: datetime | None = None,
    by: str,
    at: datetime,
) -> TierScheme:
    """The tiers as (code, name, threshold in credits), and how they are won and lost, from a moment on (None: ``at``).

    Nobody's tier moves by it: members go up with what they earn next, and down when their period ends. Who holds a
    tier that is no longer there holds the best one that asks for no more.
    """
    since = effective_from or at
    last = queries.scheme(programme)
    if last is not None and since < last.effective_from:
        raise Refused("before_last_version", field="effective_from", params={"last": last.effective_from.isoformat()})
    _check(tiers)
    for code, name, threshold in tiers:
        Tier.objects.update_or_create(programme=programme, code=code, defaults={"name": name, "threshold": threshold})
    scheme = TierScheme.objects.create(
        programme=programme,
        number=last.number + 1 if last else 1,
        thresholds={code: threshold for code, _, threshold in tiers},
        window=policy.window,
        months=policy.months,
        grace_days=policy.grace_days,
        downgrade=policy.downgrade,
        revoke_on_return=policy.revoke_on_return,
        effective_from=since,
        made_at=at,
        by=by,
    )
    audit.note(programme=programme, by=by, verb="tiers.set", subject=f"programme:{programme.public_id}", at=at)
    return scheme


def _check(tiers: Sequence[tuple[str, str, int]]) -> None:
    thresholds = [threshold for _, _, threshold in tiers]
    if any(not 1 <= threshold <= MAX_BALANCE for threshold in thresholds):
        raise Refused("not_a_threshold", field="threshold")
    for field, values in (("threshold", thresholds), ("code", [code for code, _, _ in tiers])):
        if len(set(values)) < len(values):
            raise Refused("twice_the_same", field=field)


@transaction.atomic
def give_tier(*, member: Member, code: str, until: datetime | None, reason: str, by: str, at: datetime) -> TierChange:
    """A tier by hand, until a moment (None: until it is taken back), whatever was earned; with the reason.

    Raises `Refused`: missing, in_the_past, unknown_tier, own_card, member_merged (or erased).
    """
    if not reason.strip():
        raise Refused("missing", field="reason")
    if until is not None and until <= at:
        raise Refused("in_the_past", field="until")
    cards.check_not_own(programme=member.programme, by=by, member=member)
    # The lock that sales and reviews take.
    if member.pk in AccountBatch.open(programme=member.programme, members=[member.pk]).merged:
        raise Refused("member_merged", field="member")
    tier_history = queries.tier_history(member.programme, members=[member.pk], at=at)
    if code not in {tier.code for tier in tier_history.tiers}:
        raise Refused("unknown_tier", field="tier")
    credits = _credits(member.programme, member.pk, tier_history.policy, at)
    change = TierChange.objects.create(
        programme=member.programme,
        member=member,
        tier=tier_history.rows[code],
        why=TierChange.Why.GIVEN,
        credits=credits,
        at=at,
        since=at,
        until=until,
    )
    _note(member, verb="tier.given", reason=reason, by=by, at=at)
    return change


@transaction.atomic
def take_tier_back(*, member: Member, reason: str, by: str, at: datetime) -> None:
    """What was given by hand ends now: the member holds what was earned. Refused where nothing was given."""
    if not reason.strip():
        raise Refused("missing", field="reason")
    AccountBatch.open(programme=member.programme, members=[member.pk])
    tier_history = queries.tier_history(member.programme, members=[member.pk], at=at)
    latest = tier_history.latest(member.pk, at=at)
    if latest is None or latest.why != TierChange.Why.GIVEN:
        raise Refused("nothing_given", field="tier")
    credits = _credits(member.programme, member.pk, tier_history.policy, at)
    _move(
        tier_history,
        latest,
        engine.qualified(tier_history.tiers, credits),
        why=TierChange.Why.ENDED,
        credits=credits,
        at=at,
    )
    _note(member, verb="tier.taken_back", reason=reason, by=by, at=at)


def _note(member: Member, *, verb: str, reason: str, by: str, at: datetime) -> None:
    subject = f"member:{member.public_id}"
    audit.note(programme=member.programme, by=by, verb=verb, subject=subject, at=at, reason=reason.strip())


def write_tier_changes(changes: Sequence[TierChange]) -> None:
    TierChange.objects.bulk_create(changes)


def judge_again(*, member: Member, at: datetime, cause: uuid.UUID) -> None:
    """After a merge or its undoing: the tier that the member's credits deserve now (E-31)."""
    tier_history = queries.tier_history(member.programme, members=[member.pk], at=at)
    if not tier_history.tiers:
        return
    credits = _credits(member.programme, member.pk, tier_history.policy, at)
    deserved, held = engine.qualified(tier_history.tiers, credits), tier_history.now(member.pk, at=at)
    if deserved != held:
        TierChange.objects.create(
            programme=member.programme,
            member=member,
            tier=tier_history.rows[deserved.code] if deserved else None,
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
    AccountBatch.open(programme=programme, members=[member_id])
    tier_history = queries.tier_history(programme, members=[member_id], at=at)
    held = tier_history.now(member_id, at=at)
    if held is None:
        return False
    latest = tier_history.latest(member_id, at=at)
    if latest is None:
        return False
    if latest.why == TierChange.Why.GIVEN:
        return _end_what_was_given(tier_history, latest, at)
    zone = programmes.terms(programme=programme).tz
    due = engine.review_due(tier_history.policy, since=latest.since, zone=zone)
    if due is None or due > at:
        return False
    credits = _credits_of_ended_window(programme, member_id, tier_history.policy, due)
    tier = engine.reviewed(tier_history.tiers, held=held, credits=credits, policy=tier_history.policy)
    _move(tier_history, latest, tier, why=TierChange.Why.REVIEWED, credits=credits, at=due)
    return True


def _end_what_was_given(tier_history: queries.TierHistory, latest: TierChange, at: datetime) -> bool:
    """A tier given by hand ends at its last day: from then on it is the one that was earned."""
    if latest.until is None or latest.until > at:
        return False
    credits = _credits(latest.programme, latest.member_id, tier_history.policy, latest.until)
    tier = engine.qualified(tier_history.tiers, credits)
    _move(tier_history, latest, tier, why=TierChange.Why.ENDED, credits=credits, at=latest.until)
    return True


def _move(
    tier_history: queries.TierHistory,
    latest: TierChange,
    tier: engine.Tier | None,
    *,
    why: str,
    credits: int,
    at: datetime,
) -> None:
    TierChange.objects.create(
        programme=latest.programme,
        member_id=latest.member_id,
        tier=tier_history.rows[tier.code] if tier else None,
        why=why,
        credits=credits,
        at=at,
        since=at,
    )


def _credits(programme: Programme, member_id: int, policy: engine.TierPolicy, at: datetime) -> int:
    """Credits of the window that holds ``at``, as far as they have been earned by then."""
    start = engine.window_start(policy, at=at, zone=programmes.terms(programme=programme).tz)
    events = ledger.credits(programme, members=[member_id], since=start).get(member_id, [])
    return sum(amount for moment, amount in events if start is None or moment <= at)


def _credits_of_ended_window(programme: Programme, member_id: int, policy: engine.TierPolicy, due: datetime) -> int:
    """Credits of the window that the review at ``due`` judges: it ended ``grace_days`` before."""
    start, end = engine.judged_window(policy, due=due, zone=programmes.terms(programme=programme).tz)
    events = ledger.credits(programme, members=[member_id], since=start).get(member_id, [])
    return sum(amount for moment, amount in events if start is None or start <= moment < end)
