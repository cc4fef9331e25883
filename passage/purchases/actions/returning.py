"""Taking goods back: the rest of the sale is settled again under the sale's own context (E-25 to E-30)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from passage.earning.models import TierChange
from passage.engine import returns as engine
from passage.engine.basket import Returned
from passage.engine.money import MAX_AMOUNT
from passage.engine.reasons import Because, Step, because
from passage.engine.returns import GivenBack, TooMuchReturned
from passage.engine.tiers import qualified
from passage.ledger.actions import Cause
from passage.members import queries as members
from passage.members.models import Member
from passage.programme import queries as programmes
from passage.programme.errors import Refused
from passage.purchases import codec
from passage.purchases.actions.effects import Effects
from passage.purchases.actions.parking import waiting
from passage.purchases.actions.selling import judged
from passage.purchases.models import Purchase
from passage.purchases.recorded import RecordedSale, recorded_sale
from passage.purchases.settling import honest_time, life
from passage.purchases.state import BatchState, receipt_key
from passage.purchases.usage import recount
from passage.purchases.values import Return
from passage.rewards import actions as rewards

FREE_PRODUCT = "free_product"  # the kind of reward that hands a thing over


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened(RecordedSale):
    """A recorded sale as values again, and what had come back of it before."""

    origin: Purchase
    row: Purchase  # the origin, or the move that now counts for it
    before: Returned


@dataclass(slots=True)
class Outcome:
    """What a return moved, as kept with it."""

    clawed: list[dict[str, Any]] = field(default_factory=list)
    restored: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def take_back(state: BatchState, effects: Effects, item: Return, asked: dict[str, Any]) -> Purchase | None:
    """Post a return on the state. None: its sale is not here yet, so it was parked (E-12)."""
    sale = state.snapshot.find(item.sale, state.source) or _sold_in_this_batch(state, effects, item)
    if sale is None:
        waiting(state, effects, item, asked)
        return None
    at, warnings = honest_time(item.occurred_at, state.at)
    reopened = reopen(state, sale)
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
    effects.half_done = False
    return row


def reopen(state: BatchState, sale: Purchase) -> Reopened:
    """The sale as it was settled, with the returns so far, and the member it counts for now."""
    before: Returned = {}
    for row in state.snapshot.returns(sale):
        for line, part in codec.parts_of(row.settlement["parts"]).items():
            before[line] = before.get(line, part * 0) + part
    counted = state.snapshot.moved(sale) or sale
    known = state.rule_set.by_version
    past = recorded_sale(basket=sale.basket, settlement=sale.settlement, context=counted.context, rules=known)
    values = {each.name: getattr(past, each.name) for each in fields(past)}
    return Reopened(origin=sale, row=counted, before=before, **values)


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
    member = members.resolve(sale.member)
    cause = Cause(row.public_id, effects.by, row.occurred_at, state.at, counts_at=sale.occurred_at)
    _restore(state, effects, reopened, back, cause, outcome)
    owed: dict[str, int] = {}
    for rule, points in recount(state, member.pk, reopened, before=reopened.before, after=back.returned).values():
        owed[rule.unit] = owed.get(rule.unit, 0) + points
    for unit, points in owed.items():
        _take_points(state, member, reopened, unit, points, cause, outcome)
    if reopened.terms.restored_days == 0 and outcome.restored:
        outcome.warnings.append("expired_stays_expired")
    if _keeps_a_gift(reopened, back):
        outcome.warnings.append("free_product_kept")
    _descend(state, effects, member, row)
    return outcome


def _restore(
    state: BatchState, effects: Effects, reopened: Reopened, back: GivenBack, cause: Cause, outcome: Outcome
) -> None:
    """The share of each reward that belongs to what came back (E-25, E-27)."""
    for applied in reopened.row.settlement.get("rewards", ()):
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
    for applied in reopened.row.settlement.get("rewards", ()):
        if applied["kind"] != FREE_PRODUCT:
            continue
        lines = zip(reopened.lines, applied["per_line"], strict=True)
        given = {each.line.id for each, amount in lines if amount}
        stays = {line for line in given if back.returned.get(line, 0) < 1}
        if stays and touched - given:
            return True
    return False


def _take_points(
    state: BatchState, member: Member, reopened: Reopened, unit: str, owed: int, cause: Cause, outcome: Outcome
) -> None:
    """Take ``owed`` points back, or give them where remainders of other sales now fill a step."""
    account_state = state.accounts.account_state(member.pk, unit)
    if owed < 0:
        steps = [because(Because.CARRY, rule="", points=-owed)]
        credits = -owed if account_state.unit.qualifies else 0
        start = life(state, unit, reopened.moment.at)
        origin = reopened.origin.public_id
        account_state.credit(-owed, kind="earn", cause=cause, life=start, steps=steps, credits=credits, origin=origin)
        outcome.clawed.append({"unit": unit, "owed": owed, "taken": owed, "debt": 0, "written_off": 0, "expired": 0})
    if owed <= 0:
        return
    own = state.accounts.lots_of(account_state, reopened.row.public_id, origin=reopened.origin.public_id)
    absorbed = _already_expired(state, reopened, unit, owed, own)
    result = account_state.clawback(
        owed - absorbed,
        own=own,
        policy=reopened.terms.clawback,
        cause=cause,
        steps=_claw_steps(reopened, unit, owed, absorbed),
        credits=owed if account_state.unit.qualifies else 0,
        origin=reopened.origin.public_id,
    )
    if account_state.unit.qualifies:
        state.credits.setdefault(member.pk, []).append((reopened.row.occurred_at, -owed))
    outcome.clawed.append(
        {
            "unit": unit,
            "owed": owed,
            "taken": result.taken,
            "debt": result.debt,
            "written_off": result.written_off,
            "expired": absorbed,
        }
    )


def _already_expired(state: BatchState, reopened: Reopened, unit: str, owed: int, own: list[Any]) -> int:
    """Of ``owed``, what had expired from the sale's own lots: without the sale it would not have been there to expire."""
    returns = state.snapshot.returns(reopened.origin)
    earlier = [each for row in returns for each in row.settlement["clawed"] if each["unit"] == unit]
    owed_before: int = sum(each["owed"] for each in earlier)
    net_before: int = sum(each["owed"] - each["expired"] for each in earlier)
    net = max(owed_before + owed - state.accounts.expired_of(own), 0)
    return owed - min(max(net - net_before, 0), owed)


def _claw_steps(reopened: Reopened, unit: str, owed: int, absorbed: int) -> list[Step]:
    earned = sum(each["points"] for each in reopened.row.settlement.get("earned", ()) if each["unit"] == unit)
    expired = [because(Because.ALREADY_EXPIRED, points=absorbed)] if absorbed else []
    return [because(Because.RETURNED, earned=earned, points=owed), *expired]


def _descend(state: BatchState, effects: Effects, member: Member, row: Purchase) -> None:
    """A tier reached with credits that are gone is lost again, unless the programme keeps it (E-40).

    What remains is judged as if the returned sale had not been: the tier held before, or the highest that the
    credits still reach, each with its own period.
    """
    tier_history = state.tier_history
    latest = tier_history.latest(member.pk, at=row.occurred_at)
    if latest is None or latest.tier is None or not tier_history.policy.revoke_on_return:
        return
    if latest.why not in (TierChange.Why.REACHED, TierChange.Why.RETURNED):
        return
    best = _deserved(state, member.pk, latest)
    if best is not None and (best.code, best.since) == (latest.tier.code, latest.since):
        return
    change = TierChange(
        programme=state.programme,
        member_id=member.pk,
        tier=tier_history.rows[best.code] if best else None,
        why=TierChange.Why.RETURNED,
        credits=best.credits if best else state.credits_at(member.pk, latest.since),
        cause=row.public_id,
        at=row.occurred_at,
        since=best.since if best else row.occurred_at,
    )
    tier_history.add(change)
    effects.tier_changes.append(change)


@dataclass(frozen=True, slots=True)
class Deserved:
    code: str
    threshold: int
    since: datetime
    credits: int


def _deserved(state: BatchState, member_id: int, latest: TierChange) -> Deserved | None:
    """The best tier that the credits still reach since the last review, from the first moment they do."""
    fixed = (TierChange.Why.REVIEWED, TierChange.Why.MERGED, TierChange.Why.GIVEN, TierChange.Why.ENDED)
    changes = [
        each for each in state.tier_history.changes.get(member_id, ()) if each.why in fixed and each.at <= latest.at
    ]
    floor = max(changes, key=lambda each: each.at, default=None)
    earned = [when for when, _ in state.credits.get(member_id, ())]
    start = floor.at if floor else min(earned, default=latest.since)
    best: Deserved | None = None
    if floor is not None and floor.tier is not None:
        best = Deserved(floor.tier.code, floor.tier.threshold, floor.since, floor.credits)
    for moment, credits in judged(state, member_id, start):
        reached = qualified(state.tier_history.tiers, credits)
        if reached is not None and (best is None or reached.threshold > best.threshold):
            best = Deserved(reached.code, reached.threshold, moment, credits)
    return best


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
