"""Keeping the catalogue: what a reward is from a day on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from pydantic import ValidationError

from passage.audit import actions as audit
from passage.engine.money import MAX_AMOUNT
from passage.ledger import queries as ledger_queries
from passage.members.canonical import name as clean
from passage.programme import limits
from passage.programme.errors import Refused
from passage.programme.models import Programme
from passage.rewards import queries
from passage.rewards.models import Reward, RewardVersion

MOST_PIECES = 100_000  # in stock, added or taken away at once


@transaction.atomic
def create_reward(
    *,
    programme: Programme,
    name: str,
    definition: dict[str, Any],
    effective_from: datetime,
    stock: int | None = None,
    by: str,
    at: datetime,
) -> Reward:
    """A new catalogue item; ``definition`` is ``engine.rewards.Reward`` as JSON."""
    if not name.strip():
        raise Refused("missing", field="name")
    reward = Reward.objects.create(programme=programme, name=name.strip(), stock=stock, made_at=at)
    _add_version(reward, definition, effective_from, by, at)
    return reward


@transaction.atomic
def change_reward(
    *, reward: Reward, definition: dict[str, Any], effective_from: datetime, by: str, at: datetime
) -> RewardVersion:
    """A new version from ``effective_from`` on; an empty definition ends the reward.

    What it already is at that moment is no new version.
    """
    rows = RewardVersion.objects.of(reward.programme_id).filter(reward=reward)
    last: RewardVersion | None = rows.order_by("-number").first()
    if last is None or last.effective_from > effective_from or not definition:
        return _add_version(reward, definition, effective_from, by, at)
    if last.definition == _checked(reward, definition):
        return last
    return _add_version(reward, definition, effective_from, by, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What is said of a reward besides its terms: see `models.Reward`."""

    low_at: int | None = None
    worth: int | None = None
    shown_from: datetime | None = None
    shown_until: datetime | None = None


@transaction.atomic
def set_particulars(*, reward: Reward, particulars: Particulars, by: str, at: datetime) -> Reward:
    """They count from now on, all at once; what was given keeps the worth that it had. The same again changes nothing."""
    if particulars.worth is not None and not 0 <= particulars.worth <= MAX_AMOUNT:
        raise Refused("not_an_amount", field="worth")
    if particulars.shown_from and particulars.shown_until and particulars.shown_until <= particulars.shown_from:
        raise Refused("last_day_first", field="shown_until")
    row: Reward = Reward.objects.of(reward.programme_id).select_for_update(no_key=True).get(pk=reward.pk)
    changed = [name for name, said in asdict(particulars).items() if getattr(row, name) != said]
    if not changed:
        return row
    for name in changed:
        setattr(row, name, getattr(particulars, name))
    row.save(update_fields=changed)
    audit.note(
        programme=row.programme, by=by, verb="reward.particulars", subject=_subject(row), at=at, changed=sorted(changed)
    )
    return row


@transaction.atomic
def restock(*, reward: Reward, pieces: int, reason: str, by: str, at: datetime) -> Reward:
    """``pieces`` more in stock, or fewer; what was without end is counted from here. Why is written down.

    Raises ``reason_missing``, ``out_of_range`` and ``stock_short`` (there are not so many to take away).
    """
    why = clean(reason, field="reason", limit=limits.REASON)
    if not why:
        raise Refused("reason_missing", field="reason")
    if type(pieces) is not int or not 0 < abs(pieces) <= MOST_PIECES:
        raise Refused("out_of_range", field="pieces", params={"limit": MOST_PIECES})
    rows = Reward.objects.of(reward.programme_id).filter(pk=reward.pk)
    # By conditional writes, as the tills take from it meanwhile: it never falls below nothing.
    counted = rows.filter(stock__isnull=False, stock__gte=-pieces).update(stock=F("stock") + pieces)
    if not counted and not (pieces > 0 and rows.filter(stock=None).update(stock=pieces)):
        raise Refused("stock_short", field="pieces")
    row: Reward = rows.get()
    audit.note(
        programme=row.programme,
        by=by,
        verb="reward.stock",
        subject=_subject(row),
        at=at,
        pieces=pieces,
        left=row.stock,
        reason=why,
    )
    return row


def _add_version(
    reward: Reward, definition: dict[str, Any], effective_from: datetime, by: str, at: datetime
) -> RewardVersion:
    last = RewardVersion.objects.of(reward.programme).filter(reward=reward).order_by("-number").first()
    if last is not None and effective_from < last.effective_from:
        raise Refused("before_last_version", field="effective_from", params={"last": last.effective_from.isoformat()})
    version = RewardVersion.objects.create(
        programme=reward.programme,
        reward=reward,
        number=(last.number if last else 0) + 1,
        definition=_checked(reward, definition) if definition else {},
        effective_from=effective_from,
        made_at=at,
        by=by,
    )
    audit.note(
        programme=reward.programme,
        by=by,
        verb="reward.change",
        subject=_subject(reward),
        at=at,
        version=version.number,
    )
    return version


def _checked(reward: Reward, definition: dict[str, Any]) -> dict[str, Any]:
    if "kind" not in definition.get("gives", {}):
        raise Refused("missing", field="gives.kind")
    try:
        full = {**definition, "version": 0, "family": reward.pk, "name": reward.name}
        value = queries.REWARD.validate_json(json.dumps(full), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Refused("invalid_reward", field=field, params={"why": first["msg"]}) from None
    if value.unit not in {unit.code for unit in ledger_queries.units(reward.programme)}:
        raise Refused("unknown_unit", field="unit")
    return queries.definition(value)


def _subject(reward: Reward) -> str:
    return f"reward:{reward.public_id}"
