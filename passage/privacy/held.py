"""Everything held about one person, as tables of plain values: what is handed out when they ask for it.

A row is a mapping of column to value; the columns are part of what is documented (docs/privacy.md). Instants are ISO
text in the programme's zone, money is minor units, points are whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from passage.audit.models import Event
from passage.cards.models import Card
from passage.journal.models import TillOperation
from passage.ledger import queries as ledger
from passage.ledger.queries import Movement
from passage.members.models import Consent, Member, Merge
from passage.privacy.people import records_of
from passage.programme import limits
from passage.programme.snapshot import one_moment
from passage.purchases.models import Purchase
from passage.purchases.queries import by_causes
from passage.rewards.models import Redemption
from passage.ui.sentences import sentence

Row = dict[str, Any]
DETAILS = ("first_name", "last_name", "email", "phone", "birthday", "name_day", "language", "external_id", "status")


@dataclass(frozen=True, slots=True)
class Held:
    """``tables`` by name, in the order of docs/privacy.md; ``events`` is the log about them, for a door to put in words."""

    member: Member
    at: datetime
    tables: dict[str, list[Row]]
    events: tuple[Event, ...]


@one_moment()
def everything(member: Member, *, at: datetime) -> Held:
    """All of the member and of the records merged into them, of one moment. Sentences come in the active language."""
    people = records_of(member)
    zone = ZoneInfo(member.programme.zone)
    purchases = list(_theirs(Purchase, people).select_related("shop", "sale").order_by("id"))
    tables = {
        "details": [_details(each, zone) for each in people],
        "consents": [_consent(row, zone) for row in _theirs(Consent, people).order_by("id")],
        "cards": [_card(row, zone) for row in _theirs(Card, people).order_by("id")],
        "balances": [row for each in people for row in _balances(each, at)],
        "lots": [row for each in people for row in _lots(each, at, zone)],
        "entries": [row for each in people for row in _entries(each, zone)],
        "purchases": [_purchase(row, zone) for row in purchases],
        "lines": [line for row in purchases for line in _lines(row)],
        "redemptions": [
            _redemption(row, zone)
            for row in _theirs(Redemption, people).select_related("version__reward").order_by("id")
        ],
        "tiers": [row for each in people for row in _tiers(each, zone)],
        "merges": [_merge(row, zone) for row in _merges(people)],
        "till": [_operation(row, zone) for row in _operations(people)],
    }
    return Held(member, at, tables, tuple(_events(people)))


def _theirs(model: Any, people: Sequence[Member]) -> Any:
    return model.objects.of(people[0].programme_id).filter(member__in=people)


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds") if at else ""


def _details(member: Member, zone: ZoneInfo) -> Row:
    told = {name: getattr(member, name) for name in DETAILS}
    return {
        "member": str(member.public_id),
        **told,
        "tags": ", ".join(member.tags),
        "log_in": member.login.email if member.login else "",
        "joined_at": _moment(member.joined_at, zone),
    }


def _consent(row: Consent, zone: ZoneInfo) -> Row:
    return {
        "purpose": row.purpose,
        "given": row.given,
        "version": row.version,
        "wording": row.wording,
        "source": row.source,
        "at": _moment(row.at, zone),
    }


def _card(row: Card, zone: ZoneInfo) -> Row:
    return {
        "number": row.number,
        "state": row.state,
        "reason": row.reason,
        "made_at": _moment(row.made_at, zone),
        "changed_at": _moment(row.changed_at, zone),
    }


def _balances(member: Member, at: datetime) -> Iterator[Row]:
    totals = ledger.totals(member)
    for each in ledger.balances(member, at=at):
        told = totals.get(each.unit, ledger.Totals())
        yield {
            "member": str(member.public_id),
            "unit": each.unit,
            "available": each.available,
            "pending": each.pending,
            "reserved": each.reserved,
            "owed": each.debt,
            "earned": told.earned,
            "used": told.used,
            "expired": told.expired,
            "other": told.other,
            "balance": each.balance,
        }


def _lots(member: Member, at: datetime, zone: ZoneInfo) -> Iterator[Row]:
    for each in ledger.balances(member, at=at):
        if each.account_id is None:
            continue
        for lot in ledger.lots(each.account_id, programme=member.programme):
            yield {
                "unit": each.unit,
                "left": lot.left,
                "size": lot.size,
                "opened_at": _moment(lot.opened_at, zone),
                "active_from": _moment(lot.active_from, zone),
                "expires_at": _moment(lot.expires_at, zone),
            }


def _entries(member: Member, zone: ZoneInfo) -> Iterator[Row]:
    """Oldest first, each with its reasons in words; read in pages, so that a long history asks for little at once."""
    kinds = {unit.code: unit.kind for unit in ledger.units(member.programme)}
    pages: list[list[Movement]] = []
    before: int | None = None
    while page := ledger.history(member, limit=limits.IN_ONE_QUERY, before=before):
        pages.append(page)
        before = page[-1].id
    for page in reversed(pages):
        receipts = by_causes(member.programme, causes=list({each.cause for each in page}))
        for each in reversed(page):
            found = receipts.get(each.cause)
            yield {
                "at": _moment(each.occurred_at, zone),
                "unit": each.unit,
                "kind": each.kind,
                "points": each.points,
                "tier_credits": each.credits,
                "receipt": found.receipt if found else "",
                "explanation": " ".join(_said(each, kinds[each.unit], member)),
            }


def _said(each: Movement, kind: str, member: Member) -> Iterator[str]:
    for step in each.because:
        params = {name: value for name, value in step.items() if name != "code"}
        programme = member.programme
        yield sentence(step["code"], params, currency=programme.currency, zone=programme.zone, unit=kind)


def _purchase(row: Purchase, zone: ZoneInfo) -> Row:
    return {
        "purchase": str(row.public_id),
        "kind": row.kind,
        "of_purchase": str(row.sale.public_id) if row.sale else "",
        "shop": row.shop.name if row.shop else "",
        "till": row.till,
        "receipt": row.receipt,
        "total": row.total,
        "currency": row.currency,
        "reason": row.reason,
        "at": _moment(row.occurred_at, zone),
    }


def _lines(row: Purchase) -> Iterator[Row]:
    settled = {line["id"]: line for line in row.settlement.get("lines", ())}
    for line in row.basket.get("lines", ()):
        yield {
            "purchase": str(row.public_id),
            "line": line["id"],
            "product": line.get("product", ""),
            "name": line.get("name", ""),
            "quantity_thousandths": line.get("quantity", 1000),
            "amount": line["amount"],
            "discount": settled.get(line["id"], {}).get("discount", 0),
        }


def _redemption(row: Redemption, zone: ZoneInfo) -> Row:
    return {
        "redemption": str(row.public_id),
        "reward": row.version.reward.name,
        "state": row.state,
        "points": row.points,
        "spent": row.spent,
        "given_back": row.reversed,
        "value": row.value,
        "order": row.order,
        "made_at": _moment(row.made_at, zone),
        "closed_at": _moment(row.closed_at, zone),
    }


def _tiers(member: Member, zone: ZoneInfo) -> Iterator[Row]:
    for row in member.tier_changes.select_related("tier").order_by("id"):
        yield {
            "tier": row.tier.name if row.tier else "",
            "why": row.why,
            "credits": row.credits,
            "at": _moment(row.at, zone),
        }


def _merges(people: Sequence[Member]) -> Iterable[Merge]:
    rows = Merge.objects.of(people[0].programme_id).filter(Q(kept__in=people) | Q(gone__in=people))
    return list(rows.select_related("gone", "kept").order_by("id"))


def _merge(row: Merge, zone: ZoneInfo) -> Row:
    return {
        "kept": str(row.kept.public_id),
        "gone": str(row.gone.public_id),
        "reason": row.reason,
        "at": _moment(row.at, zone),
        "undone_at": _moment(row.undone_at, zone),
    }


def _operations(people: Sequence[Member]) -> Iterable[TillOperation]:
    rows = TillOperation.objects.of(people[0].programme_id).filter(purchase__member__in=people)
    return list(rows.order_by("id"))


def _operation(row: TillOperation, zone: ZoneInfo) -> Row:
    return {
        "operation": str(row.op_id),
        "kind": row.kind,
        "state": row.state,
        "as_sent": row.payload,
        "at": _moment(row.occurred_at, zone),
    }


def _events(people: Sequence[Member]) -> Iterable[Event]:
    cards = _theirs(Card, people).values_list("pk", flat=True)
    subjects = [*(f"member:{each.public_id}" for each in people), *(f"card:{pk}" for pk in cards)]
    rows = Event.objects.of(people[0].programme_id).filter(subject__in=subjects[: limits.IN_ONE_QUERY])
    return list(rows.order_by("id"))
