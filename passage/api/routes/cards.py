"""Cards: issued, bound, blocked, lost, replaced."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from ninja import Router

from passage.api import found
from passage.api.answers import answer, keyed
from passage.api.auth import ApiKey, KeyedRequest
from passage.api.lookups import looking
from passage.api.openapi import COUNTED, KEYED, KEYED_AND_COUNTED
from passage.api.schemas.members import Because, BoundTo, CardRequest, CardResponse, ReplacedBy, card_told
from passage.cards import actions
from passage.cards.models import Card

router = Router(tags=["cards"])
READ, WRITE = ApiKey("cards.write", "members.read"), ApiKey("cards.write")


@router.post(
    "/cards",
    auth=WRITE,
    response={201: CardResponse, 200: CardResponse},
    operation_id="issue_card",
    openapi_extra=KEYED,
)
def issue_card(request: KeyedRequest, body: CardRequest) -> HttpResponse:
    """A card for the member at once: a blank one by its number, or a new code without one."""
    caller = request.auth
    member = found.member_named(caller.programme, body.member)
    return _done(
        request,
        lambda: actions.issue(
            programme=caller.programme, member=member, number=body.number or "", by=caller.by, at=caller.at
        ),
        status=201,
    )


@router.get("/cards/{number}", auth=READ, response=CardResponse, operation_id="read_card", openapi_extra=COUNTED)
def read_card(request: KeyedRequest, number: str) -> HttpResponse:
    """The card in whatever state it is; the number in any spelling."""
    return answer(card_told(_card(request, number)))


@router.post(
    "/cards/{number}/bind", auth=WRITE, response=CardResponse, operation_id="bind_card", openapi_extra=KEYED_AND_COUNTED
)
def bind_card(request: KeyedRequest, number: str, body: BoundTo) -> HttpResponse:
    """A blank card becomes this member's."""
    caller = request.auth
    card = _card(request, number)
    member = found.member_named(caller.programme, body.member)
    return _done(request, lambda: actions.bind(card=card, member=member, by=caller.by, at=caller.at))


@router.post(
    "/cards/{number}/block",
    auth=WRITE,
    response=CardResponse,
    operation_id="block_card",
    openapi_extra=KEYED_AND_COUNTED,
)
def block_card(request: KeyedRequest, number: str, body: Because) -> HttpResponse:
    """The card neither earns nor spends until it is unblocked."""
    caller = request.auth
    card = _card(request, number)
    return _done(request, lambda: actions.block(card=card, reason=body.reason, by=caller.by, at=caller.at))


@router.post(
    "/cards/{number}/unblock",
    auth=WRITE,
    response=CardResponse,
    operation_id="unblock_card",
    openapi_extra=KEYED_AND_COUNTED,
)
def unblock_card(request: KeyedRequest, number: str) -> HttpResponse:
    """A blocked card, or a lost one that was found, works again."""
    caller = request.auth
    card = _card(request, number)
    return _done(request, lambda: actions.unblock(card=card, by=caller.by, at=caller.at))


@router.post(
    "/cards/{number}/lost", auth=WRITE, response=CardResponse, operation_id="lose_card", openapi_extra=KEYED_AND_COUNTED
)
def lose_card(request: KeyedRequest, number: str, body: Because) -> HttpResponse:
    """Blocked at once because it is no longer in its member's hands. The points stay with the member."""
    caller = request.auth
    card = _card(request, number)
    return _done(request, lambda: actions.lose(card=card, reason=body.reason, by=caller.by, at=caller.at))


@router.post(
    "/cards/{number}/replace",
    auth=WRITE,
    response=CardResponse,
    operation_id="replace_card",
    openapi_extra=KEYED_AND_COUNTED,
)
def replace_card(request: KeyedRequest, number: str, body: ReplacedBy) -> HttpResponse:
    """The member's new card, which is the answer; the old one says from now on that it was replaced."""
    caller = request.auth
    card = _card(request, number)
    return _done(
        request,
        lambda: actions.replace(card=card, new_number=body.number or "", by=caller.by, at=caller.at),
    )


def _card(request: KeyedRequest, number: str) -> Card:
    with looking(request.auth):
        return found.card_at(request.auth.programme, number)


def _done(request: KeyedRequest, act: Callable[[], Card], *, status: int = 200) -> HttpResponse:
    def show(number: str) -> CardResponse:
        return card_told(found.card_at(request.auth.programme, number))

    return keyed(request, work=lambda: act().number, show=show, status=status)
