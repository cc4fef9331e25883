"""Two members found to be one, and the way back (E-31)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from passage.cards import actions as cards
from passage.cards import queries as card_queries
from passage.earning import actions as earning
from passage.ledger import queries as ledger
from passage.ledger.actions import AccountBatch, Cause
from passage.members import actions as members
from passage.members import queries
from passage.members.models import Member, Merge
from passage.members.twins import TOLD
from passage.programme.errors import Refused
from passage.purchases.merges import bound_by
from passage.purchases.statement import Statement, statement
from passage.rewards import actions as rewards

NO_CHOICES: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Joined:
    """What the member who is kept would hold, and what they would have said to each way of being written to."""

    statement: Statement
    consents: Mapping[str, bool]


@transaction.atomic
def merge(
    *, gone: Member, kept: Member, choices: Mapping[str, str] = NO_CHOICES, reason: str = "", by: str, at: datetime
) -> Merge:
    """``gone`` becomes ``kept``: points lot by lot with their dates, debts, reservations, credits, cards, counters.

    ``choices``: see `members.actions.absorb`. Purchases stay where they were recorded; the alias leads on.
    """
    if gone.programme_id != kept.programme_id:
        raise Refused("unknown_member", field="gone")
    for member in (gone, kept):  # what the other one holds would be theirs
        card_queries.check_not_own(programme=kept.programme, by=by, member=member)
    people = [gone.pk, kept.pk]
    accounts = AccountBatch.open(programme=kept.programme, members=people, with_lots=people)
    row = members.absorb(gone=gone, kept=kept, choices=choices, reason=reason, by=by, at=at)
    cause = Cause(uuid.uuid4(), by, at, at)
    owed = any(account_state.account.debt for account_state in accounts.account_states(gone.pk))
    accounts.move_reservations(gone=gone.pk, kept=kept.pk)
    credits = {unit: ledger.credits_by_day(gone, unit=unit) for unit in accounts.units}
    for unit in accounts.units:
        accounts.account_state(gone.pk, unit).move_into(
            accounts.account_state(kept.pk, unit), cause=cause, credits=credits[unit]
        )
    accounts.write()
    members.remember(
        merge=row,
        cause=str(cause.id),
        owed=owed,
        cards=cards.hand_over(gone=gone, kept=kept),
        redemptions=rewards.hand_over(gone=gone, kept=kept),
        usages=earning.merge_usages(gone=gone, kept=kept),
        credits={unit: [[when.isoformat(), amount] for when, amount in each] for unit, each in credits.items()},
    )
    earning.judge_merged(people=[row.kept], gone=row.gone, at=at, cause=cause.id)
    return row


def rehearse_merge(*, gone: Member, kept: Member, by: str, at: datetime) -> Joined:
    """What ``kept`` would hold: the merge itself, by the same books, and then everything undone.

    So what is shown before a merge cannot differ from what it comes to. Raises as `merge` does, but for ``choose``.
    """
    with transaction.atomic():
        row = merge(gone=gone, kept=kept, choices=dict.fromkeys(TOLD, "kept"), by=by, at=at)
        heard = queries.last_consents(row.kept)
        result = Joined(statement(row.kept, at=at), {purpose: said.given for purpose, said in heard.items()})
        transaction.set_rollback(True)
    return result


@transaction.atomic
def unmerge(*, row: Merge, by: str, at: datetime) -> Merge:
    """Two people after all. Possible while nothing that came with the merge has been spent or repaid.

    What was earned since stays with the member who was kept.
    """
    if row.undone_at is not None:
        return row
    if bound_by(row):
        raise Refused("merge_in_use", field="merge")
    cause = Cause(uuid.UUID(row.before["cause"]), by, at, at)
    emptied = ledger.merged_lots(row.programme, cause=cause.id)
    people = [row.gone_id, row.kept_id]
    accounts = AccountBatch.open(programme=row.programme, members=people, causes=[cause.id], lots=emptied)
    for unit in accounts.units:
        credits = [(datetime.fromisoformat(when), amount) for when, amount in row.before["credits"][unit]]
        accounts.account_state(row.kept_id, unit).move_back(
            accounts.account_state(row.gone_id, unit), cause=cause, credits=credits
        )
    accounts.write()
    undone = members.separate(merge=row, by=by, at=at)
    cards.hand_back(cards=row.before["cards"], kept=undone.kept, gone=undone.gone)
    earning.unmerge_usages(usages=row.before["usages"], kept=undone.kept)
    earning.judge_merged(people=[undone.gone, undone.kept], gone=undone.gone, at=at, cause=cause.id)
    return undone
