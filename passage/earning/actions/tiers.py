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
from passage.ledger.actions import AccountBatch
from passage.members.models import Member
from passage.programme import limits
from passage.programme.errors import Refused
from passage.programme.models import Programme
from passage.programme.transactions import Clock, moment_of_change

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


@transaction.atomic
def publish_tiers(
    *,
    programme: Programme,
    tiers: Sequence[tuple[str, str, int]],
    policy: engine.TierPolicy,
    effective_from: datetime | None,
    by: str,
    now: Clock,
) -> TierScheme:
    """`set_tiers` for a door: "from now on" (None) is the moment on that this is done, with no sale in between."""
    at = moment_of_change(programme, now=now)
    return set_tiers(programme=programme, tiers=tiers, policy=policy, effective_from=effective_from, by=by, at=at)


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
    _write_due(tier_history)
    change = TierChange.objects.create(
        programme=member.programme,
        member=member,
        tier=tier_history.rows[code],
        why=TierChange.Why.GIVEN,
        credits=tier_history.credits_at(member.pk, at=at),
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
    _write_due(tier_history)
    credits = tier_history.credits_at(member.pk, at=at)
    earned = engine.qualified(tier_history.tiers, credits)
    TierChange.objects.create(
        programme=member.programme,
        member=member,
        tier=tier_history.rows[earned.code] if earned else None,
        why=TierChange.Why.ENDED,
        credits=credits,
        at=at,
        since=at,
    )
    _note(member, verb="tier.taken_back", reason=reason, by=by, at=at)


def _note(member: Member, *, verb: str, reason: str, by: str, at: datetime) -> None:
    subject = f"member:{member.public_id}"
    audit.note(programme=member.programme, by=by, verb=verb, subject=subject, at=at, reason=reason.strip())


def write_tier_changes(changes: Sequence[TierChange]) -> None:
    TierChange.objects.bulk_create(changes)


@transaction.atomic
def judge_merged(*, people: Sequence[Member], gone: Member, at: datetime, cause: uuid.UUID) -> None:
    """After a merge or its undoing: the tiers of these ``people``, now that what ``gone`` earned counts elsewhere (E-31).

    Nothing is moved: a person's credits are those of all their records. A tier that was given by hand stays; one that
    ``gone`` was given counts too, where it is higher.
    """
    for person in people:
        since = queries.first_trace(person.programme, of=gone.pk, but=person.pk)
        if since is not None:
            history = queries.tier_history(person.programme, members=[person.pk], at=at)
            why = TierChange.Why.MERGED
            write_tier_changes(history.judge(person.pk, since=since, at=at, why=why, cause=cause))


def review_tiers(*, programme: Programme, at: datetime, by: str = "system:tiers") -> int:
    """Write down every review and every end of what was given that is due; how many. Safe to run again.

    They hold from their moment on anyway: whoever asks for a tier is told of them before.
    """
    holders = TierChange.objects.of(programme).filter(tier__isnull=False, member__merged_into=None)
    people = list(holders.order_by("member_id").values_list("member_id", flat=True).distinct())
    reviews = 0
    for start in range(0, len(people), limits.IN_ONE_QUERY):
        some = queries.tier_history(programme, members=people[start : start + limits.IN_ONE_QUERY], at=at)
        reviews += sum(_review(programme, person, at) for person in sorted(some.unwritten))
    return reviews


@transaction.atomic
def _review(programme: Programme, member_id: int, at: datetime) -> int:
    # The lock that sales take: a review and a sale never judge the same member at once.
    AccountBatch.open(programme=programme, members=[member_id])
    return _write_due(queries.tier_history(programme, members=[member_id], at=at))


def _write_due(tier_history: queries.TierHistory) -> int:
    """Write the reviews that are due and not written; how many. Their cause says that nobody did it by hand."""
    changes = tier_history.take_due(cause=uuid.uuid4())
    write_tier_changes(changes)
    return len(changes)
