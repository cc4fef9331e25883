"""Recording a sale: settle, capture its redemptions, credit what it earned, climb the tiers."""

from __future__ import annotations

import uuid
from typing import Any

from passage.engine.lots import NEVER
from passage.engine.money import MAX_AMOUNT
from passage.engine.reasons import Because, Step, because
from passage.engine.tier_changes import Why
from passage.ledger.actions import Cause
from passage.members.models import Member
from passage.programme import queries as programmes
from passage.programme.errors import Refused
from passage.purchases import codec
from passage.purchases.actions.effects import Effects
from passage.purchases.actions.judging import judge_again
from passage.purchases.history import just_after, order_of
from passage.purchases.models import Purchase
from passage.purchases.settling import Case, case
from passage.purchases.snapshot import receipt_key
from passage.purchases.state import BatchState
from passage.purchases.tiers import judge_tiers
from passage.purchases.usage import Holder, count_sale
from passage.purchases.values import Sale
from passage.rewards import actions as rewards

# The points of a reward were spent elsewhere before it was known that they were spent here (E-12).
REWARD_OWED = "reward_owed"


def sell(state: BatchState, effects: Effects, sale: Sale, asked: dict[str, Any]) -> Purchase:
    """Post a sale on the state; Refused where it cannot be, with nothing posted."""
    settled_case = case(state, sale)
    for claim, why in settled_case.settled.refused:
        raise Refused(why.code, field="redemptions", params={**why.params, "redemption": claim.key})
    earning = settled_case.settled.earning
    if any(earning.points(unit) > MAX_AMOUNT for unit in earning.units()):
        raise Refused("too_big", field="lines", params={"limit": MAX_AMOUNT})  # points that no entry can hold
    row = purchase_row(state, effects, settled_case, asked)
    effects.half_done = True
    cause = Cause(row.public_id, effects.by, row.occurred_at, state.at)
    _capture(state, effects, settled_case, row)
    effects.purchases.append(row)
    earn(state, effects, settled_case, row, cause)
    effects.half_done = False
    return row


def earn(state: BatchState, effects: Effects, settled_case: Case, row: Purchase, cause: Cause) -> None:
    """Post what a settled sale gives its member; a sale without one gives nothing."""
    member = settled_case.member
    if member is None:
        return
    sale = row.of_sale
    _credit(state, settled_case, cause, origin=sale.public_id)
    _count(state, settled_case, member)
    if state.asks_history:
        state.history.enter(sale, Holder(member.pk, member.pk))
        judge_again(state, effects, member.pk, just_after(order_of(sale)))
    judge_tiers(state, effects, member.pk, since=row.occurred_at, cause=row.public_id, why=Why.REACHED)


def purchase_row(state: BatchState, effects: Effects, settled_case: Case, asked: dict[str, Any]) -> Purchase:
    sale = settled_case.sale
    member, card = state.snapshot.member(sale.member)
    business_date = sale.business_date or programmes.business_date(at=settled_case.moment.at, programme=state.programme)
    return Purchase(
        public_id=state.before.public_id if state.before else uuid.uuid4(),
        programme=state.programme,
        kind=Purchase.Kind.SALE,
        source=state.source,
        client_id=sale.client_id,
        fingerprint=codec.fingerprint(asked),
        shop=state.snapshot.shops.get(sale.shop),
        till=sale.till,
        business_date=business_date,
        receipt=sale.receipt,
        receipt_key=receipt_key(sale),
        member=member,
        card=card,
        currency=sale.basket.currency,
        total=sale.basket.total,
        basket=codec.basket(sale.basket),
        context=settled_case.context(asked, state),
        settlement=settled_case.as_json(state),
        by=effects.by,
        occurred_at=settled_case.moment.at,
        received_at=state.at,
    )


def _capture(state: BatchState, effects: Effects, settled_case: Case, row: Purchase) -> None:
    for applied in settled_case.settled.applied:
        redemption = state.redemptions[uuid.UUID(applied.claim.key)]
        owed = rewards.spend(
            state.accounts,
            redemption,
            rewards.Spending(
                points=applied.points,
                value=applied.value,
                by=effects.by,
                occurred_at=row.occurred_at,
                at=state.at,
                shop=row.shop,
                is_given=state.is_granted(redemption.public_id),
            ),
        )
        effects.redemptions[redemption.pk] = redemption
        if owed:
            row.settlement["warnings"] = [*row.settlement.get("warnings", ()), REWARD_OWED]


def _credit(state: BatchState, settled_case: Case, cause: Cause, *, origin: uuid.UUID) -> None:
    """One entry and one lot per unit; a lot whose end has passed on arrival is credited and expires (E-11)."""
    assert settled_case.member is not None
    earning = settled_case.settled.earning
    lives = settled_case.lives(state)
    for unit in earning.units():
        account_state = state.accounts.account_state(settled_case.member.pk, unit)
        points = earning.points(unit)
        if points > 0:
            life = lives[unit]
            steps = [step for each in earning.earned if each.rule.unit == unit for step in each.steps]
            steps += _life_steps(life.active_from > cause.occurred_at, life.active_from.isoformat(), Because.PENDING)
            steps += _life_steps(life.expires_at != NEVER, life.expires_at.isoformat(), Because.EXPIRES)
            credits = points if account_state.unit.qualifies else 0
            account_state.credit(
                points, kind="earn", cause=cause, life=life, steps=steps, credits=credits, origin=origin
            )
            if life.expires_at <= state.at:
                account_state.expire(at=state.at, by="system:expiry")
    for account_state in state.accounts.account_states(settled_case.member.pk):
        account_state.keep_alive(active_at=cause.occurred_at)  # a purchase is activity, whatever it earned


def _life_steps(holds: object, moment: str, code: Because) -> list[Step]:
    if not holds:
        return []
    if code is Because.PENDING:
        return [because(code, until=moment)]
    return [because(code, on=moment)]


def _count(state: BatchState, settled_case: Case, member: Member) -> None:
    """Move the counters that limits and remainders are judged by."""
    assert settled_case.facts is not None  # there is a member
    earned, moment = settled_case.settled.earning.earned, settled_case.moment
    holder = Holder(member.pk, member.pk)
    count_sale(state, holder, earned, facts=settled_case.facts, moment=moment, terms=state.terms)
