"""Whoever an operation was about, told to the till under seal with its answer: known again where a backup lacks them.

Only of those who came, or whose card came, so lately that a backup may not hold them; a till keeps no list of members.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from passage.cards import actions as cards
from passage.cards import queries as card_queries
from passage.cards.models import Card
from passage.members import actions as members
from passage.members import queries as member_queries
from passage.members.errors import Taken
from passage.members.models import Member
from passage.programme.models import Programme

Told = dict[str, Any]
BY = "system:restored"
DETAILS = ("first_name", "last_name", "email", "phone", "birthday", "name_day", "language", "tags", "external_id")
# Beyond the age of a backup that anybody would put back.
LATELY = timedelta(days=35)


def told_of(member: Member, /, *, card: str = "", at: datetime) -> Told | None:
    """What makes them again; None where every backup knows them. ``card`` is the number that they came with."""
    held = card_queries.find(programme=member.programme, code=card) if card else None
    is_new_card = held is not None and at - held.changed_at < LATELY
    if at - member.joined_at >= LATELY and not is_new_card:
        return None
    details = {name: value for name in DETAILS if (value := getattr(member, name))}
    number = held.number if held is not None and is_new_card else ""
    return {
        "member": str(member.public_id),
        "joined_at": member.joined_at.isoformat(),
        "details": details,
        "card": number,
    }


def bring_back(programme: Programme, told: Mapping[str, Any], /, *, at: datetime) -> tuple[Member, bool]:
    """The member, enrolled again where this database does not know them, with the card where it is nobody's.

    True where something that they are found by is somebody else's by now: they come back without it.
    """
    number = UUID(told["member"])
    member = member_queries.by_public_id(programme=programme, public_id=number)
    is_taken = False
    if member is None:
        joined_at = datetime.fromisoformat(told["joined_at"])
        member, is_taken = enrolled(programme, public_id=number, details=told["details"], by=BY, joined_at=joined_at)
    person = member_queries.resolve(member)
    if told["card"] and person.status == Member.Status.ACTIVE:
        card = card_queries.find(programme=programme, code=told["card"])
        if card is None or card.state == Card.State.BLANK:
            cards.issue(programme=programme, member=person, number=told["card"], by=BY, at=at)
    return person, is_taken


def enrolled(
    programme: Programme, *, public_id: UUID | str, details: Mapping[str, Any], by: str, joined_at: datetime
) -> tuple[Member, bool]:
    """Under the same number; without what somebody else has by now, so that their purchases find them."""
    left, is_taken = dict(details), False
    while True:
        try:
            return members.enrol(programme=programme, public_id=public_id, by=by, at=joined_at, **left), is_taken
        except Taken as refused:
            left.pop(refused.field)
            is_taken = True
