"""Who a member is at a moment, whole: the one place where facts are made, for rules, bonuses and rewards alike."""

from __future__ import annotations

from datetime import datetime

from passage.earning import queries as earning
from passage.engine.facts import Facts
from passage.members import queries as members
from passage.members.models import Member
from passage.programme.models import Programme
from passage.purchases.models import Purchase


def member_facts(*, programme: Programme, member: Member, at: datetime) -> Facts:
    """The tier held before ``at``, tags, days of celebration, and whether a purchase now would be the person's first.

    Read anew: asked under the lock of the accounts, it is what holds under that lock.
    """
    present = members.by_ids(programme=programme, ids=[member.pk])[member.pk]
    tier = earning.tier_history(programme, members=[present.pk], at=at).held(present.pk, before=at)
    return Facts(
        tier=tier.code if tier else "",
        tags=tuple(present.tags),
        first_purchase=not _has_bought(programme, present),
        birthday=_month_day(present.birthday),
        name_day=_month_day(present.name_day),
    )


def _has_bought(programme: Programme, member: Member) -> bool:
    """Whether some record of the person has a sale that did not wholly come back."""
    records = members.records(programme, people=[member.pk])
    bought = Purchase.objects.of(programme).filter(kind=Purchase.Kind.SALE, member__in=list(records))
    return bool(bought.exclude(followers__settlement__whole=True).exists())


def _month_day(text: str) -> tuple[int, int] | None:
    return (int(text[:2]), int(text[3:])) if text else None
