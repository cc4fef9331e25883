"""Reserving rewards and spending what was reserved."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from passage.engine.lots import NotEnoughPoints
from passage.engine.money import MAX_AMOUNT, ceil_div
from passage.engine.reasons import Because, because
from passage.engine.rewards import Cashback
from passage.ledger.actions import AccountBatch, Cause
from passage.members import queries as members
from passage.members.models import Member
from passage.programme.errors import Refused
from passage.programme.models import Programme, Shop, Source
from passage.programme.transactions import retried
from passage.rewards import queries
from passage.rewards.actions.writing import opened, write
from passage.rewards.judging import FactsOf, check_reserving, check_without_sale
from passage.rewards.models import Redemption, Reward, RewardVersion
from passage.rewards.queries import is_product

State, Handing = Redemption.State, Redemption.Handing
TABLE = timedelta(hours=6)  # what is chosen at the soup is still held at the bill
CAPTURED = "captured"  # the reservation's state


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


@retried
def reserve(
    *,
    source: Source,
    member: Member,
    wish: Wish,
    facts: FactsOf,
    shop: Shop | None = None,
    by: str,
    at: datetime,
) -> tuple[Redemption, bool]:
    """Hold points for a reward; (redemption, whether it was already there).

    One atomic step under the account's lock: of two tills wanting the last points one succeeds (E-14). Whatever of its
    conditions can be judged without a basket is judged now, for ``shop`` where that is known; the rest at capture.
    """
    programme = source.programme
    accounts = AccountBatch.open(programme=programme, members=[member.pk], with_lots=[member.pk])
    known = Redemption.objects.of(programme).filter(source=source, client_id=wish.client_id).first()
    if known is not None:  # what was answered once is answered again, whatever became of the member (E-10)
        if known.fingerprint != wish.fingerprint(member):
            raise Refused("other_content", field="client_id")
        return known, True
    if member.pk in accounts.merged:
        member.refresh_from_db(fields=["status"])
        raise Refused(f"member_{member.status}", field="member")
    version = queries.in_force(wish.reward, at=at)
    if version is None:
        raise Refused("reward_ended", field="reward")
    feast_year = check_reserving(version, member, facts=facts, shop=shop, at=at)
    redemption = _hold(accounts, source, member, version, wish, at)
    redemption.by, redemption.feast_year = by, feast_year
    accounts.write()
    write([redemption])
    return redemption, False


def _hold(
    accounts: AccountBatch, source: Source, member: Member, version: RewardVersion, wish: Wish, at: datetime
) -> Redemption:
    """Hold what the reward costs, in the open accounts, and a piece of it with the next write."""
    account_state = accounts.account_state(member.pk, queries.value(version).unit)
    have = account_state.available(at=at)
    points = _cost(version, wish, available=have)
    if account_state.account.debt:
        raise Refused("in_debt", field="reward", params={"debt": account_state.account.debt})
    until = at + _spell(source.programme, at_table=wish.at_table)
    try:
        reservation = account_state.hold(points, at=at, until=until)
    except NotEnoughPoints as short:
        raise Refused(
            "insufficient_points", field="reward", params={"missing": short.missing, "available": have}
        ) from None
    row = Redemption(
        programme=source.programme,
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
    )
    row.stock_moves = -1
    return row


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


@retried
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
    write([row])
    return row


@retried
def capture(
    *,
    redemption: Redemption,
    facts: FactsOf,
    by: str,
    at: datetime,
    shop: Shop | None = None,
    waits: bool = False,
) -> Redemption:
    """Spend the held points without a sale: the reward was handed over in ``shop``, or ``waits`` there for its member
    (S-47). Capturing again changes nothing.

    Its conditions are judged again, by what holds now. What a sale has captured is refused: it took its value off the
    bill, and nothing is to be handed over too.
    """
    accounts, row = opened(redemption)
    if row.state == State.CAPTURED and not row.value:
        return row
    _check_open(row, field="redemption")
    check_without_sale(row, facts=facts, shop=shop, at=at)
    handing = Handing.WAITING if waits else Handing.HANDED_OVER
    spend(accounts, row, Spending(points=row.points, value=0, by=by, occurred_at=at, at=at, handing=handing, shop=shop))
    accounts.write()
    write([row])
    return row


def _check_open(row: Redemption, *, field: str) -> None:
    if row.state not in (State.RESERVED, State.EXPIRED):
        raise Refused(f"redemption_{row.state}", field=field, params={"redemption": str(row.public_id)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What a capture costs and is worth: ``points``, ``value`` in minor units. Without a ``handing`` a free product is
    handed over with its sale, and of anything else there is nothing to hand over. ``is_given``: it was spent before a
    backup was put back, so that points that are gone since are owed, and a piece that is gone was this one."""

    points: int
    value: int
    by: str
    occurred_at: datetime
    at: datetime
    handing: str | None = None
    shop: Shop | None = None
    is_given: bool = False


def spend(accounts: AccountBatch, row: Redemption, spending: Spending) -> int:
    """Post the capture of ``row``, whose conditions were judged, in open accounts; the caller writes accounts and row.
    How many of its points are owed.

    The points may be fewer than were held (a cashback larger than the bill): the rest is free again. After
    the reservation has ended it succeeds while the points are still there (E-15).
    """
    points, at = spending.points, spending.at
    _check_open(row, field="redemptions")
    held = row.state == State.RESERVED
    # What is held moved with a merge; what had ended before it is still the person's.
    account_state = accounts.account_state(members.resolve(row.member).pk, queries.value(row.version).unit)
    if held:
        account_state.let_go(row.reservation, state=CAPTURED, at=at)
    cause = Cause(row.public_id, spending.by, spending.occurred_at, at)
    name = row.version.reward.name
    if spending.handing is None:
        steps = [because(Because.SPENT, reward=name, points=points, value=spending.value)]
    else:
        steps = [because(Because.EXCHANGED, reward=name, points=points)]
    debt = account_state.account.debt
    try:
        held_at = row.made_at if held else None
        account_state.spend(points, cause=cause, steps=steps, held_at=held_at, owing=spending.is_given)
    except NotEnoughPoints as short:
        raise Refused("insufficient_points", field="redemptions", params={"missing": short.missing}) from None
    if not held:
        row.stock_moves = -1  # its piece went back when the reservation ended
    owed = int(account_state.account.debt - debt)
    if held and points < row.reservation.points:
        accounts.free_again(account_state, at=at)
    row.is_given = spending.is_given
    row.state, row.spent, row.value, row.closed_at = State.CAPTURED, points, spending.value, at
    _hand(row, spending)
    return owed


def _hand(row: Redemption, spending: Spending) -> None:
    with_sale = Handing.HANDED_OVER if is_product(row.version) else Handing.NONE
    row.handing = with_sale if spending.handing is None else spending.handing
    if row.handing:
        row.worth, row.shop = row.version.reward.worth, spending.shop
    if row.handing == Handing.HANDED_OVER:
        row.handed_at, row.handed_by = spending.occurred_at, spending.by
