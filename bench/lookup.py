"""Looking a member up over HTTP, beside an empty answer of the same server behind the same key, in CPU of each request."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import django

from bench.ground import Ground, Server, cpu_seconds, ground, served
from bench.report import Options, in_turns, judge_plant, median, options, ratio, say, say_load, void
from bench.tills import Call, Street, knock
from bench.world import card, email, phone

SPELLINGS: dict[str, Callable[[int], str]] = {"card": card, "phone": phone, "email": email}
FULL = {"members": 100_000, "rounds": 3, "seconds": 2.0, "tills": 4, "probes": 300}
QUICK = {"members": 2_000, "rounds": 2, "seconds": 0.6, "tills": 2, "probes": 20}
LOOKUP, SLOW, EMPTY = "/api/v1/members", "/bench/slow", "/bench/empty"
BURN = "0.05"  # seconds of CPU that the planted route wastes
Size = dict[str, Any]


class Bench:
    def __init__(self, ground: Ground, server: Server, size: Size) -> None:
        self.ground, self.server, self.size, self.is_losing = ground, server, size, False

    def compare(self, how: str, path: str) -> float:
        """Microseconds of CPU, the web's and the database's, of both routes; answers their ratio."""
        ours, empty = in_turns(
            lambda _: self._cpu(lambda: self._call(how, path)),
            lambda _: self._cpu(lambda: Call("GET", EMPTY, wanted="{}")),
            rounds=self.size["rounds"],
        )
        mine, floor = median(ours), median(empty)
        say(
            f"look-up by {how} {self.ground.name}: ratio {ratio(mine, floor):.2f} "
            f"({mine:.0f} µs of CPU beside {floor:.0f} µs of an empty answer)"
        )
        return ratio(mine, floor)

    def _cpu(self, call: Callable[[], Call]) -> float:
        leaders = [self.server.leader, *([self.ground.postgres.leader] if self.ground.postgres else [])]
        street = Street(self.server.port, self.ground.world["key"])
        before = cpu_seconds(leaders)
        heard = knock(street, tills=self.size["tills"], seconds=self.size["seconds"], call=call)
        if heard.strange:
            void(f"{len(heard.strange)} look-ups did not find their member, as {heard.strange[0]}")
        return (cpu_seconds(leaders) - before) * 1e6 / max(len(heard.answered), 1)

    def _call(self, how: str, path: str) -> Call:
        """``wanted`` is the address of the very member: an empty list is no answer."""
        number = random.randint(1, self.size["members"])
        asked = number % self.size["members"] + 1 if self.is_losing else number
        return Call("GET", f"{path}?identifier={quote(SPELLINGS[how](asked))}", how, wanted=f'"{email(number)}"')


@contextmanager
def watched(took: list[float]) -> Iterator[None]:
    """Seconds spent in each statement, the driver's share included."""
    from django.db import connection

    def watch(execute: Callable[..., Any], *words: Any) -> Any:
        began = time.perf_counter()
        answer = execute(*words)
        took.append(time.perf_counter() - began)
        return answer

    with connection.execute_wrapper(watch):
        yield


def inside(told: dict[str, Any]) -> dict[str, float]:
    """Milliseconds in the database of one look-up, the median, by each spelling."""
    from passage.cards import queries as cards
    from passage.members import queries as members
    from passage.programme.models import Programme

    programme = Programme.objects.get(pk=told["programme"])
    answer = {}
    for how, spell in SPELLINGS.items():
        spent = []
        for _ in range(told["probes"]):
            text, took = spell(random.randint(1, told["members"])), list[float]()
            with watched(took):
                found = cards.find(programme=programme, code=text) if how == "card" else None
                if how != "card" and not members.find(programme=programme, text=text):
                    void(f"nobody is behind {text}")
            if how == "card" and found is None:
                void(f"there is no card {text}")
            spent.append(sum(took))
        answer[how] = median(spent) * 1000
    return answer


def run(made: Ground, asked: Options, size: Size) -> None:
    with served(made, BENCH_BURN=BURN) as server:
        bench = Bench(made, server, size)
        bench._cpu(lambda: Call("GET", EMPTY, wanted="{}"))
        ratios = {how: bench.compare(how, LOOKUP) for how in SPELLINGS}
        if "slow" in asked.plants:
            judge_plant("look-up over empty", before=ratios["card"], after=bench.compare("card", SLOW))
        if "lose" in asked.plants:
            bench.is_losing = True
            bench.compare("card", LOOKUP)
    spent = made.ask("lookup", "--inside", json.dumps({**made.world, **size}))
    for how, milliseconds in spent.items():
        say(f"look-up by {how} {made.name}: {milliseconds:.3f} ms in the database with {size['members']:,} members")


def main() -> None:
    asked = options(__doc__)
    size = QUICK if asked.is_quick else FULL
    say_load("before")
    for name in asked.databases:
        with ground(name, members=size["members"]) as made:
            run(made, asked, size)
    say_load("after")


if __name__ == "__main__":
    if "--inside" in sys.argv:
        django.setup()
        print(json.dumps(inside(json.loads(sys.argv[-1]))))
    else:
        main()
