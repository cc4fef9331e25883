"""Rounds in turns, medians, and how a bench speaks: ratios first, and nothing when the books do not agree."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeVar

T = TypeVar("T")
DATABASES = ("sqlite", "postgresql")
PLANTS = ("lose", "slow")
# A planted slowness must move a ratio at least this much; noise alone does not.
MOVED = 1.5


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line."""

    databases: tuple[str, ...]
    is_quick: bool
    plants: frozenset[str]


def options(description: str | None) -> Options:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--database", choices=DATABASES, help="only this one (default: both; with --quick: sqlite)")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: whether it works, not how fast")
    parser.add_argument(
        "--plant",
        choices=PLANTS,
        action="append",
        default=[],
        help="plant a fault that the bench must catch; once each",
    )
    asked = parser.parse_args()
    both = DATABASES[:1] if asked.quick else DATABASES
    return Options((asked.database,) if asked.database else both, asked.quick, frozenset(asked.plant))


def in_turns(ours: Callable[[int], T], raw: Callable[[int], T], *, rounds: int) -> tuple[list[T], list[T]]:
    """A B B A A B ...: what slows the machine for a while slows both."""
    mine: list[T] = []
    floor: list[T] = []
    for number in range(rounds):
        arms = [(mine, ours), (floor, raw)]
        for found, arm in arms if number % 2 == 0 else reversed(arms):
            found.append(arm(number))
    return mine, floor


def median(values: Iterable[float]) -> float:
    found = list(values)
    return statistics.median(found) if found else 0.0


def ratio(ours: float, raw: float) -> float:
    return ours / raw if raw else 0.0


def at(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of all are below."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] if values else 0.0


def say_load(when: str) -> None:
    one, five, _ = os.getloadavg()
    print(f"load {when}: {one:.1f} (1 min), {five:.1f} (5 min) on {os.cpu_count()} cores", flush=True)


def say(line: str) -> None:
    print(line, flush=True)


def void(why: str) -> NoReturn:
    """The run counts for nothing."""
    sys.exit(f"VOID: {why}")


def judge_plant(what: str, *, before: float, after: float) -> None:
    """A planted slowness must be seen. ``before`` and ``after`` are such that more is worse."""
    if after < before * MOVED:
        void(f"the planted slowness was not seen: {what} {before:.3f}, then {after:.3f}")
    say(f"caught: the planted slowness moved {what} from {before:.3f} to {after:.3f}")
