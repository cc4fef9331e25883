"""A sale rung up on the wrong member moves to the right one: two linked compensations in one step (P-34, E-28)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from passage.engine import returns as engine
from passage.ledger.actions import Cause
from passage.members import queries as members
from passage.members.models import Member
from passage.programme.errors import Refused
from passage.programme.models import Source
from passage.purchases import codec
from passage.purchases.actions.effects import Effects, write
from passage.purchases.actions.returning import post, reopen
from passage.purchases.actions.selling import earn
from passage.purchases.models import Purchase
from passage.purchases.settling import case
from passage.purchases.state import BatchState, redeemed_with
from passage.purchases.values import MemberRef, Return, Sale, SaleRef


@transaction.atomic
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
    _check(state, sale, to)
    effects = Effects(state=state, by=by)
    origin = state.snapshot.find(whole.sale, source)
    assert origin is not None  # the caller has the row
    reopened = reopen(state, origin)
    row = Purchase(
        programme=source.programme,
        kind=Purchase.Kind.MOVE,
        source=source,
        client_id=client_id,
        fingerprint=codec.fingerprint(asked),
        shop=sale.shop,
        till=sale.till,
        business_date=sale.business_date,
        receipt=sale.receipt,
        member=members.resolve(to) if to else None,
        sale=origin,
        currency=sale.currency,
        total=0,
        basket=sale.basket,
        reason=reason[:200],
        by=by,
        occurred_at=sale.occurred_at,
        received_at=at,
    )
    taken = post(state, effects, reopened, engine.whole(reopened.lines, before={}), row)
    given = case(state, again)
    earn(state, effects, given, row, Cause(row.public_id, by, sale.occurred_at, at))
    row.context = given.context(asked, state)
    row.settlement = {**given.as_json(state), "clawed": taken.clawed}
    effects.purchases.append(row)
    write(effects)
    return row, False


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
    if sale.kind != Purchase.Kind.SALE:
        raise Refused("not_a_sale", field="sale")
    if state.snapshot.returns(sale):
        raise Refused("already_returned", field="sale")
    if redeemed_with(sale):
        raise Refused("reward_used", field="sale")
    counted = state.snapshot.moved(sale) or sale
    if counted.member_id == (to.pk if to else None):
        raise Refused("same_member", field="member")
