"""Purchases of a person who is forgotten: they stay, with their goods and amounts, and name nobody."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from passage.members.models import Member
from passage.programme.blanking import Names, blanked, full, mentions, without
from passage.purchases.models import Parked, Purchase


def forget(*, people: Sequence[Member], named: Names) -> list[int]:
    """Empties how the sales named their member, their reasons, and what waiting returns say; the ids of the latter."""
    programme = people[0].programme
    rows = Purchase.objects.of(programme).filter(Q(member__in=people) | Q(sale__member__in=people))
    full(rows).update(**blanked(rows.model))
    theirs = Q(member__in=people) | Q(applied_as__member__in=people) | Q(applied_as=None, member=None)
    touched = []
    for parked in Parked.objects.of(programme).filter(theirs):
        if parked.member_id or parked.applied_as_id or mentions(parked.request, named):
            parked.request = without(parked.request, named, keys=("reason",))
            touched.append(parked)
    Parked.objects.bulk_update(touched, ["request"])
    return [parked.pk for parked in touched]
