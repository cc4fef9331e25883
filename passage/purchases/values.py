"""What doors hand to the journey, and what they get back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from passage.engine.basket import Basket


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRef:
    """How a sale names its member: one of these. Empty: a sale without a member, which earns nothing."""

    card: str = ""
    public_id: uuid.UUID | None = None
    external_id: str = ""

    def __bool__(self) -> bool:
        return bool(self.card or self.public_id or self.external_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A paid sale. ``client_id`` was made by the source before sending and names this sale for ever.

    ``receipt`` with shop, till and business date is the shop's own key: unique for ever too. ``shop``
    and ``till`` are codes. ``redemptions`` are reservations to capture with the sale.
    """

    client_id: str
    occurred_at: datetime
    basket: Basket
    member: MemberRef = MemberRef()
    shop: str = ""
    till: str = ""
    receipt: str = ""
    business_date: date | None = None
    redemptions: tuple[uuid.UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRef:
    """Which sale a return is about: its public id, its source's id, or its receipt key's parts."""

    public_id: uuid.UUID | None = None
    client_id: str = ""
    shop: str = ""
    till: str = ""
    receipt: str = ""
    business_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Goods or money given back. ``quantities`` are thousandths by line id; else ``amount`` of money;
    with neither, all that is left of the sale. ``void`` annuls the sale: a full return by another name.
    """

    client_id: str
    occurred_at: datetime
    sale: SaleRef
    quantities: Mapping[str, int] = dataclass_field(default_factory=dict)
    amount: int | None = None
    void: bool = False
    reason: str = ""
    shop: str = ""
    till: str = ""
    receipt: str = ""
    business_date: date | None = None


Item = Sale | Return


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What had come of a sale before a backup was put back that does not hold it.

    It gets its public id again. Its ``redemptions`` are not judged again, and points that are gone since are owed.
    """

    public_id: uuid.UUID
    redemptions: tuple[uuid.UUID, ...] = ()


class Status(StrEnum):
    RECORDED = "recorded"
    REPLAYED = "replayed"
    PARKED = "parked"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an item was refused: a stable code, the field it is about, and numbers for the sentence."""

    code: str
    field: str = ""
    params: Mapping[str, Any] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a recorded sale or return came to. ``settlement`` is documented in docs/api/sales.md."""

    public_id: uuid.UUID
    kind: str
    client_id: str
    member: uuid.UUID | None
    occurred_at: datetime
    recorded: bool
    currency: str
    total: int
    settlement: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one item of a batch. Refused items have changed nothing."""

    client_id: str
    status: Status
    receipt: Receipt | None = None
    problem: Problem | None = None
