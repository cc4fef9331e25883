"""A reward's picture: put, replaced, taken away."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from passage.audit import actions as audit
from passage.rewards.models import Picture, Reward
from passage.rewards.pictures import Drawn, address_of


@transaction.atomic
def put_picture(*, reward: Reward, picture: Drawn, by: str, at: datetime) -> Picture:
    """The picture, drawn beforehand, is the reward's from now on. The same one again changes nothing."""
    address = address_of(picture, reward=reward.public_id)
    known: Picture | None = Picture.objects.of(reward.programme_id).filter(reward=reward).first()
    if known is not None and known.address == address:
        return known
    kept, _is_new = Picture.objects.update_or_create(
        programme=reward.programme,
        reward=reward,
        defaults={"address": address, "small": picture.small, "large": picture.large, "made_at": at, "by": by},
    )
    _note(reward, verb="reward.picture", by=by, at=at)
    return kept


@transaction.atomic
def take_picture_away(*, reward: Reward, by: str, at: datetime) -> None:
    """The reward has no picture any more."""
    gone, _tables = Picture.objects.of(reward.programme_id).filter(reward=reward).delete()
    if gone:
        _note(reward, verb="reward.picture_gone", by=by, at=at)


def _note(reward: Reward, *, verb: str, by: str, at: datetime) -> None:
    audit.note(programme=reward.programme, by=by, verb=verb, subject=f"reward:{reward.public_id}", at=at)
