"""Recording a sale: settle, capture its redemptions, credit what it earned, climb the tiers."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from passage.earning.models import TierChange
from passage.engine.lots import NEVER
from passage.engine.money import MAX_AMOUNT
from passage.engine.reasons import Because, Step, because
from passage.engine.tiers import qualified
from passage.ledger.actions import Cause
from passage.members.models import Member
from passage.programme import queries as programmes
from passage.programme.errors import Refused
from passage.purchases import codec
from passage.purchases.actions.effects import Effects
from passage.purchases.models import Purchase
from passage.purchases.settling import Case, case
from passage.purchases.state import BatchState, receipt_key
from passage.purchases.usage import count_sale
from passage.purchases.values import Sale
from passage.rewards import actions as rewards


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
    earn(state, effects, settled_case, row, cause)
    effects.purchases.append(row)
    effects.half_done = False
    return row


def earn(state: BatchState, effects: Effects, settled_case: Case, row: Purchase, cause: Cause) -> None:
    """Post what a settled sale gives its member; a sale without one gives nothing."""
    if settled_case.member is not None:
        _credit(state, settled_case, cause, origin=(row.sale or row).public_id)
        _count(state, settled_case, settled_case.member)
        climb(state, effects, settled_case.member.pk, row)


def purchase_row(state: BatchState, effects: Effects, settled_case: Case, asked: dict[str, Any]) -> Purchase:
    sale = settled_case.sale
    member, card = state.snapshot.member(sale.member)
    business_date = sale.business_date or programmes.business_date(at=settled_case.moment.at, programme=state.programme)
    return Purchase(
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
        rewards.spend(
            state.accounts,
            redemption,
            rewards.Spending(
                points=applied.points,
                value=applied.value,
                by=effects.by,
                occurred_at=row.occurred_at,
                at=state.at,
                shop=row.shop,
            ),
        )
        effects.redemptions[redemption.pk] = redemption


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
            if credits:
                state.credits.setdefault(settled_case.member.pk, []).append((cause.occurred_at, credits))
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
    count_sale(state, member.pk, earned, facts=settled_case.facts, moment=moment, terms=state.terms)
    state.has_bought.add(member.pk)
    state.visits.setdefault(member.pk, []).append((settled_case.sale.shop, settled_case.moment.at))


def climb(state: BatchState, effects: Effects, member_id: int, row: Purchase) -> None:
    """The tier after the sale: it earned at the old one (E-40). Never down: that is for reviews and returns."""
    tiers = state.tier_history.tiers
    if not tiers:
        return
    # A late sale is judged with all that came after it: the order of arrival changes no tier.
    since, credits = max(judged(state, member_id, row.occurred_at), key=lambda each: _threshold(state, each[1]))
    reached, latest = qualified(tiers, credits), state.tier_history.latest(member_id)
    # What the end of a period took, a late sale of that period does not give again.
    moment = since if latest is None or latest.why == TierChange.Why.REVIEWED else max(since, latest.at)
    held = state.tier_history.now(member_id, at=moment)
    if reached is None or (held is not None and reached.threshold <= held.threshold):
        return
    change = TierChange(
        programme=state.programme,
        member_id=member_id,
        tier=state.tier_history.rows[reached.code],
        why=TierChange.Why.REACHED,
        credits=credits,
        cause=row.public_id,
        at=moment,
        since=since,
    )
    state.tier_history.add(change)
    effects.tier_changes.append(change)


def judged(state: BatchState, member_id: int, start: datetime) -> list[tuple[datetime, int]]:
    """From ``start`` on, each moment at which credits were earned and what they came to then."""
    later = {when for when, _ in state.credits.get(member_id, ()) if when >= start}
    return [(moment, state.credits_at(member_id, moment)) for moment in sorted({start, *later})]


def _threshold(state: BatchState, credits: int) -> int:
    reached = qualified(state.tier_history.tiers, credits)
    return reached.threshold if reached else 0
