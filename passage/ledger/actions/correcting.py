"""Corrections by hand: booked at once within what one person may alone, otherwise when a second one agrees (F-42)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Func, Sum

from passage.audit import actions as audit
from passage.cards import queries as cards
from passage.ledger.actions.upkeep import accounts_of, adjust
from passage.ledger.models import Correction, Entry, Unit
from passage.members import queries as members
from passage.members.models import Member
from passage.programme import queries as programmes
from passage.programme.errors import Refused
from passage.programme.models import Programme, Staff
from passage.programme.second import Seconds, check_second

State = Correction.State
PATIENCE = timedelta(days=14)
REASON = 200
MOST = 1_000_000  # points that anybody gives or takes by hand at once, whoever agrees
RIGHT = "points.approve"  # what it takes to agree


@transaction.atomic
def correct(
    *, member: Member, unit: str, points: int, reason: str, by: str, at: datetime, once: UUID | None = None
) -> Correction:
    """Books the correction, or asks for a second person where it is above what ``by`` may alone.

    The same ``once`` again is the correction that it was, however many arrive at the same moment; with other content
    it is ``Refused("conflict")``. Raises `Refused` as booking it would, also when it only asks.
    """
    programme = member.programme
    cards.check_not_own(programme=programme, by=by, member=member)
    kept: Unit | None = Unit.objects.of(programme).filter(code=unit).first()
    if kept is None:
        raise Refused("unknown_unit", field="unit")
    said = reason.strip()[:REASON]
    row = Correction(programme=programme, member=member, unit=kept, points=points, reason=said, by=by, at=at, once=once)
    if (known := _known(row)) is not None:
        return known
    try:
        with transaction.atomic():
            return _corrected(row)
    except (Refused, IntegrityError):
        # A twin of it may have been faster, and have left too little for this one.
        if (known := _known(row)) is not None:
            return known
        raise


def _known(asked: Correction) -> Correction | None:
    """The correction that was sent under the same name before."""
    if asked.once is None:
        return None
    row: Correction | None = Correction.objects.of(asked.programme).filter(once=asked.once).first()
    if row is not None and (row.member_id, row.unit_id, row.points) != (asked.member_id, asked.unit_id, asked.points):
        raise Refused("conflict", field="once", params={"differs": ["points"]})
    return row


def _corrected(row: Correction) -> Correction:
    member, unit, points, by, at = row.member, row.unit.code, row.points, row.by, row.at
    if _is_alone(row.programme, points, by, at):
        row.entry = adjust(member=member, unit=unit, points=points, reason=row.reason, by=by, at=at)
        row.state = State.ALONE
        row.save()
        return row
    if not row.reason:
        raise Refused("missing", field="reason")
    _check_there(member, unit, points, at)
    row.state, row.until = State.ASKED, at + PATIENCE
    row.save()
    _note(row, verb="points.asked", by=by, at=at)
    return row


def _is_alone(programme: Programme, points: int, by: str, at: datetime, *, before: int = 0) -> bool:
    """Whether this person may accounts it alone: by itself, and with all they booked alone today."""
    if type(points) is not int or points == 0:
        raise Refused("not_a_whole_number", field="points")
    control = programmes.control(programme=programme)
    if control.alone and abs(points) > control.alone:
        return False
    if not control.alone_a_day:
        return True
    _one_at_a_time(programme, by)
    today = Correction.objects.of(programme).filter(by=by, state=State.ALONE, at__gte=at - timedelta(days=1))
    total = today.aggregate(total=Sum(Func(F("points"), function="ABS")))["total"] or 0
    return bool(before + total + abs(points) <= control.alone_a_day)


def _one_at_a_time(programme: Programme, by: str) -> None:
    """Two corrections of one person at once would each find room for itself."""
    kind, _, number = by.partition(":")
    if kind == "staff" and number.isdecimal():
        list(Staff.objects.of(programme).select_for_update(no_key=True).filter(pk=int(number)))


def _check_there(member: Member, unit: str, points: int, at: datetime) -> None:
    """Nobody is asked to agree to taking what is not there."""
    have = accounts_of(member).account_state(member.pk, unit).available(at=at)
    if -points > have:
        raise Refused("insufficient_points", field="points", params={"available": have})


def is_alone(*, programme: Programme, points: int, before: int, by: str, at: datetime) -> bool:
    """Whether one person may give so many points by a purchase typed by hand, after ``before`` within 24 hours.

    Raises ``Refused("too_much_by_hand")`` above what anybody may.
    """
    if points > MOST:
        raise Refused("too_much_by_hand", field="amount", params={"limit": MOST})
    return _is_alone(programme, points, by, at, before=before)


@transaction.atomic
def ask_for_sale(
    *, member: Member, earned: tuple[str, int], reason: str, by: str, at: datetime, once: UUID, sale: dict[str, Any]
) -> Correction:
    """A purchase typed by hand, and the unit and points it gives, waits for a second person: the same ``once`` again is the one that waits already."""
    unit, points = earned
    kept = Unit.objects.of(member.programme).get(code=unit)
    known = Correction.objects.of(member.programme).filter(once=once).first()
    if known is not None:
        found: Correction = known
        return found
    row = Correction(programme=member.programme, member=member, unit=kept, points=points, reason=reason[:REASON])
    row.by, row.at, row.once, row.sale, row.state, row.until = by, at, once, sale, State.ASKED, at + PATIENCE
    row.save()
    _note(row, verb="points.asked", by=by, at=at)
    return row


@transaction.atomic
def approve(
    *,
    correction: Correction,
    answer: str = "",
    by: str,
    at: datetime,
    book: Callable[[Correction], Entry] | None = None,
) -> Correction:
    """Somebody else agrees, and it is booked as the deed of both; what is no correction is booked by ``book``.

    Raises `Refused`: same_person, not_apart, over, decided, or what booking it refuses; it then still waits.
    """
    row = _held(correction, by, at)
    check_second(programme=row.programme, asked_by=row.by, by=by, right=RIGHT, at=at, field="correction")
    cards.check_not_own(programme=row.programme, by=by, member=row.member)
    row.entry = (
        book(row)
        if book
        else adjust(
            member=members.resolve(row.member),
            unit=row.unit.code,
            points=row.points,
            reason=row.reason,
            by=row.by,
            at=at,
            agreed_by=by,
        )
    )
    return _decide(row, State.APPROVED, verb="points.approved", answer=answer, by=by, at=at)


@transaction.atomic
def refuse(*, correction: Correction, answer: str, by: str, at: datetime) -> Correction:
    """Nothing is booked, and whoever asked reads why. Raises `Refused`: missing, same_person, over, decided."""
    if not answer.strip():
        raise Refused("missing", field="answer")
    return _decide(_held(correction, by, at), State.REFUSED, verb="points.refused", answer=answer, by=by, at=at)


def _held(correction: Correction, by: str, at: datetime) -> Correction:
    rows = Correction.objects.of(correction.programme).select_for_update(no_key=True, of=("self",))
    row: Correction = rows.select_related("member__programme", "unit", "programme").get(pk=correction.pk)
    if row.state != State.ASKED:
        raise Refused("decided", field="correction")
    if row.until is not None and row.until <= at:
        raise Refused("over", field="correction")
    # Whoever gave the asker their place agrees to nothing of theirs, but may well say no.
    if Seconds(row.programme).fault(asked_by=row.by, by=by, right=RIGHT, at=at) == "same_person":
        raise Refused("same_person", field="correction")
    return row


def _decide(row: Correction, state: str, *, verb: str, answer: str, by: str, at: datetime) -> Correction:
    row.state, row.answer, row.decided_by, row.decided_at = state, answer.strip()[:REASON], by, at
    row.sale = None
    row.save(update_fields=["state", "answer", "decided_by", "decided_at", "entry", "sale"])
    _note(row, verb=verb, by=by, at=at)
    return row


@transaction.atomic
def end_corrections(*, programme: Programme, at: datetime, by: str = "system:corrections") -> int:
    """Ends what nobody answered in time; how many that were. Safe to run again."""
    rows = Correction.objects.of(programme).select_for_update(no_key=True, of=("self",)).select_related("member")
    over = list(rows.filter(state=State.ASKED, until__lte=at).order_by("id"))
    for row in over:
        _decide(row, State.OVER, verb="points.over", answer="", by=by, at=at)
    return len(over)


def _note(row: Correction, *, verb: str, by: str, at: datetime) -> None:
    detail = {"unit": row.unit.code, "points": row.points, "reason": row.answer or row.reason, "correction": row.pk}
    subject = f"member:{row.member.public_id}"
    audit.note(programme=row.programme, by=by, verb=verb, subject=subject, at=at, **detail)
