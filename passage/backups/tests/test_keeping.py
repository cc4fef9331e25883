"""Which backups stay: the last of each of so many days, weeks and months, and always the newest."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from passage.backups import keeping
from passage.backups.keeping import GOOD, UNPROVEN, Kept

NIGHT = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)
pytestmark = pytest.mark.one_database


def filled(folder: Path, moments: list[datetime]) -> Path:
    for at in moments:
        (folder / f"{keeping.name(at=at)}{GOOD}").write_text("")
    return folder


def days_left(folder: Path, kept: Kept) -> list[str]:
    for path in keeping.to_remove(folder, kept=kept):
        path.unlink()
    return [f"{keeping.made_at(each):%m-%d %H}" for each in keeping.good(folder)]


def test_days_weeks_and_months_keep_their_last(tmp_path: Path) -> None:
    filled(tmp_path, [NIGHT - timedelta(days=age) for age in range(100)] + [NIGHT + timedelta(hours=9)])
    assert days_left(tmp_path, Kept(daily=3, weekly=3, monthly=3)) == [
        "11-28 11",  # of the day there are two: the later one
        "11-27 02",
        "11-26 02",
        "11-22 02",
        "11-15 02",
        "10-31 02",
        "09-30 02",
    ]


def test_nights_without_a_backup_use_up_nothing(tmp_path: Path) -> None:
    filled(tmp_path, [NIGHT - timedelta(days=age) for age in (0, 30, 60)])
    assert len(days_left(tmp_path, Kept(daily=3, weekly=0, monthly=0))) == 3


def test_the_newest_stays_whatever_is_asked_and_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    filled(tmp_path, [NIGHT, NIGHT - timedelta(days=1)])
    others = ("passage-2026.backup", "holiday.backup", f"passage-20261128T020000Z{UNPROVEN}", "erased.jsonl")
    for name in others:
        (tmp_path / name).write_text("")
    assert days_left(tmp_path, Kept(daily=0, weekly=0, monthly=0)) == ["11-28 02"]
    assert all((tmp_path / name).exists() for name in others)
