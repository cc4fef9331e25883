"""What tills told of a person who is forgotten: the operations stay, and name nobody."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from passage.journal import deeds
from passage.journal.models import TillOperation
from passage.members.models import Member
from passage.programme import limits
from passage.programme.blanking import Names, mentions, without

# What people at the till typed as they liked, and how a table or an order of somebody was called.
FREE = ("reason", "guest", "order", "table")


def forget(*, people: Sequence[Member], named: Names) -> list[str]:
    """Empties every text that names the person, in operations about their purchases and in those that came to nothing.

    The numbers of those that were about them. An operation that waits to be resolved keeps its goods; its member is
    then nobody.
    """
    programme = people[0].programme
    theirs = Q(purchase__member__in=people) | Q(purchase__sale__member__in=people)
    rows = TillOperation.objects.of(programme).filter(theirs | Q(purchase=None)).order_by("id")
    numbers = frozenset(person.public_id for person in people)
    changed: list[TillOperation] = []
    for row in rows.iterator(chunk_size=limits.IN_ONE_QUERY):
        told = (row.payload, row.item, row.problem)
        if deeds.is_about(row.item, numbers):
            row.payload = {}  # who it was stands in it, under seal
            changed.append(row)
        elif row.purchase_id is not None or mentions(list(told), named):
            row.payload, row.item, row.problem = (without(each, named, keys=FREE) for each in told)
            changed.append(row)
    TillOperation.objects.bulk_update(changed, ["payload", "item", "problem"], batch_size=limits.PAGE)
    return [str(row.op_id) for row in changed]
