"""How long a file and its rows are kept: the file until it is taken in, what it said for a month, the counts for ever."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from passage.imports.models import Deed, Import, Piece, Row
from passage.programme.models import Programme

KEPT = timedelta(days=30)
AT_ONCE = 2000
OVER = (Import.State.APPLIED, Import.State.UNDONE)
WAITING = (Import.State.COLUMNS, Import.State.CHECKED, Import.State.DROPPED)


def clear_batch(upload: Import) -> bool:
    """Some of the rows go, and what they did with them; True when none is left."""
    ids = list(Row.objects.of(upload.programme_id).filter(upload=upload).values_list("id", flat=True)[:AT_ONCE])
    Deed.objects.of(upload.programme_id).filter(row__in=ids).delete()
    Row.objects.of(upload.programme_id).filter(pk__in=ids).delete()
    return len(ids) < AT_ONCE


def empty_batch(upload: Import, *, at: datetime) -> bool:
    return clear_batch(upload)


def drop_file(upload: Import) -> None:
    Piece.objects.of(upload.programme_id).filter(upload=upload).delete()


def forget_old(*, programme: Programme, at: datetime, by: str) -> int:
    """Removes what imports of more than a month ago said of people; how many imports. From then on they cannot be undone.

    A file that nobody went on with is put away the same.
    """
    old = Q(applied_at__lt=at - KEPT, state__in=OVER) | Q(made_at__lt=at - KEPT, state__in=WAITING)
    left = Exists(Row.objects.of(programme).filter(upload=OuterRef("pk")))
    imports = list(Import.objects.of(programme).filter(old).filter(Q(emptied_at=None) | left).order_by("id"))
    for upload in imports:
        _emptied(upload, at=at)
    return len(imports)


def _emptied(upload: Import, *, at: datetime) -> None:
    """Marked first, so that nobody undoes what is half forgotten; a run that was killed is gone on with by the next."""
    with transaction.atomic():
        held = Import.objects.of(upload.programme_id).select_for_update(no_key=True).get(pk=upload.pk)
        if held.state in WAITING:
            held.state = Import.State.DROPPED
        held.turn += 1
        held.emptied_at = held.emptied_at or at
        held.save(update_fields=["state", "turn", "emptied_at"])
        drop_file(held)
    is_empty = False
    while not is_empty:
        with transaction.atomic():
            is_empty = clear_batch(upload)
