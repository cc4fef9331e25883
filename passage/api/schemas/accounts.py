"""What a member holds: balances, entries, lots, and how they came about."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field

from passage.api.schemas.fields import Counted, Printable, RequestBody, ResponseBody
from passage.api.schemas.steps import StepResponse
from passage.ledger.queries import Balance
from passage.members.models import Member

PAGE, MOST = 20, 100


class PageRequest(RequestBody):
    """Which part of a list: ``cursor`` is the ``next`` of the page before."""

    cursor: Annotated[Printable, Field(max_length=40)] = ""
    limit: Annotated[Counted, Field(ge=1, le=MOST)] = PAGE


class AccountResponse(ResponseBody):
    """``balance`` is what the entries add up to; ``available`` can be spent now, ``pending`` later, ``reserved`` is
    held for orders, ``debt`` is owed by returns; ``expiring`` ends within thirty days, the first at ``expiring_on``.
    The id is the member's and the unit's."""

    id: str
    unit: str
    name: str
    kind: str
    balance: int
    available: int
    pending: int
    reserved: int
    debt: int
    expiring: int
    expiring_on: datetime | None


def account_told(member: Member, balance: Balance, /) -> AccountResponse:
    names = [name for name in AccountResponse.model_fields if name != "id"]
    return AccountResponse(id=account_id(member, balance), **{name: getattr(balance, name) for name in names})


def account_id(member: Member, balance: Balance, /) -> str:
    return f"{member.public_id}.{balance.unit}"


class AccountsResponse(ResponseBody):
    accounts: list[AccountResponse]


class TakenResponse(ResponseBody):
    """Points an entry took from a lot (below zero) or put into it."""

    lot: str
    points: int


class EntryResponse(ResponseBody):
    """One movement. ``cause`` is the id of the purchase or redemption behind it, ``text`` its name in words."""

    id: str
    kind: str
    text: str
    points: int
    credits: int
    cause: uuid.UUID
    because: list[StepResponse]
    occurred_at: datetime
    recorded_at: datetime
    lots: list[TakenResponse]


class LedgerResponse(ResponseBody):
    """Newest first. ``next`` is the cursor of the following page, null on the last."""

    entries: list[EntryResponse]
    next: str | None


class LotResponse(ResponseBody):
    id: str
    size: int
    left: int
    opened_at: datetime
    active_from: datetime
    expires_at: datetime | None


class LotsResponse(ResponseBody):
    """Lots with something left, in the order in which they will be used."""

    lots: list[LotResponse]


class SumResponse(ResponseBody):
    kind: str
    text: str
    points: int


class ExplainedLot(LotResponse):
    """A lot and what brought it about."""

    cause: uuid.UUID
    because: list[StepResponse]


class ExplanationResponse(ResponseBody):
    """``sums`` of all entries by kind add up to the balance; ``lots`` are what the balance is made of."""

    account: AccountResponse
    sums: list[SumResponse]
    lots: list[ExplainedLot]


class SealResponse(ResponseBody):
    """The last block of the sealed books; number 0 while nothing is sealed. ``head`` is what `verify` takes."""

    number: int
    head: str
    hash: str
    sealed_at: datetime | None
