"""What a merge is bound by: why two people who were joined cannot be parted again, if they cannot."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from django.db.models import Q

from passage.ledger import queries as ledger
from passage.members.models import Member, Merge
from passage.purchases.models import Purchase


def bound_by(row: Merge) -> str:
    """Empty while the merge can be undone, else the first reason why not.

    spent: something that came with it was used, given back or has ended, or a purchase was returned; reserved: what came
    with it is set aside for a reward; owed: a debt came with it; held: a reward was set aside at the time; joined: the
    member was merged on; erased: the person was erased since.
    """
    return bounds([row])[row.pk]


def bounds(rows: Sequence[Merge]) -> dict[int, str]:
    """What `bound_by` says of each merge, by its key; all are of one programme. A statement or two for all of them."""
    found = {row.pk: _told_by_itself(row) for row in rows}
    causes = {row.pk: uuid.UUID(row.before["cause"]) for row in rows if not found[row.pk]}
    if causes:
        spent = ledger.touched_merges(rows[0].programme, causes=causes.values())
        spent |= {causes[row.pk] for row in _changed_since([row for row in rows if row.pk in causes])}
        reserved = ledger.reserved_merges(rows[0].programme, causes=causes.values())
        found |= {pk: "reserved" for pk, cause in causes.items() if cause in reserved}
        found |= {pk: "spent" for pk, cause in causes.items() if cause in spent}
    return found


def _changed_since(rows: Sequence[Merge]) -> Iterator[Merge]:
    """The merges since which something of what the record that went had bought came back, moved or was judged again."""
    records = {row.pk: {row.gone_id, *row.before.get("aliases", ())} for row in rows}
    everybody = set().union(*records.values())
    followers = Purchase.objects.of(rows[0].programme).filter(
        sale__isnull=False, received_at__gt=min(row.at for row in rows)
    )
    theirs = followers.filter(Q(member__in=everybody) | Q(sale__member__in=everybody))
    seen = list(theirs.values_list("member_id", "sale__member_id", "received_at"))
    for row in rows:
        if any(at > row.at and {member, seller} & records[row.pk] for member, seller, at in seen):
            yield row


def _told_by_itself(row: Merge) -> str:
    if not row.before.get("cause") or row.kept.status == Member.Status.ERASED:
        return "erased"
    if row.kept.merged_into_id is not None:
        return "joined"
    if row.before["owed"]:
        return "owed"
    return "held" if row.before["redemptions"] else ""
