"""When points become spendable and when they end: six policies, in the programme's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
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
    return start_of_day(day + timedelta(days=1), zone)


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Midnight of ``day`` in ``zone``, in UTC: two instants of one zone would be compared by its wall clock."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def add_months(day: date, months: int) -> date:
    """The same day ``months`` later, or the last day of that month where it has no such day."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, last_of_month(year, month0 + 1).day))


def last_of_month(year: int, month: int) -> date:
    following = date(year + month // 12, month % 12 + 1, 1)
    return following - timedelta(days=1)


def expires_at(policy: Expiry, *, start: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which points that count from ``start`` are gone; NEVER without an end."""
    day = start.astimezone(zone).date()
    match policy.kind:
        case ExpiryKind.NONE | ExpiryKind.INACTIVITY:
            return NEVER
        case ExpiryKind.DAYS:
            return end_of_day(day + timedelta(days=policy.count), zone)
        case ExpiryKind.END_OF_MONTH:
            later = add_months(day, policy.count)
            return end_of_day(last_of_month(later.year, later.month), zone)
        case ExpiryKind.END_OF_YEAR:
            return end_of_day(date(day.year + policy.count, 12, 31), zone)
        case ExpiryKind.FIXED_DATE:
            if policy.on is None:
                raise ValueError("a fixed date of expiry needs its date")
            return end_of_day(policy.on, zone)


def idle_until(policy: Expiry, *, active_at: datetime, zone: ZoneInfo) -> datetime:
    """When an account without any further purchase loses its points; NEVER for other policies."""
    if policy.kind is not ExpiryKind.INACTIVITY:
        return NEVER
    return end_of_day(active_at.astimezone(zone).date() + timedelta(days=policy.count), zone)


def active_from(*, pending_days: int, at: datetime, zone: ZoneInfo) -> datetime:
    """The instant from which points earned at ``at`` may be spent: at once, or on a later day."""
    if pending_days == 0:
        return at
    return end_of_day(at.astimezone(zone).date() + timedelta(days=pending_days - 1), zone)
