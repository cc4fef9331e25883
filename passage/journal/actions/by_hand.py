"""Purchases typed by hand: recorded at once within what one person may alone, otherwise when a second one agrees (F-42)."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from passage.journal.actions.applying import BY_HAND
from passage.journal.kept import as_json, item_of
from passage.ledger import actions as ledger
from passage.ledger import queries as ledger_queries
from passage.programme import queries as programmes
from passage.programme.errors import Refused
from passage.programme.models import Programme, Source
from passage.purchases import actions as purchases
from passage.purchases import queries
from passage.purchases.values import Answer, Receipt, Sale

# The sources of what somebody typed: the page that adds points, and visits from their receipts.
HAND = ("till-pages", BY_HAND)


@transaction.atomic
def record_by_hand(*, source: Source, sale: Sale, reason: str, by: str, at: datetime) -> Receipt | None:
    """Records it, or (None) asks for a second person where it gives more than ``by`` may alone. Raises `Refused`.

    Sent again it is what it was.
    """
    programme = source.programme
    once = uuid.uuid5(programme.public_id, f"{source.code}:{sale.client_id}")
    if ledger_queries.waiting_once(programme, once=once):
        return None
    if not queries.is_recorded(source, client_id=sale.client_id):
        asked = queries.quote(programme=programme, source=source, sale=sale, at=at)
        most = max(asked.settlement["earned"], key=_points, default=None)
        if asked.member is not None and most is not None and not _is_alone(programme, most["points"], by, at):
            ledger.ask_for_sale(
                member=asked.member,
                earned=(most["unit"], most["points"]),
                reason=reason,
                by=by,
                at=at,
                once=once,
                sale={"source": source.code, **as_json(sale)},
            )
            return None
    return _recorded(source, sale, by=by, at=at)


def _points(earned: dict[str, Any]) -> int:
    points: int = earned["points"]
    return points


def _is_alone(programme: Programme, points: int, by: str, at: datetime) -> bool:
    if points <= 0:
        return True
    before = queries.given_by(programme, by=by, sources=HAND, since=at - timedelta(days=1))
    return ledger.is_alone(programme=programme, points=points, before=before, by=by, at=at)


@transaction.atomic
def agree(*, correction: Any, answer: str, by: str, at: datetime) -> Any:
    """Somebody else agrees: the correction is booked, or the purchase recorded as typed by whoever asked.

    Raises `Refused` as `ledger.approve` does, and as recording the purchase does; it then still waits.
    """
    book = _book(at) if correction.sale else None
    return ledger.approve(correction=correction, answer=answer, by=by, at=at, book=book)


def _book(at: datetime) -> Any:
    def book(row: Any) -> Any:
        told = dict(row.sale or {})
        source = programmes.source_by_code(programme=row.programme, code=told.pop("source"))
        sale = item_of(told)
        assert source is not None
        assert isinstance(sale, Sale)
        receipt = _recorded(source, sale, by=row.by, at=at)
        entry = ledger_queries.earned_by(row.programme, cause=receipt.public_id, unit=row.unit.code)
        if entry is None:
            raise Refused("conflict", field="correction", params={"differs": ["points"]})
        return entry

    return book


def _recorded(source: Source, sale: Sale, *, by: str, at: datetime) -> Receipt:
    [answer] = purchases.record(programme=source.programme, source=source, batch=[sale], by=by, at=at)
    return _receipt(answer)


def _receipt(answer: Answer) -> Receipt:
    if answer.receipt is None:
        problem = answer.problem
        raise Refused(problem.code, field=problem.field, params=problem.params) if problem else Refused("no_sale_yet")
    return answer.receipt
