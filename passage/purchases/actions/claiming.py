"""Taking a reward: the doors' way to `rewards`, with the facts about the person that its conditions are judged by.

A reward is taken with a sale by `record`; these are the ways without one.
"""

from __future__ import annotations

from datetime import datetime

from passage.members.models import Member
from passage.programme.models import Programme, Shop, Source
from passage.purchases.facts import member_facts
from passage.rewards import actions as rewards
from passage.rewards.judging import FactsOf
from passage.rewards.models import Redemption


def reserve(
    *, source: Source, member: Member, wish: rewards.Wish, shop: Shop | None = None, by: str, at: datetime
) -> tuple[Redemption, bool]:
    """Hold points for a reward; see `rewards.actions.reserve`. ``shop`` where the door knows it."""
    facts = _facts(source.programme, at)
    return rewards.reserve(source=source, member=member, wish=wish, facts=facts, shop=shop, by=by, at=at)


def capture(
    *, redemption: Redemption, by: str, at: datetime, shop: Shop | None = None, waits: bool = False
) -> Redemption:
    """Spend held points without a sale; see `rewards.actions.capture`."""
    facts = _facts(redemption.programme, at)
    return rewards.capture(redemption=redemption, facts=facts, by=by, at=at, shop=shop, waits=waits)


def redeem(
    *, source: Source, member: Member, wish: rewards.Wish, shop: Shop | None, waits: bool, by: str, at: datetime
) -> Redemption:
    """Points for a prize in one step, without a sale; see `rewards.actions.redeem`."""
    facts = _facts(source.programme, at)
    where = rewards.Place(shop, waits)
    return rewards.redeem(source=source, member=member, wish=wish, facts=facts, where=where, by=by, at=at)


def _facts(programme: Programme, at: datetime) -> FactsOf:
    """Asked once the accounts are locked."""
    return lambda member: member_facts(programme=programme, member=member, at=at)
