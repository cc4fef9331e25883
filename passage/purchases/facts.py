"""Who a person is at a moment, whole: what rewards are judged by where no sale is at hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from passage.earning import queries as earning
from passage.engine.facts import Facts
from passage.members import queries as members
from passage.members.models import Member
from passage.programme.models import Programme
from passage.purchases.queries import standing


def member_facts(*, programme: Programme, member: Member, at: datetime) -> Facts:
    """The tier held before ``at``, tags, days of celebration, and whether a purchase now would be the person's first.

    Read anew: asked under the lock of the accounts, it is what holds under that lock.
    """
    present = members.by_ids(programme=programme, ids=[member.pk])[member.pk]
    tier = earning.tier_history(programme, members=[present.pk], at=at).held(present.pk, before=at)
    first = not standing(programme, people=[present.pk]).exists()
    return replace(earning.facts(present, tier=tier), first_purchase=first)
