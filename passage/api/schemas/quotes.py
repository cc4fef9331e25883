"""Quotes: a sale asked about, and what it would come to."""

from __future__ import annotations

import uuid
from typing import Annotated

from pydantic import Field

from passage.api.schemas.baskets import BasketRequest
from passage.api.schemas.fields import Above, ClientId, Id, RequestBody, ResponseBody
from passage.api.schemas.sales import SettlementResponse
from passage.api.schemas.steps import StepResponse
from passage.purchases.queries import Wanted
from passage.purchases.values import Sale

MOST_WISHES = 20


class WishRequest(RequestBody):
    """A reward to try on this bill; ``amount`` is the money wanted of a cashback, minor units."""

    reward: Id
    amount: Above | None = None

    def value(self) -> Wanted:
        return Wanted(reward=self.reward, amount=self.amount)


class QuoteRequest(BasketRequest):
    """The same body as a sale, and the rewards to try on it. ``client_id`` may be left out: nothing is recorded."""

    client_id: ClientId = "quote"
    wishes: Annotated[tuple[WishRequest, ...], Field(max_length=MOST_WISHES)] = ()

    def value(self) -> Sale:
        return self.sale(client_id=self.client_id)


class OfferResponse(ResponseBody):
    """A reward of the catalogue for this bill. ``why_not`` null: it can be had now, for ``points`` it takes ``value``
    minor units off. ``missing`` is how many points are still to be earned. ``picture`` is the address of a small
    picture on this server, or empty."""

    reward: uuid.UUID
    name: str
    kind: str
    unit: str
    settlement: str
    points: int
    value: int
    missing: int
    why_not: StepResponse | None
    picture: str = ""


class RefusedResponse(ResponseBody):
    """A wish or a redemption that does not apply, and why."""

    key: str
    why_not: StepResponse


class InstructionResponse(ResponseBody):
    """What the till writes on its ticket for one line and one reward: so many minor units off (``discount``), or paid
    with points (``tender``). ``style`` tells how a free product is printed."""

    line: str
    reward: str
    settlement: str
    style: str
    amount: int


class QuoteResponse(ResponseBody):
    """What recording this sale now would come to; nothing was written. ``offers``: those that can be had come first.
    ``quote_id`` is good for five minutes and can be sent along with the sale; empty where something was only wished
    for."""

    quote_id: str
    member: uuid.UUID | None
    settlement: SettlementResponse
    ticket: list[InstructionResponse]
    refused: list[RefusedResponse]
    offers: list[OfferResponse]
    balance_after: dict[str, int]
