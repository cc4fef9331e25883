"""Taking goods back: the rest of the sale is settled again under the sale's own context (E-25 to E-30)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from passage.earning.models import TierChange
from passage.engine import returns as engine
from passage.engine.money import MAX_AMOUNT
from passage.engine.reasons import Because, Step, because
from passage.engine.returns import GivenBack, TooMuchReturned
from passage.ledger.actions import Cause
from passage.members.models import Member
from passage.programme import queries as programmes
from passage.programme.errors import Refused
from passage.purchases import codec
from passage.purchases.actions.effects import Effects
from passage.purchases.actions.judging import Difference, Taken, judge_again
from passage.purchases.actions.parking import waiting
from passage.purchases.history import Reopened, order_of
from passage.purchases.models import Purchase
from passage.purchases.settling import honest_time
from passage.purchases.snapshot import receipt_key
from passage.purchases.state import BatchState
from passage.purchases.tiers import judge_tiers, keeps_tier
from passage.purchases.usage import recount
from passage.purchases.values import Return
from passage.rewards import actions as rewards

FREE_PRODUCT = "free_product"  # the kind of reward that hands a thing over


@dataclass(slots=True)
class Outcome(Taken):
    """What a return moved, as kept with it."""

    restored: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def take_back(state: BatchState, effects: Effects, item: Return, asked: dict[str, Any]) -> Purchase | None:
    """Post a return on the state. None: its sale is not here yet, so it was parked (E-12)."""
    sale = state.snapshot.find(item.sale, state.source) or _sold_in_this_batch(state, effects, item)
    if sale is None:
        waiting(state, effects, item, asked)
        return None
    at, warnings = honest_time(item.occurred_at, state.at)
    reopened = state.reopen(sale)
    back = given_back(reopened, item)
    row = _row(state, effects, item, reopened, at, asked)
    effects.half_done = True
    outcome = post(state, effects, reopened, back, row)
    row.total = -back.refund
    row.settlement = {
        "refund": back.refund,
        "whole": engine.is_whole(reopened.lines, back.returned),
        "parts": codec.parts(back.parts),
        "clawed": outcome.clawed,
        "restored": outcome.restored,
        "warnings": [*warnings, *outcome.warnings],
    }
    state.snapshot.follow(sale, row)
    effects.purchases.append(row)
    if reopened.row.member is not None:
        stand_again(state, effects, sale, reopened.row.member, stands=not row.settlement["whole"])
    effects.half_done = False
    return row


def stand_again(state: BatchState, effects: Effects, sale: Purchase, record: Member, *, stands: bool) -> None:
    """The sale stands otherwise than before, or not any more: what was bought after it is judged again."""
    if not state.asks_history:
        return
    holder = state.holder(record)
    if stands:
        state.history.enter(sale, holder)
    else:
        state.history.leave(sale)
    changed = judge_again(state, effects, holder.person, order_of(sale))
    if changed:
        cause = Cause(changed[0].public_id, effects.by, changed[0].occurred_at, state.at)
        _close_if_erased(state, state.snapshot.person(record), cause)


def given_back(reopened: Reopened, item: Return) -> GivenBack:
    """How much of each line comes back; Refused where more was to come back than is left."""
    try:
        if item.quantities:
            return engine.by_quantity(reopened.lines, item.quantities, before=reopened.before)
        if item.amount is not None:
            if type(item.amount) is not int or not 0 < item.amount <= MAX_AMOUNT:
                raise Refused("not_an_amount", field="amount")
            return engine.by_amount(reopened.lines, item.amount, before=reopened.before)
        back = engine.whole(reopened.lines, before=reopened.before)
    except TooMuchReturned as too_much:
        wanted = "amount" if item.amount is not None else "lines"
        raise Refused("too_much", field=wanted, params={"line": too_much.line, "left": too_much.left}) from None
    if not back.parts:
        raise Refused("nothing_left", field="sale")
    return back


def post(state: BatchState, effects: Effects, reopened: Reopened, back: GivenBack, row: Purchase) -> Outcome:
    """Post what the return moves: rewards given back, points taken back, tiers judged again."""
    outcome = Outcome()
    sale = reopened.row
    if sale.member is None:
        return outcome
    member = state.snapshot.person(sale.member)
    cause = Cause(row.public_id, effects.by, row.occurred_at, state.at, counts_at=sale.occurred_at)
    _restore(state, effects, reopened, back, cause, outcome)
    owed: dict[str, int] = {}
    holder = state.holder(sale.member)
    difference = Difference(member.pk, state.records_of(member.pk), reopened, cause, outcome)
    for rule, points in recount(state, holder, reopened, before=reopened.before, after=back.returned).values():
        owed[rule.unit] = owed.get(rule.unit, 0) + points
    for unit, points in owed.items():
        difference.post(state, unit, points, steps=_claw_steps(reopened, unit, points))
    if reopened.terms.restored_days == 0 and outcome.restored:
        outcome.warnings.append("expired_stays_expired")
    if _keeps_a_gift(reopened, back):
        outcome.warnings.append("free_product_kept")
    why = TierChange.Why.RETURNED
    judge_tiers(state, effects, member.pk, since=sale.occurred_at, cause=row.public_id, why=why)
    if keeps_tier(state, member.pk, since=sale.occurred_at):
        outcome.warnings.append("tier_kept")
    _close_if_erased(state, member, cause)
    return outcome


def _close_if_erased(state: BatchState, member: Member, cause: Cause) -> None:
    """What comes back to nobody ends, and nobody owes anything (E-29)."""
    if member.status == Member.Status.ERASED:
        for account in state.accounts.account_states(member.pk):
            account.close(cause=cause)


def _restore(
    state: BatchState, effects: Effects, reopened: Reopened, back: GivenBack, cause: Cause, outcome: Outcome
) -> None:
    """The share of each reward that belongs to what came back (E-25, E-27)."""
    for applied in reopened.origin.settlement.get("rewards", ()):
        redemption = state.redemptions.get(uuid.UUID(applied["redemption"]))
        if redemption is None:
            continue
        target = engine.restored(
            points=redemption.spent,
            per_line=applied["per_line"],
            lines=reopened.lines,
            returned=back.returned,
            policy=reopened.terms.restore,
        )
        points = max(target - redemption.reversed, 0)
        if points:
            came = rewards.give_points_back(
                state.accounts, redemption, now=redemption.reversed + points, cause=replace(cause, counts_at=None)
            )
            effects.redemptions[redemption.pk] = redemption
            outcome.restored.append(
                {
                    "redemption": applied["redemption"],
                    "reward": applied["reward"],
                    "unit": applied["unit"],
                    "points": came,
                }
            )


def _keeps_a_gift(reopened: Reopened, back: GivenBack) -> bool:
    """Whether goods come back while a free product of the same bill stays with the member (E-27)."""
    touched = {line for line, part in back.parts.items() if part}
    for applied in reopened.origin.settlement.get("rewards", ()):
        if applied["kind"] != FREE_PRODUCT:
            continue
        lines = zip(reopened.lines, applied["per_line"], strict=True)
        given = {each.line.id for each, amount in lines if amount}
        stays = {line for line in given if back.returned.get(line, 0) < 1}
        if stays and touched - given:
            return True
    return False


def _claw_steps(reopened: Reopened, unit: str, owed: int) -> list[Step]:
    if owed < 0:
        return [because(Because.CARRY, rule="", points=-owed)]
    earned = sum(each["points"] for each in reopened.row.settlement.get("earned", ()) if each["unit"] == unit)
    return [because(Because.RETURNED, earned=earned, points=owed)]


def _row(
    state: BatchState, effects: Effects, item: Return, reopened: Reopened, at: datetime, asked: Mapping[str, Any]
) -> Purchase:
    sale = reopened.origin
    return Purchase(
        programme=state.programme,
        kind=Purchase.Kind.VOID if item.void else Purchase.Kind.RETURN,
        source=state.source,
        client_id=item.client_id,
        fingerprint=codec.fingerprint(asked),
        shop=state.snapshot.shops.get(item.shop) or sale.shop,
        till=item.till,
        business_date=item.business_date or programmes.business_date(at=at, programme=state.programme),
        receipt=item.receipt,
        receipt_key=receipt_key(item),
        member=reopened.row.member,
        sale=sale,
        currency=sale.currency,
        total=0,
        context={"request": dict(asked)},
        reason=item.reason[:200],
        by=effects.by,
        occurred_at=at,
        received_at=state.at,
    )


def _sold_in_this_batch(state: BatchState, effects: Effects, item: Return) -> Purchase | None:
    """The sale among those this very batch has just posted."""
    key = receipt_key(item.sale)
    for row in effects.purchases:
        same = (
            row.client_id == item.sale.client_id
            or (key and row.receipt_key == key)
            or row.public_id == item.sale.public_id
        )
        if row.kind == Purchase.Kind.SALE and same:
            state.snapshot.sales.append(row)
            return row
    return None
