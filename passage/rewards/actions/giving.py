"""Prizes that a hand gives: exchanged without a sale, waiting in a shop, handed over or cancelled (S-47, F-61)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from passage.audit import actions as audit
from passage.cards import queries as cards
from passage.engine.reasons import Because
from passage.ledger.actions import Cause
from passage.members.canonical import name as clean
from passage.members.models import Member
from passage.programme import limits
from passage.programme.errors import Refused
from passage.programme.models import Shop, Source
from passage.programme.transactions import retried
from passage.rewards.actions.redeeming import Wish, capture, reserve
from passage.rewards.actions.releasing import give_points_back
from passage.rewards.actions.writing import opened, write
from passage.rewards.judging import FactsOf
from passage.rewards.models import Redemption

State, Handing = Redemption.State, Redemption.Handing


@dataclass(frozen=True, slots=True)
class Place:
    """Where a prize is handed over, or ``waits`` to be; in any shop without a ``shop``."""

    shop: Shop | None
    waits: bool = False


@retried
def redeem(
    *,
    source: Source,
    member: Member,
    wish: Wish,
    facts: FactsOf,
    where: Place,
    by: str,
    at: datetime,
) -> Redemption:
    """Points for a prize without a sale: handed over ``where`` at once, or waiting there. The same wish counts once.

    Raises as `reserve` and `capture` do, and own_card; then nothing was spent.
    """
    cards.check_not_own(programme=member.programme, by=by, member=member)
    row, known = reserve(source=source, member=member, wish=wish, facts=facts, shop=where.shop, by=by, at=at)
    if known and row.state != State.RESERVED:
        return row
    given = capture(redemption=row, facts=facts, by=by, at=at, shop=where.shop, waits=where.waits)
    if where.waits:
        _note(given, verb="prize.waits", by=by, at=at)
    else:
        _note(given, verb="prize.given", by=by, at=at)
    return given


@retried
def hand_out(*, redemption: Redemption, shop: Shop | None, by: str, at: datetime) -> Redemption:
    """The prize that waited is in its member's hands. Again changes nothing; ``not_waiting`` for any other, own_card."""
    _book, row = opened(redemption)
    cards.check_not_own(programme=row.programme, by=by, member=row.member)
    if row.handing == Handing.HANDED_OVER:
        return row
    if row.handing != Handing.WAITING:
        raise Refused("not_waiting", field="redemption")
    row.handing, row.handed_at, row.handed_by, row.shop = Handing.HANDED_OVER, at, by, shop
    write([row])
    _note(row, verb="prize.handed_over", by=by, at=at)
    return row


@retried
def cancel_prize(*, redemption: Redemption, reason: str, by: str, at: datetime) -> Redemption:
    """The prize that waited is not given: its points go back to the lots they came from, the piece back into stock.

    Again changes nothing; ``not_waiting`` for what was handed over already, ``reason_missing`` without one.
    """
    why = clean(reason, field="reason", limit=limits.REASON)
    if not why:
        raise Refused("reason_missing", field="reason")
    accounts, row = opened(redemption)
    if row.handing == Handing.CANCELLED:
        return row
    if row.handing != Handing.WAITING:
        raise Refused("not_waiting", field="redemption")
    cause = Cause(row.public_id, by, at, at)
    give_points_back(accounts, row, now=row.spent, cause=cause, why=Because.REVERSED)
    accounts.write()
    write([row])
    _note(row, verb="prize.cancelled", by=by, at=at, reason=why)
    return row


def _note(row: Redemption, *, verb: str, by: str, at: datetime, reason: str = "") -> None:
    more = {"reason": reason} if reason else {}
    audit.note(programme=row.programme, by=by, verb=verb, subject=f"redemption:{row.public_id}", at=at, **more)
