"""Who and what the items of a batch are about: shops, cards, members, earlier sales and what followed on them.

Read in a constant number of statements. Sales that something is to follow on are locked as they are read; the members'
accounts are locked after them, and then it is checked that the members are still who they were.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Q

from passage.cards import numbers
from passage.cards import queries as cards
from passage.cards.models import Card
from passage.members import queries as members
from passage.members.models import Member
from passage.programme import queries as programmes
from passage.programme.errors import Refused
from passage.programme.models import Programme, Shop, Source
from passage.programme.owned import OwnedQuerySet
from passage.purchases.models import REPLACING, RETURNS, Parked, Purchase
from passage.purchases.values import Item, MemberRef, Return, Sale, SaleRef


@dataclass(slots=True)
class Snapshot:
    """Who and where the items of a batch are about, looked up before the members are locked."""

    programme: Programme
    shops: dict[str, Shop]
    cards: dict[str, Card]
    by_public_id: dict[str, Member]
    by_external_id: dict[str, Member]
    sales: list[Purchase]
    followers: dict[int, list[Purchase]] = field(default_factory=dict)
    present: dict[int, Member] = field(default_factory=dict)  # who each record that was read is today

    def member(self, ref: MemberRef) -> tuple[Member | None, Card | None]:
        """The member to credit, or Refused with the reason and the field."""
        if not ref:
            return None, None
        if ref.card:
            card = cards.usable(
                card=self.cards.get(numbers.canonical(ref.card)), code=ref.card, programme=self.programme
            )
            assert card.member is not None  # usable cards are bound
            return members.usable(self.person(card.member)), card
        if ref.public_id:
            found = self.by_public_id.get(str(ref.public_id))
        else:
            found = self.by_external_id.get(ref.external_id)
        if found is None:
            raise Refused("unknown_member", field="member")
        return members.usable(found), None

    def person(self, record: Member) -> Member:
        """Who the record is today."""
        found = self.present.get(record.pk)
        return members.resolve(record) if found is None else found

    def find(self, ref: SaleRef, source: Source) -> Purchase | None:
        """The sale that ``ref`` names: by its id, by its source's id, or by its receipt key."""
        key = receipt_key(ref)
        for sale in self.sales:
            same_id = ref.client_id and sale.client_id == ref.client_id and sale.source_id == source.pk
            if sale.public_id == ref.public_id or same_id or (key and sale.receipt_key == key):
                return sale
        return None

    def returns(self, sale: Purchase) -> list[Purchase]:
        """What came back of a sale, oldest first."""
        return [row for row in self.followers.get(key_of(sale), ()) if row.kind in RETURNS]

    def counted(self, sale: Purchase) -> Purchase:
        """The row that counts for the sale now: its latest move or judgement, else the sale itself."""
        replacing = [row for row in self.followers.get(key_of(sale), ()) if row.kind in REPLACING]
        return replacing[-1] if replacing else sale

    def follow(self, sale: Purchase, row: Purchase) -> None:
        self.followers.setdefault(key_of(sale), []).append(row)

    def know(self, sales: Iterable[Purchase]) -> None:
        """Earlier sales that matter for this batch too, with what followed on them. One statement."""
        known = {sale.pk for sale in self.sales}
        new = [sale for sale in sales if sale.pk not in known]
        if new:
            self.sales += new
            self.followers |= followers(self.programme, new)

    def rows(self) -> list[Purchase]:
        return [*self.sales, *(row for rows in self.followers.values() for row in rows)]

    def people(self) -> set[int]:
        """Everybody whose accounts the batch may move, and the records they were known under."""
        return set(self.present) | {member.pk for member in self.present.values()}

    def gone(self) -> set[int]:
        """Of those, who was somebody else, or nobody, when they were read."""
        known = [*self.present.values(), *(row.member for row in self.rows() if row.member)]
        known += [card.member for card in self.cards.values() if card.member]
        return {each.pk for each in known if each.merged_into_id is not None or each.status == Member.Status.ERASED}


def key_of(sale: Purchase) -> int:
    return sale.pk or id(sale)


def receipt_key(item: Sale | Return | SaleRef) -> str:
    """The shop's natural key of a receipt: shop, till, business date and number; empty without a number."""
    if not item.receipt:
        return ""
    return "|".join([item.shop, item.till, item.business_date.isoformat() if item.business_date else "", item.receipt])


def read(programme: Programme, source: Source, batch: Sequence[Item], *, lock: bool) -> Snapshot:
    """Shops, cards, members and earlier sales named in a batch: one statement each, where any is named."""
    refs = [item.member for item in batch if isinstance(item, Sale)]
    wanted_cards = {number for ref in refs if ref.card and (number := _number(ref.card))}
    public_ids = {str(ref.public_id) for ref in refs if ref.public_id}
    external_ids = {ref.external_id for ref in refs if ref.external_id}
    codes = {item.shop for item in batch if item.shop}
    sales = _sales(programme, source, [item.sale for item in batch if isinstance(item, Return)], lock=lock)
    snapshot = Snapshot(
        programme=programme,
        shops=programmes.shops_by_codes(programme=programme, codes=codes) if codes else {},
        cards=cards.by_numbers(programme=programme, numbers=wanted_cards) if wanted_cards else {},
        by_public_id=members.by_public_ids(programme=programme, public_ids=public_ids) if public_ids else {},
        by_external_id=members.by_external_ids(programme=programme, external_ids=external_ids) if external_ids else {},
        sales=sales,
        followers=followers(programme, sales) if sales else {},
    )
    snapshot.present = _present(snapshot)
    return snapshot


def _present(snapshot: Snapshot) -> dict[int, Member]:
    """Who everybody named in the snapshot is today. No statement where nobody was merged."""
    named = [*snapshot.by_public_id.values(), *snapshot.by_external_id.values()]
    named += [card.member for card in snapshot.cards.values() if card.member]
    named += [row.member for row in snapshot.rows() if row.member]
    return dict(members.resolve_all(snapshot.programme, members={each.pk: each for each in named}.values()))


def followers(programme: Programme, sales: Iterable[Purchase]) -> dict[int, list[Purchase]]:
    """What followed on each sale, by its key, oldest first. One statement."""
    found: dict[int, list[Purchase]] = {}
    rows = Purchase.objects.of(programme).filter(sale__in=[sale.pk for sale in sales]).select_related("member")
    for row in rows.order_by("id"):
        found.setdefault(row.sale_id, []).append(row)
    return found


def redeemed_with(sale: Purchase) -> list[uuid.UUID]:
    return [uuid.UUID(each["redemption"]) for each in sale.settlement.get("rewards", ())]


def _number(text: str) -> str:
    try:
        return numbers.canonical(text)
    except Refused:
        return ""


def _sales(programme: Programme, source: Source, refs: Sequence[SaleRef], *, lock: bool) -> list[Purchase]:
    """The sales that ``refs`` name, in the order of their keys; with ``lock`` nobody else adds a follower to them now."""
    if not refs:
        return []
    wanted = []
    if public_ids := [ref.public_id for ref in refs if ref.public_id]:
        wanted.append(Q(public_id__in=public_ids))
    if client_ids := [ref.client_id for ref in refs if ref.client_id]:
        wanted.append(Q(source=source, client_id__in=client_ids))
    if keys := [key for ref in refs if (key := receipt_key(ref))]:
        wanted.append(by_receipt_key(keys))
    rows = Purchase.objects.of(programme).filter(kind=Purchase.Kind.SALE).select_related("member", "shop")
    found: list[Purchase] = each_of(rows, wanted)
    if found and lock and connection.features.has_select_for_no_key_update:
        held = rows.filter(pk__in=[sale.pk for sale in found]).order_by("id")
        list(held.select_for_update(no_key=True, of=("self",)).values_list("id"))
    return found


def by_receipt_key(keys: Sequence[str]) -> Q:
    """The exclusion is what SQLite knows the index by, which leaves sales without a receipt out."""
    return Q(receipt_key__in=keys) & ~Q(receipt_key="")


def each_of(rows: OwnedQuerySet, conditions: Sequence[Q]) -> list[Any]:
    """The rows that meet any of ``conditions``, oldest first: a search by its own index for each of them."""
    found = {row.pk: row for condition in conditions for row in rows.filter(condition)}
    return [found[pk] for pk in sorted(found)]


def parked(programme: Programme, source: Source, batch: Sequence[Item]) -> list[Parked]:
    """Returns that came before: those of this batch again, and those that wait for a sale in it."""
    ids = [item.client_id for item in batch]
    keys = [key for item in batch if (key := receipt_key(item))]
    # Each of these is one of its indexes; asked for together, SQLite would read them all.
    waiting = Q(state=Parked.State.WAITING)
    wanted = [Q(source=source, client_id__in=ids), Q(waiting, sale_client_id__in=ids)]
    wanted += [Q(waiting, sale_receipt_key__in=keys)] if keys else []
    rows = Parked.objects.of(programme)
    if connection.features.has_select_for_no_key_update:  # a person may be closing one
        rows = rows.order_by("id").select_for_update(no_key=True)
    return each_of(rows, wanted)


def with_lots(snapshot: Snapshot, batch: Sequence[Item], early: Sequence[Parked]) -> set[int]:
    """Whose lots the batch will look into: returning and redeeming members. Mere earning needs none."""
    returned = [item.sale for item in batch if isinstance(item, Return)]
    ids = {ref.client_id for ref in returned} | {each.sale_client_id for each in early}
    keys = ({receipt_key(ref) for ref in returned} | {each.sale_receipt_key for each in early}) - {""}
    records = {row.member.pk for row in snapshot.rows() if row.member}
    people = records | {snapshot.present[each].pk for each in records}
    for item in batch:
        # A sale may be returned in the very batch that brings it, or have been before it came.
        if isinstance(item, Sale) and (item.redemptions or item.client_id in ids or receipt_key(item) in keys):
            people |= _who(snapshot, item.member)
    return people


def _who(snapshot: Snapshot, ref: MemberRef) -> set[int]:
    try:
        member, _ = snapshot.member(ref)
    except Refused:
        return set()  # the sale will be refused, too
    return {member.pk} if member else set()
