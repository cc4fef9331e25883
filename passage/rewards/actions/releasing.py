"""Letting reservations go, and giving back what was spent: whole, in parts, or because its person is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from passage.audit import actions as audit
from passage.engine.lots import give_back
from passage.engine.reasons import Because, because
from passage.ledger.actions import AccountBatch, Cause
from passage.members import queries as members
from passage.members.models import Member
from passage.programme.errors import Refused
from passage.programme.models import Programme
from passage.programme.transactions import Stale, retried
from passage.rewards import queries
from passage.rewards.actions.writing import opened, write
from passage.rewards.models import Redemption

State, Handing = Redemption.State, Redemption.Handing
RELEASED = "released"  # the reservation's state
SOME = 1000


@retried
def release(*, redemption: Redemption, by: str, at: datetime) -> Redemption:
    """Let the points go; releasing again changes nothing. A captured redemption must be reversed instead."""
    accounts, row = opened(redemption)
    if row.state in (State.RELEASED, State.EXPIRED):
        return row
    _check_no_sale(row)
    if row.state != State.RESERVED:
        raise Refused("already_captured", field="redemption")
    _let_go(accounts, row, State.RELEASED, at)
    accounts.write()
    write([row])
    _note(row, verb="redemption.release", by=by, at=at)
    return row


@retried
def reverse(*, redemption: Redemption, by: str, at: datetime, points: int | None = None) -> Redemption:
    """Give captured points back to the lots they came from; all that is left of them without ``points``.

    Reversing what is already reversed changes nothing; together never more than was spent (E-30). What a sale captured
    comes back with that sale: else its bill would keep the discount.
    """
    accounts, row = opened(redemption)
    if row.state == State.REVERSED:
        return row
    _check_no_sale(row)
    if row.state != State.CAPTURED:
        raise Refused("not_captured", field="redemption")
    more = row.spent - row.reversed if points is None else points
    if type(more) is not int or not 0 < more <= row.spent - row.reversed:
        raise Refused("too_much", field="points", params={"left": row.spent - row.reversed})
    cause = Cause(row.public_id, by, at, at)
    give_points_back(accounts, row, now=row.reversed + more, cause=cause, why=Because.REVERSED)
    accounts.write()
    write([row])
    _note(row, verb="redemption.reverse", by=by, at=at, points=more)
    return row


def _check_no_sale(row: Redemption) -> None:
    """Only a sale gives a redemption a value: what it took off the bill."""
    if row.state == State.CAPTURED and row.value:
        raise Refused("captured_by_sale", field="redemption", params={"redemption": str(row.public_id)})


def give_points_back(
    accounts: AccountBatch, row: Redemption, *, now: int, cause: Cause, why: Because = Because.RESTORED
) -> int:
    """Post the return of spent points up to ``now`` in total; how many came back. The caller writes accounts and row."""
    # Spent before a merge, given back after it: the points go to the member of today (E-29).
    account_state = accounts.account_state(members.resolve(row.member).pk, queries.value(row.version).unit)
    points = now - row.reversed
    if points <= 0:
        return 0
    # What is owed still was taken from no lot: it is let off first (E-12), the rest goes back where it came from.
    taken, owed = accounts.taken_by(row.public_id), account_state.owed_for(row.public_id)
    let_off = min(points, owed)
    before = max(row.reversed - (row.spent - owed - sum(part.points for part in taken)), 0)
    back = give_back(taken, before=before, now=before + points - let_off)
    steps = [because(why, reward=row.version.reward.name, points=points)]
    account_state.let_off(let_off, of=row.public_id, cause=cause, steps=steps)
    came = account_state.restore(back, cause=cause, steps=steps, least_days=row.programme.restored_days)
    row.reversed = now
    if row.reversed == row.spent:
        row.state = State.REVERSED
        if row.handing == Handing.WAITING:
            row.handing = Handing.CANCELLED
        row.stock_moves = 1
    return came + let_off


def end_reservations(*, programme: Programme, at: datetime, by: str = "system:reservations") -> int:
    """Release every reservation whose time is over (E-15); how many. Safe to run again."""
    rows = Redemption.objects.of(programme).filter(state=State.RESERVED, until__lte=at)
    ended = 0
    for redemption in rows.select_related("version__reward", "reservation", "member").order_by("id")[:SOME]:
        ended += _end(redemption, at)
    return ended


@retried
def _end(redemption: Redemption, at: datetime) -> int:
    accounts, row = opened(redemption)
    if row.state != State.RESERVED or row.until > at:
        return 0
    _let_go(accounts, row, State.EXPIRED, at)
    accounts.write()
    write([row])
    return 1


def _let_go(accounts: AccountBatch, row: Redemption, state: str, at: datetime) -> None:
    account_state = accounts.account_state(row.member_id, queries.value(row.version).unit)
    account_state.let_go(row.reservation, state=RELEASED, at=at)
    accounts.free_again(account_state, at=at)
    row.state, row.closed_at, row.stock_moves = state, at, 1


def hand_over(*, gone: Member, kept: Member) -> list[int]:
    """Rewards held by a merged member are held by the one they became; the ids of those that moved."""
    rows = Redemption.objects.of(gone.programme).filter(member=gone, state=State.RESERVED)
    moved = list(rows.values_list("id", flat=True))
    Redemption.objects.of(gone.programme).filter(id__in=moved).update(member=kept)
    return moved


@retried
def forget(*, people: Sequence[Member], by: str, at: datetime) -> list[Redemption]:
    """Lets go of every reward that a person who is forgotten has set aside or that waits for them, and empties the
    names of their orders. The points come back before the accounts are closed: nobody else could get them later.
    """
    programme = people[0].programme
    theirs = Redemption.objects.of(programme).filter(member__in=people)
    unfinished = theirs.filter(Q(state=State.RESERVED) | Q(handing=Handing.WAITING)).values_list("public_id", flat=True)
    known = set(unfinished)
    everybody = {person.pk for person in people} | {members.resolve(person).pk for person in people}
    accounts = AccountBatch.open(programme=programme, members=everybody, with_lots=everybody, spent=known)
    rows = list(queries.redemptions(programme, public_ids=set(unfinished)).values())
    if not {row.public_id for row in rows} <= known:
        raise Stale("a reward was taken meanwhile")
    for row in sorted(rows, key=lambda row: row.pk):
        if row.state == State.RESERVED:
            _let_go(accounts, row, State.RELEASED, at)
            _note(row, verb="redemption.release", by=by, at=at)
        else:
            cause = Cause(row.public_id, by, at, at)
            give_points_back(accounts, row, now=row.spent, cause=cause, why=Because.REVERSED)
    accounts.write()
    write(rows)
    theirs.exclude(order="").update(order="")
    return list(theirs)


def _note(row: Redemption, *, verb: str, by: str, at: datetime, points: int | None = None) -> None:
    more = {} if points is None else {"points": points}
    audit.note(programme=row.programme, by=by, verb=verb, subject=f"redemption:{row.public_id}", at=at, **more)
