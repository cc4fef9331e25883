"""Rewards and their redemptions: asked and answered."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.urls import reverse

from passage.api.schemas.baskets import MemberRequest
from passage.api.schemas.fields import Above, ClientId, Flag, Id, Label, RequestBody, ResponseBody
from passage.rewards import queries as rewards
from passage.rewards.models import Redemption, RewardVersion


class Reserved(RequestBody):
    """A reward chosen for an order: its points are held. ``amount`` is the money wanted of a cashback, minor units."""

    client_id: ClientId
    member: MemberRequest
    reward: Id
    order: Label = ""
    amount: Above | None = None
    table: Flag = False


class Renewed(RequestBody):
    """Which order asks, and whether its guests sit at a table."""

    order: Label = ""
    table: Flag = False


class Reversed(RequestBody):
    """``points`` to give back; all that is left of them without it."""

    points: Above | None = None


class RewardResponse(ResponseBody):
    """A catalogue item in force now. ``gives`` says what it is worth by its ``kind``; ``stock`` null is unlimited.
    ``picture`` is the address of a small picture on this server, or empty."""

    id: uuid.UUID
    name: str
    unit: str
    cost: int
    settlement: str
    gives: dict[str, Any]
    when: dict[str, Any]
    per_member: int | None
    stock: int | None
    picture: str = ""


class RewardsResponse(ResponseBody):
    rewards: list[RewardResponse]


class RedemptionResponse(ResponseBody):
    """``points`` were held until ``until``; ``spent`` were captured, ``reversed`` of those came back. ``handing`` is empty
    where there is nothing to hand over, or waiting, handed_over, cancelled."""

    id: uuid.UUID
    client_id: str
    member: uuid.UUID
    reward: uuid.UUID
    name: str
    unit: str
    state: str
    handing: str
    order: str
    amount: int | None
    points: int
    spent: int
    reversed: int
    value: int
    made_at: datetime
    until: datetime


def picture_told(address: uuid.UUID | None, /) -> str:
    return "" if address is None else reverse("website:picture", args=[address, "small"])


def reward_told(version: RewardVersion, /, *, picture: uuid.UUID | None) -> RewardResponse:
    kept = version.definition
    return RewardResponse(
        id=version.reward.public_id,
        name=version.reward.name,
        unit=kept["unit"],
        cost=kept["cost"],
        settlement=kept["settlement"],
        gives=kept["gives"],
        when=kept["when"],
        per_member=kept["per_member"],
        stock=version.reward.stock,
        picture=picture_told(picture),
    )


def redemption_told(row: Redemption, /) -> RedemptionResponse:
    return RedemptionResponse(
        id=row.public_id,
        client_id=row.client_id,
        member=row.member.public_id,
        reward=row.version.reward.public_id,
        name=row.version.reward.name,
        unit=rewards.value(row.version).unit,
        state=row.state,
        handing=row.handing,
        order=row.order,
        amount=row.amount,
        points=row.points,
        spent=row.spent,
        reversed=row.reversed,
        value=row.value,
        made_at=row.made_at,
        until=row.until,
    )
