"""Returns without their sale: kept and shown, applied when the sale arrives (E-12), or closed by a person, once."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from passage.audit import actions as audit
from passage.cards import queries as cards
from passage.programme.errors import Refused
from passage.purchases import codec
from passage.purchases.actions.effects import Effects
from passage.purchases.cancelling import is_cancellation
from passage.purchases.models import Parked, Purchase
from passage.purchases.snapshot import receipt_key
from passage.purchases.state import BatchState
from passage.purchases.values import Return, SaleRef
from passage.purchases.waiting import Choice, choice

NAMES = uuid.UUID("6f3c1f0e-55d7-4d0a-9b7e-3b1c8f4a2d90")


def waiting(state: BatchState, effects: Effects, item: Return, asked: dict[str, Any]) -> Parked:
    """Post a return whose sale is not known; it is found by its sale's id or receipt key."""
    parked = Parked(
        programme=state.programme,
        source=state.source,
        client_id=item.client_id,
        fingerprint=codec.fingerprint(asked),
        sale_client_id=item.sale.client_id,
        sale_receipt_key=receipt_key(item.sale),
        request=codec.parked(item),
        by=effects.by,
        received_at=state.at,
    )
    state.parked[state.source.pk, item.client_id] = parked
    effects.parked.append(parked)
    return parked


@transaction.atomic
def dismiss(*, parked: Parked, reason: str, by: str, at: datetime) -> Parked:
    """A person has looked: nothing is to be done. What is closed already stays as it is.

    Raises `Refused`, ``reason_missing`` and own_card.
    """
    if not reason.strip():
        raise Refused("reason_missing", field="reason")
    row = held(parked)
    cards.check_not_own(programme=row.programme, by=by, member=row.member)
    if row.state == Parked.State.WAITING:
        row.state = Parked.State.DISMISSED
        row.save(update_fields=["state"])
        subject = f"parked:{row.pk}"
        audit.note(programme=row.programme, by=by, verb="parked.dismiss", subject=subject, at=at, reason=reason[:200])
    return row


def held(parked: Parked) -> Parked:
    """The row as it is now, held until the end of the transaction: whoever closes it is the only one."""
    rows = Parked.objects.of(parked.programme_id).select_for_update(no_key=True)
    row: Parked = rows.get(pk=parked.pk)
    return row


def by_hand(row: Parked, sale: Purchase) -> Return:
    """The return of ``sale`` that a person makes of what waits, under a name of its own. Raises ``Refused("too_much")``."""
    name = f"hand-{uuid.uuid5(NAMES, str(row.pk))}"
    ref = SaleRef(public_id=sale.public_id)
    if not is_cancellation(row):
        return replace(codec.return_of(row.request), client_id=name, sale=ref)
    found: Choice = choice(row, sale)
    at = max(datetime.fromisoformat(row.request["occurred_at"]), sale.occurred_at)
    amount = None if found.quantities else found.amount
    return Return(client_id=name, occurred_at=at, sale=ref, quantities=found.quantities, amount=amount)
