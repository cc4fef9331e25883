"""Sales, and what happens to them: recorded, returned, voided, moved."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.http import HttpResponse
from ninja import Path, Router

from passage.api import found
from passage.api.answers import answer, replayed
from passage.api.auth import ApiKey, Caller, KeyedRequest, check_clerk
from passage.api.lookups import looking
from passage.api.openapi import COUNTED
from passage.api.problems import Fault, refusal
from passage.api.schemas.baskets import SaleRequest
from passage.api.schemas.sales import (
    MoveRequest,
    MoveResponse,
    ReturnRequest,
    ReturnResponse,
    SaleResponse,
    VoidRequest,
    move_told,
    receipt_told,
)
from passage.api.schemas.steps import Teller, teller_of
from passage.outbox import queries as outbox
from passage.purchases import queries, quote_tokens
from passage.purchases.actions import move, record, rehearse
from passage.purchases.values import Answer, Item, Sale, SaleRef, Status

router = Router(tags=["sales"])
READ, WRITE = ApiKey("sales.read"), ApiKey("sales.write")


@router.post("/sales", auth=WRITE, response={201: SaleResponse, 200: SaleResponse}, operation_id="record_sale")
def record_sale(request: KeyedRequest, body: SaleRequest) -> HttpResponse:
    """Records a paid sale, captures its redemptions and credits what it earned: all of it or nothing.

    Sent again, the same sale gets the same answer with 200 and `Idempotent-Replay: true`; the same `client_id` or
    receipt with other content is refused with 409, and `params.differs` names what differs. With a `quote_id` it is
    refused with 409 `changed`, and nothing is written, when the member would get less than was quoted.
    """
    if body.redemptions:
        check_clerk(request.auth, "rewards.give")
    if not body.quote_id:
        return _recorded(request, body.value())
    with transaction.atomic():
        return _recorded(request, body.value(), quote_id=body.quote_id)


@router.get("/sales/{sale_id}", auth=READ, response=SaleResponse, operation_id="read_sale")
def read_sale(request: KeyedRequest, sale_id: Path[uuid.UUID]) -> HttpResponse:
    """A recorded sale as it was answered when it was recorded."""
    programme = request.auth.programme
    row = found.sale_at(programme, sale_id)
    return answer(receipt_told(queries.receipt(row, recorded=False), teller_of(programme)))


@router.post(
    "/sales/{sale_id}/returns",
    auth=WRITE,
    response={201: ReturnResponse, 200: ReturnResponse},
    operation_id="return_sale",
)
def return_sale(request: KeyedRequest, sale_id: Path[uuid.UUID], body: ReturnRequest) -> HttpResponse:
    """Takes goods or money back: points they earned are taken back, their share of rewards is given back."""
    row = found.sale_at(request.auth.programme, sale_id)
    return _recorded(request, body.value(SaleRef(public_id=row.public_id)))


@router.post("/sales/{sale_id}/returns/rehearsal", auth=WRITE, response=ReturnResponse, operation_id="rehearse_return")
def rehearse_return(request: KeyedRequest, sale_id: Path[uuid.UUID], body: ReturnRequest) -> HttpResponse:
    """Says what the return would move, point by point, and writes nothing: to be shown before it is confirmed."""
    caller = request.auth
    row = found.sale_at(caller.programme, sale_id)
    item = body.value(SaleRef(public_id=row.public_id))
    done = rehearse(programme=caller.programme, source=caller.source, item=item, by=caller.by, at=caller.at)
    return answer(_receipt_told(done, teller_of(caller.programme)))


@router.post(
    "/sales/{sale_id}/void", auth=WRITE, response={201: ReturnResponse, 200: ReturnResponse}, operation_id="void_sale"
)
def void_sale(request: KeyedRequest, sale_id: Path[uuid.UUID], body: VoidRequest) -> HttpResponse:
    """Annuls what is left of the sale."""
    row = found.sale_at(request.auth.programme, sale_id)
    return _recorded(request, body.value(SaleRef(public_id=row.public_id)))


@router.post(
    "/sales/{sale_id}/move",
    auth=WRITE,
    response={201: MoveResponse, 200: MoveResponse},
    operation_id="move_sale",
    openapi_extra=COUNTED,
)
def move_sale(request: KeyedRequest, sale_id: Path[uuid.UUID], body: MoveRequest) -> HttpResponse:
    """Moves a sale that was rung up on the wrong member: what it earned goes, and the right member gets their own.

    Refused when something of it came back already or a reward was used in it: return it and ring it up again.
    """
    caller = request.auth
    sale = found.sale_at(caller.programme, sale_id)
    with looking(caller):
        member = found.member_of(caller.programme, body.member)
    row, known = move(
        source=caller.source,
        sale=sale,
        to=member,
        client_id=body.client_id,
        reason=body.reason,
        by=caller.by,
        at=caller.at,
    )
    told_row = move_told(queries.receipt(row, recorded=not known), teller_of(caller.programme))
    return answer(told_row, status=200 if known else 201, headers=replayed(is_replay=known))


def _recorded(request: KeyedRequest, item: Item, *, quote_id: str = "") -> HttpResponse:
    caller = request.auth
    [done] = record(programme=caller.programme, source=caller.source, batch=[item], by=caller.by, at=caller.at)
    if done.problem and done.problem.code == "occurred_in_future" and outbox.is_clock_behind(at=caller.at):
        # Our own clock went back: nobody's sale is refused for good because of that.
        raise Fault("busy", status=503)
    if quote_id and isinstance(item, Sale) and done.status is Status.RECORDED:
        _hold_to(quote_id, item, done, caller)
    return told(done, teller_of(caller.programme))


def _hold_to(quote_id: str, sale: Sale, done: Answer, caller: Caller) -> None:
    """Inside the transaction of the sale: the fault undoes it."""
    assert done.receipt is not None  # it was recorded
    promise = quote_tokens.read(quote_id, programme=caller.programme, at=caller.at)
    receipt = done.receipt
    if lost := quote_tokens.broken(promise, sale, member=receipt.member, settlement=receipt.settlement):
        raise Fault("changed", status=409, field="quote_id", params=lost)


def told(done: Answer, teller: Teller) -> HttpResponse:
    """The answer to one item. Raises a `Fault` for a refusal."""
    told_receipt = _receipt_told(done, teller)
    is_replay = done.status is Status.REPLAYED
    return answer(told_receipt, status=200 if is_replay else 201, headers=replayed(is_replay=is_replay))


def _receipt_told(done: Answer, teller: Teller) -> SaleResponse | ReturnResponse:
    if done.problem is not None:
        raise refusal(done.problem.code, field=done.problem.field, params=done.problem.params)
    assert done.receipt is not None  # a sale that was found by its id is never waited for
    return receipt_told(done.receipt, teller)
