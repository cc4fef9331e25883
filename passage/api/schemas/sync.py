"""The batch of a till: operations in the order they happened, each answered by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, WrapValidator

from passage.api.schemas.baskets import SaleRequest
from passage.api.schemas.fields import RequestBody, ResponseBody
from passage.api.schemas.problems import FieldProblem
from passage.api.schemas.sales import ReturnRequest, ReturnResponse, SaleNamed, SaleResponse, VoidRequest
from passage.purchases.values import Item

MOST_OPERATIONS = 50


class SaleOperation(SaleRequest):
    type: Literal["sale"]

    def item(self) -> Item:
        return self.value()


class ReturnOperation(ReturnRequest):
    type: Literal["return"]
    sale: SaleNamed

    def item(self) -> Item:
        return self.value(self.sale.value())


class VoidOperation(VoidRequest):
    type: Literal["void"]
    sale: SaleNamed

    def item(self) -> Item:
        return self.value(self.sale.value())


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An operation that could not be read: it is answered with its faults, and its neighbours go on."""

    client_id: str
    errors: ValidationError


def _one_by_one(value: Any, read: Callable[[Any], Any]) -> Any:
    try:
        return read(value)
    except ValidationError as errors:
        name = value.get("client_id") if isinstance(value, dict) else None
        return Unreadable(name if isinstance(name, str) and name.isprintable() else "", errors)


Known = Annotated[SaleOperation | ReturnOperation | VoidOperation, Field(discriminator="type")]
Operation = Annotated[Known, WrapValidator(_one_by_one)]


class SyncRequest(RequestBody):
    """Up to fifty operations, oldest first. Sent again, each gets its first answer again."""

    operations: Annotated[tuple[Operation, ...], Field(min_length=1, max_length=MOST_OPERATIONS)]


class OperationResponse(ResponseBody):
    """``status``: recorded, replayed (it was known), parked (it waits for its sale) or refused (nothing changed)."""

    client_id: str
    status: str
    result: SaleResponse | ReturnResponse | None
    problem: FieldProblem | None
    errors: list[FieldProblem] = []


class SyncResponse(ResponseBody):
    results: list[OperationResponse]
