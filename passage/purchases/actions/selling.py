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
from passage.purchases import written
from passage.purchases.actions.writing import Pages
from passage.purchases.counting import count_sale
from passage.purchases.desk import Desk, receipt_key
from passage.purchases.models import Purchase
from passage.purchases.settling import Case, case
from passage.purchases.values import Sale
from passage.rewards import actions as rewards


def sell(desk: Desk, pages: Pages, sale: Sale, asked: dict[str, Any]) -> Purchase:
    """Post a sale on the desk; Refused where it cannot be, with nothing posted."""
    settled_case = case(desk, sale)
    for claim, why in settled_case.settled.refused:
        raise Refused(why.code, field="redemptions", params={**why.params, "redemption": claim.key})
    earning = settled_case.settled.earning
    if any(earning.points(unit) > MAX_AMOUNT for unit in earning.units()):
        raise Refused("too_big", field="lines", params={"limit": MAX_AMOUNT})  # points that no entry can hold
    row = purchase_row(desk, pages, settled_case, asked)
    pages.half_done = True
    cause = Cause(row.public_id, pages.by, row.occurred_at, desk.at)
    _capture(desk, pages, settled_case, row)
    earn(desk, pages, settled_case, row, cause)
    pages.purchases.append(row)
    pages.half_done = False
    return row


def earn(desk: Desk, pages: Pages, settled_case: Case, row: Purchase, cause: Cause) -> None:
    """Post what a settled sale gives its member; a sale without one gives nothing."""
    if settled_case.member is not None:
        _credit(desk, settled_case, cause)
        _count(desk, settled_case, settled_case.member)
        climb(desk, pages, settled_case.member.pk, row)


def purchase_row(desk: Desk, pages: Pages, settled_case: Case, asked: dict[str, Any]) -> Purchase:
    sale = settled_case.sale
    member, card = desk.found.member(sale.member)
    business_date = sale.business_date or programmes.business_date(at=settled_case.moment.at, programme=desk.programme)
    return Purchase(
        programme=desk.programme,
        kind=Purchase.Kind.SALE,
        source=desk.source,
        client_id=sale.client_id,
        fingerprint=written.fingerprint(asked),
        shop=desk.found.shops.get(sale.shop),
        till=sale.till,
        business_date=business_date,
        receipt=sale.receipt,
        receipt_key=receipt_key(sale),
        member=member,
        card=card,
        currency=sale.basket.currency,
        total=sale.basket.total,
        basket=written.basket(sale.basket),
        context=settled_case.context(asked, desk),
        settlement=settled_case.as_json(desk),
        by=pages.by,
        occurred_at=settled_case.moment.at,
        received_at=desk.at,
    )


def _capture(desk: Desk, pages: Pages, settled_case: Case, row: Purchase) -> None:
    for applied in settled_case.settled.applied:
        redemption = desk.redemptions[uuid.UUID(applied.claim.key)]
        rewards.spend(
            desk.book,
            redemption,
            rewards.Spending(
                points=applied.points,
                value=applied.value,
                by=pages.by,
                occurred_at=row.occurred_at,
                at=desk.at,
                shop=row.shop,
            ),
        )
        pages.redemptions[redemption.pk] = redemption


def _credit(desk: Desk, settled_case: Case, cause: Cause) -> None:
    """One entry and one lot per unit; a lot whose end has passed on arrival is credited and expires (E-11)."""
    assert settled_case.member is not None
    earning = settled_case.settled.earning
    lives = settled_case.lives(desk)
    for unit in earning.units():
        holding = desk.book.holding(settled_case.member.pk, unit)
        points = earning.points(unit)
        if points > 0:
            life = lives[unit]
            steps = [step for each in earning.earned if each.rule.unit == unit for step in each.steps]
            steps += _life_steps(life.active_from > cause.occurred_at, life.active_from.isoformat(), Because.PENDING)
            steps += _life_steps(life.expires_at != NEVER, life.expires_at.isoformat(), Because.EXPIRES)
            credits = points if holding.unit.qualifies else 0
            holding.credit(points, kind="earn", cause=cause, life=life, steps=steps, credits=credits)
            if credits:
                desk.credits.setdefault(settled_case.member.pk, []).append((cause.occurred_at, credits))
            if life.expires_at <= desk.at:
                holding.expire(at=desk.at, by="system:expiry")
        holding.keep_alive(active_at=cause.occurred_at, zone=desk.zone)


def _life_steps(holds: object, moment: str, code: Because) -> list[Step]:
    if not holds:
        return []
    if code is Because.PENDING:
        return [because(code, until=moment)]
    return [because(code, on=moment)]


def _count(desk: Desk, settled_case: Case, member: Member) -> None:
    """Move the counters that limits and remainders are judged by."""
    assert settled_case.facts is not None  # there is a member
    earned, moment = settled_case.settled.earning.earned, settled_case.moment
    count_sale(desk, member.pk, earned, facts=settled_case.facts, moment=moment, terms=desk.terms)
    desk.has_bought.add(member.pk)
    desk.visits.setdefault(member.pk, []).append((settled_case.sale.shop, settled_case.moment.at))


def climb(desk: Desk, pages: Pages, member_id: int, row: Purchase) -> None:
    """The tier after the sale: it earned at the old one (E-40). Never down: that is for reviews and returns."""
    tiers = desk.ladder.tiers
    if not tiers:
        return
    # A late sale is judged with all that came after it: the order of arrival changes no tier.
    since, credits = max(judged(desk, member_id, row.occurred_at), key=lambda each: _threshold(desk, each[1]))
    reached, latest = qualified(tiers, credits), desk.ladder.latest(member_id)
    # What the end of a period took, a late sale of that period does not give again.
    moment = since if latest is None or latest.why == TierChange.Why.REVIEWED else max(since, latest.at)
    held = desk.ladder.now(member_id, at=moment)
    if reached is None or (held is not None and reached.threshold <= held.threshold):
        return
    change = TierChange(
        programme=desk.programme,
        member_id=member_id,
        tier=desk.ladder.rows[reached.code],
        why=TierChange.Why.REACHED,
        credits=credits,
        cause=row.public_id,
        at=moment,
        since=since,
    )
    desk.ladder.add(change)
    pages.tier_changes.append(change)


def judged(desk: Desk, member_id: int, start: datetime) -> list[tuple[datetime, int]]:
    """From ``start`` on, each moment at which credits were earned and what they came to then."""
    later = {when for when, _ in desk.credits.get(member_id, ()) if when >= start}
    return [(moment, desk.credits_at(member_id, moment)) for moment in sorted({start, *later})]


def _threshold(desk: Desk, credits: int) -> int:
    reached = qualified(desk.ladder.tiers, credits)
    return reached.threshold if reached else 0
