"""The batch of a till that was without network, or that saves up."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpResponse
from ninja import Router

from passage.api import problems
from passage.api.answers import answer
from passage.api.auth import ApiKey, KeyedRequest
from passage.api.reading import errors_of
from passage.api.schemas.problems import FieldProblem
from passage.api.schemas.sales import receipt_told
from passage.api.schemas.steps import Teller, teller_of
from passage.api.schemas.sync import OperationResponse, SyncRequest, SyncResponse, Unreadable
from passage.purchases.actions import record
from passage.purchases.values import Answer

router = Router(tags=["sync"])


@router.post("/sync", auth=ApiKey("sales.write"), response=SyncResponse, operation_id="sync")
def sync(request: KeyedRequest, body: SyncRequest) -> HttpResponse:
    """Records up to fifty sales, returns and voids in the order given; each is answered by itself.

    A refused operation changes nothing and harms no other. The same batch may be sent again and again. A return
    whose sale is not here yet is parked and applied when the sale arrives.
    """
    caller = request.auth
    batch = [each.item() for each in body.operations if not isinstance(each, Unreadable)]
    done = iter(record(programme=caller.programme, source=caller.source, batch=batch, by=caller.by, at=caller.at))
    return answer(SyncResponse(results=list(_results(body, done, teller_of(caller.programme)))))


def _results(body: SyncRequest, done: Iterator[Answer], teller: Teller) -> Iterator[OperationResponse]:
    for each in body.operations:
        yield _unreadable(each) if isinstance(each, Unreadable) else _told(next(done), teller)


def _told(done: Answer, teller: Teller) -> OperationResponse:
    problem = None
    if done.problem is not None:
        error = problems.Error(done.problem.code, done.problem.field, done.problem.params)
        problem = FieldProblem(**problems.item(error))
    return OperationResponse(
        client_id=done.client_id,
        status=done.status.value,
        result=None if done.receipt is None else receipt_told(done.receipt, teller),
        problem=problem,
    )


def _unreadable(each: Unreadable) -> OperationResponse:
    errors = [FieldProblem(**problems.item(error)) for error in errors_of(each.errors.errors(include_url=False))]
    return OperationResponse(
        client_id=each.client_id, status="refused", result=None, problem=errors[0], errors=errors[1:]
    )
