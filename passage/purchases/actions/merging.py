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
from passage.earning.models import RuleUsage
from passage.ledger import queries as ledger
from passage.ledger.actions import AccountBatch, Cause
from passage.members import actions as members
from passage.members import queries
from passage.members.models import Member, Merge
from passage.members.twins import TOLD
from passage.programme.errors import Refused
from passage.programme.transactions import lock_configuration, retried
from passage.purchases.actions.effects import Effects, write
from passage.purchases.actions.judging import BEGINNING, carry_on, judge_again
from passage.purchases.merges import bound_by
from passage.purchases.state import BatchState
from passage.purchases.statement import Statement, statement
from passage.rewards import actions as rewards

NO_CHOICES: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Joined:
    """What the member who is kept would hold, and what they would have said to each way of being written to."""

    statement: Statement
    consents: Mapping[str, bool]


@retried
def merge(
    *, gone: Member, kept: Member, choices: Mapping[str, str] = NO_CHOICES, reason: str = "", by: str, at: datetime
) -> Merge:
    """``gone`` becomes ``kept``: points lot by lot with their dates, debts, reservations, cards, remainders.

    ``choices``: see `members.actions.absorb`. Purchases, what rules gave for them and tier credits stay under their
    record; they are judged again as what one person bought, before the points move.
    """
    if gone.programme_id != kept.programme_id:
        raise Refused("unknown_member", field="gone")
    for member in (gone, kept):  # what the other one holds would be theirs
        card_queries.check_not_own(programme=kept.programme, by=by, member=member)
    lock_configuration(kept.programme, exclusive=False)
    people = [gone.pk, kept.pk]
    accounts = AccountBatch.open(programme=kept.programme, members=people, with_lots=people)
    row = members.absorb(gone=gone, kept=kept, choices=choices, reason=reason, by=by, at=at)
    cause = Cause(uuid.uuid4(), by, at, at)
    state = BatchState.of(accounts, persons=[kept.pk], at=at)
    effects = Effects(state=state, by=by)
    carried = _carry_over(state, gone=gone.pk, kept=kept.pk, cause=cause)
    theirs = dict.fromkeys([gone.pk, *row.before["aliases"]], gone.pk)
    judge_again(state, effects, kept.pk, BEGINNING, account_of=theirs)
    owed = any(each.account.debt for each in accounts.account_states(gone.pk))
    accounts.move_reservations(gone=gone.pk, kept=kept.pk)
    for unit in accounts.units:
        accounts.account_state(gone.pk, unit).move_into(accounts.account_state(kept.pk, unit), cause=cause)
    write(effects)
    members.remember(
        merge=row,
        cause=str(cause.id),
        owed=owed,
        carried=carried,
        cards=cards.hand_over(gone=gone, kept=kept),
        redemptions=rewards.hand_over(gone=gone, kept=kept),
    )
    earning.judge_merged(people=[row.kept], gone=row.gone, at=at, cause=cause.id)
    return row


def _carry_over(state: BatchState, *, gone: int, kept: int, cause: Cause) -> dict[str, int]:
    """Two remainders become one, and the whole steps in it points; what was carried over, by the rule's family."""
    carried = {
        family: row.carry
        for (record, family, span, _), row in state.usages.items()
        if record == gone and span == RuleUsage.Span.EVER and row.carry
    }
    for family, amount in carried.items():
        carry_on(state, family, giver=gone, taker=kept, amount=amount, account=kept, cause=cause)
    return {str(family): amount for family, amount in carried.items()}


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


@retried
def unmerge(*, row: Merge, by: str, at: datetime) -> Merge:
    """Two people after all. Possible while nothing that came with the merge has been spent or repaid.

    What was earned since stays with the member who was kept; what each bought is judged as theirs alone.
    """
    if row.undone_at is not None:
        return row
    if bound_by(row):
        raise Refused("merge_in_use", field="merge")
    lock_configuration(row.programme, exclusive=False)
    cause = Cause(uuid.UUID(row.before["cause"]), by, at, at)
    emptied = ledger.merged_lots(row.programme, cause=cause.id)
    people = [row.gone_id, row.kept_id]
    accounts = AccountBatch.open(programme=row.programme, members=people, causes=[cause.id], lots=emptied)
    for unit in accounts.units:
        # Merges from before records kept their own tier credits had moved them too.
        moved = row.before.get("credits", {}).get(unit, ())
        credits = [(datetime.fromisoformat(when), amount) for when, amount in moved]
        gone = accounts.account_state(row.gone_id, unit)
        accounts.account_state(row.kept_id, unit).move_back(gone, cause=cause, credits=credits)
    undone = members.separate(merge=row, by=by, at=at)
    state = BatchState.of(accounts, persons=people, at=at)
    effects = Effects(state=state, by=by)
    for family, amount in row.before.get("carried", {}).items():
        carry_on(
            state, int(family), giver=row.kept_id, taker=row.gone_id, amount=amount, account=row.kept_id, cause=cause
        )
    for person in people:
        judge_again(state, effects, person, BEGINNING)
    write(effects)
    cards.hand_back(cards=row.before["cards"], kept=undone.kept, gone=undone.gone)
    earning.judge_merged(people=[undone.gone, undone.kept], gone=undone.gone, at=at, cause=cause.id)
    return undone
