"""What a till tells, operation by operation, and what it is answered. See docs/api/tills.md for the protocol."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from passage.api.reading import errors_of
from passage.api.schemas.accounts import AccountResponse, account_told
from passage.api.schemas.baskets import BasketRequest, MemberRequest, QuoteId
from passage.api.schemas.fields import (
    Above,
    ClientId,
    Flag,
    Id,
    Label,
    Moment,
    Name,
    Printable,
    Reason,
    RequestBody,
    ResponseBody,
    Whole,
)
from passage.api.schemas.problems import FieldProblem
from passage.api.schemas.sales import MoveResponse, ReturnedLine, ReturnResponse, SaleResponse, move_told, receipt_told
from passage.api.schemas.steps import Teller
from passage.engine.basket import MAX_LINES
from passage.journal import deeds
from passage.journal.values import Clocks, Item, Move, Result, Sent
from passage.purchases.values import MemberRef, Problem, Return, SaleRef

MOST_OPERATIONS = 50
MOST_SEQ = 2**31 - 1
MOST_MONO = 2**52
KINDS = ("sale", "return", "void", "undo", "move", deeds.KIND)
# In the ASCII that `json.dumps` writes: a zero, and the halves of characters beyond the first 65,536 standing alone.
UNSTORABLE = re.compile(
    r"\\u0000|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
Signed = Annotated[Printable, Field(max_length=400)]
# What the server itself made: it grows with the rewards of a sale and with what is known of a member.
Sealed = Annotated[Printable, Field(max_length=20_000)]
NEVER = datetime(2000, 1, 1, tzinfo=UTC)


class SaleContent(BasketRequest):
    """A paid sale as rung up. What only the till knows stays with it: ``table``, the till's own reference of the guest,
    how the member came to it, and who rang it up."""

    # The till's clocks say when; the server works the moment out.
    occurred_at: Moment = NEVER
    order: Label = ""
    table: Label = ""
    guest: Label = ""
    matched_by: Label = ""
    clerk_name: Name = ""
    # Of the quote that the member was shown; what it lost since is answered as a warning, for the sale is paid.
    quote_id: QuoteId = ""

    def item(self) -> Item:
        return self.sale(client_id="")


class EarlierSale(RequestBody):
    """A sale by our ``id``, or by the id of the ``op`` eration that this till, or the one before it, told it by."""

    id: Id | None = None
    op: Id | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.id is None) == (self.op is None):
            raise PydanticCustomError("one_of_several", "one of several")
        return self

    def value(self) -> SaleRef:
        return SaleRef(public_id=self.id, client_id=str(self.op) if self.op else "")

    def name(self) -> str:
        return str(self.id or self.op)


class ReturnContent(RequestBody):
    """``lines`` or an ``amount`` of money that came back, or neither for all that is left."""

    sale: EarlierSale
    lines: Annotated[tuple[ReturnedLine, ...], Field(min_length=1, max_length=MAX_LINES)] = ()
    amount: Above | None = None
    reason: Reason = ""
    receipt: Label = ""

    def item(self, *, void: bool = False) -> Item:
        return Return(
            client_id="",
            occurred_at=NEVER,
            sale=self.sale.value(),
            quantities={line.id: line.quantity for line in self.lines},
            amount=self.amount,
            void=void,
            reason=self.reason,
            receipt=self.receipt,
        )


class VoidContent(RequestBody):
    sale: EarlierSale
    reason: Reason = ""

    def item(self) -> Item:
        return ReturnContent(sale=self.sale, reason=self.reason).item(void=True)


class MoveContent(RequestBody):
    """``member`` null takes the member off the sale."""

    sale: EarlierSale
    member: MemberRequest | None
    reason: Reason = ""

    def item(self) -> Item:
        member = self.member.value() if self.member else MemberRef()
        return Move(sale=self.sale.value(), member=member, reason=self.reason)


class DoneContent(RequestBody):
    """What another route did for this till: what its answer brought in the header `Passage-Done` behind the first dot."""

    done: Sealed

    def item(self) -> Item | None:
        return deeds.opened(self.done)


CONTENTS: dict[str, TypeAdapter[Any]] = {
    "sale": TypeAdapter(SaleContent),
    "return": TypeAdapter(ReturnContent),
    "void": TypeAdapter(VoidContent),
    "undo": TypeAdapter(VoidContent),
    "move": TypeAdapter(MoveContent),
    deeds.KIND: TypeAdapter(DoneContent),
}


class OperationRequest(RequestBody):
    """One thing that happened. ``seq`` counts up from 1 within the pairing; ``mono`` is milliseconds of a clock that
    nobody can set, counted since ``boot``; ``wall`` is the device's clock. ``payload`` is read by its ``kind``: what
    cannot be read is put aside, and is no reason to refuse the others. ``slip`` is the token of the ``clerk`` who did it:
    without a good one a sale is the till's own, and a return or an undo is put aside. ``was``: the signed answer it once
    got."""

    id: Id
    seq: Annotated[Whole, Field(ge=1, le=MOST_SEQ)]
    boot: ClientId
    mono: Annotated[Whole, Field(ge=0, le=MOST_MONO)]
    wall: Moment
    kind: Label
    clerk: Annotated[Whole, Field(ge=1, le=MOST_SEQ)] | None = None
    slip: Signed = ""
    approval: Signed = ""
    was: Sealed = ""
    payload: dict[str, Any]

    def value(self) -> Sent:
        item, problem = _read(self.kind, self.payload)
        return Sent(
            op_id=self.id,
            seq=self.seq,
            clocks=Clocks(boot=self.boot, mono=self.mono, wall=self.wall),
            kind=self.kind[:10],
            item=item,
            payload=json.loads(
                _storable(json.dumps(self.payload, default=lambda each: str(getattr(each, "text", each))))
            ),
            clerk=self.clerk,
            clerk_token=self.slip,
            approval=self.approval,
            was=self.was,
            problem=problem,
        )


def _storable(text: str) -> str:
    """Half a character and the zero byte can be written in JSON and in no database."""
    return UNSTORABLE.sub(r"\\ufffd", text)


def _read(kind: str, payload: Mapping[str, Any]) -> tuple[Item | None, Problem | None]:
    if kind not in CONTENTS:
        return None, Problem("not_one_of", "kind", {"allowed": ", ".join(KINDS)})
    try:
        item = CONTENTS[kind].validate_python(dict(payload)).item()
        return item, None if item is not None else Problem("unreadable", kind)
    except ValidationError as error:
        first = errors_of(error.errors(include_url=False))[0]
        return None, Problem(first.code, first.field, dict(first.params))


class OperationsRequest(RequestBody):
    """Up to fifty operations, oldest first, and what the till's clocks read now."""

    boot: ClientId
    mono: Annotated[Whole, Field(ge=0, le=MOST_MONO)]
    wall: Moment
    operations: Annotated[tuple[OperationRequest, ...], Field(max_length=MOST_OPERATIONS)]

    def now(self) -> Clocks:
        return Clocks(boot=self.boot, mono=self.mono, wall=self.wall)


class TillResultResponse(ResponseBody):
    """``status``: recorded, replayed (known), parked (waits for its sale) or put_aside (a person looks at it: the till
    is done with it). ``accounts`` are the member's after it. ``was`` is to be kept and sent along if it is ever sent
    again."""

    id: uuid.UUID
    seq: int
    status: Literal["recorded", "replayed", "parked", "put_aside"]
    result: SaleResponse | ReturnResponse | MoveResponse | None
    accounts: list[AccountResponse]
    problem: FieldProblem | None
    warnings: list[str]
    claim_code: str
    was: str


class GapResponse(ResponseBody):
    last: int


class OperationsResponse(ResponseBody):
    """``gap``: an operation did not follow the ``last`` one known; send from there. ``durable_through``: up to this
    number a verified backup holds everything."""

    results: list[TillResultResponse]
    gap: GapResponse | None
    last_seq: int
    epoch: str
    durable_through: int
    server_time: datetime
    revoked: bool


def result_told(result: Result, seq: int, teller: Teller, problem: FieldProblem | None) -> TillResultResponse:
    row, receipt = result.row, result.receipt
    told: SaleResponse | ReturnResponse | MoveResponse | None = None
    if receipt is not None:
        told = move_told(receipt, teller) if receipt.kind == "move" else receipt_told(receipt, teller)
    return TillResultResponse(
        id=row.op_id,
        seq=seq,
        status=result.status,
        result=told,
        accounts=[account_told(result.member, each) for each in result.balances] if result.member else [],
        problem=problem,
        warnings=row.warnings,
        claim_code=row.claim_code,
        was=result.was,
    )


class RehearsalRequest(RequestBody):
    """A return or void to be tried: nothing of it is written."""

    sale: EarlierSale
    void: Flag = False
    lines: Annotated[tuple[ReturnedLine, ...], Field(min_length=1, max_length=MAX_LINES)] = ()

    def item(self) -> Return:
        item = ReturnContent.model_construct(sale=self.sale, lines=self.lines).item(void=self.void)
        assert isinstance(item, Return)  # that is what it makes
        return item


class EarlierRequest(RequestBody):
    """Which earlier sales: by the number on a receipt, or by its claim code; without either the last of this till."""

    receipt: Label = ""
    code: Label = ""


class EarlierLineResponse(ResponseBody):
    """``left`` is what has not come back yet, in thousandths, as ``quantity``."""

    id: str
    name: str
    amount: int
    quantity: int
    measured: bool
    left: int


class EarlierSaleResponse(ResponseBody):
    id: uuid.UUID
    receipt: str
    occurred_at: datetime
    total: int
    paid: int
    shop: str
    till: str
    member: str
    lines: list[EarlierLineResponse]
    returned: bool
    voided: bool


class EarlierSalesResponse(ResponseBody):
    sales: list[EarlierSaleResponse]
