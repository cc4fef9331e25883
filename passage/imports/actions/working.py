"""What a person starts, and what the worker then does of it, a batch at a time.

Each batch is one transaction: its rows, the progress of the import, the end of its job and the order for the next one.
Whatever kills the worker undoes the batch as a whole, and the job is done again. ``turn`` is raised with every batch
and with every deed of a person: a job of another turn finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from passage.audit.actions import note
from passage.cards.models import Card
from passage.imports import columns as known
from passage.imports import queries
from passage.imports.actions.applying import apply_batch
from passage.imports.actions.checking import check_batch
from passage.imports.actions.keeping import KEPT, drop_file, empty_batch
from passage.imports.actions.undoing import undo_batch
from passage.imports.models import Deed, Import, Row
from passage.members.models import Member
from passage.outbox.actions import Order, queue
from passage.programme.errors import Refused
from passage.programme.models import Programme

KIND = "import"
State = Import.State


@transaction.atomic
def check(
    *,
    upload: Import,
    encoding: str,
    separator: str,
    has_headings: bool,
    columns: Sequence[str],
    by: str,
    at: datetime,
) -> Import:
    """Begins the rehearsal with these letters, this separator and these columns; also again, with others.

    Raises ``Refused("column_twice")``, ``nothing_to_import``, ``import_moved_on``.
    """
    held = _held(upload, State.COLUMNS, State.CHECKED)
    used = [each for each in columns if each]
    if not set(used) <= known.FIELDS.keys() or len(used) != len(set(used)):
        raise Refused("column_twice", field="columns")
    if not used or set(used) <= {"language", "consent_email", "consent_sms"}:
        raise Refused("nothing_to_import", field="columns")
    first = queries.preview(held, encoding=encoding, separator=separator, has_headings=has_headings)
    held.encoding, held.separator, held.has_headings = encoding, separator, has_headings
    held.columns, held.headings = list(columns), first.headings
    held.state, held.position, held.rows, held.found = State.CHECKING, 0, 0, {}
    return _go_on(held, by=by, at=at)


@transaction.atomic
def apply(*, upload: Import, choice: str, by: str, at: datetime) -> Import:
    """Begins to take the good rows in. Raises ``Refused("import_moved_on")``."""
    held = _held(upload, State.CHECKED)
    held.choice = Import.Choice(choice)
    held.state, held.position, held.deeds, held.done = State.APPLYING, 0, 0, {}
    held.applied_by, held.applied_at = by, at
    return _go_on(held, by=by, at=at)


@transaction.atomic
def undo(*, upload: Import, by: str, at: datetime) -> Import:
    """Begins the way back of `apply`. Raises ``Refused("import_moved_on")``, ``import_too_old`` once it is forgotten."""
    held = _held(upload, State.APPLIED)
    if held.emptied_at is not None or (held.applied_at or at) < at - KEPT:
        raise Refused("import_too_old", field="upload")
    held.state, held.position, held.undone = State.UNDOING, 0, {}
    return _go_on(held, by=by, at=at)


@transaction.atomic
def drop(*, upload: Import, by: str, at: datetime) -> Import:
    """Puts the file away before anything was taken in. Raises ``Refused("import_moved_on")``."""
    held = _held(upload, State.COLUMNS, State.CHECKING, State.CHECKED)
    held.state = State.DROPPED
    _note(held, verb="import.dropped", by=by, at=at)
    return _go_on(held, by=by, at=at)


@transaction.atomic
def again(*, upload: Import, by: str, at: datetime) -> Import:
    """Goes on where the worker gave up. Raises ``Refused("import_moved_on")`` when it did not."""
    held = _held(upload, *STEPS)
    if not queries.is_stuck(held):
        raise Refused("import_moved_on", field="upload")
    return _go_on(held, by=by, at=at)


@transaction.atomic
def work(*, programme: Programme, payload: Mapping[str, Any], at: datetime) -> None:
    """One batch of whatever the import waits for. A job that was overtaken does nothing."""
    rows = Import.objects.of(programme).filter(pk=payload["upload"], turn=payload["turn"])
    upload = rows.select_for_update(no_key=True).first()
    if upload is None or upload.state not in STEPS:
        return
    step, next_state = STEPS[State(upload.state)]
    is_last = step(upload, at=at)
    _count_anew(upload)
    if is_last:
        _end(upload, next_state, by=payload["by"], at=at)
    if upload.state in STEPS and upload.emptied_at is None:
        _go_on(upload, by=payload["by"], at=at)
    else:
        upload.save()


def _count_anew(upload: Import) -> None:
    """PostgreSQL checks keys by plans that it made while these tables were empty, and counts them too late for a first
    import: without this every batch takes longer than the one before. SQLite was told beforehand.
    """
    is_power_of_two = upload.turn & (upload.turn - 1) == 0
    if connection.vendor == "postgresql" and is_power_of_two:
        with connection.cursor() as cursor:
            for model in (Row, Deed, Member, Card):
                cursor.execute(f'ANALYZE "{model._meta.db_table}"')


def _end(upload: Import, state: State, *, by: str, at: datetime) -> None:
    upload.state = state
    match state:
        case State.APPLIED:
            drop_file(upload)
            _note(upload, verb="import.applied", by=upload.applied_by, at=at, **_counts(upload.done))
        case State.UNDONE:
            upload.undone_at = at
            _note(upload, verb="import.undone", by=by, at=at, **_counts(upload.undone))
        case State.DROPPED:
            drop_file(upload)
            upload.emptied_at = at
        case _:
            pass


def _counts(told: Mapping[str, int]) -> dict[str, int]:
    return {"count": sum(told.get(kind, 0) for kind in ("member", "change", "card")), **told}


def _note(upload: Import, *, verb: str, by: str, at: datetime, **detail: int) -> None:
    note(programme=upload.programme, by=by, verb=verb, subject=f"import:{upload.pk}", at=at, **detail)


def _held(upload: Import, *states: State) -> Import:
    """The import as it is now, locked; it must be in one of these states."""
    rows = Import.objects.of(upload.programme_id).select_for_update(no_key=True)
    held: Import = rows.get(pk=upload.pk)
    if held.state not in states:
        raise Refused("import_moved_on", field="upload")
    return held


def _go_on(upload: Import, *, by: str, at: datetime) -> Import:
    upload.turn += 1
    upload.save()
    payload = {"upload": upload.pk, "turn": upload.turn, "by": by}
    order = Order(kind=KIND, key=queries.job_key(upload), run_at=at, programme=upload.programme, payload=payload)
    queue(orders=[order])
    return upload


# What moves each state on, a batch at a time (True: that was all), and what comes after it.
Step = Callable[..., bool]
STEPS: dict[State, tuple[Step, State]] = {
    State.CHECKING: (check_batch, State.CHECKED),
    State.APPLYING: (apply_batch, State.APPLIED),
    State.UNDOING: (undo_batch, State.UNDONE),
    State.DROPPED: (empty_batch, State.DROPPED),
}
