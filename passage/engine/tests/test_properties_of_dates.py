"""Whatever a programme was once told and whenever it is asked: every date is an answer, and none lies beyond NEVER."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passage.engine.expiry import (
    LONGEST,
    MAX_DAYS,
    Expiry,
    ExpiryKind,
    active_from,
    add_months,
    days_later,
    expires_at,
    idle_until,
    last_of_month,
    start_of_day,
)
from passage.engine.lots import NEVER
from passage.engine.tiers import TierPolicy, Window, judged_window, review_due, window_start

ZONES = ["Europe/Warsaw", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "UTC", "Asia/Kathmandu"]
EDGES = [
    datetime.min.replace(tzinfo=UTC),
    datetime(1, 1, 2, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    datetime(2999, 12, 31, 23, tzinfo=UTC),
    datetime(9999, 12, 30, 23, tzinfo=UTC),
    NEVER,
    datetime.max.replace(tzinfo=UTC),
]
DAYS = [date.min, date(2026, 2, 28), date(2999, 12, 31), date(9999, 12, 30), date.max]

moments = st.sampled_from(EDGES) | st.datetimes(timezones=st.just(UTC))
zones = st.sampled_from(ZONES).map(ZoneInfo)
days = st.sampled_from(DAYS) | st.dates()


@st.composite
def policies(draw):
    kind = draw(st.sampled_from(ExpiryKind))
    most = LONGEST.get(kind, MAX_DAYS)
    return Expiry(kind, draw(st.sampled_from([0, 1, most]) | st.integers(0, most)), draw(days))


@given(policies(), moments, zones, st.sampled_from([0, 1, 365, 32_767, MAX_DAYS]))
def test_points_of_any_policy_begin_and_end_on_some_day(policy, at, zone, pending_days):
    start = active_from(pending_days=pending_days, at=at, zone=zone)
    assert start.tzinfo is not None
    for end in (expires_at(policy, start=start, zone=zone), idle_until(policy, active_at=at, zone=zone)):
        assert end <= NEVER
        end.astimezone(zone)  # and can be written in the shop's own time


@given(
    st.builds(
        TierPolicy,
        window=st.sampled_from(Window),
        months=st.sampled_from([0, 1, 12, 1200, 32_767]),
        grace_days=st.sampled_from([0, 30, 3650, 32_767]),
    ),
    moments,
    zones,
)
def test_windows_and_reviews_of_any_policy_are_some_days(policy, at, zone):
    starts = [window_start(policy, at=at, zone=zone), *judged_window(policy, due=at, zone=zone)]
    due = review_due(policy, since=at, zone=zone)
    assert all(moment is None or moment <= NEVER for moment in (*starts, due))


@given(days, st.integers(-200_000, 200_000))
def test_months_and_days_stop_at_the_ends_of_the_calendar(day, count):
    for later in (add_months(day, count), days_later(day, count)):
        assert (later >= day) if count >= 0 else (later <= day)


def test_the_last_days_of_the_calendar_are_never():
    assert start_of_day(date.max, ZoneInfo("America/New_York")) == NEVER
    assert expires_at(Expiry(ExpiryKind.FIXED_DATE, on=date.max), start=NEVER, zone=ZoneInfo("UTC")) == NEVER
    assert last_of_month(9999, 12) == date.max
    assert add_months(date(9999, 11, 30), 2) == date.max


@pytest.mark.parametrize("zone", ZONES)
def test_an_end_that_the_calendar_knows_is_still_the_end_of_its_local_day(zone):
    policy = Expiry(ExpiryKind.FIXED_DATE, on=date(2999, 12, 31))
    end = expires_at(policy, start=datetime(2026, 1, 1, tzinfo=UTC), zone=ZoneInfo(zone)).astimezone(ZoneInfo(zone))
    assert (end.date(), end - timedelta(seconds=1) < end, end.hour) == (date(3000, 1, 1), True, 0)
