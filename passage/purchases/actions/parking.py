"""Returns without their sale: kept, shown, and applied when the sale arrives (E-12)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from passage.audit import actions as audit
from passage.members.models import Member
from passage.programme.models import Source
from passage.purchases import codec
from passage.purchases.actions.effects import Effects
from passage.purchases.models import Parked
from passage.purchases.snapshot import receipt_key
from passage.purchases.state import BatchState
from passage.purchases.values import Return


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
def park(
    *, source: Source, client_id: str, request: dict[str, Any], member: Member | None, by: str, at: datetime
) -> tuple[Parked, bool]:
    """Keep what cannot be matched to any sale, for a person to look at; (row, whether it was new)."""
    return Parked.objects.get_or_create(
        programme=source.programme,
        source=source,
        client_id=client_id,
        defaults={
            "fingerprint": codec.fingerprint(request),
            "request": request,
            "member": member,
            "by": by,
            "received_at": at,
        },
    )


@transaction.atomic
def dismiss(*, parked: Parked, reason: str, by: str, at: datetime) -> Parked:
    """A person has looked: nothing is to be done."""
    row: Parked = Parked.objects.of(parked.programme).select_for_update(no_key=True).get(pk=parked.pk)
    if row.state == Parked.State.WAITING:
        row.state = Parked.State.DISMISSED
        row.save(update_fields=["state"])
        audit.note(
            programme=row.programme, by=by, verb="parked.dismiss", subject=f"parked:{row.pk}", at=at, reason=reason
        )
    return row
