"""Reading the vault: balances, lots, history and credits, as values."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Min, Q, Sum
from django.db.models.functions import Coalesce

from passage.engine.lots import NEVER
from passage.engine.tier_changes import Credit
from passage.ledger.models import Account, Allocation, Correction, Entry, Lot, Unit
from passage.members.models import Member
from passage.programme.models import Programme
from passage.programme.owned import OwnedQuerySet
from passage.programme.snapshot import one_moment

SOON = timedelta(days=30)
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Balance:
    """What a member holds of a unit. ``available`` can be spent now; ``expiring`` ends before ``SOON`` has passed."""

    unit: str
    name: str
    kind: str
    account_id: int | None
    balance: int
    available: int
    pending: int
    reserved: int
    debt: int
    expiring: int
    expiring_on: datetime | None


@dataclass(frozen=True, slots=True)
class Totals:
    """What became of everything since the beginning; ``earned`` - ``used`` - ``expired`` + ``other``
    is the balance.

    ``earned`` is less what was taken back, ``used`` less what was given back; ``other`` came by corrections and
    merges, or went.
    """

    earned: int = 0
    used: int = 0
    expired: int = 0
    other: int = 0


@dataclass(frozen=True, slots=True)
class LotLine:
    id: int
    size: int
    left: int
    opened_at: datetime
    active_from: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Movement:
    """An entry as the member may read it. ``lots`` are (lot id, points) taken or put back."""

    id: int
    unit: str
    kind: str
    points: int
    credits: int
    cause: uuid.UUID
    because: list[dict[str, Any]]
    by: str
    occurred_at: datetime
    recorded_at: datetime
    lots: tuple[tuple[int, int], ...]


@one_moment()
def balances(member: Member, *, at: datetime) -> list[Balance]:
    """One balance per unit of the programme, also where no account exists yet. Three statements, of one moment."""
    units = list(Unit.objects.of(member.programme_id).order_by("id"))
    accounts = {row.unit_id: row for row in Account.objects.of(member.programme_id).filter(member=member)}
    lots: dict[int, list[Lot]] = {}
    for lot in Lot.objects.of(member.programme_id).filter(account__in=accounts.values(), left__gt=0):
        lots.setdefault(lot.account_id, []).append(lot)
    return [_balance(unit, accounts.get(unit.pk), lots, at) for unit in units]


def _balance(unit: Unit, account: Account | None, lots: dict[int, list[Lot]], at: datetime) -> Balance:
    if account is None:
        return Balance(unit.code, unit.name, unit.kind, None, 0, 0, 0, 0, 0, 0, None)
    mine = lots.get(account.pk, [])
    usable = [lot for lot in mine if lot.active_from <= at < _end(lot, account)]
    soon = [lot for lot in usable if _end(lot, account) <= at + SOON]
    free = max(sum(lot.left for lot in usable) - account.reserved, 0)
    return Balance(
        unit=unit.code,
        name=unit.name,
        kind=unit.kind,
        account_id=account.pk,
        balance=account.balance,
        available=0 if account.debt else free,
        pending=sum(lot.left for lot in mine if lot.active_from > at),
        reserved=account.reserved,
        debt=account.debt,
        expiring=sum(lot.left for lot in soon),
        expiring_on=min((_end(lot, account) for lot in soon), default=None),
    )


def totals(member: Member) -> dict[str, Totals]:
    """By unit, what became of all the member ever had. One statement."""
    rows = Entry.objects.of(member.programme_id).filter(account__member=member).order_by()
    found: dict[str, dict[str, int]] = {}
    for unit, kind, points in rows.values_list("account__unit__code", "kind").annotate(total=Sum("points")):
        found.setdefault(unit, {})[kind] = points
    return {
        unit: Totals(
            earned=kinds.pop(Entry.Kind.EARN, 0) + kinds.pop(Entry.Kind.CLAWBACK, 0),
            used=-kinds.pop(Entry.Kind.SPEND, 0) - kinds.pop(Entry.Kind.RESTORE, 0),
            expired=-kinds.pop(Entry.Kind.EXPIRE, 0),
            other=sum(kinds.values()),
        )
        for unit, kinds in found.items()
    }


def _end(lot: Lot, account: Account) -> datetime:
    return min(lot.expires_at or NEVER, account.idle_until or NEVER)


def lots(account_id: int, *, programme: Programme) -> list[LotLine]:
    """Lots with something left, in the order they will be used."""
    rows = Lot.objects.of(programme).filter(account_id=account_id, left__gt=0)
    lines = [LotLine(lot.pk, lot.size, lot.left, lot.opened_at, lot.active_from, lot.expires_at) for lot in rows]
    return sorted(lines, key=lambda lot: (lot.expires_at or NEVER, lot.opened_at, lot.id))


def lots_by_ids(programme: Programme, *, ids: Collection[int]) -> dict[int, LotLine]:
    """Lots by id, also those with nothing left: what a movement took from. One statement."""
    rows = Lot.objects.of(programme).filter(pk__in=ids)
    return {lot.pk: LotLine(lot.pk, lot.size, lot.left, lot.opened_at, lot.active_from, lot.expires_at) for lot in rows}


def history(member: Member, *, limit: int = 20, before: int | None = None, unit: str | None = None) -> list[Movement]:
    """The member's entries, newest first; ``before`` an entry id for the next page. Two statements."""
    rows = Entry.objects.of(member.programme_id).filter(account__member=member).select_related("account__unit")
    if before is not None:
        rows = rows.filter(id__lt=before)
    if unit is not None:
        rows = rows.filter(account__unit__code=unit)
    return _movements(list(rows.order_by("-id")[:limit]))


def entries_for(programme: Programme, *, cause: uuid.UUID) -> list[Movement]:
    """What one purchase or redemption moved."""
    rows = Entry.objects.of(programme).filter(cause=cause).select_related("account__unit")
    return _movements(list(rows.order_by("id")))


def _movements(entries: list[Entry]) -> list[Movement]:
    parts: dict[int, list[tuple[int, int]]] = {}
    programme = entries[0].programme_id if entries else None
    rows = (
        Allocation.objects.of(programme)
        .filter(entry__in=entries)
        .order_by("id")
        .values_list("entry_id", "lot_id", "points")
    )
    for entry_id, lot_id, points in rows:
        parts.setdefault(entry_id, []).append((lot_id, points))
    return [
        Movement(
            id=entry.pk,
            unit=entry.account.unit.code,
            kind=entry.kind,
            points=entry.points,
            credits=entry.credits,
            cause=entry.cause,
            because=entry.because,
            by=entry.by,
            occurred_at=entry.occurred_at,
            recorded_at=entry.recorded_at,
            lots=tuple(parts.get(entry.pk, ())),
        )
        for entry in entries
    ]


def credits(programme: Programme, *, records: Mapping[int, int], since: datetime) -> dict[int, list[Credit]]:
    """Each person's tier credits that count from ``since`` on, or that something happened to since then.

    ``records``: see `members.queries.records`. A person's are those of all their records. Two statements.
    """
    holders = _holders(programme, records)
    recent = Q(counts_at__gte=since) | Q(occurred_at__gte=since)
    rows = _credited(programme, holders).filter(recent).order_by("id")
    events: dict[int, list[Credit]] = {}
    for account_id, *credit in rows.values_list("account_id", "counts_at", "occurred_at", "credits"):
        events.setdefault(holders[account_id], []).append(Credit(*credit))
    return events


def credits_before(programme: Programme, *, records: Mapping[int, int], until: datetime) -> dict[int, int]:
    """The sum of each person's older tier credits: of those that `credits` leaves out. Two statements."""
    holders = _holders(programme, records)
    rows = _credited(programme, holders).filter(counts_at__lt=until, occurred_at__lt=until).order_by()
    sums: dict[int, int] = {}
    for account_id, total in rows.values_list("account_id").annotate(total=Sum("credits")):
        sums[holders[account_id]] = sums.get(holders[account_id], 0) + total
    return sums


def first_credits(programme: Programme, *, records: Mapping[int, int]) -> datetime | None:
    """The first moment at which tier credits of these records count."""
    rows = _credited(programme, _holders(programme, records))
    first: datetime | None = rows.aggregate(first=Min("counts_at"))["first"]
    return first


def _holders(programme: Programme, records: Mapping[int, int]) -> dict[int, int]:
    """Who each account of these records belongs to today."""
    accounts = Account.objects.of(programme).filter(member_id__in=list(records))
    return {account: records[record] for account, record in accounts.values_list("id", "member_id")}


def _credited(programme: Programme, accounts: Collection[int]) -> OwnedQuerySet:
    # By account and not by member: a join leaves it to the planner to begin at the wrong end.
    rows: OwnedQuerySet = Entry.objects.of(programme).filter(~Q(credits=0), account_id__in=list(accounts))
    return rows


def credit_sums(programme: Programme, *, since: datetime | None, until: datetime) -> Iterator[int]:
    """For every person with tier credits between two moments, their sum. One statement, read as it comes."""
    rows = Entry.objects.of(programme).filter(~Q(credits=0), counts_at__lte=until).order_by()
    if since is not None:
        rows = rows.filter(counts_at__gte=since)
    person = Coalesce("account__member__merged_into_id", "account__member_id")
    sums = rows.annotate(person=person).values_list("person").annotate(total=Sum("credits"))
    for _person, total in sums.iterator():
        yield total


def corrections_asked(programme: Programme, *, at: datetime) -> list[Correction]:
    """The corrections that wait for a second person, oldest first."""
    waiting = Correction.objects.of(programme).filter(state=Correction.State.ASKED, until__gt=at)
    return list(waiting.select_related("member", "unit", "programme").order_by("id")[:SHOWN])


def corrections_done(programme: Programme, *, by: str = "", limit: int = 25) -> list[Correction]:
    """The latest corrections that wait no longer, newest first; ``by``: of this person."""
    rows = Correction.objects.of(programme).exclude(state=Correction.State.ASKED)
    if by:
        rows = rows.filter(by=by)
    return list(rows.select_related("member", "unit").order_by("-id")[:limit])


def corrections_booked(programme: Programme, *, since: datetime, until: datetime) -> list[Correction]:
    """The corrections asked for in that time that were booked, oldest first."""
    rows = Correction.objects.of(programme).filter(entry__isnull=False, at__gte=since, at__lt=until)
    return list(rows.select_related("member", "unit").order_by("id"))


def correction(programme: Programme, *, pk: int) -> Correction | None:
    rows = Correction.objects.of(programme).select_related("member__programme", "unit", "programme")
    found: Correction | None = rows.filter(pk=pk).first()
    return found


def earned_by(programme: Programme, *, cause: uuid.UUID, unit: str) -> Entry | None:
    """The entry by which a purchase gave points of the unit."""
    rows = Entry.objects.of(programme).filter(cause=cause, kind=Entry.Kind.EARN, account__unit__code=unit)
    found: Entry | None = rows.order_by("id").first()
    return found


def waiting_once(programme: Programme, *, once: uuid.UUID) -> bool:
    """Whether what was sent under this name waits for a second person, or was answered by one."""
    return Correction.objects.of(programme).filter(once=once).exists()


def units(programme: Programme) -> list[Unit]:
    return list(Unit.objects.of(programme).order_by("id"))


def account(programme: Programme, *, account_id: int) -> Account | None:
    rows = Account.objects.of(programme).select_related("member", "unit")
    return rows.filter(pk=account_id).first()


def sums(account_id: int, *, programme: Programme) -> dict[str, int]:
    """What all entries of the account add up to, by kind: together, its balance. One statement."""
    rows = Entry.objects.of(programme).filter(account_id=account_id).order_by()
    return dict(rows.values_list("kind").annotate(total=Sum("points")))


def origins(account_id: int, *, programme: Programme) -> dict[int, tuple[uuid.UUID, list[dict[str, Any]]]]:
    """For each lot with something left, the cause and the reasons of the entry that opened it. One statement."""
    rows = Lot.objects.of(programme).filter(account_id=account_id, left__gt=0)
    kept = rows.values_list("id", "entry__cause", "entry__because")
    return {lot: (cause, because) for lot, cause, because in kept}


def merged_lots(programme: Programme, *, cause: uuid.UUID) -> list[int]:
    """The lots that a merge emptied."""
    rows = Lot.objects.of(programme).filter(entry__cause=cause, instead_of__isnull=False)
    return list(rows.values_list("instead_of_id", flat=True))


def touched_merges(programme: Programme, *, causes: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Of these merges, those that something was taken from since: lots they made are not whole any more."""
    rows = Lot.objects.of(programme).filter(entry__cause__in=list(causes), instead_of__isnull=False)
    return set(rows.exclude(size=F("left")).values_list("entry__cause", flat=True))


def reserved_merges(programme: Programme, *, causes: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Of these merges, those whose points are reserved: without them the account holds less than is reserved in it."""
    rows = Lot.objects.of(programme).filter(entry__cause__in=list(causes), instead_of__isnull=False)
    reserved_in = rows.filter(account__reserved__gt=0).values_list("account", "account__reserved", "entry__cause")
    brought = list(reserved_in.annotate(points=Sum("left")))
    accounts = {account for account, _, _, _ in brought}
    lots = Lot.objects.of(programme).filter(account__in=accounts, left__gt=0)
    there = dict(lots.values_list("account").annotate(points=Sum("left")))
    return {cause for account, reserved, cause, points in brought if there.get(account, 0) - points < reserved}


def active_since(programme: Programme, *, since: datetime) -> OwnedQuerySet:
    """Entries since then that somebody brought about; points that ended by themselves are none."""
    rows: OwnedQuerySet = Entry.objects.of(programme).filter(occurred_at__gte=since).exclude(kind=Entry.Kind.EXPIRE)
    return rows


def credits_by_day(member: Member, *, unit: str) -> list[tuple[datetime, int]]:
    """The member's tier credits of one unit, summed by the moment they count at."""
    rows = Entry.objects.of(member.programme_id).filter(~Q(credits=0), account__member=member, account__unit__code=unit)
    return list(rows.order_by("counts_at").values_list("counts_at").annotate(total=Sum("credits")).exclude(total=0))
