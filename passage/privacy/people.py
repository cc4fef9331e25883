"""One person as the tables hold them: the member, and every record that turned out to be the same."""

from __future__ import annotations

from passage.members.models import Member


def records_of(member: Member) -> list[Member]:
    """The member first, then all records that lead to it."""
    return [member, *Member.objects.of(member.programme_id).filter(merged_into=member).order_by("id")]
