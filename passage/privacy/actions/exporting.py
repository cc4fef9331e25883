"""That somebody was handed all there is about a member is itself written down."""

from __future__ import annotations

from datetime import datetime

from passage.audit.actions import note
from passage.audit.models import Event
from passage.members.models import Member


def note_export(*, member: Member, by: str, at: datetime) -> Event:
    return note(programme=member.programme, by=by, verb="member.exported", subject=f"member:{member.public_id}", at=at)
