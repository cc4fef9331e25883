"""Redemptions made again after a backup was put back, from what the server itself had told of them (promise 12).

They were judged when they were taken and are not judged again. Points that are not there any more are owed.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from passage.ledger.actions import AccountBatch
from passage.members import queries as members
from passage.members.models import Member
from passage.programme.errors import Refused
from passage.programme.models import Shop, Source
from passage.programme.transactions import Stale, retried
from passage.rewards import queries
from passage.rewards.actions.redeeming import Spending, Wish, spend
from passage.rewards.actions.writing import opened, write
from passage.rewards.models import Redemption, RewardVersion

State, Handing = Redemption.State, Redemption.Handing
RELEASED = "released"  # the reservation's state


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A reservation as it was told: all that is needed to make it again under its own ids."""

    id: uuid.UUID
    client_id: str
    member: uuid.UUID
    reward: uuid.UUID
    version: int
    order: str
    amount: int | None
    points: int
    made_at: datetime
    until: datetime
    by: str
    feast_year: int | None

    @classmethod
    def of(cls, row: Redemption, /) -> Held:
        """Of a redemption as `queries.redemptions` reads it."""
        return cls(
            id=row.public_id,
            client_id=row.client_id,
            member=row.member.public_id,
            reward=row.version.reward.public_id,
            version=row.version.number,
            order=row.order,
            amount=row.amount,
            points=row.points,
            made_at=row.made_at,
            until=row.until,
            by=row.by,
            feast_year=row.feast_year,
        )

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = HELD.dump_python(self, mode="json")
        return told


HELD: TypeAdapter[Held] = TypeAdapter(Held)


@retried
def hold_again(*, source: Source, held: Held, at: datetime) -> Redemption:
    """The reservation under the ids that it had; one that is known stays as it is.

    Its points are held where its time is not over and they are free. If not, it has ended, as by itself: it can be
    captured still while the points are there. Raises ``unknown_member`` and ``reward_ended``.
    """
    known = queries.redemptions(source.programme, public_ids=[held.id]).get(held.id)
    if known is not None:
        return known
    member = _member(source, held)
    accounts = AccountBatch.open(programme=source.programme, members=[member.pk], with_lots=[member.pk])
    if member.pk in accounts.merged:
        raise Stale("the redemption's member was merged")
    version = _version(source, held)
    account_state = accounts.account_state(member.pk, queries.value(version).unit)
    is_held = at < held.until and held.points <= account_state.available(at=at) and _is_in_stock(version)
    reservation = account_state.hold_again(
        held.points, made_at=held.made_at, until=held.until, ended=not is_held, at=at
    )
    wish = Wish(client_id=held.client_id, reward=version.reward, order=held.order, amount=held.amount)
    row = Redemption(
        programme=source.programme,
        public_id=held.id,
        source=source,
        client_id=held.client_id,
        fingerprint=wish.fingerprint(member),
        member=member,
        version=version,
        reservation=reservation,
        order=held.order,
        amount=held.amount,
        points=held.points,
        made_at=held.made_at,
        until=held.until,
        by=held.by,
        feast_year=held.feast_year,
        state=State.RESERVED if is_held else State.EXPIRED,
        closed_at=None if is_held else at,
    )
    row.stock_moves = -1 if is_held else 0
    accounts.write()
    write([row])
    return row


@retried
def take_again(*, source: Source, held: Held, at: datetime) -> Redemption:
    """The reservation that a sale had captured, ready to be captured by it again, whatever became of it since."""
    row = hold_again(source=source, held=held, at=at)
    if row.state == State.RELEASED:
        _accounts, row = opened(row)
        row.state = State.EXPIRED
        write([row])
    return row


@retried
def hand_over_again(*, redemption: Redemption, shop: Shop | None, by: str, handed_at: datetime, at: datetime) -> int:
    """The reward was handed over without a sale, and is in its member's hands: its points are spent, whatever holds now.
    How many of them are owed.
    """
    accounts, row = opened(redemption)
    if row.state in (State.CAPTURED, State.REVERSED):
        return 0
    row.state = State.EXPIRED if row.state == State.RELEASED else row.state
    given = Spending(
        points=row.points,
        value=0,
        by=by,
        occurred_at=handed_at,
        at=at,
        handing=Handing.HANDED_OVER,
        shop=shop,
        is_given=True,
    )
    owed = spend(accounts, row, given)
    accounts.write()
    write([row])
    return owed


def _member(source: Source, held: Held) -> Member:
    found = members.by_public_id(programme=source.programme, public_id=held.member)
    if found is None:
        raise Refused("unknown_member", field="redemptions")
    return members.resolve(found)


def _version(source: Source, held: Held) -> RewardVersion:
    """The version that it was; where that was published after the backup, the one in force then."""
    reward = queries.by_public_id(source.programme, public_id=held.reward)
    if reward is None:
        raise Refused("reward_ended", field="redemptions")
    rows = RewardVersion.objects.of(source.programme).filter(reward=reward)
    same: RewardVersion | None = rows.filter(number=held.version).select_related("reward").first()
    found = same if same is not None and same.definition else queries.in_force(reward, at=held.made_at)
    if found is None:
        raise Refused("reward_ended", field="redemptions")
    return found


def _is_in_stock(version: RewardVersion) -> bool:
    return version.reward.stock is None or version.reward.stock > 0
