"""Tiers in the journey of a purchase: judged again whenever credits have changed, from the moment on that they count at."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from passage.engine.tier_changes import Credit
from passage.purchases.state import BatchState

if TYPE_CHECKING:
    from passage.purchases.actions.effects import Effects


def judge_tiers(
    state: BatchState, effects: Effects, member_id: int, *, since: datetime, cause: uuid.UUID, why: str
) -> None:
    """After a sale, a return, a move, or anything else that has posted credits which count from ``since`` on.

    The sale itself earned at the tier before (E-40).
    """
    entries = state.accounts.credited(after=state.credited)
    state.credited += len(entries)
    state.tier_history.add_credits(
        (each.account.member_id, Credit(each.counts_at, each.occurred_at, each.credits))
        for each in entries
        if each.credits
    )
    found = state.tier_history.judge(member_id, since=since, at=state.at, why=why, cause=cause)
    effects.tier_changes.extend(found)


def keeps_tier(state: BatchState, member_id: int, *, since: datetime) -> bool:
    """Whether the member keeps a tier that what came back since would have taken: the programme's choice (E-40)."""
    return state.tier_history.is_kept(member_id, since=since, at=state.at)
