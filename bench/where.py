"""Where the time of `record` goes: a profile of one sale at a time and of a hundred at once, in CPU of the program."""

from __future__ import annotations

import cProfile
import io
import json
import pstats
import sys
import time
from datetime import datetime
from typing import Any

import django

from bench.ground import ground
from bench.report import options, say, say_load

SALES = 200
TOP = 18


def inside(told: dict[str, Any]) -> dict[str, Any]:
    """The profile of ``sales`` sales recorded ``batch`` at a time, as text, and the statements of a batch."""
    from django.db import connection

    from bench.world import a_sale
    from passage.programme.models import Programme, Source
    from passage.purchases.actions import record

    programme, source = Programme.objects.get(pk=told["programme"]), Source.objects.get(pk=told["source"])
    at, size = datetime.fromisoformat(told["at"]), told["batch"]
    count, statements = 0, 0

    def ring(number: int) -> None:
        batch = [
            a_sale(f"where-{size}-{number}-{n}", 1 + (number * size + n) % told["members"], at) for n in range(size)
        ]
        record(programme=programme, source=source, batch=batch, by="system:bench", at=at)

    def counted(execute: Any, *words: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*words)

    ring(-1)
    profile = cProfile.Profile(time.process_time)
    for number in range(max(told["sales"] // size, 1)):
        with connection.execute_wrapper(counted):
            profile.enable()
            ring(number)
            profile.disable()
        count += 1
    text = io.StringIO()
    stats = pstats.Stats(profile, stream=text).strip_dirs()
    stats.sort_stats("cumulative").print_stats(3 * TOP)
    stats.sort_stats("tottime").print_stats(TOP)
    return {"statements": statements / count, "text": text.getvalue()}


def main() -> None:
    asked = options(__doc__)
    sales = 20 if asked.is_quick else SALES
    say_load("before")
    for name in asked.databases:
        with ground(name, members=1000) as made:
            for batch in (1, 100):
                told = {**made.world, "batch": batch, "sales": max(sales, batch)}
                found = made.ask("where", "--inside", json.dumps(told))
                say(f"== {name}, {batch} at a time: {found['statements']:.0f} statements each\n{found['text']}")


if __name__ == "__main__":
    if "--inside" in sys.argv:
        django.setup()
        print(json.dumps(inside(json.loads(sys.argv[-1]))))
    else:
        main()
