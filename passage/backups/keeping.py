"""The folder of backups: what a file is called, which is the newest, and which have been kept for long enough."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

GOOD, UNPROVEN = ".backup", ".unproven"
STAMP = "%Y%m%dT%H%M%SZ"
NAME = re.compile(r"passage-(\d{8}T\d{6}Z)\.(backup|unproven)")


@dataclass(frozen=True, slots=True)
class Kept:
    """How many days, weeks and months keep the last good backup that was made in them."""

    daily: int
    weekly: int
    monthly: int


def name(*, at: datetime) -> str:
    """Without an ending: that says whether it was proved."""
    return f"passage-{at.astimezone(UTC):{STAMP}}"


def made_at(path: Path) -> datetime:
    found = NAME.fullmatch(path.name)
    assert found is not None  # only files of this name are listed
    return datetime.strptime(found[1], STAMP).replace(tzinfo=UTC)


def good(folder: Path) -> list[Path]:
    """The proven ones, the newest first."""
    return _listed(folder, GOOD)


def unproven(folder: Path) -> list[Path]:
    return _listed(folder, UNPROVEN)


def to_remove(folder: Path, *, kept: Kept) -> list[Path]:
    """Good backups beyond those that a day, a week or a month keeps. The newest one always stays."""
    backups = good(folder)
    stay = set(backups[:1])
    for most, period in ((kept.daily, "%Y-%m-%d"), (kept.weekly, "%G-%V"), (kept.monthly, "%Y-%m")):
        stay |= set(_last_of_each(backups, period=period, most=most))
    return [each for each in backups if each not in stay]


def _last_of_each(backups: Iterable[Path], *, period: str, most: int) -> list[Path]:
    last: dict[str, Path] = {}
    for each in backups:
        last.setdefault(made_at(each).strftime(period), each)
    return list(last.values())[:most]


def _listed(folder: Path, ending: str) -> list[Path]:
    return sorted((each for each in folder.glob(f"passage-*{ending}") if NAME.fullmatch(each.name)), reverse=True)
