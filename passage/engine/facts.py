"""What the engine is told about the programme, the shop and the member: frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo


class Restore(StrEnum):
    """What a partial return gives back of a reward (E-25)."""

    PROPORTIONAL = "proportional"
    AT_FULL_RETURN = "at_full_return"
    NONE = "none"


class Clawback(StrEnum):
    """What happens when points to take back are already spent (E-21)."""

    DEBT = "debt"
    WITHIN_BALANCE = "within_balance"
    PENDING_ONLY = "pending_only"


@dataclass(frozen=True, slots=True)
class Terms:
    """The programme's settings that decide arithmetic. Amounts are of ``currency``."""

    currency: str
    zone: str
    basis_with_tax: bool = True
    delivery_earns: bool = True
    points_paid_earns: bool = False
    gift_card_paid_earns: bool = True
    restore: Restore = Restore.PROPORTIONAL
    clawback: Clawback = Clawback.DEBT
    restored_days: int = 30  # the least life of points given back to a lot that has expired; 0: none
    leap_day_on_28th: bool = True

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


@dataclass(frozen=True, slots=True)
class Used:
    """What a rule has already given this member: limits count against it; ``carry`` is E-03's remainder.

    ``minutes_since_visit``: since the latest visit before, in the same shop, that this rule gave something for (E-39).
    """

    carry: int = 0
    day_points: int = 0
    day_times: int = 0
    points: int = 0
    times: int = 0
    year_times: int = 0
    minutes_since_visit: int | None = None


UNUSED = Used()
LEAP_YEAR = 2024


@dataclass(frozen=True, slots=True)
class Facts:
    """The member as of ``occurred_at``: tier, tags, days of celebration as (month, day).

    ``minutes_since_visit`` is how sales were judged before each rule knew its own; they keep it.
    """

    tier: str = ""
    tags: tuple[str, ...] = ()
    first_purchase: bool = False
    birthday: tuple[int, int] | None = None
    name_day: tuple[int, int] | None = None
    minutes_since_visit: int | None = None
    used: Mapping[int, Used] = field(default_factory=dict)  # by rule family

    def __post_init__(self) -> None:
        for day in (self.birthday, self.name_day):
            if day is not None:
                date(LEAP_YEAR, *day)  # refuses what is no day of any year


@dataclass(frozen=True, slots=True)
class Moment:
    """Where and when the sale happened."""

    at: datetime
    shop: str = ""

    def __post_init__(self) -> None:
        if self.at.utcoffset() is None:
            raise ValueError("the moment of a sale needs its offset from UTC")

    def local(self, terms: Terms) -> datetime:
        return self.at.astimezone(terms.tz)


def celebration_year(day: tuple[int, int], *, on: date, within: int, leap_on_28th: bool) -> int | None:
    """The year of the birthday or name day that lies within ``within`` days of ``on``, or None (E-41)."""
    for year in (on.year - 1, on.year, on.year + 1):
        try:
            feast = date(year, *day)
        except ValueError:
            feast = date(year, 2, 28) if leap_on_28th else date(year, 3, 1)
        if abs((feast - on).days) <= within:
            return year
    return None
