"""What a sale would come to, before it is paid."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace

from django.http import HttpResponse
from ninja import Router

from passage.api.answers import answer
from passage.api.auth import ApiKey, Caller, KeyedRequest
from passage.api.lookups import looking
from passage.api.openapi import COUNTED
from passage.api.problems import Fault
from passage.api.schemas.quotes import InstructionResponse, OfferResponse, QuoteRequest, QuoteResponse, RefusedResponse
from passage.api.schemas.redemptions import picture_told
from passage.api.schemas.sales import SettlementResponse, settlement_told
from passage.api.schemas.steps import Teller, teller_of
from passage.purchases import quote_tokens
from passage.purchases.queries import Offer, Quote, quote
from passage.purchases.values import Sale
from passage.rewards import queries as rewards

router = Router(tags=["quotes"])


@router.post("/quotes", auth=ApiKey("quotes"), response=QuoteResponse, operation_id="quote_sale", openapi_extra=COUNTED)
def quote_sale(request: KeyedRequest, body: QuoteRequest) -> HttpResponse:
    """Computes what recording this sale now would come to, and writes nothing.

    The answer says what is earned and why, what is not and why not, which rewards can be had for the bill, and what
    the till writes on its ticket for each of the wishes.
    """
    caller = request.auth
    sale = _placed(body.value(), caller)
    wanted = [wish.value() for wish in body.wishes]
    with looking(caller):
        asked = quote(programme=caller.programme, source=caller.source, sale=sale, wanted=wanted, at=caller.at)
    _check_wishes(body, asked)
    # What is only wished for is not reserved: nothing can be promised about it.
    quote_id = "" if wanted else _promised(sale, asked, caller)
    pictures = rewards.pictures(caller.programme) if asked.offers else {}
    return answer(_told(asked, quote_id, teller_of(caller.programme), pictures))


def _promised(sale: Sale, asked: Quote, caller: Caller) -> str:
    member = asked.member.public_id if asked.member else None
    return quote_tokens.signed(
        sale, programme=caller.programme, member=member, settlement=asked.settlement, at=caller.at
    )


def _placed(sale: Sale, caller: Caller) -> Sale:
    """What a till asks about happens at that till, whatever it says."""
    if caller.till is None:
        return sale
    return replace(sale, shop=caller.till.shop.code, till=caller.till.code)


def _check_wishes(body: QuoteRequest, asked: Quote) -> None:
    """A wish for what the catalogue does not have is an error, not a wish that does not apply."""
    if asked.member is None:
        return
    offered = {offer.reward for offer in asked.offers}
    for place, wish in enumerate(body.wishes):
        if wish.reward not in offered:
            raise Fault("unknown_reward", field=f"wishes.{place}.reward")


def _told(asked: Quote, quote_id: str, teller: Teller, pictures: Mapping[uuid.UUID, uuid.UUID]) -> QuoteResponse:
    settlement = settlement_told(asked.settlement, teller)
    return QuoteResponse(
        quote_id=quote_id,
        member=asked.member.public_id if asked.member else None,
        settlement=settlement,
        ticket=_ticket(settlement),
        refused=[RefusedResponse(key=key, why_not=teller.step(step.as_json())) for key, step in asked.refused],
        offers=[_offer(offer, teller, pictures.get(offer.reward)) for offer in asked.offers],
        balance_after=asked.balance_after,
    )


def _ticket(settlement: SettlementResponse) -> list[InstructionResponse]:
    return [
        InstructionResponse(
            line=line.id, reward=each.reward, settlement=each.settlement, style=each.style, amount=amount
        )
        for each in settlement.rewards
        for line, amount in zip(settlement.lines, each.per_line, strict=True)
        if amount
    ]


def _offer(offer: Offer, teller: Teller, picture: uuid.UUID | None) -> OfferResponse:
    names = ("reward", "name", "kind", "unit", "settlement", "points", "value", "missing")
    why = None if offer.why_not is None else teller.step(offer.why_not.as_json(), unit=offer.unit)
    return OfferResponse(why_not=why, picture=picture_told(picture), **{name: getattr(offer, name) for name in names})
