"""A member's card file: everything there is about one person, put together for one page in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from passage.audit import queries as audit
from passage.audit.models import Event
from passage.members import queries
from passage.members.models import Consent, Member, Merge
from passage.office.audit_text import AuditLine, told
from passage.privacy.models import Notice
from passage.privacy.queries import notice_of
from passage.programme.access import can
from passage.programme.models import Staff
from passage.programme.snapshot import one_moment
from passage.purchases.merges import bounds
from passage.purchases.statement import Statement, statement
from passage.rewards.models import Redemption
from passage.rewards.prizes import waiting_for

LATELY = 5

# What a page of a member offers, and the right that each takes.
DEEDS = {
    "edit": "members.edit",
    "give": "rewards.give",
    "adjust": "points.adjust",
    "bind": "cards.bind",
    "lose": "cards.lose",
    "replace": "cards.replace",
    "block_card": "cards.block",
    "block": "members.block",
    "merge": "members.merge",
    "export": "members.export",
    "erase": "members.erase",
    "log": "audit.see",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the member said to one way of being written to, and where; ``holds``: it is the latest of its purpose."""

    row: Consent
    purpose: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Joined:
    """A record that turned out to be this member; ``bound``: why the two cannot be parted again, or empty."""

    row: Merge
    bound: str


@dataclass(frozen=True, slots=True)
class CardFile:
    member: Member
    statement: Statement
    answers: tuple[Answer, ...]
    joined: tuple[Joined, ...]
    blocked: AuditLine | None
    enrolled: AuditLine | None
    lately: tuple[AuditLine, ...]
    notice: Notice | None
    waiting: tuple[Redemption, ...]  # prizes to be handed over


@one_moment()
def card_file(member: Member, *, at: datetime, before: int | None) -> CardFile:
    """``before``: where the page of the history begins."""
    subject = f"member:{member.public_id}"
    events = list(audit.about(programme=member.programme, subject=subject, limit=LATELY))
    blocked = _last(member, subject, "member.blocked") if member.status == Member.Status.BLOCKED else None
    enrolled = _last(member, subject, "member.enrolled")
    lines = {event.pk: line for event, line in _told(member, [*events, *filter(None, (blocked, enrolled))])}
    return CardFile(
        member=member,
        statement=statement(member, at=at, before=before),
        answers=_answers(member),
        joined=_joined(member),
        blocked=lines[blocked.pk] if blocked else None,
        enrolled=lines[enrolled.pk] if enrolled else None,
        lately=tuple(lines[event.pk] for event in events),
        notice=notice_of(member),
        waiting=tuple(waiting_for(member)),
    )


def rights(staff: Staff) -> dict[str, bool]:
    return {name: can(staff, verb) for name, verb in DEEDS.items()}


def _told(member: Member, events: Sequence[Event]) -> list[tuple[Event, AuditLine]]:
    return list(zip(events, told(member.programme, events), strict=True))


def _last(member: Member, subject: str, verb: str) -> Event | None:
    wanted = audit.Wanted(verbs=[verb], subject=subject)
    return next(iter(audit.search(wanted, programme=member.programme, limit=1)), None)


def _joined(member: Member) -> tuple[Joined, ...]:
    rows = queries.merges(member)
    bound = bounds([row for row in rows if row.undone_at is None])
    return tuple(Joined(row, bound.get(row.pk, "")) for row in rows)


def _answers(member: Member) -> tuple[Answer, ...]:
    rows = queries.all_consents(member)
    latest = {row.purpose: row.pk for row in rows}
    return tuple(
        Answer(row, str(Consent.Purpose(row.purpose).label), latest[row.purpose] == row.pk) for row in reversed(rows)
    )
