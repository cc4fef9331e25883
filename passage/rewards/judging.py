"""Whether a person may take a reward: judged wherever one is taken, by whatever door, under the lock of their accounts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from passage.engine.claims import feast_of, used_up
from passage.engine.conditions import Circumstances, failing_without_basket, needs_basket
from passage.engine.facts import Facts, Moment
from passage.engine.reasons import Step
from passage.engine.rewards import Had
from passage.members import queries as members
from passage.members.models import Member
from passage.programme import queries as programmes
from passage.programme.errors import Refused
from passage.programme.models import Programme, Shop
from passage.rewards import queries
from passage.rewards.models import Redemption, RewardVersion

# Who a member is, asked when their accounts are locked: made where purchases are known (`purchases.facts`).
FactsOf = Callable[[Member], Facts]


def check_reserving(
    version: RewardVersion, member: Member, *, facts: FactsOf, shop: Shop | None, at: datetime
) -> int | None:
    """What can be judged without a basket; the year whose feast the reward is for, if it is for one.

    Raises `Refused` with the condition that does not hold. In a shop that is not known yet it is judged at capture.
    """
    reward, now = queries.value(version), _now(version.programme, member, facts, shop, at)
    is_place_known = shop is not None
    _raise(
        failing_without_basket(reward.when, now, name=reward.name, is_place_known=is_place_known)
        or used_up(reward, now, queries.had(version.programme, member=member).get(version.reward_id, Had())),
        field="reward",
    )
    return feast_of(reward, now)


def check_without_sale(row: Redemption, *, facts: FactsOf, shop: Shop | None, at: datetime) -> None:
    """Everything, for a reward that is handed out without a sale.

    Raises `Refused`: with the condition that does not hold, or ``needs_a_sale`` where one is about a purchase.
    """
    reward, member = queries.value(row.version), members.resolve(row.member)
    now = _now(row.programme, member, facts, shop, at, promised_at=queries.promised_at(row, at=at))
    _raise(
        failing_without_basket(reward.when, now, name=reward.name)
        or used_up(reward, now, queries.had_besides(row, member=member)),
        field="redemption",
    )
    if needs_basket(reward.when, now.terms):
        raise Refused("needs_a_sale", field="redemption", params={"rule": reward.name})


def _now(
    programme: Programme,
    member: Member,
    facts: FactsOf,
    shop: Shop | None,
    at: datetime,
    *,
    promised_at: datetime | None = None,
) -> Circumstances:
    moment = Moment(at, shop.code if shop else "")
    return Circumstances(facts(member), moment, programmes.terms(programme=programme), promised_at)


def _raise(step: Step | None, *, field: str) -> None:
    if step is not None:
        raise Refused(step.code, field=field, params=step.params)
