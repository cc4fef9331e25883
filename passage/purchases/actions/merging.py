"""Two members found to be one, and the way back (E-31)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from passage.cards import actions as cards
from passage.earning import actions as earning
from passage.ledger import queries as ledger
from passage.ledger.actions import Book, Cause
from passage.members import actions as members
from passage.members.models import Member, Merge
from passage.programme.errors import Refused
from passage.rewards import actions as rewards

NO_CHOICES: Mapping[str, str] = {}


@transaction.atomic
def merge(*, gone: Member, kept: Member, choices: Mapping[str, str] = NO_CHOICES, by: str, at: datetime) -> Merge:
    """``gone`` becomes ``kept``: points lot by lot with their dates, debts, reservations, credits, cards, counters.

    ``choices``: see `members.actions.absorb`. Purchases stay where they were recorded; the alias leads on.
    """
    if gone.programme_id != kept.programme_id:
        raise Refused("unknown_member", field="gone")
    people = [gone.pk, kept.pk]
    book = Book.open(programme=kept.programme, members=people, with_lots=people)
    row = members.absorb(gone=gone, kept=kept, choices=choices, by=by, at=at)
    cause = Cause(uuid.uuid4(), by, at, at)
    owed = any(holding.account.debt for holding in book.holdings(gone.pk))
    book.move_reservations(gone=gone.pk, kept=kept.pk)
    credits = {unit: ledger.credits_by_day(gone, unit=unit) for unit in book.units}
    for unit in book.units:
        book.holding(gone.pk, unit).move_into(book.holding(kept.pk, unit), cause=cause, credits=credits[unit])
    book.write()
    members.remember(
        merge=row,
        cause=str(cause.id),
        owed=owed,
        cards=cards.hand_over(gone=gone, kept=kept),
        redemptions=rewards.hand_over(gone=gone, kept=kept),
        tallies=earning.merge_tallies(gone=gone, kept=kept),
        credits={unit: [[when.isoformat(), amount] for when, amount in each] for unit, each in credits.items()},
    )
    earning.judge_again(member=row.kept, at=at, cause=cause.id)
    return row


@transaction.atomic
def unmerge(*, row: Merge, by: str, at: datetime) -> Merge:
    """Two people after all. Possible while nothing that came with the merge has been spent or repaid.

    What was earned since stays with the member who was kept.
    """
    if row.undone_at is not None:
        return row
    cause = Cause(uuid.UUID(row.before["cause"]), by, at, at)
    emptied, untouched = ledger.merged_lots(row.programme, cause=cause.id)
    if not untouched or row.before["owed"] or row.before["redemptions"]:
        raise Refused("merge_in_use", field="merge")
    people = [row.gone_id, row.kept_id]
    book = Book.open(programme=row.programme, members=people, causes=[cause.id], lots=emptied)
    for unit in book.units:
        credits = [(datetime.fromisoformat(when), amount) for when, amount in row.before["credits"][unit]]
        book.holding(row.kept_id, unit).move_back(book.holding(row.gone_id, unit), cause=cause, credits=credits)
    book.write()
    undone = members.separate(merge=row, by=by, at=at)
    cards.hand_back(cards=row.before["cards"], gone=undone.gone)
    earning.unmerge_tallies(tallies=row.before["tallies"], kept=undone.kept)
    for member in (undone.gone, undone.kept):
        earning.judge_again(member=member, at=at, cause=cause.id)
    return undone
