"""The catalogue of rewards, and redemptions: reserved, captured, released, reversed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial

from django.http import HttpResponse
from ninja import Path, Router

from passage.api import done, found
from passage.api.answers import answer, keyed, replayed
from passage.api.auth import ApiKey, KeyedRequest, check_clerk
from passage.api.lookups import looking
from passage.api.openapi import COUNTED, KEYED
from passage.api.problems import Fault, not_found
from passage.api.schemas.redemptions import (
    RedemptionResponse,
    Renewed,
    Reserved,
    Reversed,
    RewardsResponse,
    redemption_told,
    reward_told,
)
from passage.cards import queries as cards
from passage.purchases.actions import claiming
from passage.rewards import actions, queries
from passage.rewards.actions import Wish
from passage.rewards.models import Redemption

router = Router(tags=["redemptions"])
WRITE = ApiKey("redemptions.write")


@router.get(
    "/rewards", auth=ApiKey("quotes", "redemptions.write"), response=RewardsResponse, operation_id="list_rewards"
)
def list_rewards(request: KeyedRequest) -> HttpResponse:
    """The catalogue as it is now."""
    rows = queries.catalogue(request.auth.programme, at=request.auth.at)
    pictures = queries.pictures(request.auth.programme)
    told = [reward_told(row, picture=pictures.get(row.reward.public_id)) for row in rows]
    return answer(RewardsResponse(rewards=told))


@router.post(
    "/redemptions",
    auth=WRITE,
    response={201: RedemptionResponse, 200: RedemptionResponse},
    operation_id="reserve_reward",
    openapi_extra=COUNTED,
)
def reserve_reward(request: KeyedRequest, body: Reserved) -> HttpResponse:
    """Holds the points of a reward for an order. Of two tills that want the last points, one gets them.

    Name the redemption's id in `redemptions` of the sale to capture it with the sale, or capture it here when the
    reward is handed over without one.
    """
    caller = request.auth
    with looking(caller):
        member = found.member_of(caller.programme, body.member)
    cards.check_not_own(programme=caller.programme, by=caller.by, member=member)
    reward = queries.by_public_id(caller.programme, public_id=body.reward)
    if reward is None:
        raise Fault("unknown_reward", field="reward")
    wish = Wish(client_id=body.client_id, reward=reward, order=body.order, amount=body.amount, at_table=body.table)
    shop = caller.till.shop if caller.till else None
    row, known = claiming.reserve(source=caller.source, member=member, wish=wish, shop=shop, by=caller.by, at=caller.at)
    now = _read(request, row.public_id)
    response = answer(redemption_told(now), status=200 if known else 201, headers=replayed(is_replay=known))
    return done.redeemed(response, caller, now, verb="reserve")


@router.get("/redemptions/{redemption_id}", auth=WRITE, response=RedemptionResponse, operation_id="read_redemption")
def read_redemption(request: KeyedRequest, redemption_id: Path[uuid.UUID]) -> HttpResponse:
    """The redemption as it is now."""
    return answer(redemption_told(_read(request, redemption_id)))


@router.post(
    "/redemptions/{redemption_id}/capture",
    auth=WRITE,
    response=RedemptionResponse,
    operation_id="capture_redemption",
    openapi_extra=KEYED,
)
def capture_redemption(request: KeyedRequest, redemption_id: Path[uuid.UUID]) -> HttpResponse:
    """Spends the held points without a sale: the reward was handed over. Capturing again changes nothing. At a till
    only by a clerk who may give rewards."""
    check_clerk(request.auth, "rewards.give")
    row, caller = _read(request, redemption_id), request.auth
    cards.check_not_own(programme=caller.programme, by=caller.by, member=row.member)
    shop = caller.till.shop if caller.till else None
    act = partial(claiming.capture, redemption=row, shop=shop, by=caller.by, at=caller.at)
    return _done(request, row, act, verb="hand_over")


@router.post(
    "/redemptions/{redemption_id}/release",
    auth=WRITE,
    response=RedemptionResponse,
    operation_id="release_redemption",
    openapi_extra=KEYED,
)
def release_redemption(request: KeyedRequest, redemption_id: Path[uuid.UUID]) -> HttpResponse:
    """Lets the held points go. Releasing again changes nothing."""
    row = _read(request, redemption_id)
    act = partial(actions.release, redemption=row, by=request.auth.by, at=request.auth.at)
    return _done(request, row, act, verb="release")


@router.post(
    "/redemptions/{redemption_id}/renew", auth=WRITE, response=RedemptionResponse, operation_id="renew_redemption"
)
def renew_redemption(request: KeyedRequest, redemption_id: Path[uuid.UUID], body: Renewed) -> HttpResponse:
    """Holds the points for another spell from now, for the order that they are held for and for no other."""
    row = _read(request, redemption_id)
    renewed = actions.renew(redemption=row, order=body.order, at_table=body.table, at=request.auth.at)
    return answer(redemption_told(renewed))


@router.post(
    "/redemptions/{redemption_id}/reverse",
    auth=WRITE,
    response=RedemptionResponse,
    operation_id="reverse_redemption",
    openapi_extra=KEYED,
)
def reverse_redemption(request: KeyedRequest, redemption_id: Path[uuid.UUID], body: Reversed) -> HttpResponse:
    """Gives captured points back to the lots they came from, never more than were spent. What a sale captured comes back
    with that sale.

    Send an `Idempotency-Key` when giving back a part: without one, a part sent twice is given back twice. At a till
    only by somebody who may void sales.
    """
    check_clerk(request.auth, "purchases.void")
    row = _read(request, redemption_id)
    caller = request.auth
    act = partial(actions.reverse, redemption=row, points=body.points, by=caller.by, at=caller.at)
    return _done(request, row, act, verb="reverse")


def _read(request: KeyedRequest, redemption_id: uuid.UUID) -> Redemption:
    """A till sees what it reserved itself, and no other."""
    row = found.redemption_at(request.auth.programme, redemption_id)
    if request.auth.till is not None and row.source_id != request.auth.source.pk:
        raise not_found()
    return row


def _done(request: KeyedRequest, row: Redemption, act: Callable[[], Redemption], *, verb: str) -> HttpResponse:
    def work() -> str:
        act()
        return str(row.public_id)

    response = keyed(request, work=work, show=lambda subject: redemption_told(_read(request, uuid.UUID(subject))))
    return done.redeemed(response, request.auth, _read(request, row.public_id), verb=verb)
