"""Reading the journal: the last number of a pairing, what is quarantined, and visits that look alike."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Max, Q

from passage.journal.models import TillOperation
from passage.members import queries as members
from passage.members.models import Member
from passage.programme.models import Key, Programme, Shop, Till
from passage.purchases.models import RETURNS, Purchase

ALIKE = timedelta(minutes=10)
SHOWN = 100


def reached() -> dict[str, int]:
    """The last number of each till's journal that this database has, by the id of the till's key."""
    rows = TillOperation.objects.filter(seq__isnull=False).order_by().values_list("key_id")
    return {str(key): seq for key, seq in rows.annotate(Max("seq"))}


def last_seq(key: Key, /) -> int:
    """The highest number that this pairing has delivered; 0 before the first."""
    found = TillOperation.objects.of(key.programme_id).filter(key=key).aggregate(last=Max("seq"))["last"]
    return int(found or 0)


def by_op_id(programme: Programme, *, op_id: uuid.UUID) -> TillOperation | None:
    rows = TillOperation.objects.of(programme).select_related("key__till__shop", "purchase__member", "clerk__login")
    found: TillOperation | None = rows.filter(op_id=op_id).first()
    return found


def quarantined(programme: Programme, *, shop: Shop | None = None) -> list[TillOperation]:
    """What a person has to look at, oldest first."""
    rows = TillOperation.objects.of(programme).filter(state=TillOperation.State.QUARANTINED)
    if shop is not None:
        rows = rows.filter(key__till__shop=shop)
    return list(rows.select_related("key__till__shop", "clerk__login").order_by("id")[:SHOWN])


def refused_for(
    programme: Programme, *, code: str, since: datetime, until: datetime, shop: Shop | None = None
) -> list[TillOperation]:
    """What was quarantined for this reason in that time, also what was resolved since."""
    rows = TillOperation.objects.of(programme).filter(
        problem__code=code, received_at__gte=since, received_at__lt=until, clerk__isnull=False
    )
    if shop is not None:
        rows = rows.filter(key__till__shop=shop)
    return list(rows.select_related("key__till__shop").order_by("-id"))


def quarantined_of(programme: Programme, *, pk: int) -> TillOperation | None:
    rows = TillOperation.objects.of(programme).select_related("key__till__shop", "key__source", "programme")
    found: TillOperation | None = rows.filter(pk=pk).first()
    return found


def lookalikes(programme: Programme, *, member: Member | None, shop: Shop, amount: int, at: datetime) -> list[Purchase]:
    """Sales that may be the same visit: same person, shop and amount within ten minutes. Proposed, never joined (E-13)."""
    whose = Q(member=None) if member is None else Q(member__in=members.records(programme, people=[member.pk]).keys())
    rows = Purchase.objects.of(programme).filter(
        whose,
        kind=Purchase.Kind.SALE,
        shop=shop,
        total=amount,
        occurred_at__gte=at - ALIKE,
        occurred_at__lte=at + ALIKE,
    )
    return list(rows.select_related("member", "shop").order_by("occurred_at")[:SHOWN])


def by_claim_code(programme: Programme, *, code: str) -> TillOperation | None:
    rows = TillOperation.objects.of(programme).filter(claim_code=code).exclude(claim_code="")
    found: TillOperation | None = rows.select_related("purchase").first()
    return found


def latest_sales(till: Till, *, limit: int = 20) -> list[Purchase]:
    """The last sales of the till, newest first."""
    rows = TillOperation.objects.of(till.programme_id).filter(key__till=till, kind="sale", purchase__isnull=False)
    ids = list(rows.order_by("-id").values_list("purchase_id", flat=True)[:limit])
    sales = Purchase.objects.of(till.programme_id).filter(pk__in=ids).select_related("member", "shop")
    return sorted(sales, key=lambda sale: (sale.occurred_at, sale.pk), reverse=True)


def by_receipt(programme: Programme, *, receipt: str, limit: int = 20) -> list[Purchase]:
    """Sales with this number on their receipt, in whatever shop and on whatever day, newest first."""
    rows = Purchase.objects.of(programme).filter(kind=Purchase.Kind.SALE, receipt=receipt)
    return list(rows.select_related("member", "shop").order_by("-id")[:limit])


def without_member(programme: Programme, *, receipt: str, at: datetime) -> list[Purchase]:
    """Sales that are nobody's now, with this number on their receipt, of the days in which a visit may be told late.

    Those of which nothing came back. Two statements.
    """
    since = at - timedelta(days=programme.late_days)
    rows = Purchase.objects.of(programme).standing().filter(receipt=receipt, member=None, occurred_at__gte=since)
    found = rows.select_related("sale__shop", "sale__programme", "shop", "programme").order_by("-occurred_at", "-id")
    sales = [row.of_sale for row in found[:SHOWN]]
    followers = returned_parts(programme, sales=sales)
    return [sale for sale in sales if all(row.kind not in RETURNS for row in followers.get(sale.pk, ()))]


def returned_parts(programme: Programme, *, sales: Sequence[Purchase]) -> dict[int, list[Purchase]]:
    """What followed each sale: returns, voids and moves. One statement."""
    followers: dict[int, list[Purchase]] = {}
    for row in Purchase.objects.of(programme).filter(sale__in=list(sales)).order_by("id"):
        followers.setdefault(row.sale_id, []).append(row)
    return followers
