"""What a quote promised: signed, good for five minutes, held against what recording the sale then comes to (E-43)."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core import signing

from passage.programme.errors import Refused
from passage.programme.models import Programme
from passage.purchases.values import Sale

SALT = "purchases.quote"
LIFE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Promise:
    """``payable`` minor units, ``points`` earned by unit, for the sale that ``about`` stands for."""

    about: str
    payable: int
    points: Mapping[str, int]
    at: datetime


def signed(
    sale: Sale, /, *, programme: Programme, member: uuid.UUID | None, settlement: Mapping[str, Any], at: datetime
) -> str:
    """The quote's id: whoever has it can hold the sale to it."""
    content = [programme.pk, _about(sale, member), settlement["payable"], _points(settlement), at.isoformat()]
    return signing.dumps(content, salt=SALT)


def read(text: str, /, *, programme: Programme, at: datetime) -> Promise:
    """Raises `Refused`: ``quote_unknown`` for what this programme never signed, ``quote_expired`` after five minutes."""
    try:
        owner, about, payable, points, moment = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        raise Refused("quote_unknown", field="quote_id") from None
    if owner != programme.pk:
        raise Refused("quote_unknown", field="quote_id")
    promise = Promise(about, payable, points, datetime.fromisoformat(moment))
    if at - promise.at > LIFE:
        raise Refused("quote_expired", field="quote_id", params={"minutes": LIFE.seconds // 60})
    return promise


def broken(
    promise: Promise, /, sale: Sale, *, member: uuid.UUID | None, settlement: Mapping[str, Any]
) -> dict[str, Any] | None:
    """What the member would lose against the promise; None when it is kept, or bettered.

    Raises `Refused` ``quote_other`` when the promise was about another sale.
    """
    if promise.about != _about(sale, member):
        raise Refused("quote_other", field="quote_id")
    lost: dict[str, Any] = {}
    if settlement["payable"] > promise.payable:
        lost["payable"] = settlement["payable"]
        lost["promised"] = promise.payable
    points = _points(settlement)
    fewer = {unit: promised - points.get(unit, 0) for unit, promised in promise.points.items()}
    if worse := {unit: missing for unit, missing in fewer.items() if missing > 0}:
        lost["fewer"] = worse
    return lost or None


def _points(settlement: Mapping[str, Any]) -> dict[str, int]:
    return {each["unit"]: each["points"] for each in settlement["earned"]}


def _about(sale: Sale, member: uuid.UUID | None) -> str:
    """The goods, the member and the rewards; not when, nor how it is paid, nor its number."""
    lines = [
        [
            line.id,
            line.amount,
            line.quantity,
            line.product,
            line.kind,
            list(line.categories),
            line.vat_bp,
            line.discounted,
        ]
        for line in sale.basket.lines
    ]
    redemptions = sorted(str(each) for each in sale.redemptions)
    content = [sale.basket.currency, lines, sale.basket.covers, str(member or ""), redemptions, sale.shop]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
