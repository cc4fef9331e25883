"""Quotes, receipts and the sales of a member."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce

from passage.cards import queries as cards
from passage.engine.claims import Counter, apply_claim
from passage.engine.facts import Facts
from passage.engine.money import ceil_div
from passage.engine.reasons import Step, WhyNot, why_not
from passage.engine.rewards import NEVER_HAD, Cashback, Claim, Had
from passage.engine.rewards import Reward as EngineReward
from passage.engine.settled import SettledLine
from passage.members import queries as member_queries
from passage.members.models import Member
from passage.programme.errors import Refused
from passage.programme.models import Programme, Source
from passage.programme.snapshot import one_moment
from passage.purchases.models import Parked, Purchase, PurchaseQuerySet
from passage.purchases.settling import Case, case, purses
from passage.purchases.state import BatchState
from passage.purchases.values import MemberRef, Receipt, Sale
from passage.rewards import queries as rewards
from passage.rewards.models import RewardVersion


@dataclass(frozen=True, slots=True)
class Offer:
    """A reward of the catalogue for this basket and member; ``why_not`` None: it can be had now.

    ``points`` it costs, ``value`` it takes off (minor units), ``missing`` points to reach it.
    """

    reward: uuid.UUID
    name: str
    kind: str
    unit: str
    settlement: str
    points: int
    value: int
    missing: int
    why_not: Step | None


def is_recorded(source: Source, *, client_id: str) -> bool:
    """Whether the source told of an operation of this name before."""
    return Purchase.objects.of(source.programme_id).filter(source=source, client_id=client_id).exists()


def given_by(programme: Programme, *, by: str, sources: Collection[str], since: datetime) -> int:
    """The points of all units that this person gave by purchases of these sources since then."""
    rows = Purchase.objects.of(programme).filter(by=by, source__code__in=sources, recorded_at__gte=since, kind="sale")
    return sum(each["points"] for row in rows.only("settlement") for each in row.settlement.get("earned", ()))


@dataclass(frozen=True, slots=True)
class Quote:
    """What recording the sale now would answer; nothing was written."""

    member: Member | None
    settlement: dict[str, Any]
    refused: tuple[tuple[str, Step], ...]
    offers: tuple[Offer, ...]
    balance_after: dict[str, int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A reward to try on the quote; ``amount`` minor units for cashback."""

    reward: uuid.UUID
    amount: int | None = None


@one_moment()
def quote(*, programme: Programme, source: Source, sale: Sale, wanted: Sequence[Wanted] = (), at: datetime) -> Quote:
    """Preview of `record`: the same state of one moment, the same settling, no locks, no writes. Refused as record refuses."""
    state = BatchState.look(programme=programme, source=source, sale=sale, at=at)
    catalogue = rewards.catalogue(programme, at=at)
    member, _ = state.snapshot.member(sale.member)
    had = rewards.had(programme, member=member) if member else {}
    tried = case(state, sale, wishes=_wishes(catalogue, wanted, had))
    offers: tuple[Offer, ...] = ()
    after: dict[str, int] = {}
    if member is not None and tried.facts is not None:
        offers = _offers(state, member, tried, tried.facts, catalogue, had)
        after = _balance_after(state, member, tried)
    return Quote(
        member=member,
        settlement=tried.as_json(state),
        refused=tuple((claim.key, why) for claim, why in tried.settled.refused),
        offers=offers,
        balance_after=after,
    )


def _wishes(catalogue: Sequence[RewardVersion], wanted: Sequence[Wanted], had: Mapping[int, Had]) -> list[Claim]:
    by_id = {version.reward.public_id: version for version in catalogue}
    claims = []
    for wish in wanted:
        if wish.reward in by_id:
            reward = rewards.value(by_id[wish.reward])
            known = had.get(reward.family, NEVER_HAD)
            claims.append(Claim(key=str(wish.reward), reward=reward, amount=wish.amount, had=known))
    return claims


def _balance_after(state: BatchState, member: Member, tried: Case) -> dict[str, int]:
    spent: dict[str, int] = {}
    for applied in tried.settled.applied:
        spent[applied.claim.reward.unit] = spent.get(applied.claim.reward.unit, 0) + applied.points
    return {
        account_state.unit.code: account_state.account.balance
        + tried.settled.earning.points(account_state.unit.code)
        - spent.get(account_state.unit.code, 0)
        for account_state in state.accounts.account_states(member.pk)
    }


def _offers(
    state: BatchState,
    member: Member,
    tried: Case,
    facts: Facts,
    catalogue: Sequence[RewardVersion],
    had: Mapping[int, Had],
) -> tuple[Offer, ...]:
    """Every reward tried by itself on the basket: those that can be had first, then the nearest (S-38)."""
    lines = tuple(SettledLine(line) for line in tried.sale.basket.lines)
    held = purses(state, member)
    counter = Counter(
        currency=tried.sale.basket.currency,
        available={unit: purse.available for unit, purse in held.items()},
        debt={unit: purse.debt for unit, purse in held.items()},
        facts=facts,
        moment=tried.moment,
        terms=state.terms,
    )
    offers = [_offer(version, lines, counter, had.get(version.reward_id, NEVER_HAD)) for version in catalogue]
    return tuple(sorted(offers, key=lambda offer: (offer.why_not is not None, offer.missing, offer.points)))


def _offer(version: RewardVersion, lines: Sequence[SettledLine], counter: Counter, had: Had) -> Offer:
    reward = rewards.value(version)
    tried = _out_of_stock(version, reward) or apply_claim(Claim("offer", reward, had=had), lines, counter)
    why = tried if isinstance(tried, Step) else None
    points = _price(reward, counter) if isinstance(tried, Step) else tried.points
    return Offer(
        reward=version.reward.public_id,
        name=version.reward.name,
        kind=reward.gives.kind,
        unit=reward.unit,
        settlement=reward.settlement.value,
        points=points,
        value=0 if isinstance(tried, Step) else tried.value,
        missing=max(points - counter.available.get(reward.unit, 0), 0),
        why_not=why,
    )


def _price(reward: EngineReward, counter: Counter) -> int:
    if isinstance(reward.gives, Cashback):
        return ceil_div(reward.gives.least, reward.gives.worth)
    return reward.cost


def _out_of_stock(version: RewardVersion, reward: EngineReward) -> Step | None:
    return why_not(WhyNot.OUT_OF_STOCK, rule=reward.name) if version.reward.stock == 0 else None


def receipt(row: Purchase, *, recorded: bool) -> Receipt:
    """A recorded operation as its source gets it, first or again."""
    return Receipt(
        public_id=row.public_id,
        kind=row.kind,
        client_id=row.client_id,
        member=row.member.public_id if row.member else None,
        occurred_at=row.occurred_at,
        recorded=recorded,
        currency=row.currency,
        total=row.total,
        settlement=row.settlement,
    )


def any_purchase(programme: Programme, /) -> bool:
    """Whether anything was ever bought here."""
    return Purchase.objects.of(programme).exists()


def by_public_id(programme: Programme, *, public_id: uuid.UUID) -> Purchase | None:
    rows = Purchase.objects.of(programme).select_related("member", "shop", "card", "sale", "source")
    found: Purchase | None = rows.filter(public_id=public_id).first()
    return found


def member_of(programme: Programme, ref: MemberRef) -> Member:
    """The member that a reference names. Raises `Refused` as a sale for them would."""
    if ref.card:
        card = cards.read(programme=programme, code=ref.card)
        assert card.member is not None  # usable cards are bound
        return member_queries.usable(card.member)
    if ref.public_id is not None:
        found = member_queries.by_public_id(programme=programme, public_id=ref.public_id)
    else:
        found = member_queries.by_external_ids(programme=programme, external_ids=[ref.external_id]).get(ref.external_id)
    if found is None:
        raise Refused("unknown_member", field="member")
    return member_queries.usable(found)


def standing(programme: Programme, *, people: Collection[int]) -> PurchaseQuerySet:
    """What these persons have bought, as it stands now: the one answer to "who bought what". See `PurchaseQuerySet`."""
    records = list(member_queries.records(programme, people=people))
    rows: PurchaseQuerySet = Purchase.objects.of(programme).standing().filter(member_id__in=records)
    return rows


def of_member(member: Member, *, limit: int = 20, before: int | None = None) -> list[Purchase]:
    """The person's sales and returns under all their records, newest first."""
    records = list(member_queries.records(member.programme, people=[member.pk]))
    rows = Purchase.objects.of(member.programme_id).filter(member_id__in=records).select_related("shop")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows.order_by("-id")[:limit])


def last_visits(programme: Programme, *, members: Sequence[Member]) -> dict[int, Purchase]:
    """The latest standing purchase of each person that has one, with its shop, by the member's key. Three statements."""
    records = member_queries.records(programme, people=[member.pk for member in members])
    bought = Purchase.objects.of(programme).standing()
    latest = bought.filter(member=OuterRef("pk")).order_by("-occurred_at", "-id").values("id")[:1]
    rows = Member.objects.of(programme).filter(pk__in=list(records)).annotate(latest=Subquery(latest))
    ids = [each for each in rows.values_list("latest", flat=True) if each]
    visits: dict[int, Purchase] = {}
    for row in Purchase.objects.of(programme).filter(pk__in=ids).select_related("shop").order_by("occurred_at", "id"):
        visits[records[row.member_id]] = row
    return visits


def seen_since(programme: Programme, *, since: datetime) -> PurchaseQuerySet:
    """Whatever was bought or brought back since then, but for what belongs to somebody else by now."""
    moved = Purchase.objects.filter(
        programme=OuterRef("programme"),
        sale_id=Coalesce(OuterRef("sale_id"), OuterRef("id")),
        kind=Purchase.Kind.MOVE,
        id__gt=OuterRef("id"),
    )
    rows: PurchaseQuerySet = Purchase.objects.of(programme).filter(~Exists(moved), occurred_at__gte=since)
    return rows


def by_causes(programme: Programme, *, causes: Sequence[uuid.UUID]) -> dict[uuid.UUID, Purchase]:
    """The purchases behind ledger entries, to name the receipt beside each. One statement."""
    rows = Purchase.objects.of(programme).filter(public_id__in=list(causes)).select_related("shop")
    return {row.public_id: row for row in rows}


def parked_with_sale(programme: Programme, *, limit: int = 200) -> list[Parked]:
    """Waiting returns whose sale is here after all, oldest first."""
    sales = Purchase.objects.of(programme).filter(kind=Purchase.Kind.SALE)
    by_id = sales.filter(source=OuterRef("source"), client_id=OuterRef("sale_client_id"))
    by_receipt = sales.exclude(receipt_key="").filter(receipt_key=OuterRef("sale_receipt_key"))
    rows = Parked.objects.of(programme).filter(state=Parked.State.WAITING).select_related("source")
    return list(rows.filter(Exists(by_id) | Exists(by_receipt)).order_by("id")[:limit])


def newest_number() -> int:
    """The largest number of a purchase in this installation; 0 before the first. It grows with each, and may skip some."""
    return int(Purchase.objects.order_by("-id").values_list("id", flat=True).first() or 0)
