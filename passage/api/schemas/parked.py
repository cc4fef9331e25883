"""Returns that wait for their sale."""

from __future__ import annotations

import uuid
from datetime import datetime

from passage.api.schemas.fields import ResponseBody


class GoodsResponse(ResponseBody):
    """What is to come back and still waits. ``line`` is the id of the line in the sale that was named, ``quantity`` a
    text such as "0.345" or "2"; ``amount`` in minor units, null where only the sale knows it."""

    line: str
    product: str
    name: str
    quantity: str
    amount: int | None


class ParkedResponse(ResponseBody):
    """``kind``: return or void (its sale has not come), or cancellation (an imported one that names no sale). No
    ``goods`` and no ``amount``: all that is left of the sale."""

    id: str
    kind: str
    source: str
    client_id: str
    receipt: str
    sale: str
    shop: str
    member: uuid.UUID | None
    occurred_at: datetime
    received_at: datetime
    goods: list[GoodsResponse]
    amount: int | None


class ParkedPageResponse(ResponseBody):
    """Oldest first. ``next`` is the cursor of the following page, null on the last."""

    parked: list[ParkedResponse]
    next: str | None
