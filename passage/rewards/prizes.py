"""Prizes as they are read: what waits in which shop, what was handed over, and which of it is taxed (F-61, B-26)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from django.db.models import Max, Min, Q

from passage.engine.money import share
from passage.members.models import Member
from passage.programme import limits
from passage.programme.models import Programme, Shop
from passage.programme.owned import OwnedQuerySet
from passage.rewards.models import Redemption

Handing, State = Redemption.Handing, Redemption.State
WHOLE = 10_000  # basis points


def is_above(worth: int | None, /, *, programme: Programme) -> bool:
    """Whether a prize of this worth is one that the programme's owner wants to be told of."""
    return programme.prize_watch and worth is not None and worth > programme.prize_threshold


def tax_due(worth: int | None, /, *, programme: Programme) -> int:
    """Minor units, for the whole worth of a prize above the threshold; nothing below it."""
    if worth is None or not is_above(worth, programme=programme):
        return 0
    return share(worth, Fraction(programme.prize_tax_bp, WHOLE))


def waiting(programme: Programme, *, shop: Shop | None = None, limit: int = limits.PAGE) -> list[Redemption]:
    """What waits to be handed over, the longest first; of one shop with what may be had in any."""
    rows = Redemption.objects.of(programme).filter(handing=Handing.WAITING)
    if shop is not None:
        rows = rows.filter(Q(shop=shop) | Q(shop=None))
    return list(_with_all(rows).order_by("closed_at", "id")[:limit])


def waiting_for(member: Member, /) -> list[Redemption]:
    """What waits for this member, and for whoever was merged into them, the longest first."""
    theirs = Q(member=member) | Q(member__merged_into=member)
    rows = Redemption.objects.of(member.programme_id).filter(theirs, handing=Handing.WAITING)
    return list(_with_all(rows).order_by("closed_at", "id")[: limits.PAGE])


def how_many_wait(programme: Programme, *, shop: Shop | None = None) -> int:
    rows = Redemption.objects.of(programme).filter(handing=Handing.WAITING)
    return int((rows if shop is None else rows.filter(Q(shop=shop) | Q(shop=None))).count())


def handed_over_lately(programme: Programme, *, shop: Shop | None = None, limit: int = 20) -> list[Redemption]:
    """What was handed over last, the newest first."""
    rows = Redemption.objects.of(programme).filter(handing=Handing.HANDED_OVER)
    if shop is not None:
        rows = rows.filter(shop=shop)
    return list(_with_all(rows).order_by("-handed_at", "-id")[:limit])


@dataclass(frozen=True, slots=True)
class Prize:
    """A line of the register: a prize that was handed over. What was taken back later is taxed no more."""

    row: Redemption
    is_above: bool
    tax: int
    is_taken_back: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """Of a year: how many prizes, how many above the threshold, the tax due, and how many nobody said the worth of."""

    count: int
    above: int
    tax: int
    unknown: int


def years(programme: Programme) -> list[int]:
    """The years in which prizes were handed over, the newest first."""
    zone = ZoneInfo(programme.zone)
    rows = Redemption.objects.of(programme).filter(handing=Handing.HANDED_OVER)
    ends = rows.aggregate(first=Min("handed_at"), last=Max("handed_at"))
    if ends["first"] is None:
        return []
    return list(range(ends["last"].astimezone(zone).year, ends["first"].astimezone(zone).year - 1, -1))


def register(programme: Programme, *, year: int, only_above: bool = False, after: int = 0) -> Iterator[Prize]:
    """The prizes of a year in the programme's zone, in the order of their rows, from the one after ``after`` on."""
    rows = _of_year(programme, year).filter(id__gt=after)
    if only_above:
        rows = rows.filter(worth__gt=programme.prize_threshold)
    for row in _with_all(rows).order_by("id").iterator(chunk_size=1000):
        is_taken_back = row.state == State.REVERSED
        tax = 0 if is_taken_back else tax_due(row.worth, programme=programme)
        yield Prize(row, is_above(row.worth, programme=programme), tax, is_taken_back)


def totals(programme: Programme, *, year: int) -> Totals:
    kept = _of_year(programme, year).exclude(state=State.REVERSED)
    above = kept.filter(worth__gt=programme.prize_threshold).values_list("worth", flat=True)
    taxes = [tax_due(worth, programme=programme) for worth in above]
    return Totals(kept.count(), len(taxes), sum(taxes), kept.filter(worth=None).count())


def _of_year(programme: Programme, year: int) -> OwnedQuerySet:
    zone = ZoneInfo(programme.zone)
    begin, end = datetime(year, 1, 1, tzinfo=zone), datetime(year + 1, 1, 1, tzinfo=zone)
    return Redemption.objects.of(programme).filter(handing=Handing.HANDED_OVER, handed_at__gte=begin, handed_at__lt=end)


def _with_all(rows: OwnedQuerySet) -> OwnedQuerySet:
    return rows.select_related("version__reward", "member__merged_into", "shop")
