"""Returns that wait: those that came before their sale, and cancellations that name none; and what they may be about."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.db.models import BigIntegerField, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from passage.engine.money import half_up
from passage.members import queries as members
from passage.programme import limits
from passage.programme.models import Programme, Shop, Source
from passage.programme.owned import OwnedQuerySet
from passage.purchases import codec
from passage.purchases.cancelling import ENDING, Known, Sold, wanted_of
from passage.purchases.models import RETURNS, Parked, Purchase

WAITING = Parked.State.WAITING


@dataclass(slots=True)
class Found:
    """Sales of one source to some people, by the person they stand for, and what followed them."""

    sales: dict[int, list[Purchase]]
    followers: list[Purchase]
    persons: dict[int, int]  # the person of each record

    def by_person(self, rows: Sequence[Parked]) -> list[Known]:
        """What is known of each person who has a cancellation that waits."""
        mine = {name for row in rows for name in row.request.get("returns", ())}
        known: dict[int, Known] = {}
        for row in rows:
            assert row.member_id is not None  # found by it
            known.setdefault(self.persons[row.member_id], Known()).wanted += wanted_of(row)
        after: dict[int, list[Purchase]] = {}
        for each in self.followers:
            assert each.sale_id is not None  # it follows one
            after.setdefault(each.sale_id, []).append(each)
        for person, theirs in known.items():
            products = {wanted.product for wanted in theirs.wanted}
            for sale in self.sales.get(person, ()):
                theirs.sold += sold_lines(sale, after.get(sale.pk, ()), products=products, mine=mine)
        return list(known.values())


def sold_lines(
    sale: Purchase, followers: Iterable[Purchase], *, products: set[str], mine: Collection[str] = ()
) -> Iterator[Sold]:
    """The lines of a sale with one of these products, and what of them has not come back; ``mine`` names returns that
    cancellations became."""
    back: dict[str, Fraction] = {}
    others: dict[str, Fraction] = {}
    for row in followers:
        for line_id, part in codec.parts_of(row.settlement["parts"]).items() if row.kind in RETURNS else ():
            back[line_id] = back.get(line_id, Fraction(0)) + part
            if row.client_id not in mine:
                others[line_id] = others.get(line_id, Fraction(0)) + part
    for place, line in enumerate(codec.basket_of(sale.basket).lines):
        if line.product in products:
            yield Sold(
                sale=sale.client_id,
                at=sale.occurred_at,
                line=line.id,
                place=place,
                product=line.product,
                amount=line.amount,
                quantity=line.quantity,
                open=int((1 - others.get(line.id, Fraction(0))) * line.quantity),
                left=int((1 - back.get(line.id, Fraction(0))) * line.quantity),
            )


@dataclass(frozen=True, slots=True)
class Choice:
    """A sale that a waiting return may be about. ``quantities`` by line where its goods are in the sale; else money.

    ``fits``: so much of the sale has not come back yet.
    """

    sale: Purchase
    quantities: dict[str, int]
    amount: int
    fits: bool = True


# -- cancellations of a source ---------------------------------------------------------------------


def of_source(source: Source, *, client_ids: Iterable[str]) -> dict[str, Parked]:
    rows = Parked.objects.of(source.programme_id).filter(source=source)
    return {row.client_id: row for row in _each(rows, "client_id", list(client_ids))}


def nameless(source: Source, *, names: Iterable[str]) -> list[Parked]:
    """Cancellations whose member was nobody's when they came."""
    wanted = set(names)
    rows = Parked.objects.of(source.programme_id).filter(source=source, state=WAITING, member=None)
    return [row for row in rows.filter(client_id__endswith=ENDING) if row.request.get("member") in wanted]


def any_of(source: Source, *, people: Collection[int]) -> bool:
    return bool(_open(source, list(members.records(source.programme, people=people))))


def cancellations(source: Source, *, people: Collection[int]) -> list[Parked]:
    """All cancellations of those who have one that waits, closed ones too, unless a person closed them."""
    persons = members.records(source.programme, people=people)
    waiting = {persons[pk] for pk in _open(source, list(persons))}
    records = [record for record, person in persons.items() if person in waiting]
    rows = Parked.objects.of(source.programme_id).filter(source=source, client_id__endswith=ENDING)
    rows = rows.exclude(state=Parked.State.DISMISSED).exclude(request__has_key="by_hand")
    return sorted(_each(rows.select_for_update(no_key=True), "member_id", records), key=lambda row: row.pk)


def sold_to(source: Source, *, people: Collection[int], cancellations: Sequence[Parked]) -> Found:
    """The sales of the source that stand for those who have one of ``cancellations``: a moved one is who it moved to."""
    persons = members.records(source.programme, people=people)
    of = {persons[row.member_id] for row in cancellations if row.member_id}
    records = [record for record, person in persons.items() if person in of]
    rows = Purchase.objects.of(source.programme_id)
    sales = rows.filter(source=source, kind=Purchase.Kind.SALE).defer("context", "settlement")
    found = {sale.pk: sale for sale in _each(sales, "member_id", records)}
    moves = rows.filter(kind=Purchase.Kind.MOVE, sale__source=source)
    moved = [pk for row in _each(moves, "member_id", records) if (pk := row.sale_id) not in found]
    found |= {sale.pk: sale for sale in _each(sales, "pk", moved)}
    followers = sorted(_each(rows.select_related("sale"), "sale_id", list(found)), key=lambda row: row.pk)
    stands = {pk: sale.member_id for pk, sale in found.items()}
    stands |= {row.sale_id: row.member_id for row in followers if row.kind == Purchase.Kind.MOVE and row.sale_id}
    by_person: dict[int, list[Purchase]] = {}
    for pk, sale in found.items():
        member = stands[pk]
        if member in persons:
            by_person.setdefault(persons[member], []).append(sale)
    return Found(by_person, [row for row in followers if row.source_id == source.pk or row.kind in RETURNS], persons)


def purchase_ids(source: Source, *, client_ids: Iterable[str]) -> dict[str, int]:
    rows = Purchase.objects.of(source.programme_id).filter(source=source)
    return {row.client_id: row.pk for row in _each(rows.only("id", "client_id"), "client_id", list(client_ids))}


# -- for a person to look at -----------------------------------------------------------------------


def page(
    programme: Programme, *, shop: Shop | None = None, after: int = 0, limit: int = limits.PAGE
) -> tuple[list[Parked], int]:
    """What waits, oldest first, and what to ask the next page with, 0 on the last. ``shop``: only what was of it."""
    rows = Parked.objects.of(programme).filter(state=WAITING, id__gt=after).select_related("member", "source")
    if shop is not None:
        rows = rows.filter(Q(request__shop=shop.code) | Q(request__sale__shop=shop.code))
    found = list(rows.order_by("id")[: limit + 1])
    return found[:limit], found[limit - 1].pk if len(found) > limit else 0


def by_pk(programme: Programme, *, pk: int) -> Parked | None:
    rows = Parked.objects.of(programme).select_related("member", "source", "programme")
    found: Parked | None = rows.filter(pk=pk).first()
    return found


def sales_for(parked: Parked, *, receipt: str = "", limit: int = 20) -> list[Purchase]:
    """Sales that it may be about, the latest first: the member's, or where it names none those with this receipt."""
    if parked.member is None and not receipt:
        return []
    rows = _returnable(parked)
    if receipt:
        rows = rows.filter(receipt=receipt)
    return list(rows.order_by("-occurred_at", "-id")[:limit])


def sale_for(parked: Parked, *, public_id: uuid.UUID) -> Purchase | None:
    """The sale that a person chose, if it is one that the return may be about."""
    found: Purchase | None = _returnable(parked).filter(public_id=public_id).first()
    return found


def _returnable(parked: Parked) -> OwnedQuerySet:
    rows = Purchase.objects.of(parked.programme_id).filter(kind=Purchase.Kind.SALE)
    if parked.member is not None:
        followers = Purchase.objects.of(parked.programme_id).filter(sale=OuterRef("pk"))
        whose = followers.filter(kind=Purchase.Kind.MOVE).order_by("-id").values("member_id")[:1]
        records = list(members.records(parked.programme, people=[members.resolve(parked.member).pk]))
        rows = rows.annotate(whose=Coalesce(Subquery(whose), "member_id", output_field=BigIntegerField())).filter(
            whose__in=records
        )
        rows = rows.filter(~Exists(followers.filter(settlement__whole=True)))
    return rows.select_related("member", "shop")


def choices(parked: Parked, sales: Sequence[Purchase]) -> list[Choice]:
    """What would come back of each of these sales."""
    rows = Purchase.objects.of(parked.programme_id).filter(sale__in=[sale.pk for sale in sales], kind__in=RETURNS)
    after: dict[int, list[Purchase]] = {}
    for row in rows:
        assert row.sale_id is not None  # it follows one
        after.setdefault(row.sale_id, []).append(row)
    return [_choice(parked, sale, after.get(sale.pk, ())) for sale in sales]


def choice(parked: Parked, sale: Purchase) -> Choice:
    [found] = choices(parked, [sale])
    return found


def _choice(parked: Parked, sale: Purchase, followers: Iterable[Purchase]) -> Choice:
    """The goods by their product, whatever they cost in this sale; where one is not in it, the money they came to."""
    followers = list(followers)
    lines = [line for line in parked.request.get("lines", ()) if line.get("left", line["quantity"])]
    amount = sum(
        half_up(Fraction(line["amount"] * line.get("left", line["quantity"]), line["quantity"])) for line in lines
    )
    left = list(sold_lines(sale, followers, products={line["product"] for line in lines}))
    quantities: dict[str, int] = {}
    for line in lines:
        rest = line.get("left", line["quantity"])
        for sold in left:
            taken = min(rest, sold.left) if sold.product == line["product"] else 0
            if taken:
                sold.left -= taken
                rest -= taken
                quantities[sold.line] = quantities.get(sold.line, 0) + taken
        if rest:
            return Choice(sale, {}, amount, fits=0 < amount <= sale.total + sum(row.total for row in followers))
    return Choice(sale, quantities, amount)


def _open(source: Source, records: Sequence[int]) -> list[int]:
    rows = Parked.objects.of(source.programme_id).filter(source=source, state=WAITING, client_id__endswith=ENDING)
    return [row.member_id for row in _each(rows.only("id", "member_id"), "member_id", records)]


def _each(rows: OwnedQuerySet, column: str, values: Sequence[object]) -> list[Any]:
    """The rows with one of the values: one statement for each `limits.IN_ONE_QUERY` of them."""
    size = limits.IN_ONE_QUERY
    parts = [values[start : start + size] for start in range(0, len(values), size)]
    return [row for part in parts for row in rows.filter(**{f"{column}__in": part})]
