"""The state: everything a batch of sales and returns needs, read in a constant number of statements.

Values are changed in memory as the batch goes on, so that the second sale of a member in one batch sees the first.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from passage.cards import numbers
from passage.cards import queries as cards
from passage.cards.models import Card
from passage.earning import queries as earning
from passage.earning.models import RuleUsage
from passage.engine.facts import UNUSED, Facts, Moment
from passage.engine.rules import PerVisit, Rule
from passage.engine.tiers import TierPolicy, window_start
from passage.ledger import queries as ledger
from passage.ledger.actions import AccountBatch
from passage.members import queries as members
from passage.members.models import Member
from passage.programme import queries as programmes
from passage.programme.errors import Refused
from passage.programme.models import Programme, Shop, Source
from passage.programme.owned import OwnedQuerySet
from passage.purchases import usage
from passage.purchases.models import Parked, Purchase
from passage.purchases.values import Item, MemberRef, Return, Sale, SaleRef
from passage.rewards import queries as rewards
from passage.rewards.models import Redemption

NEAR = timedelta(hours=12)  # visits are compared within minutes; half a day is beyond any rule's minutes


@dataclass(slots=True)
class Snapshot:
    """Who and where the items of a batch are about, looked up before any lock."""

    shops: dict[str, Shop]
    cards: dict[str, Card]
    by_public_id: dict[str, Member]
    by_external_id: dict[str, Member]
    sales: list[Purchase]
    followers: dict[int, list[Purchase]] = field(default_factory=dict)

    def member(self, ref: MemberRef) -> tuple[Member | None, Card | None]:
        """The member to credit, or Refused with the reason and the field."""
        if not ref:
            return None, None
        if ref.card:
            card = cards.usable(card=self.cards.get(numbers.canonical(ref.card)), code=ref.card)
            assert card.member is not None  # usable cards are bound
            return members.usable(card.member), card
        if ref.public_id:
            found = self.by_public_id.get(str(ref.public_id))
        else:
            found = self.by_external_id.get(ref.external_id)
        if found is None:
            raise Refused("unknown_member", field="member")
        return members.usable(found), None

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
        return [row for row in self.followers.get(sale.pk or id(sale), ()) if row.kind in RETURNS]

    def moved(self, sale: Purchase) -> Purchase | None:
        """The latest move of a sale to another member."""
        moves = [row for row in self.followers.get(sale.pk or id(sale), ()) if row.kind == Purchase.Kind.MOVE]
        return moves[-1] if moves else None

    def follow(self, sale: Purchase, row: Purchase) -> None:
        self.followers.setdefault(sale.pk or id(sale), []).append(row)


class Stale(Exception):
    """A member was merged between the look and the lock: look again."""


RETURNS = (Purchase.Kind.RETURN, Purchase.Kind.VOID)


def receipt_key(item: Sale | Return | SaleRef) -> str:
    """The shop's natural key of a receipt: shop, till, business date and number; empty without a number."""
    if not item.receipt:
        return ""
    return "|".join([item.shop, item.till, item.business_date.isoformat() if item.business_date else "", item.receipt])


class BatchState:
    """See the module. ``open`` locks; ``look`` is for quotes and writes nothing."""

    def __init__(
        self, *, programme: Programme, source: Source, at: datetime, found: Snapshot, accounts: AccountBatch
    ) -> None:
        self.programme, self.source, self.at = programme, source, at
        self.terms = programmes.terms(programme=programme)
        self.zone = ZoneInfo(programme.zone)
        self.snapshot, self.accounts = found, accounts
        self.rule_set = earning.rule_set(programme)
        self.known: dict[str, Purchase] = {}
        self.receipts: dict[str, Purchase] = {}
        self.parked: dict[tuple[int, str], Parked] = {}  # by source and its id
        self.redemptions: dict[uuid.UUID, Redemption] = {}
        self.usages: dict[tuple[int, int, str, date], RuleUsage] = {}
        self.moved_usages: dict[tuple[int, int, str, date], RuleUsage] = {}
        self.visits: dict[int, list[tuple[str, datetime]]] = {}
        self.has_bought: set[int] = set()
        self.credits: dict[int, list[tuple[datetime, int]]] = {}
        self.tier_history = earning.TierHistory(TierPolicy(), (), {}, {})

    @classmethod
    def open(cls, *, programme: Programme, source: Source, batch: Sequence[Item], at: datetime) -> BatchState:
        """Find, then lock the members' accounts, then read what must be seen under the lock."""
        found = find(programme, source, batch)
        people = _people(found, batch) | _of_sales(found)
        redeemed = {each for item in batch if isinstance(item, Sale) for each in item.redemptions}
        early = _parked(programme, source, batch)
        accounts = AccountBatch.open(
            programme=programme,
            members=people,
            with_lots=_with_lots(found, batch, early),
            causes={sale.public_id for sale in found.sales}
            | {row.public_id for rows in found.followers.values() for row in rows},
            spent={redemption for sale in found.sales for redemption in redeemed_with(sale)},
        )
        known = {card.member_id for card in found.cards.values() if card.member and card.member.merged_into_id}
        named = [*found.by_public_id.values(), *found.by_external_id.values()]
        known |= {member.pk for member in named if member.status == Member.Status.ERASED}
        if accounts.merged & (_people(found, batch) - known):
            raise Stale
        state = cls(programme=programme, source=source, at=at, found=found, accounts=accounts)
        state.parked = {(parked.source_id, parked.client_id): parked for parked in early}
        state._read_known(batch)
        state._reread_followers()
        state._read_people(people, batch)
        restored = {redemption for sale in found.sales for redemption in redeemed_with(sale)}
        if redeemed | restored:
            state.redemptions = rewards.redemptions(programme, public_ids=redeemed | restored)
        return state

    @classmethod
    def look(cls, *, programme: Programme, source: Source, sale: Sale, at: datetime) -> BatchState:
        found = find(programme, source, [sale])
        people = _people(found, [sale])
        accounts = AccountBatch.peek(programme=programme, members=people)
        state = cls(programme=programme, source=source, at=at, found=found, accounts=accounts)
        state._read_people(people, [sale])
        if sale.redemptions:
            state.redemptions = rewards.redemptions(programme, public_ids=sale.redemptions)
        return state

    # -- asking --------------------------------------------------------------------------------

    def facts(self, member: Member, moment: Moment, rules: Iterable[Rule]) -> Facts:
        """The member as the rules see them at ``moment``."""
        day = moment.local(self.terms).date()
        tier = self.tier_history.held(member.pk, before=moment.at)
        bare = Facts(
            tier=tier.code if tier else "",
            tags=tuple(member.tags),
            first_purchase=member.pk not in self.has_bought,
            birthday=month_day(member.birthday),
            name_day=month_day(member.name_day),
            minutes_since_visit=self._minutes_since_visit(member, moment),
        )
        used = {
            rule.family: usage.used(
                self.usages, member.pk, rule, day, year=usage.feast_year(rule, bare, day, self.terms)
            )
            for rule in rules
        }
        return replace(bare, used={family: each for family, each in used.items() if each != UNUSED})

    def usage(self, member_id: int, family: int, span: str, day: date) -> RuleUsage:
        """The counter to move; written with the batch."""
        key = (member_id, family, span, day)
        if key not in self.usages:
            self.usages[key] = RuleUsage(
                programme=self.programme, member_id=member_id, rule_id=family, span=span, day=day
            )
        self.moved_usages[key] = self.usages[key]
        return self.usages[key]

    # -- reading -------------------------------------------------------------------------------

    def _minutes_since_visit(self, member: Member, moment: Moment) -> int | None:
        gaps = [
            abs(int((moment.at - when).total_seconds())) // 60
            for shop, when in self.visits.get(member.pk, ())
            if shop == moment.shop
        ]
        return min(gaps, default=None)

    def _read_known(self, batch: Sequence[Item]) -> None:
        """What is known already, asked under the lock: the ids and receipt keys of the batch."""
        ids = [item.client_id for item in batch]
        keys = [key for item in batch if (key := receipt_key(item))]
        same = [Q(source=self.source, client_id__in=ids)]
        same += [by_receipt_key(keys)] if keys else []
        for row in each_of(Purchase.objects.of(self.programme).select_related("member"), same):
            self.know(row)

    def know(self, row: Purchase) -> None:
        """Remember an operation of this batch or of the past."""
        if row.source_id == self.source.pk:
            self.known[row.client_id] = row
        if row.receipt_key:
            self.receipts[row.receipt_key] = row

    def _reread_followers(self) -> None:
        """Returns and moves of the sales in question, as they stand under the lock."""
        if self.snapshot.sales:
            self.snapshot.followers = followers(self.programme, self.snapshot.sales)

    def _read_people(self, people: set[int], batch: Sequence[Item]) -> None:
        if not people:
            return
        self.tier_history = earning.tier_history(self.programme, members=people, at=self.at)
        days = {item.occurred_at.astimezone(self.zone).date() for item in batch}
        days |= {sale.occurred_at.astimezone(self.zone).date() for sale in self.snapshot.sales}
        days |= {self.at.astimezone(self.zone).date()}
        self._read_credits(people, batch)
        self.usages = earning.usages(self.programme, members=people, days=days)
        rules = self.rule_set.by_version.values()
        bought = Purchase.objects.of(self.programme).filter(kind=Purchase.Kind.SALE, member_id__in=people)
        if any(rule.when.first_purchase for rule in rules):
            kept = bought.exclude(followers__settlement__whole=True)
            self.has_bought = set(kept.values_list("member_id", flat=True).distinct())
        if any(isinstance(rule.earns, PerVisit) for rule in rules):
            times = [item.occurred_at for item in batch]
            near = bought.filter(occurred_at__range=(min(times) - NEAR, max(times) + NEAR))
            for member, shop, when in near.values_list("member_id", "shop__code", "occurred_at"):
                self.visits.setdefault(member, []).append((shop or "", when))

    def _read_credits(self, people: set[int], batch: Sequence[Item]) -> None:
        """Tier credits of every window that an item, a sale given back or a tier change asks about."""
        if not self.tier_history.tiers:
            return
        moments = [item.occurred_at for item in batch] + [sale.occurred_at for sale in self.snapshot.sales]
        moments += [change.at for changes in self.tier_history.changes.values() for change in changes]
        starts = [window_start(self.tier_history.policy, at=moment, zone=self.zone) for moment in moments]
        dated = [start for start in starts if start is not None]
        self.credits = ledger.credits(self.programme, members=people, since=min(dated, default=None))

    def credits_at(self, member_id: int, moment: datetime) -> int:
        """Credits of the window that ends with ``moment``, the sale at ``moment`` included; all of them for life."""
        start = window_start(self.tier_history.policy, at=moment, zone=self.zone)
        events = self.credits.get(member_id, ())
        return sum(amount for when, amount in events if start is None or start <= when <= moment)


def find(programme: Programme, source: Source, batch: Sequence[Item]) -> Snapshot:
    """Shops, cards, members and earlier sales named in a batch: one statement each, where any is named."""
    refs = [item.member for item in batch if isinstance(item, Sale)]
    wanted_cards = {number for ref in refs if ref.card and (number := _number(ref.card))}
    public_ids = {str(ref.public_id) for ref in refs if ref.public_id}
    external_ids = {ref.external_id for ref in refs if ref.external_id}
    codes = {item.shop for item in batch if item.shop}
    sales = _sales(programme, source, [item.sale for item in batch if isinstance(item, Return)])
    return Snapshot(
        shops=programmes.shops_by_codes(programme=programme, codes=codes) if codes else {},
        cards=cards.by_numbers(programme=programme, numbers=wanted_cards) if wanted_cards else {},
        by_public_id=members.by_public_ids(programme=programme, public_ids=public_ids) if public_ids else {},
        by_external_id=members.by_external_ids(programme=programme, external_ids=external_ids) if external_ids else {},
        sales=sales,
        followers=followers(programme, sales) if sales else {},
    )


def followers(programme: Programme, sales: Sequence[Purchase]) -> dict[int, list[Purchase]]:
    found: dict[int, list[Purchase]] = {}
    for row in (
        Purchase.objects.of(programme)
        .filter(sale__in=[sale.pk for sale in sales])
        .select_related("member")
        .order_by("id")
    ):
        assert row.sale_id is not None
        found.setdefault(row.sale_id, []).append(row)
    return found


def redeemed_with(sale: Purchase) -> list[uuid.UUID]:
    return [uuid.UUID(each["redemption"]) for each in sale.settlement.get("rewards", ())]


def month_day(text: str) -> tuple[int, int] | None:
    return (int(text[:2]), int(text[3:])) if text else None


def _number(text: str) -> str:
    try:
        return numbers.canonical(text)
    except Refused:
        return ""


def _sales(programme: Programme, source: Source, refs: Sequence[SaleRef]) -> list[Purchase]:
    if not refs:
        return []
    wanted = []
    if public_ids := [ref.public_id for ref in refs if ref.public_id]:
        wanted.append(Q(public_id__in=public_ids))
    if client_ids := [ref.client_id for ref in refs if ref.client_id]:
        wanted.append(Q(source=source, client_id__in=client_ids))
    if keys := [key for ref in refs if (key := receipt_key(ref))]:
        wanted.append(by_receipt_key(keys))
    return each_of(Purchase.objects.of(programme).filter(kind=Purchase.Kind.SALE).select_related("member"), wanted)


def by_receipt_key(keys: Sequence[str]) -> Q:
    """The exclusion is what SQLite knows the index by, which leaves sales without a receipt out."""
    return Q(receipt_key__in=keys) & ~Q(receipt_key="")


def each_of(rows: OwnedQuerySet, conditions: Sequence[Q]) -> list[Any]:
    """The rows that meet any of ``conditions``, oldest first: a search by its own index for each of them."""
    found = {row.pk: row for condition in conditions for row in rows.filter(condition)}
    return [found[pk] for pk in sorted(found)]


def _parked(programme: Programme, source: Source, batch: Sequence[Item]) -> list[Parked]:
    """Returns that came before: those of this batch again, and those that wait for a sale in it."""
    ids = [item.client_id for item in batch]
    keys = [key for item in batch if (key := receipt_key(item))]
    # Each of these is one of its indexes; asked for together, SQLite would read them all.
    waiting = Q(state=Parked.State.WAITING)
    wanted = [Q(source=source, client_id__in=ids), Q(waiting, sale_client_id__in=ids)]
    wanted += [Q(waiting, sale_receipt_key__in=keys)] if keys else []
    rows = Parked.objects.of(programme).select_for_update(no_key=True).order_by("id")  # a person may be closing one
    return each_of(rows, wanted)


def _people(found: Snapshot, batch: Sequence[Item]) -> set[int]:
    people = {card.member_id for card in found.cards.values() if card.member_id}
    people |= {member.pk for member in found.by_public_id.values()}
    people |= {member.pk for member in found.by_external_id.values()}
    merged = [card.member for card in found.cards.values() if card.member and card.member.merged_into_id]
    return people | {members.resolve(member).pk for member in merged}


def _of_sales(found: Snapshot) -> set[int]:
    """The members of earlier sales and of what followed them, and who those are today."""
    rows = [*found.sales, *(row for rows in found.followers.values() for row in rows)]
    people = {row.member.pk: row.member for row in rows if row.member}
    return set(people) | {members.resolve(member).pk for member in people.values()}


def _with_lots(found: Snapshot, batch: Sequence[Item], early: Sequence[Parked]) -> set[int]:
    """Whose lots the batch will look into: returning and redeeming members. Mere earning needs none."""
    returned = [item.sale for item in batch if isinstance(item, Return)]
    ids = {ref.client_id for ref in returned} | {parked.sale_client_id for parked in early}
    keys = ({receipt_key(ref) for ref in returned} | {parked.sale_receipt_key for parked in early}) - {""}
    people = _of_sales(found)
    for item in batch:
        # A sale may be returned in the very batch that brings it, or have been before it came.
        if isinstance(item, Sale) and (item.redemptions or item.client_id in ids or receipt_key(item) in keys):
            people |= _who(found, item.member)
    return people


def _who(found: Snapshot, ref: MemberRef) -> set[int]:
    try:
        member, _ = found.member(ref)
    except Refused:
        return set()  # the sale will be refused, too
    return {member.pk} if member else set()
