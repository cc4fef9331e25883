"""The siege as a command. Exit code 1: a sale was lost or given up, the books are wrong, or p99 grew beyond its bar."""

from __future__ import annotations

import argparse
import sys

from bench.ground import ground, served
from bench.report import say, say_load
from tests.siege.plain import served_plainly
from tests.siege.siege import MEMBERS, Report, siege

SLOWER, GREW = 5.0, 1.5  # the bars: p99 over its quiet value, memory over its quiet value


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.siege", description=__doc__)
    asked.add_argument("--seconds", type=float, default=60.0)
    asked.add_argument("--connections", type=int, default=256)
    asked.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    asked.add_argument("--plain", action="store_true", help="without the front: the siege must win")
    told = asked.parse_args()
    serve = served_plainly if told.plain else served
    say_load("before")
    with ground(told.database, members=MEMBERS) as made, serve(made) as server:
        report = siege(made, server, seconds=told.seconds, connections=told.connections)
    say_load("after")
    wrong = [*tell(report), *report.faults]
    for line in wrong:
        say(f"wrong: {line}")
    return 1 if wrong else 0


def tell(report: Report) -> list[str]:
    quiet, besieged = report.quiet, report.besieged
    slower = besieged.p99 / max(quiet.p99, 1e-9)
    before, after = report.memory
    say(f"quiet: {len(quiet.took)} sales, p99 {quiet.p99 * 1000:.0f} ms")
    say(f"besieged: {len(besieged.took)} sales, p99 {besieged.p99 * 1000:.0f} ms, {slower:.1f} times the quiet one")
    say(f"sent again {besieged.again}, given up {len(besieged.given_up)}")
    say(f"health: {len(report.health)} answers, the slowest after {max(report.health) * 1000:.0f} ms")
    say(f"memory: {before >> 20} MB, then {after >> 20} MB")
    say("strangers heard: " + ", ".join(f"{name}: {number}" for name, number in sorted(report.strangers.items())))
    return [
        *([f"{len(besieged.given_up)} sales were given up"] if besieged.given_up else []),
        *([f"p99 is {slower:.1f} times the quiet one"] if slower > SLOWER else []),
        *([f"memory grew {after / before:.1f} times"] if after > GREW * before else []),
    ]


if __name__ == "__main__":
    sys.exit(main())
