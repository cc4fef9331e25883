"""One person as the tables hold them: the member, and every record that turned out to be the same."""

from __future__ import annotations

from passage.members.models import Member
from passage.programme import limits


def records_of(member: Member) -> list[Member]:
    """The member first, then all records that lead to it, however many merges away."""
    found = [member]
    latest = [member.pk]
    for _hop in range(limits.MERGES):
        rows = list(Member.objects.of(member.programme_id).filter(merged_into__in=latest).order_by("id"))
        if not rows:
            break
        found += rows
        latest = [row.pk for row in rows]
    return found
