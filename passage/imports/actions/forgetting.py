"""What imports keep of a person who is being erased: files that still wait, rows as they were read, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from passage.cards.models import Card
from passage.imports.actions.checking import count
from passage.imports.actions.keeping import drop_file
from passage.imports.actions.working import drop
from passage.imports.deciding import KEYS
from passage.imports.models import Deed, Import, Piece, Row
from passage.members.models import Member
from passage.programme.blanking import Names, mentions

State, Outcome = Import.State, Row.Outcome
WAITING = (State.COLUMNS, State.CHECKING, State.CHECKED)
GOOD = (Outcome.NEW, Outcome.CARD, Outcome.CHANGE)
ASIDE = (Outcome.WRONG, Outcome.TWIN)


@transaction.atomic
def forget_people(*, people: Sequence[Member], named: Names, by: str, at: datetime) -> None:
    """Removes all of it, for all records of one person; undoing an import no longer touches them.

    A file that was not taken in yet and names them is put away, and a row that is about to be taken in stays out:
    either would enrol them anew.
    """
    programme = people[0].programme
    busy = Import.objects.of(programme).filter(state__in=(*WAITING, State.APPLYING)).select_for_update(no_key=True)
    for upload in busy.order_by("id"):
        if upload.state == State.APPLYING:
            _keep_out(upload, _rows_of(people))
        elif _names(upload, named):
            drop(upload=upload, by=by, at=at)
            drop_file(upload)  # now; the worker does the rest
    deeds = Deed.objects.of(programme).filter(member__in=people)
    rows = Row.objects.of(programme)
    found = set(rows.filter(_rows_of(people) | Q(pk__in=deeds.values("row"))).values_list("pk", flat=True))
    aside = rows.filter(outcome__in=ASIDE).exclude(cells=[]).values_list("pk", "cells")
    found |= {pk for pk, cells in aside.iterator() if mentions(" ".join(cells), named)}
    rows.filter(pk__in=found).update(cells=[], said={}, faults=[], **dict.fromkeys(KEYS, ""))
    deeds.update(before={}, after={}, consents={})


def _rows_of(people: Sequence[Member]) -> Q:
    """The rows that lead to them, or say what leads to them."""
    numbers = Card.objects.of(people[0].programme_id).filter(member__in=people).values_list("number", flat=True)
    found = Q(leads_to__in=[member.pk for member in people]) | Q(card__in=list(numbers))
    for key in KEYS.keys() - {"card"}:
        found |= Q(**{f"{key}__in": {getattr(member, key) for member in people} - {""}})
    return found


def _keep_out(upload: Import, theirs: Q) -> None:
    """The report counts them where they are now."""
    rows = Row.objects.of(upload.programme_id).filter(theirs, upload=upload, outcome__in=GOOD)
    for row in rows.filter(number__gt=upload.position):
        count(upload.found, row.outcome, -1)
        count(upload.found, Outcome.WRONG)
        row.outcome = Outcome.WRONG
        row.save(update_fields=["outcome"])
    upload.save(update_fields=["found"])


def _names(upload: Import, named: Names) -> bool:
    pieces = Piece.objects.of(upload.programme_id).filter(upload=upload).order_by("number")
    text = b"".join(bytes(piece.content) for piece in pieces).decode(upload.encoding, errors="replace")
    return any(mentions(line, named) for line in text.splitlines())
