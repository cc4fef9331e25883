"""Members: found, enrolled, read, edited."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Path, Query, Router
from pydantic import Field

from passage.api import done, found
from passage.api.answers import answer, etag, keyed
from passage.api.auth import ApiKey, Caller, KeyedRequest, check_clerk
from passage.api.lookups import OPEN, count_miss, looking
from passage.api.openapi import CONDITIONAL, COUNTED, KEYED_AND_COUNTED
from passage.api.problems import Fault
from passage.api.schemas.fields import Printable
from passage.api.schemas.members import (
    MemberDetailsRequest,
    MemberEnrolled,
    MemberResponse,
    MembersResponse,
    member_told,
)
from passage.cards import actions as cards
from passage.cards import queries as card_queries
from passage.cards.models import Card
from passage.members import actions, queries
from passage.members.models import Member
from passage.programme.models import Programme

router = Router(tags=["members"])
READ, WRITE = ApiKey("members.read"), ApiKey("members.write")
FIND = ApiKey("members.read", "quotes")
Identifier = Annotated[Printable, Field(min_length=1, max_length=254)]
CARDS = "cards.write"


@router.get("/members", auth=FIND, response=MembersResponse, operation_id="find_members", openapi_extra=COUNTED)
def find_members(request: KeyedRequest, identifier: Query[Identifier]) -> HttpResponse:
    """The members behind a card number, the text of a QR code, a phone number in any spelling, an e-mail address or
    your own number; an empty list where there is none.

    A card that cannot be used is a problem that says why (`card_lost`, `card_blank`, …) and never whose it is. With
    the scope `members.read` the answer is whole, with `quotes` it is masked. A key that found nobody sixty times in an
    hour waits (429); one with `members.read` after six hundred times.
    """
    if request.auth.till is not None:
        # A till has a way of its own to find members, which shows no more than a counter may.
        raise Fault("use_till_find", status=403)
    with looking(request.auth):
        rows = _behind(request.auth.programme, identifier.strip())
        if not rows:
            count_miss(request.auth)
    is_open = request.auth.may(OPEN)
    return answer(MembersResponse(members=[member_told(row, is_open=is_open) for row in rows]))


@router.post(
    "/members",
    auth=WRITE,
    response={201: MemberResponse, 200: MemberResponse},
    operation_id="enrol_member",
    openapi_extra=KEYED_AND_COUNTED,
)
def enrol_member(request: KeyedRequest, body: MemberEnrolled) -> HttpResponse:
    """Enrols a member; with `card`, the blank card is theirs in the same step, which takes the scope `cards.write` too."""
    caller = request.auth
    if body.card is not None:
        check_clerk(caller, "cards.bind")
        if caller.till is None and not caller.may(CARDS):
            raise Fault("scope_missing", status=403, field="card", params={"scope": CARDS})

    def work() -> str:
        member = actions.enrol(programme=caller.programme, by=caller.by, at=caller.at, **_given(body))
        _say(caller, member, body)
        if body.card is not None:
            if caller.till is not None:
                _check_blank(caller, body.card)
            cards.issue(programme=caller.programme, member=member, number=body.card, by=caller.by, at=caller.at)
        return str(member.public_id)

    with looking(caller):
        return _keyed(request, body, work=work, verb="enrol", status=201)


@router.get("/members/{member_id}", auth=READ, response=MemberResponse, operation_id="read_member")
def read_member(request: KeyedRequest, member_id: Path[uuid.UUID]) -> HttpResponse:
    """The member with everything known, and an `ETag` to edit by. Whoever was merged is now the member they joined."""
    return _told(request, found.member_at(request.auth.programme, member_id))


@router.patch(
    "/members/{member_id}",
    auth=WRITE,
    response=MemberResponse,
    operation_id="edit_member",
    openapi_extra=CONDITIONAL,
)
def edit_member(request: KeyedRequest, member_id: Path[uuid.UUID], body: MemberDetailsRequest) -> HttpResponse:
    """Changes what is sent and leaves the rest. With `If-Match`, only if nobody changed the member meanwhile (412)."""
    caller = request.auth
    row = found.member_at(caller.programme, member_id)

    def work() -> str:
        _check_unchanged(request, row)
        card_queries.check_not_own_gifts(member=row, by=caller.by, details=_given(body))
        actions.edit(member=row, by=caller.by, at=caller.at, **_given(body))
        _say(caller, row, body)
        return str(row.public_id)

    return _keyed(request, body, work=work, verb="edit")


def _behind(programme: Programme, text: str) -> list[Member]:
    # A QR code may hold the address of a page with the number at its end.
    number = text.rpartition("/")[2] if text.startswith(("https://", "http://")) else text
    card = card_queries.find(programme=programme, code=number)
    rows = queries.find(programme=programme, text=text)
    if card is not None:
        usable = card_queries.usable(card=card)
        assert usable.member is not None  # usable cards are bound
        rows = [queries.resolve(usable.member), *rows]
    return list({row.pk: row for row in rows}.values())


def _given(body: MemberDetailsRequest) -> dict[str, Any]:
    given = {name: getattr(body, name) for name in MemberDetailsRequest.model_fields if name != "consents"}
    return {name: value for name, value in given.items() if value is not None}


def _say(caller: Caller, member: Member, body: MemberDetailsRequest) -> None:
    """What the member said to being written to, with where it was said."""
    if not body.consents:
        return
    actions.record_consents(member=member, given=_consents(body), source=_place(caller), by=caller.by, at=caller.at)


def _consents(body: MemberDetailsRequest) -> dict[str, bool]:
    return {each.purpose: each.given for each in body.consents or ()}


def _place(caller: Caller) -> str:
    return f"till:{caller.till.shop.code}/{caller.till.code}" if caller.till else f"api:{caller.source.code}"


def _check_blank(caller: Caller, number: str) -> None:
    """At a till only a card of a batch can be given out: a number off the shelf is no card (E-33)."""
    card = card_queries.find(programme=caller.programme, code=number)
    if card is None:
        card_queries.usable(None, code=number, programme=caller.programme)
    elif card.state != Card.State.BLANK:
        raise Fault("card_bound", status=409, field="card")


def _check_unchanged(request: KeyedRequest, row: Member) -> None:
    """Inside the transaction of the edit, under the member's lock."""
    wanted = request.headers.get("If-Match", "*")
    if wanted == "*":
        return
    held = Member.objects.of(row.programme_id).select_for_update(no_key=True).get(pk=row.pk)
    if _version(held) not in [each.strip() for each in wanted.split(",")]:
        raise Fault("changed_meanwhile", status=412, field="If-Match")


def _version(member: Member) -> str:
    return etag(member_told(member, is_open=True))


def _told(request: KeyedRequest, member: Member) -> HttpResponse:
    told = member_told(member, is_open=request.auth.may(OPEN))
    return answer(told, headers={"ETag": _version(member)})


def _keyed(
    request: KeyedRequest, body: MemberDetailsRequest, *, work: Any, verb: str, status: int = 200
) -> HttpResponse:
    kept: list[Member] = []

    def show(subject: str) -> MemberResponse:
        kept.append(found.member_at(request.auth.programme, uuid.UUID(subject)))
        return member_told(kept[0], is_open=request.auth.may(OPEN))

    response = keyed(request, work=work, show=show, status=status)
    response.headers["ETag"] = _version(kept[0])
    return done.kept(response, request.auth, verb=verb, member=kept[0].public_id, facts=_facts(request.auth, body))


def _facts(caller: Caller, body: MemberDetailsRequest) -> dict[str, Any]:
    """What was told of a member, as an action takes it."""
    number = getattr(body, "card", None)
    return {"details": _given(body), "card": number, "consents": _consents(body), "source": _place(caller)}
