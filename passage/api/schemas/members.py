"""Members and cards: asked and answered."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from passage.api.schemas.fields import (
    ExternalId,
    Flag,
    Id,
    Label,
    Name,
    Number,
    Printable,
    Reason,
    RequestBody,
    ResponseBody,
)
from passage.cards.models import Card
from passage.members.masks import masked
from passage.members.models import Member
from passage.programme import limits

Email = Annotated[Printable, Field(max_length=limits.EMAIL)]
Phone = Annotated[Printable, Field(max_length=40)]
DayOfYear = Annotated[Printable, Field(max_length=5, description="MM-DD, without a year")]
Tags = Annotated[tuple[Label, ...], Field(max_length=limits.TAGS)]


class ConsentRequest(RequestBody):
    """What the member said to being written to: ``purpose`` email or sms."""

    purpose: Annotated[Label, Field(max_length=10)]
    given: Flag


class MemberDetailsRequest(RequestBody):
    """What a member may tell; what is left out stays as it is, an empty text takes it back."""

    first_name: Name | None = None
    last_name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None
    birthday: DayOfYear | None = None
    name_day: DayOfYear | None = None
    language: Annotated[Label, Field(max_length=5)] | None = None
    tags: Tags | None = None
    external_id: ExternalId | None = None
    consents: Annotated[tuple[ConsentRequest, ...], Field(max_length=10)] | None = None


class MemberEnrolled(MemberDetailsRequest):
    """A new member; every detail may be missing. ``card`` is the number of a blank card to give them at once."""

    card: Annotated[Number, Field(min_length=1)] | None = None


class MemberDetails(ResponseBody):
    first_name: str
    last_name: str
    email: str
    phone: str
    birthday: str
    name_day: str
    language: str
    tags: list[str]
    external_id: str
    joined_at: datetime


class MemberResponse(ResponseBody):
    """A member. Without the scope members.read name, phone and e-mail are masked and ``details`` is null."""

    id: uuid.UUID
    name: str
    phone: str
    email: str
    status: str
    masked: bool
    details: MemberDetails | None


class MembersResponse(ResponseBody):
    members: list[MemberResponse]


class CandidateResponse(ResponseBody):
    """Somebody who may be meant: enough to ask "is that you?". ``last_visit`` is a day at the shops, null without one."""

    id: uuid.UUID
    name: str
    phone: str
    email: str
    status: str
    last_visit: date | None
    last_shop: str


class CandidatesResponse(ResponseBody):
    candidates: list[CandidateResponse]


class CardRequest(RequestBody):
    """A card for the member: ``number`` of a blank one, or without it a new code."""

    member: Id
    number: Annotated[Number, Field(min_length=1)] | None = None


class BoundTo(RequestBody):
    member: Id


class Because(RequestBody):
    reason: Reason = ""


class ReplacedBy(RequestBody):
    """``number`` of the blank card that takes over, or without it a new code."""

    number: Annotated[Number, Field(min_length=1)] | None = None


class CardResponse(ResponseBody):
    """A card in its state: blank, active, blocked, lost, replaced or expired."""

    number: str
    state: str
    member: uuid.UUID | None
    replaced_by: str | None


def member_told(member: Member, /, *, is_open: bool) -> MemberResponse:
    """``is_open``: everything may be seen; else what may be seen over a counter."""
    if not is_open:
        seen = masked(member)
        return MemberResponse(
            id=member.public_id,
            name=seen.name,
            phone=seen.phone,
            email=seen.email,
            status=member.status,
            masked=True,
            details=None,
        )
    names = ("first_name", "last_name", "email", "phone", "birthday", "name_day", "language", "tags", "external_id")
    return MemberResponse(
        id=member.public_id,
        name=member.full_name,
        phone=member.phone,
        email=member.email,
        status=member.status,
        masked=False,
        details=MemberDetails(joined_at=member.joined_at, **{name: getattr(member, name) for name in names}),
    )


def candidate_told(member: Member, /, *, visited: date | None, shop: str) -> CandidateResponse:
    seen = masked(member)
    return CandidateResponse(
        id=member.public_id,
        name=seen.name,
        phone=seen.phone,
        email=seen.email,
        status=member.status,
        last_visit=visited,
        last_shop=shop,
    )


def card_told(card: Card, /) -> CardResponse:
    return CardResponse(
        number=card.number,
        state=card.state,
        member=card.member.public_id if card.member else None,
        replaced_by=card.replaced_by.number if card.replaced_by else None,
    )
