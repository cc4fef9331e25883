"""What a member holds: balances, entries, lots, and how they came about."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field

from passage.api.schemas.fields import Asked, Counted, Printable, Told
from passage.api.schemas.steps import StepTold
from passage.ledger.queries import Balance
from passage.members.models import Member

PAGE, MOST = 20, 100


class PageAsked(Asked):
    """Which part of a list: ``cursor`` is the ``next`` of the page before."""

    cursor: Annotated[Printable, Field(max_length=40)] = ""
    limit: Annotated[Counted, Field(ge=1, le=MOST)] = PAGE


class AccountTold(Told):
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


def account_told(member: Member, balance: Balance, /) -> AccountTold:
    names = [name for name in AccountTold.model_fields if name != "id"]
    return AccountTold(id=account_id(member, balance), **{name: getattr(balance, name) for name in names})


def account_id(member: Member, balance: Balance, /) -> str:
    return f"{member.public_id}.{balance.unit}"


class AccountsTold(Told):
    accounts: list[AccountTold]


class TakenTold(Told):
    """Points an entry took from a lot (below zero) or put into it."""

    lot: str
    points: int


class EntryTold(Told):
    """One movement. ``cause`` is the id of the purchase or redemption behind it, ``text`` its name in words."""

    id: str
    kind: str
    text: str
    points: int
    credits: int
    cause: uuid.UUID
    because: list[StepTold]
    occurred_at: datetime
    recorded_at: datetime
    lots: list[TakenTold]


class LedgerTold(Told):
    """Newest first. ``next`` is the cursor of the following page, null on the last."""

    entries: list[EntryTold]
    next: str | None


class LotTold(Told):
    id: str
    size: int
    left: int
    opened_at: datetime
    active_from: datetime
    expires_at: datetime | None


class LotsTold(Told):
    """Lots with something left, in the order in which they will be used."""

    lots: list[LotTold]


class SumTold(Told):
    kind: str
    text: str
    points: int


class ExplainedLot(LotTold):
    """A lot and what brought it about."""

    cause: uuid.UUID
    because: list[StepTold]


class ExplanationTold(Told):
    """``sums`` of all entries by kind add up to the balance; ``lots`` are what the balance is made of."""

    account: AccountTold
    sums: list[SumTold]
    lots: list[ExplainedLot]
