"""Returns that wait for their sale."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Query, Router

from passage.api.answers import answer
from passage.api.auth import ApiKey, KeyedRequest
from passage.api.problems import Fault
from passage.api.schemas.accounts import PageRequest
from passage.api.schemas.parked import GoodsResponse, ParkedPageResponse, ParkedResponse
from passage.api.tokens import seal, unseal
from passage.engine.basket import PIECE
from passage.programme.models import Programme
from passage.purchases import waiting
from passage.purchases.described import Goods, Waiting, described

router = Router(tags=["sales"])
READ = ApiKey("sales.read")


@router.get("/parked-returns", auth=READ, response=ParkedPageResponse, operation_id="list_parked_returns")
def list_parked_returns(request: KeyedRequest, page: Query[PageRequest]) -> HttpResponse:
    """Returns whose sale is not known, oldest first: they wait until it arrives or a person closes them."""
    programme = request.auth.programme
    rows, following = waiting.page(programme, after=_after(programme, page.cursor), limit=page.limit)
    more = seal(following, kind="parked", programme_id=programme.pk) if following else None
    return answer(ParkedPageResponse(parked=[_told(programme, described(row)) for row in rows], next=more))


def _told(programme: Programme, each: Waiting) -> ParkedResponse:
    row = each.row
    return ParkedResponse(
        id=seal(row.pk, kind="parked", programme_id=programme.pk),
        kind=each.kind,
        source=row.source.code,
        client_id=row.client_id,
        receipt=each.receipt,
        sale=each.sale,
        shop=each.shop,
        member=row.member.public_id if row.member else None,
        occurred_at=each.occurred_at,
        received_at=row.received_at,
        goods=[_goods(goods) for goods in each.goods],
        amount=each.amount,
    )


def _goods(goods: Goods) -> GoodsResponse:
    whole, rest = divmod(goods.quantity, PIECE)
    quantity = f"{whole}.{rest:03}".rstrip("0") if rest else str(whole)
    return GoodsResponse(
        line=goods.line, product=goods.product, name=goods.name, quantity=quantity, amount=goods.amount
    )


def _after(programme: Programme, cursor: str) -> int:
    if not cursor:
        return 0
    number = unseal(cursor, kind="parked", programme_id=programme.pk)
    if number is None:
        raise Fault("bad_cursor", field="cursor")
    return number
