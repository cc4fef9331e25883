"""A person who is forgotten: the record stays as a number, and says nothing about anybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from passage.audit.actions import note
from passage.members.actions.rows import subject_of
from passage.members.models import Member, Merge
from passage.programme.models import Login

# Everything a member may have told, or is looked up by.
PERSONAL = (
    "external_id",
    "first_name",
    "last_name",
    "name_key",
    "turned_key",
    "email",
    "email_key",
    "phone",
    "birthday",
    "name_day",
    "language",
)


def forget(*, people: Sequence[Member], why: str, by: str, at: datetime) -> list[Login]:
    """Empties all records of one person, the first being the one they are today; the log-ins that were theirs.

    What they answered about being written to stays as proof, under the number alone. Merges lose what they kept for
    the way back.
    """
    logins = [member.login for member in people if member.login is not None]
    for member in people:
        for column in PERSONAL:
            setattr(member, column, "")
        member.tags, member.login = [], None
    people[0].status = Member.Status.ERASED
    Member.objects.bulk_update(people, [*PERSONAL, "tags", "login", "status"])
    merges = Merge.objects.of(people[0].programme_id).filter(Q(kept__in=people) | Q(gone__in=people))
    merges.update(before={}, reason="")
    note(programme=people[0].programme, by=by, verb="member.erased", subject=subject_of(people[0]), at=at, ground=why)
    return logins
