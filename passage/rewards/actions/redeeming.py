"""Reserving, capturing, releasing and reversing redemptions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from passage.audit import actions as audit
from passage.engine.lots import NotEnoughPoints, give_back
from passage.engine.money import MAX_AMOUNT, ceil_div
from passage.engine.reasons import Because, because
from passage.engine.rewards import Cashback
from passage.ledger.actions import AccountBatch, Cause
from passage.members import queries as members
from passage.members.models import Member
from passage.programme.errors import Refused
from passage.programme.models import Programme, Shop, Source
from passage.rewards import queries
from passage.rewards.models import Redemption, Reward, RewardVersion
from passage.rewards.queries import is_product

State, Handing = Redemption.State, Redemption.Handing
TABLE = timedelta(hours=6)  # what is chosen at the soup is still held at the bill
OPEN, CAPTURED, RELEASED = "open", "captured", "released"  # the reservation's states


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A reward asked for. ``client_id`` is the source's own id of this redemption, for ever.

    ``order`` names the till's order; ``amount`` is the money wanted of a cashback, minor units. Guests ``at_table``
    take their time: for them the points are held longer.
    """

    client_id: str
    reward: Reward
    order: str = ""
    amount: int | None = None
    at_table: bool = False

    def fingerprint(self, member: Member) -> str:
        content = [str(member.public_id), self.reward.pk, self.order, self.amount]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@transaction.atomic
def reserve(*, source: Source, member: Member, wish: Wish, by: str, at: datetime) -> tuple[Redemption, bool]:
    """Hold points for a reward; (redemption, whether it was already there).

    One atomic step under the account's lock: of two tills wanting the last points one succeeds (E-14).
    """
    programme = source.programme
    accounts = AccountBatch.open(programme=programme, members=[member.pk], with_lots=[member.pk])
    if member.pk in accounts.merged:
        raise Refused("member_merged", field="member")
    known = Redemption.objects.of(programme).filter(source=source, client_id=wish.client_id).first()
    if known is not None:
        if known.fingerprint != wish.fingerprint(member):
            raise Refused("other_content", field="client_id")
        return known, True
    version = queries.in_force(wish.reward, at=at)
    if version is None:
        raise Refused("reward_ended", field="reward")
    account_state = accounts.account_state(member.pk, queries.value(version).unit)
    points = _cost(version, wish, available=account_state.available(at=at))
    _check_limits(member, version)
    if account_state.account.debt:
        raise Refused("in_debt", field="reward", params={"debt": account_state.account.debt})
    until = at + _spell(programme, at_table=wish.at_table)
    try:
        reservation = account_state.hold(points, at=at, until=until)
    except NotEnoughPoints as short:
        have = account_state.available(at=at)
        raise Refused(
            "insufficient_points", field="reward", params={"missing": short.missing, "available": have}
        ) from None
    _take_stock(wish.reward)
    accounts.write()
    redemption = Redemption.objects.create(
        programme=programme,
        source=source,
        client_id=wish.client_id,
        fingerprint=wish.fingerprint(member),
        member=member,
        version=version,
        reservation=reservation,
        order=wish.order,
        amount=wish.amount,
        points=points,
        made_at=at,
        until=until,
        by=by,
    )
    return redemption, False


def _spell(programme: Programme, *, at_table: bool) -> timedelta:
    """How long points are held, unless renewed (E-15)."""
    return TABLE if at_table else timedelta(minutes=programme.reservation_minutes)


def _cost(version: RewardVersion, wish: Wish, *, available: int) -> int:
    """Points to hold: the reward's price, or for cashback what the wanted amount costs, rounded up (E-08)."""
    reward = queries.value(version)
    if not isinstance(reward.gives, Cashback):
        return reward.cost
    if wish.amount is None:
        return max(available, 1)
    if type(wish.amount) is not int or not 0 < wish.amount <= MAX_AMOUNT:
        raise Refused("not_an_amount", field="amount")
    return ceil_div(wish.amount, reward.gives.worth)


def _check_limits(member: Member, version: RewardVersion) -> None:
    limit = queries.value(version).per_member
    if limit is None:
        return
    if queries.counts(member.programme, member=member).get(version.reward_id, 0) >= limit:
        raise Refused("limit_reached", field="reward", params={"limit": limit})


def _take_stock(reward: Reward) -> None:
    """One less in stock, by a conditional write: the last one goes once."""
    if reward.stock is None:
        return
    rows = Reward.objects.of(reward.programme).filter(pk=reward.pk, stock__gt=0)
    if not rows.update(stock=F("stock") - 1):
        raise Refused("out_of_stock", field="reward")


def _put_back_stock(redemption: Redemption) -> None:
    Reward.objects.of(redemption.programme).filter(pk=redemption.version.reward_id, stock__isnull=False).update(
        stock=F("stock") + 1
    )


@transaction.atomic
def release(*, redemption: Redemption, by: str, at: datetime) -> Redemption:
    """Let the points go; releasing again changes nothing. A captured redemption must be reversed instead."""
    accounts, row = opened(redemption)
    if row.state in (State.RELEASED, State.EXPIRED):
        return row
    if row.state != State.RESERVED:
        raise Refused("already_captured", field="redemption")
    _let_go(accounts, row, State.RELEASED, at)
    accounts.write()
    row.save()
    audit.note(programme=row.programme, by=by, verb="redemption.release", subject=f"redemption:{row.public_id}", at=at)
    return row


@transaction.atomic
def renew(*, redemption: Redemption, order: str, at_table: bool = False, at: datetime) -> Redemption:
    """Hold the points for another spell, counted from now; only the order that they are held for may ask (E-15).

    It never shortens a spell. What has ended is not brought back: capturing it succeeds while the points are there.
    """
    accounts, row = opened(redemption)
    if row.order != order:
        raise Refused("other_order", field="order")
    if row.state != State.RESERVED:
        raise Refused(f"redemption_{row.state}", field="redemption", params={"redemption": str(row.public_id)})
    row.until = max(row.until, at + _spell(row.programme, at_table=at_table))
    accounts.account_state(row.member_id, queries.value(row.version).unit).prolong(row.reservation, until=row.until)
    accounts.write()
    row.save(update_fields=["until"])
    return row


@transaction.atomic
def capture(
    *, redemption: Redemption, by: str, at: datetime, shop: Shop | None = None, waits: bool = False
) -> Redemption:
    """Spend the held points without a sale: the reward was handed over in ``shop``, or ``waits`` there for its member
    (S-47). Capturing again changes nothing.

    What a sale has captured is refused: it took its value off the bill, and nothing is to be handed over too.
    """
    accounts, row = opened(redemption)
    if row.state == State.CAPTURED:
        if row.value:
            raise Refused("redemption_captured", field="redemption", params={"redemption": str(row.public_id)})
        return row
    handing = Handing.WAITING if waits else Handing.HANDED_OVER
    spend(accounts, row, Spending(points=row.points, value=0, by=by, occurred_at=at, at=at, handing=handing, shop=shop))
    accounts.write()
    row.save()
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What a capture costs and is worth: ``points``, ``value`` in minor units. Without a ``handing`` a free product is
    handed over with its sale, and of anything else there is nothing to hand over."""

    points: int
    value: int
    by: str
    occurred_at: datetime
    at: datetime
    handing: str | None = None
    shop: Shop | None = None


def spend(accounts: AccountBatch, row: Redemption, spending: Spending) -> None:
    """Post the capture of ``row`` in an open accounts; the caller writes accounts and row.

    The points may be fewer than were held (a cashback larger than the bill): the rest is free again. After
    the reservation has ended it succeeds while the points are still there (E-15).
    """
    points, at = spending.points, spending.at
    if row.state not in (State.RESERVED, State.EXPIRED):
        raise Refused("redemption_" + row.state, field="redemptions", params={"redemption": str(row.public_id)})
    held = row.state == State.RESERVED
    account_state = accounts.account_state(row.member_id, queries.value(row.version).unit)
    if held:
        account_state.let_go(row.reservation, state=CAPTURED, at=at)
    cause = Cause(row.public_id, spending.by, spending.occurred_at, at)
    name = row.version.reward.name
    if spending.handing is None:
        steps = [because(Because.SPENT, reward=name, points=points, value=spending.value)]
    else:
        steps = [because(Because.EXCHANGED, reward=name, points=points)]
    try:
        account_state.spend(points, cause=cause, steps=steps, held_at=row.made_at if held else None)
    except NotEnoughPoints as short:
        raise Refused("insufficient_points", field="redemptions", params={"missing": short.missing}) from None
    if not held:
        _check_limits(row.member, row.version)
        _take_stock(row.version.reward)
    row.state, row.spent, row.value, row.closed_at = State.CAPTURED, points, spending.value, at
    _hand(row, spending)


def _hand(row: Redemption, spending: Spending) -> None:
    with_sale = Handing.HANDED_OVER if is_product(row.version) else Handing.NONE
    row.handing = with_sale if spending.handing is None else spending.handing
    if row.handing:
        row.worth, row.shop = row.version.reward.worth, spending.shop
    if row.handing == Handing.HANDED_OVER:
        row.handed_at, row.handed_by = spending.occurred_at, spending.by


@transaction.atomic
def reverse(*, redemption: Redemption, by: str, at: datetime, points: int | None = None) -> Redemption:
    """Give captured points back to the lots they came from; all that is left of them without ``points``.

    Reversing what is already reversed changes nothing; together never more than was spent (E-30).
    """
    accounts, row = opened(redemption)
    if row.state == State.REVERSED:
        return row
    if row.state != State.CAPTURED:
        raise Refused("not_captured", field="redemption")
    more = row.spent - row.reversed if points is None else points
    if type(more) is not int or not 0 < more <= row.spent - row.reversed:
        raise Refused("too_much", field="points", params={"left": row.spent - row.reversed})
    cause = Cause(row.public_id, by, at, at)
    give_points_back(accounts, row, now=row.reversed + more, cause=cause, why=Because.REVERSED)
    accounts.write()
    row.save()
    audit.note(
        programme=row.programme,
        by=by,
        verb="redemption.reverse",
        subject=f"redemption:{row.public_id}",
        at=at,
        points=more,
    )
    return row


def give_points_back(
    accounts: AccountBatch, row: Redemption, *, now: int, cause: Cause, why: Because = Because.RESTORED
) -> int:
    """Post the return of spent points up to ``now`` in total; how many came back. The caller writes."""
    # Spent before a merge, given back after it: the points go to the member of today (E-29).
    account_state = accounts.account_state(members.resolve(row.member).pk, queries.value(row.version).unit)
    back = give_back(accounts.taken_by(row.public_id), before=row.reversed, now=now)
    points = now - row.reversed
    if points <= 0:
        return 0
    steps = [because(why, reward=row.version.reward.name, points=points)]
    came = account_state.restore(back, cause=cause, steps=steps, least_days=row.programme.restored_days)
    row.reversed = now
    if row.reversed == row.spent:
        row.state = State.REVERSED
        if row.handing == Handing.WAITING:
            row.handing = Handing.CANCELLED
        _put_back_stock(row)
    return came


def hand_over(*, gone: Member, kept: Member) -> list[int]:
    """Rewards held by a merged member are held by the one they became; the ids of those that moved."""
    rows = Redemption.objects.of(gone.programme).filter(member=gone, state=State.RESERVED)
    moved = list(rows.values_list("id", flat=True))
    Redemption.objects.of(gone.programme).filter(id__in=moved).update(member=kept)
    return moved


def end_reservations(*, programme: Programme, at: datetime, by: str = "system:reservations") -> int:
    """Release every reservation whose time is over (E-15); how many. Safe to run again."""
    rows = Redemption.objects.of(programme).filter(state=State.RESERVED, until__lte=at)
    ended = 0
    for redemption in rows.select_related("version__reward", "reservation", "member").order_by("id")[:1000]:
        ended += _end(redemption, at)
    return ended


@transaction.atomic
def _end(redemption: Redemption, at: datetime) -> int:
    accounts, row = opened(redemption)
    if row.state != State.RESERVED or row.until > at:
        return 0
    _let_go(accounts, row, State.EXPIRED, at)
    accounts.write()
    row.save()
    return 1


def opened(redemption: Redemption) -> tuple[AccountBatch, Redemption]:
    """The member's accounts, locked, and the redemption as it stands under that lock."""
    people = {redemption.member_id, members.resolve(redemption.member).pk}
    accounts = AccountBatch.open(
        programme=redemption.programme, members=people, with_lots=people, spent=[redemption.public_id]
    )
    return accounts, queries.redemptions(redemption.programme, public_ids=[redemption.public_id])[redemption.public_id]


def _let_go(accounts: AccountBatch, row: Redemption, state: str, at: datetime) -> None:
    account_state = accounts.account_state(row.member_id, queries.value(row.version).unit)
    account_state.let_go(row.reservation, state=RELEASED, at=at)
    account_state.settle_debts(at=at)
    _put_back_stock(row)
    row.state, row.closed_at = state, at


def forget(*, people: Sequence[Member], by: str, at: datetime) -> list[Redemption]:
    """Lets go of every reward that a person who is forgotten has set aside or that waits for them, and empties the
    names of their orders. The points come back before the accounts are closed: nobody else could get them later.
    """
    programme = people[0].programme
    rows = Redemption.objects.of(programme).filter(member__in=people)
    for row in rows.filter(state=State.RESERVED).select_related("version__reward", "reservation", "member"):
        release(redemption=row, by=by, at=at)
    for row in rows.filter(handing=Redemption.Handing.WAITING).select_related("member"):
        _take_off_the_shelf(row, by, at)
    rows.exclude(order="").update(order="")
    return list(rows)


def _take_off_the_shelf(redemption: Redemption, by: str, at: datetime) -> None:
    accounts, row = opened(redemption)
    give_points_back(accounts, row, now=row.spent, cause=Cause(row.public_id, by, at, at), why=Because.REVERSED)
    accounts.write()
    row.save()
