"""The catalogue at a moment, and redemptions as the engine's claims."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Q
from pydantic import TypeAdapter

from passage.engine import rewards as engine
from passage.engine.conditions import needs_basket
from passage.engine.rewards import Claim, Had
from passage.members import queries as members
from passage.members.models import Member
from passage.programme import queries as programmes
from passage.programme.models import Programme
from passage.rewards.models import Picture, Redemption, Reward, RewardVersion

REWARD: TypeAdapter[engine.Reward] = TypeAdapter(engine.Reward)
# What counts against a member's limit: rewards held and rewards had.
COUNTED = (Redemption.State.RESERVED, Redemption.State.CAPTURED)


@lru_cache(maxsize=10_000)
def _parsed(definition: str) -> engine.Reward:
    """Versions never change, so neither does their value."""
    return REWARD.validate_json(definition)


def value(version: RewardVersion) -> engine.Reward:
    """The engine's value of a reward version; its reward must be loaded."""
    known = {"version": version.pk, "family": version.reward_id, "name": version.reward.name}
    return _parsed(json.dumps({**version.definition, **known}))


def is_product(version: RewardVersion, /) -> bool:
    """Whether it is a thing that a hand gives, and not something off the bill."""
    return isinstance(value(version).gives, engine.FreeProduct)


def definition(reward: engine.Reward) -> dict[str, Any]:
    """A reward as the JSON its version keeps."""
    kept: dict[str, Any] = REWARD.dump_python(reward, mode="json")
    for known_elsewhere in ("version", "family", "name"):
        kept.pop(known_elsewhere)
    return kept


def catalogue(programme: Programme, *, at: datetime) -> list[RewardVersion]:
    """The versions in force and shown at ``at``, in order of their rewards' ids; ended rewards are left out."""
    begun = Q(reward__shown_from=None) | Q(reward__shown_from__lte=at)
    unended = Q(reward__shown_until=None) | Q(reward__shown_until__gt=at)
    shown = RewardVersion.objects.of(programme).filter(begun, unended)
    rows = shown.filter(effective_from__lte=at).select_related("reward")
    latest = {row.reward_id: row for row in rows.order_by("reward_id", "effective_from", "number")}
    return [row for row in latest.values() if row.definition]


def in_force(reward: Reward, *, at: datetime) -> RewardVersion | None:
    """The reward's version at ``at``, or None where it had ended or not begun."""
    rows = RewardVersion.objects.of(reward.programme_id).filter(reward=reward, effective_from__lte=at)
    row = rows.select_related("reward").order_by("-effective_from", "-number").first()
    return row if row is not None and row.definition else None


def by_public_id(programme: Programme, *, public_id: uuid.UUID) -> Reward | None:
    found: Reward | None = Reward.objects.of(programme).filter(public_id=public_id).first()
    return found


def pictures(programme: Programme, /) -> dict[uuid.UUID, uuid.UUID]:
    """The addresses of the pictures, by the public ids of their rewards. One statement, without the pictures."""
    return dict(Picture.objects.of(programme).values_list("reward__public_id", "address"))


def picture_at(address: uuid.UUID, /) -> Picture | None:
    """The picture of this address, whosever it is: the address is known only to those who were shown it."""
    return Picture.objects.filter(address=address).select_related("programme").first()


def redemptions(programme: Programme, *, public_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Redemption]:
    """The redemptions of these ids with all that settling needs. One statement."""
    rows = Redemption.objects.of(programme).filter(public_id__in=list(public_ids))
    return {
        row.public_id: row
        for row in rows.select_related("version__reward", "reservation", "member__programme", "programme")
    }


def claim(redemption: Redemption, *, had: Had, at: datetime, granted: bool = False) -> Claim:
    """What the engine is told about a redemption at ``at``. Once its reservation has ended nothing is held any more:
    it is judged by what is there, unless it was ``granted`` before a backup was put back. It never costs more than was
    reserved for it."""
    is_held = redemption.state == Redemption.State.RESERVED
    return Claim(
        key=str(redemption.public_id),
        reward=value(redemption.version),
        amount=redemption.amount,
        points=redemption.points,
        is_held=is_held or granted,
        promised_at=promised_at(redemption, at=at),
        had=had,
        granted=granted,
    )


def promised_at(redemption: Redemption, *, at: datetime) -> datetime | None:
    """When the reward was promised; None once its reservation has ended."""
    is_held = redemption.state == Redemption.State.RESERVED and at <= redemption.until
    return redemption.made_at if is_held else None


def needs_sale(version: RewardVersion, /) -> bool:
    """Whether a condition is about a purchase, so that it is handed out with one only."""
    return needs_basket(value(version).when, programmes.terms(programme=version.programme))


def had(programme: Programme, *, member: Member) -> dict[int, Had]:
    """What the person has, or holds, of each reward (by its id), over all their records. Two statements."""
    rows = _counted(programme, member)
    return {reward: _had(row for row in rows if row[1] == reward) for reward in {row[1] for row in rows}}


def had_besides(redemption: Redemption, *, member: Member, earlier: Collection[Redemption] = ()) -> Had:
    """What the person has of this redemption's reward besides it: of those that are merely held, the ones before it.

    ``earlier``: redemptions that are being captured and not written yet. Two statements.
    """
    family, is_held = redemption.version.reward_id, redemption.state == Redemption.State.RESERVED
    known = {row[0]: row for row in _counted(redemption.programme, member) if row[1] == family}
    if is_held:
        known = {pk: row for pk, row in known.items() if row[3] == Redemption.State.CAPTURED or pk < redemption.pk}
    known |= {row.pk: (row.pk, family, row.feast_year, row.state) for row in earlier if row.version.reward_id == family}
    known.pop(redemption.pk, None)
    return _had(known.values())


_Row = tuple[int, int, int | None, str]  # id, reward, year of the feast, state


def _counted(programme: Programme, member: Member) -> list[_Row]:
    records = members.records(programme, people=[member.pk])
    rows = Redemption.objects.of(programme).filter(member__in=list(records), state__in=COUNTED)
    return list(rows.values_list("id", "version__reward_id", "feast_year", "state"))


def _had(rows: Iterable[_Row]) -> Had:
    feasts = [feast for _, _, feast, _ in rows]
    return Had(times=len(feasts), feasts=tuple(sorted({feast for feast in feasts if feast is not None})))
