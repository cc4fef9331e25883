"""A member's row under a lock, and the name it goes by in the log."""

from __future__ import annotations

from passage.members import canonical
from passage.members.models import Member
from passage.programme.errors import Refused


def locked(member: Member) -> Member:
    """The row as it is now, locked until the end of the transaction.

    Raises ``Refused("member_merged")``, ``Refused("member_erased")``: such a row is changed by nobody any more.
    """
    held: Member = Member.objects.of(member.programme_id).select_for_update(no_key=True).get(pk=member.pk)
    if held.status in (Member.Status.MERGED, Member.Status.ERASED):
        raise Refused(f"member_{held.status}", field="member")
    return held


def subject_of(member: Member) -> str:
    return f"member:{member.public_id}"


def put_keys(member: Member, /) -> None:
    """Both keys that the member's name is found by."""
    member.name_key = canonical.name_key(first=member.first_name, last=member.last_name)
    member.turned_key = canonical.turned_key(first=member.first_name, last=member.last_name)
