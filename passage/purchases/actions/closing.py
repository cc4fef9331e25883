"""A person says which sale a waiting return is about: it is recorded as its return, and closed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from passage.audit import actions as audit
from passage.cards import queries as cards
from passage.programme.errors import Refused
from passage.purchases.actions.parking import by_hand, held
from passage.purchases.actions.recording import record
from passage.purchases.cancelling import is_cancellation
from passage.purchases.models import Parked, Purchase


@transaction.atomic
def match_by_hand(*, parked: Parked, sale: Purchase, by: str, at: datetime) -> Parked:
    """Record what waits as a return of ``sale``. Once: what is closed already stays as it is.

    Raises `Refused` as recording the return does, and own_card.
    """
    row = held(parked)
    for member in (row.member, sale.member):
        cards.check_not_own(programme=row.programme, by=by, member=member)
    if row.state != Parked.State.WAITING:
        return row
    item = by_hand(row, sale)
    [answer] = record(programme=row.programme, source=row.source, batch=[item], by=by, at=at)
    if answer.receipt is None:
        problem = answer.problem
        raise Refused(problem.code, field=problem.field, params=problem.params) if problem else Refused("nothing_left")
    row.state, row.applied_as = Parked.State.APPLIED, Purchase.objects.get(public_id=answer.receipt.public_id)
    if is_cancellation(row):
        row.request["by_hand"] = item.client_id
    row.save(update_fields=["state", "applied_as", "request"])
    subject = f"parked:{row.pk}"
    audit.note(programme=row.programme, by=by, verb="parked.match", subject=subject, at=at, receipt=sale.receipt)
    return row
