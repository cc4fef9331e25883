"""Units, adjustments by hand, and the expiry of points."""

from __future__ import annotations

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from passage.audit import actions as audit
from passage.engine.expiry import FARTHEST, Expiry, ExpiryKind, day_of
from passage.engine.reasons import Because, because
from passage.ledger.actions.account_batch import AccountBatch
from passage.ledger.actions.posting import Cause, Life
from passage.ledger.models import Account, Entry, Lot, Unit
from passage.members.models import Member
from passage.programme import queries as programmes
from passage.programme.errors import Refused
from passage.programme.models import Programme
from passage.programme.patience import give_way

EXPIRE_BATCH = 100
MOST_DAYS = 32_767  # what the column of both databases holds
FOR_EVER = Expiry()


def set_up_unit(
    *,
    programme: Programme,
    code: str,
    name: str,
    kind: str = Unit.Kind.POINTS,
    expiry: Expiry = FOR_EVER,
    pending_days: int = 0,
    qualifies: bool = False,
) -> Unit:
    """Define what is counted. ``qualifies``: earning it counts as tier credits.

    Raises ``Refused``: too_far, out_of_range, as `change_unit` does.
    """
    _check_reach(expiry, pending_days)
    return Unit.objects.create(
        programme=programme,
        code=code,
        name=name,
        kind=kind,
        pending_days=pending_days,
        qualifies=qualifies,
        expiry_kind=expiry.kind,
        expiry_count=expiry.count,
        expiry_on=expiry.on,
    )


def _check_reach(expiry: Expiry, pending_days: int) -> None:
    """What can be set: days that a calendar on the wall can show, and counts that both databases hold."""
    if expiry.on is not None and expiry.on > FARTHEST:
        raise Refused("too_far", field="on", params={"year": FARTHEST.year})
    for field, count in (("count", expiry.count), ("pending_days", pending_days)):
        if type(count) is not int or not 0 <= count <= MOST_DAYS:
            raise Refused("out_of_range", field=field)


@transaction.atomic
def change_unit(
    *,
    programme: Programme,
    unit: str,
    expiry: Expiry,
    pending_days: int,
    effective_from: datetime,
    by: str,
    at: datetime,
) -> Unit:
    """How points that are earned from a moment on live; those that are there keep their own days.

    Expiry by inactivity is of a whole account and not of single points: no unit changes to it or from it.
    """
    _check_reach(expiry, pending_days)
    if effective_from.date() > FARTHEST:
        raise Refused("too_far", field="effective_from", params={"year": FARTHEST.year})
    kept: Unit | None = Unit.objects.of(programme).select_for_update(of=("self",)).filter(code=unit).first()
    if kept is None:
        raise Refused("unknown_unit", field="unit")
    if effective_from < at:
        raise Refused("in_the_past", field="effective_from")
    last = kept.all_terms()[-1]
    if last.since is not None and effective_from < last.since:
        raise Refused("before_last_version", field="effective_from", params={"last": last.since.isoformat()})
    if (last.expiry.kind is ExpiryKind.INACTIVITY) != (expiry.kind is ExpiryKind.INACTIVITY):
        raise Refused("inactivity_is_for_all", field="life")
    if expiry.kind is ExpiryKind.FIXED_DATE and (
        expiry.on is None or expiry.on < day_of(effective_from, ZoneInfo(programme.zone))
    ):
        raise Refused("ends_before_it_begins", field="on")
    kept.later = [
        *kept.later,
        {
            "from": effective_from.isoformat(),
            "kind": expiry.kind.value,
            "count": expiry.count,
            "on": expiry.on.isoformat() if expiry.on else None,
            "pending_days": pending_days,
        },
    ]
    kept.save(update_fields=["later"])
    audit.note(programme=programme, by=by, verb="unit.changed", subject=f"unit:{kept.code}", at=at)
    return kept


@transaction.atomic
def adjust(*, member: Member, unit: str, points: int, reason: str, by: str, at: datetime, agreed_by: str = "") -> Entry:
    """Add or take points by hand, with the reason the member will read. Never below what is there.

    Raises ``Refused("needs_approval")`` above what one person may alone, unless another one has agreed (see `correct`).
    """
    if type(points) is not int or points == 0:
        raise Refused("not_a_whole_number", field="points")
    if not reason.strip():
        raise Refused("missing", field="reason")
    most = programmes.control(programme=member.programme).alone
    if most and abs(points) > most and agreed_by in {"", by}:
        raise Refused("needs_approval", field="points", params={"limit": most})
    accounts = accounts_of(member)
    if unit not in accounts.units:
        raise Refused("unknown_unit", field="unit")
    account_state = accounts.account_state(member.pk, unit)
    cause = Cause(uuid.uuid4(), by, at, at)
    agreed = {"agreed_by": agreed_by} if agreed_by else {}
    steps = [because(Because.ADJUSTED, reason=reason.strip(), **agreed)]
    if points > 0:
        entry = account_state.credit(points, kind=Entry.Kind.ADJUST, cause=cause, life=Life(at), steps=steps)
    else:
        have = account_state.available(at=at)
        if -points > have:
            raise Refused("insufficient_points", field="points", params={"available": have})
        entry = account_state.spend(-points, cause=cause, steps=steps, kind=Entry.Kind.ADJUST)
    accounts.write()
    audit.note(
        programme=member.programme,
        by=by,
        verb="points.adjust",
        subject=f"member:{member.public_id}",
        at=at,
        unit=unit,
        points=points,
        reason=reason,
        **agreed,
    )
    return entry


def accounts_of(member: Member) -> AccountBatch:
    """The accounts, locked, of somebody who still has them. Raises ``Refused``: member_merged, member_erased."""
    accounts = AccountBatch.open(programme=member.programme, members=[member.pk], with_lots=[member.pk])
    if member.pk in accounts.merged:
        member.refresh_from_db(fields=["status"])
        raise Refused(f"member_{member.status}", field="member")
    return accounts


def expire_points(*, programme: Programme, at: datetime, by: str = "system:expiry") -> int:
    """Expire every lot whose end has come, in batches; how many points ended. Safe to run again."""
    expired = 0
    after = 0
    while accounts := _due(programme, at, after):
        after = accounts[-1][0]
        expired += _expire(programme, [member for _, member in accounts], at, by)
        if len(accounts) == EXPIRE_BATCH:
            give_way()
    return expired


def _due(programme: Programme, at: datetime, after: int) -> list[tuple[int, int]]:
    """The next accounts, by id, that hold something past its end."""
    ending = Lot.objects.of(programme).filter(left__gt=0, expires_at__lte=at).values("account_id")
    idle = Q(idle_until__lte=at, balance__gt=0)
    rows = Account.objects.of(programme).filter(Q(id__in=ending) | idle, id__gt=after)
    return list(rows.order_by("id").values_list("id", "member_id")[:EXPIRE_BATCH])


@transaction.atomic
def _expire(programme: Programme, members: list[int], at: datetime, by: str) -> int:
    accounts = AccountBatch.open(programme=programme, members=members, with_lots=members)
    gone = sum(
        account_state.expire(at=at, by=by) for member in members for account_state in accounts.account_states(member)
    )
    accounts.write()
    return gone
