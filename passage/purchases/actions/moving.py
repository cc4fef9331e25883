"""A sale rung up on the wrong member moves to the right one: two linked compensations in one step (P-34, E-28)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from passage.engine import returns as engine
from passage.ledger.actions import Cause
from passage.members.models import Member
from passage.programme.errors import Refused
from passage.programme.models import Source
from passage.programme.transactions import retried
from passage.purchases import codec
from passage.purchases.actions.effects import Effects, write
from passage.purchases.actions.returning import post, stand_again
from passage.purchases.actions.selling import earn
from passage.purchases.history import order_of
from passage.purchases.models import Purchase
from passage.purchases.settling import case
from passage.purchases.snapshot import redeemed_with
from passage.purchases.state import BatchState
from passage.purchases.values import MemberRef, Return, Sale, SaleRef


@retried
def move(
    *, source: Source, sale: Purchase, to: Member | None, client_id: str, reason: str = "", by: str, at: datetime
) -> tuple[Purchase, bool]:
    """Take what ``sale`` earned from its member and give ``to`` what it would have earned; (row, whether known).
    With nobody to give it to, the sale is then a sale without a member (F-82).

    Judged by the sale's own moment. Refused when something of it came back already or a reward was used in it.
    """
    whole = Return(client_id=client_id, occurred_at=at, sale=SaleRef(public_id=sale.public_id), reason=reason)
    again = _as_sale(sale, to, client_id)
    state = BatchState.open(programme=source.programme, source=source, batch=[whole, again], at=at)
    asked = {"move": str(sale.public_id), "to": str(to.public_id) if to else "", "receipt": _place(sale)}
    known = state.known.get(client_id)
    if known is not None:
        if known.fingerprint != codec.fingerprint(asked):
            raise Refused("conflict", field="client_id", params={"differs": ["move"], "recorded": str(known.public_id)})
        return known, True
    origin = state.snapshot.find(whole.sale, source)
    if origin is None:
        raise Refused("not_a_sale", field="sale")
    to, _card = state.snapshot.member(again.member)  # who that is today
    _check(state, origin, to)
    effects = Effects(state=state, by=by)
    row = _row(state, effects, origin, to, client_id=client_id, asked=asked, reason=reason)
    return _moved(state, effects, row, again, asked), False


def _moved(state: BatchState, effects: Effects, row: Purchase, again: Sale, asked: Mapping[str, Any]) -> Purchase:
    """Take from the one what the sale gave, give the other what it gives at its place among theirs, and write it."""
    origin = row.of_sale
    reopened = state.reopen(origin)
    effects.purchases.append(row)
    taken = post(state, effects, reopened, engine.whole(reopened.lines, before={}), row)
    if reopened.row.member is not None:
        stand_again(state, effects, origin, reopened.row.member, stands=False)
    given = case(state, again, order=order_of(origin))
    row.context = given.context(dict(asked), state)
    row.settlement = {**given.as_json(state), "clawed": taken.clawed}
    state.snapshot.follow(origin, row)
    earn(state, effects, given, row, Cause(row.public_id, effects.by, origin.occurred_at, state.at))
    write(effects)
    return row


def _row(
    state: BatchState,
    effects: Effects,
    sale: Purchase,
    to: Member | None,
    *,
    client_id: str,
    asked: Mapping[str, Any],
    reason: str,
) -> Purchase:
    return Purchase(
        programme=state.programme,
        kind=Purchase.Kind.MOVE,
        source=state.source,
        client_id=client_id,
        fingerprint=codec.fingerprint(asked),
        shop=sale.shop,
        till=sale.till,
        business_date=sale.business_date,
        receipt=sale.receipt,
        member=to,
        sale=sale,
        currency=sale.currency,
        total=0,
        basket=sale.basket,
        reason=reason[:200],
        by=effects.by,
        occurred_at=sale.occurred_at,
        received_at=state.at,
    )


def _as_sale(sale: Purchase, to: Member | None, client_id: str) -> Sale:
    return Sale(
        client_id=client_id,
        occurred_at=sale.occurred_at,
        basket=codec.basket_of(sale.basket),
        member=MemberRef(public_id=to.public_id) if to else MemberRef(),
        shop=sale.shop.code if sale.shop else "",
        till=sale.till,
        business_date=sale.business_date,
    )


def _place(sale: Purchase) -> list[str]:
    return [sale.shop.code if sale.shop else "", sale.till, sale.business_date.isoformat(), sale.receipt]


def _check(state: BatchState, sale: Purchase, to: Member | None) -> None:
    if state.snapshot.returns(sale):
        raise Refused("already_returned", field="sale")
    if redeemed_with(sale):
        raise Refused("reward_used", field="sale")
    counted = state.snapshot.counted(sale).member
    if (state.snapshot.person(counted) if counted else None) == to:
        raise Refused("same_member", field="member")
