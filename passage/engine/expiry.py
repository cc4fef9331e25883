"""When points become spendable and when they end: six policies, in the programme's time zone.

The calendar ends: whatever would lie beyond its last day is NEVER, and no date, however far, stops a till.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from passage.engine.lots import NEVER
from passage.engine.money import in_range


class ExpiryKind(StrEnum):
    NONE = "none"
    DAYS = "days"
    END_OF_MONTH = "end_of_month"
    END_OF_YEAR = "end_of_year"
    FIXED_DATE = "fixed_date"
    INACTIVITY = "inactivity"


MAX_DAYS = 36_500
FARTHEST = date(2999, 12, 31)  # the last day that anything may be set to end on
LONGEST = {ExpiryKind.END_OF_MONTH: 1200, ExpiryKind.END_OF_YEAR: 100}


@dataclass(frozen=True, slots=True)
class Expiry:
    """``count`` is days (days, inactivity), months (end_of_month) or years (end_of_year) of life.

    ``on`` is the last good day for fixed_date. Inactivity keeps its date on the account, not on
    the lot, because every purchase moves it.
    """

    kind: ExpiryKind = ExpiryKind.NONE
    count: int = 0
    on: date | None = None

    def __post_init__(self) -> None:
        in_range("count", self.count, 0, LONGEST.get(self.kind, MAX_DAYS))


@dataclass(frozen=True, slots=True)
class Lifespan:
    """How points live that are earned from ``since`` on (None: from the beginning)."""

    since: datetime | None
    expiry: Expiry
    pending_days: int


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant after ``day`` in ``zone``, in UTC: what "expires on 31/12" means (E-17)."""
    return start_of_day(days_later(day, 1), zone) if day < date.max else NEVER


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Midnight of ``day`` in ``zone``, in UTC: two instants of one zone would be compared by its wall clock."""
    try:
        return min(datetime.combine(day, time(), tzinfo=zone).astimezone(UTC), NEVER)
    except OverflowError:  # the first and the last day of the calendar, some hours away from UTC
        return min(datetime.combine(day, time(), tzinfo=UTC), NEVER)


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The day at the shops."""
    try:
        return at.astimezone(zone).date()
    except OverflowError:
        return at.date()


def days_later(day: date, days: int) -> date:
    """``days`` may be below zero; never beyond the calendar's ends."""
    return date.fromordinal(min(max(day.toordinal() + days, date.min.toordinal()), date.max.toordinal()))


def add_months(day: date, months: int) -> date:
    """The same day ``months`` later, or the last day of that month where it has no such day."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        return date.max if months > 0 else date.min
    return date(year, month0 + 1, min(day.day, last_of_month(year, month0 + 1).day))


def last_of_month(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def expires_at(policy: Expiry, *, start: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which points that count from ``start`` are gone; NEVER without an end."""
    day = day_of(start, zone)
    match policy.kind:
        case ExpiryKind.NONE | ExpiryKind.INACTIVITY:
            return NEVER
        case ExpiryKind.DAYS:
            return end_of_day(days_later(day, policy.count), zone)
        case ExpiryKind.END_OF_MONTH:
            later = add_months(day, policy.count)
            return end_of_day(last_of_month(later.year, later.month), zone)
        case ExpiryKind.END_OF_YEAR:
            return end_of_day(date(min(day.year + policy.count, date.max.year), 12, 31), zone)
        case ExpiryKind.FIXED_DATE:
            if policy.on is None:
                raise ValueError("a fixed date of expiry needs its date")
            return end_of_day(policy.on, zone)


def idle_until(policy: Expiry, *, active_at: datetime, zone: ZoneInfo) -> datetime:
    """When an account without any further purchase loses its points; NEVER for other policies."""
    if policy.kind is not ExpiryKind.INACTIVITY:
        return NEVER
    return end_of_day(days_later(day_of(active_at, zone), policy.count), zone)


def active_from(*, pending_days: int, at: datetime, zone: ZoneInfo) -> datetime:
    """The instant from which points earned at ``at`` may be spent: at once, or on a later day."""
    if pending_days == 0:
        return at
    return start_of_day(days_later(day_of(at, zone), pending_days), zone)
