"""The head leaves the machine: a letter a week to each owner, so that nobody can write the past anew unseen."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from passage.outbox import post
from passage.outbox.actions import send_mail
from passage.programme.models import Programme, Role
from passage.programme.queries import all_staff
from passage.seals.letters import letter
from passage.seals.queries import first_block, last_block

# A programme that began today has nothing to tell yet.
QUIET = timedelta(days=1)


def tell_head(*, programme: Programme, at: datetime, by: str) -> int:
    """To how many owners it was written: once a week, in the first night of it that the worker lives through.

    Nothing where no mail leaves this installation, and nothing to owners without a mailbox.
    """
    first, last = first_block(programme), last_block(programme)
    if not post.is_open() or first is None or last is None or first.sealed_at > at - QUIET:
        return 0
    year, week, _day = at.astimezone(ZoneInfo(programme.zone)).isocalendar()
    told = 0
    for person in all_staff(programme=programme):
        if person.role != Role.OWNER or not person.login.has_mailbox:
            continue
        subject, text = letter(last, to=person)
        key = f"head:{programme.pk}:{person.login_id}:{year}-{week}"
        told += send_mail(programme=programme, to=person.login.email, subject=subject, text=text, key=key, at=at)
    return told
