"""The protocol of a till: its operations in order, and the earlier sales that they are about."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from django.http import HttpResponse
from ninja import Query, Router

from passage.api import problems
from passage.api.answers import answer
from passage.api.auth import Caller, KeyedRequest, TillKey
from passage.api.problems import refusal
from passage.api.schemas.operations import (
    EarlierLineResponse,
    EarlierRequest,
    EarlierSaleResponse,
    EarlierSalesResponse,
    GapResponse,
    OperationsRequest,
    OperationsResponse,
    RehearsalRequest,
    result_told,
)
from passage.api.schemas.problems import FieldProblem
from passage.api.schemas.sales import ReturnResponse, receipt_told
from passage.api.schemas.steps import teller_of
from passage.backups import queries as backups
from passage.engine.basket import PIECE
from passage.journal import actions, queries
from passage.journal.values import Result
from passage.members.masks import masked
from passage.programme import actions as programmes
from passage.purchases import actions as purchases
from passage.purchases import codec
from passage.purchases import queries as purchase_queries
from passage.purchases.models import Purchase

router = Router(tags=["tills"])


@router.post(
    "/till/operations", auth=TillKey(even_revoked=True), response=OperationsResponse, operation_id="tell_operations"
)
def tell_operations(request: KeyedRequest, body: OperationsRequest) -> HttpResponse:
    """Takes what happened at the till, in order and once for ever. Nothing that can be read as an operation is refused:
    what cannot be recorded is put aside for a person and answered as such, and the rest goes on.

    A revoked till may still deliver what it has; it is put aside.
    """
    caller = request.auth
    sent = [each.value() for each in body.operations]
    received = actions.receive(key=caller.key, sent=sent, now=body.now(), at=caller.at)
    teller = teller_of(caller.programme)
    told = [
        result_told(result, operation.seq, teller, _problem(result))
        for result, operation in zip(received.results, sent, strict=False)
    ]
    return answer(
        OperationsResponse(
            results=told,
            gap=GapResponse(last=received.last_seq) if received.gap else None,
            last_seq=received.last_seq,
            epoch=programmes.epoch(at=caller.at),
            durable_through=backups.durable_through(key_id=caller.key.pk),
            server_time=caller.at,
            revoked=caller.revoked,
        )
    )


def _problem(result: Result) -> FieldProblem | None:
    if result.problem is None:
        return None
    error = problems.Error(result.problem.code, result.problem.field, result.problem.params)
    return FieldProblem(**problems.item(error))


@router.post(
    "/till/rehearsals", auth=TillKey(clerk="purchases.return"), response=ReturnResponse, operation_id="rehearse_at_till"
)
def rehearse_at_till(request: KeyedRequest, body: RehearsalRequest) -> HttpResponse:
    """What a return or a void would do to points and rewards, by the very same books, and nothing written: to be shown
    before the clerk confirms."""
    caller = request.auth
    item = replace(body.item(), client_id=f"rehearsal-{uuid.uuid4()}", occurred_at=caller.at)
    done = purchases.rehearse(programme=caller.programme, source=caller.source, item=item, by=caller.by, at=caller.at)
    if done.problem is not None:
        raise refusal(done.problem.code, field=done.problem.field, params=done.problem.params)
    if done.receipt is None:
        raise refusal("unknown_sale", field="sale")
    return answer(receipt_told(done.receipt, teller_of(caller.programme)))


@router.get(
    "/till/sales", auth=TillKey(clerk="purchases.return"), response=EarlierSalesResponse, operation_id="list_at_till"
)
def list_at_till(request: KeyedRequest, wanted: Query[EarlierRequest]) -> HttpResponse:
    """Earlier sales: by the number on the receipt, by the claim code, else the last twenty of this till."""
    caller = request.auth
    rows = _earlier(caller, wanted.receipt.strip(), wanted.code.strip().upper().replace("-", ""))
    followers = queries.returned_parts(caller.programme, sales=rows)
    return answer(EarlierSalesResponse(sales=[_sale(row, followers.get(row.pk, [])) for row in rows]))


def _earlier(caller: Caller, receipt: str, code: str) -> Sequence[Purchase]:
    if receipt:
        return queries.by_receipt(caller.programme, receipt=receipt)
    if code:
        operation = queries.by_claim_code(caller.programme, code=code)
        if operation is None or operation.purchase is None:
            return []
        row = purchase_queries.by_public_id(caller.programme, public_id=operation.purchase.public_id)
        return [row] if row is not None else []
    assert caller.till is not None  # the route takes no other key
    return queries.latest_sales(caller.till)


def _sale(row: Purchase, followers: Sequence[Purchase]) -> EarlierSaleResponse:
    gone: dict[str, Fraction] = {}
    for each in followers:
        for line, part in codec.parts_of(each.settlement.get("parts", {})).items():
            gone[line] = gone.get(line, Fraction(0)) + part
    moves = [each for each in followers if each.kind == Purchase.Kind.MOVE]
    member = moves[-1].member if moves else row.member
    basket = codec.basket_of(row.basket)
    return EarlierSaleResponse(
        id=row.public_id,
        receipt=row.receipt,
        occurred_at=row.occurred_at,
        total=row.total,
        paid=row.settlement["payable"],
        shop=row.shop.code if row.shop else "",
        till=row.till,
        member=masked(member).name if member else "",
        lines=[
            EarlierLineResponse(
                id=line.id,
                name=line.name,
                amount=line.amount,
                quantity=line.quantity,
                measured=line.measured or line.quantity % PIECE != 0,
                left=int(line.quantity * (1 - gone.get(line.id, Fraction(0)))),
            )
            for line in basket.lines
        ],
        returned=bool(gone),
        voided=any(each.kind == Purchase.Kind.VOID for each in followers),
    )
