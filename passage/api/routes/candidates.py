"""Members who may be meant by part of a name, an address or a number: masked, few, counted and written down (E-47)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Field

from passage.api.answers import answer
from passage.api.auth import ApiKey, Caller, KeyedRequest
from passage.api.lookups import count_miss, count_search, looking, sees_members
from passage.api.openapi import COUNTED
from passage.api.schemas.fields import Printable
from passage.api.schemas.members import CandidateResponse, CandidatesResponse, candidate_told
from passage.audit import actions as audit
from passage.members import queries
from passage.members.models import Member
from passage.programme import queries as programmes
from passage.purchases.models import Purchase
from passage.purchases.queries import last_visits

router = Router(tags=["members"])
Text = Annotated[Printable, Field(max_length=254)]


@router.get(
    "/candidates",
    auth=ApiKey("quotes"),
    response=CandidatesResponse,
    operation_id="find_candidates",
    openapi_extra=COUNTED,
)
def find_candidates(request: KeyedRequest, text: Query[Text]) -> HttpResponse:
    """Members whom a clerk may mean: by the last four digits of a phone, or by a whole phone number, e-mail address or
    name. With the scope `members.read`, or a clerk signed in at the till, by the beginning of an address or of a name
    as well.

    At least four characters; at most twenty members, in the order of their names, always masked. Let the member
    confirm before you choose. A key has a limited number of searches in a minute and of searches for nobody in an
    hour (429), and each is written down without what was typed.
    """
    caller = request.auth
    with looking(caller):
        count_search(caller)
        told = candidates_told(caller, text, also=queries.find(programme=caller.programme, text=text))
        if not told:
            count_miss(caller)
    return answer(CandidatesResponse(candidates=told))


def candidates_told(caller: Caller, text: str, *, also: Sequence[Member] = ()) -> list[CandidateResponse]:
    """The candidates for what was typed, and ``also`` these; the search is written down."""
    rows = queries.candidates(programme=caller.programme, text=text, by_parts=sees_members(caller))
    rows = list({row.pk: row for row in [*also, *rows]}.values())
    audit.note(
        programme=caller.programme,
        by=caller.by,
        verb="members.searched",
        subject=f"programme:{caller.programme.slug}",
        at=caller.at,
        found=len(rows),
    )
    visits = last_visits(caller.programme, members=rows)
    return [_told(row, visits.get(row.pk)) for row in rows]


def _told(row: Member, visit: Purchase | None) -> CandidateResponse:
    if visit is None:
        return candidate_told(row, visited=None, shop="")
    day = programmes.business_date(at=visit.occurred_at, programme=row.programme)
    return candidate_told(row, visited=day, shop=visit.shop.name if visit.shop else "")
