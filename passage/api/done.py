"""What a till is given to keep of what a route did for it, so that it can be done again: see `journal.deeds`."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from passage.api.auth import Caller
from passage.journal import bearers, deeds
from passage.journal.values import Deed
from passage.members import queries
from passage.rewards.actions import Held
from passage.rewards.models import Redemption

HEADER = "Passage-Done"


def kept(
    response: HttpResponse, caller: Caller, *, verb: str, member: uuid.UUID, facts: Mapping[str, Any]
) -> HttpResponse:
    """The answer with what a till keeps; whoever has no journal is given nothing. An answer that is given again brings
    another one, which says the same."""
    if caller.till is not None:
        row = queries.by_public_id(programme=caller.programme, public_id=member)
        bearer = bearers.told_of(row, at=caller.at) if row is not None and verb != "enrol" else None
        deed = Deed(
            op_id=uuid.uuid4(), verb=verb, member=member, facts=facts, by=caller.by, done_at=caller.at, bearer=bearer
        )
        response.headers[HEADER] = deeds.told(deed)
    return response


def redeemed(response: HttpResponse, caller: Caller, row: Redemption, *, verb: str) -> HttpResponse:
    """As `kept`, of a redemption as it is now."""
    shop = caller.till.shop.code if caller.till else ""
    facts = {"held": Held.of(row).as_json(), "shop": shop, "reversed": row.reversed}
    return kept(response, caller, verb=verb, member=row.member.public_id, facts=facts)
