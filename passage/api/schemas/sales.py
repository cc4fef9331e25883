"""Sales, returns, voids and moves: asked and answered."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from passage.api.schemas.baskets import MemberRequest
from passage.api.schemas.fields import (
    Above,
    ClientId,
    Code,
    Day,
    Id,
    Label,
    Moment,
    Quantity,
    Reason,
    RequestBody,
    ResponseBody,
)
from passage.api.schemas.steps import StepResponse, Teller
from passage.api.strict import first_twice
from passage.engine.basket import MAX_LINES
from passage.purchases.values import Receipt, Return, SaleRef


class ReturnedLine(RequestBody):
    """A line of the sale by its id, and how much of it came back."""

    id: Annotated[Label, Field(min_length=1)]
    quantity: Quantity


class ReturnRequest(RequestBody):
    """Goods or money given back: ``lines``, or an ``amount`` of money, or neither for all that is left."""

    client_id: ClientId
    occurred_at: Moment
    # An empty list is refused: who sends one means no line, not all of them.
    lines: Annotated[tuple[ReturnedLine, ...], Field(min_length=1, max_length=MAX_LINES)] = ()
    amount: Above | None = None
    reason: Reason = ""
    shop: Code | None = None
    till: Code | None = None
    receipt: Label = ""
    business_date: Day | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.lines and self.amount is not None:
            raise PydanticCustomError("amount_or_lines", "amount or lines")
        if twice := first_twice(line.id for line in self.lines):
            raise PydanticCustomError("same_line_twice", "same line twice", {"line": twice})
        return self

    def value(self, ref: SaleRef) -> Return:
        return Return(
            client_id=self.client_id,
            occurred_at=self.occurred_at,
            sale=ref,
            quantities={line.id: line.quantity for line in self.lines},
            amount=self.amount,
            reason=self.reason,
            shop=self.shop or "",
            till=self.till or "",
            receipt=self.receipt,
            business_date=self.business_date,
        )


class VoidRequest(RequestBody):
    """The sale is annulled: a full return by another name."""

    client_id: ClientId
    occurred_at: Moment
    reason: Reason = ""

    def value(self, ref: SaleRef) -> Return:
        return Return(client_id=self.client_id, occurred_at=self.occurred_at, sale=ref, void=True, reason=self.reason)


class MoveRequest(RequestBody):
    """The sale belongs to another member: everything it gave moves there, in one step."""

    client_id: ClientId
    member: MemberRequest
    reason: Reason = ""


class SaleNamed(RequestBody):
    """An earlier sale: by our id, by the sender's own, or by its receipt's shop, till, date and number."""

    id: Id | None = None
    client_id: ClientId | None = None
    shop: Code | None = None
    till: Code | None = None
    receipt: Label = ""
    business_date: Annotated[Day | None, Field(validate_default=True)] = None

    @field_validator("business_date")
    @classmethod
    def _with_a_receipt(cls, day: date | None, read: ValidationInfo) -> date | None:
        """A number alone names no sale: the return would wait for ever."""
        if day is None and read.data.get("receipt"):
            raise PydanticCustomError("missing", "missing")
        return day

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(bool(each) for each in (self.id, self.client_id, self.receipt)) != 1:
            raise PydanticCustomError("one_of_several", "one of several")
        return self

    def value(self) -> SaleRef:
        return SaleRef(
            public_id=self.id,
            client_id=self.client_id or "",
            shop=self.shop or "",
            till=self.till or "",
            receipt=self.receipt,
            business_date=self.business_date,
        )


class LineResponse(ResponseBody):
    """A line after its rewards, minor units. ``net`` is the price and the base of ``vat``; ``paid`` was paid in money."""

    id: str
    amount: int
    discount: int
    tendered: int
    gift_paid: int
    net: int
    paid: int
    vat: int


class AppliedResponse(ResponseBody):
    """A reward on the bill. ``value`` and ``per_line`` (in the order of the lines) are minor units, ``points`` of ``unit``."""

    redemption: str
    reward: str
    kind: str
    style: str
    settlement: str
    unit: str
    points: int
    value: int
    per_line: list[int]
    lost: int


class RuleResponse(ResponseBody):
    """What one rule gave, and its arithmetic."""

    rule: str
    points: int
    because: list[StepResponse]


class EarnedResponse(ResponseBody):
    """What the sale earned of one unit, and from when until when it is good."""

    unit: str
    points: int
    active_from: datetime | None = None
    expires_at: datetime | None = None
    rules: list[RuleResponse]


class SettlementResponse(ResponseBody):
    """How the bill came out, minor units. ``payable`` is left to pay in money, ``vat`` is the tax per rate (basis points)."""

    total: int
    price: int
    payable: int
    vat: dict[str, int]
    lines: list[LineResponse]
    rewards: list[AppliedResponse]
    earned: list[EarnedResponse]
    why_not: list[StepResponse]
    warnings: list[str]


class SaleResponse(ResponseBody):
    """A recorded sale. ``member`` is the id of the member it was recorded for, null without one."""

    id: uuid.UUID
    kind: str
    client_id: str
    member: uuid.UUID | None
    occurred_at: datetime
    currency: str
    total: int
    settlement: SettlementResponse


class ClawedResponse(ResponseBody):
    """Points of a unit that the returned goods had earned: taken back, owed from later earnings, written off, or
    expired before."""

    unit: str
    owed: int
    taken: int
    debt: int
    written_off: int
    expired: int


class RestoredResponse(ResponseBody):
    """Points of a reward that came back with the goods."""

    redemption: str
    reward: str
    unit: str
    points: int


class ReturnResponse(ResponseBody):
    """A recorded return or void. ``refund`` in minor units; ``parts`` is the share of each line that came back, as
    numerator and denominator; ``whole``: nothing of the sale is left."""

    id: uuid.UUID
    kind: str
    client_id: str
    member: uuid.UUID | None
    occurred_at: datetime
    currency: str
    refund: int
    whole: bool
    parts: dict[str, list[int]]
    clawed: list[ClawedResponse]
    restored: list[RestoredResponse]
    warnings: list[str]


class MoveResponse(ResponseBody):
    """A sale moved to ``member``: what it gives there, and what was taken back from whom it was."""

    id: uuid.UUID
    kind: str
    client_id: str
    member: uuid.UUID | None
    occurred_at: datetime
    currency: str
    settlement: SettlementResponse
    clawed: list[ClawedResponse]


def settlement_told(kept: Mapping[str, Any], teller: Teller) -> SettlementResponse:
    """A settlement as `passage.purchases.codec` keeps it, with its reasons put into words."""
    return SettlementResponse(
        **{name: kept[name] for name in ("total", "price", "payable", "vat")},
        lines=[LineResponse(**line) for line in kept["lines"]],
        rewards=[
            AppliedResponse(**{name: each[name] for name in AppliedResponse.model_fields}) for each in kept["rewards"]
        ],
        earned=[_earned(each, teller) for each in kept["earned"]],
        why_not=teller.steps(kept["why_not"]),
        warnings=kept.get("warnings", []),
    )


def _earned(kept: Mapping[str, Any], teller: Teller) -> EarnedResponse:
    rules = [
        RuleResponse(rule=each["rule"], points=each["points"], because=teller.steps(each["because"], unit=kept["unit"]))
        for each in kept["rules"]
    ]
    life = {name: kept[name] for name in ("active_from", "expires_at") if kept.get(name)}
    return EarnedResponse(unit=kept["unit"], points=kept["points"], rules=rules, **life)


def move_told(receipt: Receipt, teller: Teller) -> MoveResponse:
    clawed = [ClawedResponse(**each) for each in receipt.settlement["clawed"]]
    return MoveResponse(**_head(receipt), settlement=settlement_told(receipt.settlement, teller), clawed=clawed)


def receipt_told(receipt: Receipt, teller: Teller) -> SaleResponse | ReturnResponse:
    """A sale or a return as recorded, first or again."""
    known = _head(receipt)
    kept = receipt.settlement
    if "refund" in kept:
        names = ("refund", "whole", "parts", "clawed", "restored", "warnings")
        return ReturnResponse(**known, **{name: kept[name] for name in names})
    return SaleResponse(**known, total=receipt.total, settlement=settlement_told(kept, teller))


def _head(receipt: Receipt) -> dict[str, Any]:
    return {
        "id": receipt.public_id,
        "kind": receipt.kind,
        "client_id": receipt.client_id,
        "member": receipt.member,
        "occurred_at": receipt.occurred_at.astimezone(UTC),
        "currency": receipt.currency,
    }
