"""What a merge is bound by: why two people who were joined cannot be parted again, if they cannot."""

from __future__ import annotations

import uuid

from passage.ledger import queries as ledger
from passage.members.models import Member, Merge


def bound_by(row: Merge) -> str:
    """Empty while the merge can be undone, else the first reason why not.

    spent: something that came with it was used, given back or has ended; owed: a debt came with it; held: a reward
    was set aside at the time; joined: the member was merged on; erased: the person was erased since.
    """
    if not row.before.get("cause") or row.kept.status == Member.Status.ERASED:
        return "erased"
    if row.kept.merged_into_id is not None:
        return "joined"
    if row.before["owed"]:
        return "owed"
    if row.before["redemptions"]:
        return "held"
    _emptied, untouched = ledger.merged_lots(row.programme, cause=uuid.UUID(row.before["cause"]))
    return "" if untouched else "spent"
