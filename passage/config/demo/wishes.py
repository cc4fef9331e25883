"""Which reward a regular asks for at the counter, and account_state the points for it."""

from __future__ import annotations

import uuid
from datetime import datetime
from random import Random

from passage.config.demo.chain import REWARDS, Chain
from passage.earning.queries import tier_history
from passage.engine.basket import Line
from passage.ledger.queries import balances
from passage.members.models import Member
from passage.programme.errors import Refused
from passage.purchases.actions.claiming import reserve
from passage.rewards.actions import Wish

# What must be in the basket for a reward to be worth asking for.
WITH = {
    "Drożdżówka gratis": "drozdzowka",
    "Ciasto o jedną piątą taniej": "szarlotka",
    "Kubek Trzech Bochnów": "kubek",
    "Dziesiąta kawa gratis": "cappuccino",
}
CASHBACK = "Płacę punktami"
LARGE = 2500  # below it nobody takes something off the order
WHOLE = 100


def choose(rng: Random, *, chain: Chain, member: Member, at: datetime) -> str:
    """A reward that the member can have at that moment, or nothing."""
    held = {each.unit: each.available for each in balances(member, at=at)}
    known = tier_history(chain.programme, members=[member.pk])
    tier = known.now(member.pk, at=at)
    within_reach = [
        name
        for name, (definition, _) in REWARDS.items()
        if held[definition["unit"]] >= max(definition["cost"], WHOLE if name == CASHBACK else 0)
        and (tier.code if tier else "") in definition.get("when", {}).get("tiers", [tier.code if tier else ""])
    ]
    return rng.choice(within_reach) if within_reach else ""


def hold(
    *, chain: Chain, member: Member, name: str, lines: tuple[Line, ...], order: str, at: datetime
) -> uuid.UUID | None:
    """The reservation of the reward for this basket; None where the counter says no."""
    total = sum(line.amount for line in lines)
    if name not in WITH and total < LARGE:
        return None
    amount = None
    if name == CASHBACK:
        held = next(each for each in balances(member, at=at) if each.unit == "points")
        worth = REWARDS[CASHBACK][0]["gives"]["worth"]
        amount = min(total, held.available * worth) // 2 // WHOLE * WHOLE
        if amount < REWARDS[CASHBACK][0]["gives"]["least"]:
            return None
    wish = Wish(client_id=f"nagroda-{order}", reward=chain.rewards[name], order=order, amount=amount)
    try:
        redemption, _ = reserve(source=chain.source, member=member, wish=wish, by=chain.key, at=at)
    except Refused:
        return None  # out of stock, or had already: the visit goes on without
    return redemption.public_id
