"""Whole numbers (E-01): rounding once, sharing without losing one, and the days that points live by (E-17)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

NEVER = datetime(9999, 12, 31, tzinfo=UTC)


def half_up(value: Fraction) -> int:
    """The nearest whole number; a half goes away from zero."""
    whole, rest = divmod(abs(value), 1)
    nearest = int(whole) + (1 if rest >= Fraction(1, 2) else 0)
    return -nearest if value < 0 else nearest


def shared(total: int, weights: Sequence[int]) -> list[int]:
    """``total`` over ``weights``, cent by cent: the floor of each, then one each to the largest remainders (E-05)."""
    whole = sum(weights)
    if not whole:
        return [0 for _ in weights]
    exact = [Fraction(total * weight, whole) for weight in weights]
    parts = [int(each) for each in exact]
    while sum(parts) < total:
        remainders = [each - part for each, part in zip(exact, parts, strict=True)]
        parts[remainders.index(max(remainders))] += 1
    return parts


def vat_in(amount: int, rate_bp: int) -> int:
    """The tax within a price, rounded once."""
    return half_up(Fraction(amount * rate_bp, 10_000 + rate_bp))


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)


def months_later(day: date, months: int) -> date:
    """The same day of another month, or its last day where it has no such day."""
    months += day.year * 12 + day.month - 1
    year, month = divmod(months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(last, day.day))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
