"""What the owner has watched: prizes that are taxed, and what one person may do alone."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction

from passage.engine.money import MAX_AMOUNT
from passage.programme.errors import Refused
from passage.programme.models import Control, Programme
from passage.programme.witness import note

WHOLE = 10_000  # basis points


@transaction.atomic
def watch_prizes(*, programme: Programme, on: bool, threshold: int, tax_bp: int, by: str, at: datetime) -> Programme:
    """Whether prizes worth more than ``threshold`` (minor units) are watched, and the tax on them in basis points."""
    if type(threshold) is not int or not 0 <= threshold <= MAX_AMOUNT:
        raise Refused("not_an_amount", field="threshold")
    if type(tax_bp) is not int or not 0 <= tax_bp <= WHOLE:
        raise Refused("out_of_range", field="tax")
    row = Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
    wanted = {"prize_watch": on, "prize_threshold": threshold, "prize_tax_bp": tax_bp}
    if all(getattr(row, name) == said for name, said in wanted.items()):
        return row
    for name, said in wanted.items():
        setattr(row, name, said)
    row.save(update_fields=list(wanted))
    note(programme=row, by=by, verb="programme.prizes", subject=f"programme:{row.slug}", at=at, **wanted)
    return row


class Limits(TypedDict, total=False):
    """What `Control` holds."""

    alone: int
    alone_a_day: int
    own_card: bool
    card_a_day: int
    card_a_week: int
    late_minutes: int


@transaction.atomic
def set_control(*, programme: Programme, by: str, at: datetime, **chosen: Unpack[Limits]) -> Control:
    """From now on this is what one person may do alone, and what is looked for; the rest stays as it is."""
    rows = Control.objects.of(programme).select_for_update(no_key=True)
    kept: Control = rows.get_or_create(programme=programme)[0]
    for name, value in chosen.items():
        setattr(kept, name, value)
    kept.save(update_fields=list(chosen))
    note(programme=programme, by=by, verb="control.set", subject="", at=at, **chosen)
    return kept
