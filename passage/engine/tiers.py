"""Tiers: qualified by credits earned in a window, never by the balance (E-40)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from passage.engine.expiry import add_months, day_of, days_later, start_of_day

SECOND_DAY = datetime(1, 1, 2, tzinfo=UTC)  # the calendar knows no day before the first


class Window(StrEnum):
    LIFETIME = "lifetime"
    CALENDAR_YEAR = "calendar_year"
    ROLLING_MONTHS = "rolling_months"


class Downgrade(StrEnum):
    RECOMPUTED = "recomputed"
    ONE_STEP = "one_step"


@dataclass(frozen=True, slots=True)
class Tier:
    code: str
    threshold: int  # credits, reached at >=


@dataclass(frozen=True, slots=True)
class TierPolicy:
    """``months`` is the length of a rolling window; ``grace_days`` delay a downgrade."""

    window: Window = Window.LIFETIME
    months: int = 12
    grace_days: int = 0
    downgrade: Downgrade = Downgrade.RECOMPUTED
    revoke_on_return: bool = True


def window_start(policy: TierPolicy, *, at: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant whose credits count at ``at``; None when all credits count."""
    day = day_of(at, zone)
    match policy.window:
        case Window.LIFETIME:
            return None
        case Window.CALENDAR_YEAR:
            return start_of_day(date(day.year, 1, 1), zone)
        case Window.ROLLING_MONTHS:
            return start_of_day(add_months(day, -policy.months), zone)


def qualified(tiers: Sequence[Tier], credits: int) -> Tier | None:
    """The highest tier whose threshold ``credits`` reach, or None."""
    reached = [tier for tier in tiers if credits >= tier.threshold]
    return max(reached, key=lambda tier: tier.threshold, default=None)


def review_due(policy: TierPolicy, *, since: datetime, zone: ZoneInfo) -> datetime | None:
    """When a tier held since ``since`` is next judged for a downgrade; None for life."""
    day = day_of(since, zone)
    match policy.window:
        case Window.LIFETIME:
            return None
        case Window.CALENDAR_YEAR:
            end = date(day.year + 1, 1, 1) if day.year < date.max.year else date.max
        case Window.ROLLING_MONTHS:
            end = add_months(day, policy.months)
    return start_of_day(days_later(end, policy.grace_days), zone)


def judged_window(policy: TierPolicy, *, due: datetime, zone: ZoneInfo) -> tuple[datetime | None, datetime]:
    """The window whose credits a review at ``due`` judges, from its first instant to the first one after it."""
    end = start_of_day(days_later(day_of(due, zone), -policy.grace_days), zone)
    return window_start(policy, at=max(end, SECOND_DAY) - timedelta(days=1), zone=zone), end


def reviewed(tiers: Sequence[Tier], *, held: Tier, credits: int, policy: TierPolicy) -> Tier | None:
    """The tier after a review of ``held`` with the ``credits`` of the window just ended."""
    deserved = qualified(tiers, credits)
    if deserved is not None and deserved.threshold >= held.threshold:
        return deserved
    if policy.downgrade is Downgrade.ONE_STEP:
        lower = [tier for tier in tiers if tier.threshold < held.threshold]
        return max(lower, key=lambda tier: tier.threshold, default=None)
    return deserved
