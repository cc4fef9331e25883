"""Sealing and proving the books, beside a plain read of the same rows."""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime
from typing import Any

import django

from bench.ground import Ground, ground
from bench.report import Options, in_turns, judge_plant, median, options, ratio, say, say_load, void

FULL = {"members": 5_000, "sales": 3_000, "rounds": 3}
QUICK = {"members": 100, "sales": 100, "rounds": 2}
BATCH = 500


class Sealer:
    """Runs inside Django, on the database of the environment."""

    def __init__(self, told: dict[str, Any]) -> None:
        from passage.programme.models import Programme, Source

        self.told = told
        self.programme = Programme.objects.get(pk=told["programme"])
        self.source = Source.objects.get(pk=told["source"])
        self.rows = 0

    def sell(self) -> None:
        from bench.world import a_sale
        from passage.purchases.actions import record

        at = datetime.fromisoformat(self.told["at"])
        for start in range(0, self.told["sales"], BATCH):
            numbers = range(start, min(start + BATCH, self.told["sales"]))
            batch = [a_sale(f"seal-{n}", 1 + n % self.told["members"], at) for n in numbers]
            record(programme=self.programme, source=self.source, batch=batch, by="system:bench", at=at)

    def seal(self) -> float:
        """Rows a second, until everything is sealed."""
        from passage.seals.actions import seal
        from passage.seals.queries import blocks

        began = time.monotonic()
        while seal(programme=self.programme, at=datetime.fromisoformat(self.told["at"]), by="system:bench"):
            pass
        spent = time.monotonic() - began
        self.rows = sum(span["rows"] for block in blocks(self.programme) for span in block.tables.values())
        return self.rows / spent

    def prove(self, *, pause: float = 0.0) -> float:
        from passage.seals.verify import faults

        began = time.monotonic()
        if wrong := list(faults(self.programme)):
            void(str(wrong[0]))
        time.sleep(pause)
        return self.rows / (time.monotonic() - began)

    def read(self) -> float:
        from passage.seals import reading
        from passage.seals.canonical import TABLES

        newest = reading.newest(self.programme)
        began = time.monotonic()
        for table in TABLES:
            for _row in reading.rows(table, self.programme, after=reading.BEFORE_ALL, last=newest[table.name]):
                pass
        return self.rows / (time.monotonic() - began)

    def rates(self, *, pause: float = 0.0) -> tuple[float, float]:
        ours, raw = in_turns(lambda _: self.prove(pause=pause), lambda _: self.read(), rounds=self.told["rounds"])
        return median(ours), median(raw)


def inside(told: dict[str, Any]) -> dict[str, Any]:
    from passage.seals.verify import faults

    sealer = Sealer(told)
    sealer.sell()
    sealed = sealer.seal()
    ours, raw = sealer.rates()
    answer: dict[str, Any] = {"sealed": sealed, "ours": ours, "raw": raw, "rows": sealer.rows}
    if "slow" in told["plants"]:
        slow, again = sealer.rates(pause=3 * sealer.rows / ours)
        answer |= {"slow": slow, "slow_raw": again}
    answer["lost"] = [str(each) for each in faults(sealer.programme, heads=[f"1-{'0' * 32}"])]
    return answer


def run(made: Ground, asked: Options, size: dict[str, int]) -> None:
    found = made.ask("seals", "--inside", json.dumps({**made.world, **size, "plants": sorted(asked.plants)}))
    share = ratio(found["ours"], found["raw"])
    say(
        f"seals {made.name}: ratio {share:.3f} ({found['ours']:.0f} rows/s proved beside {found['raw']:.0f}/s read; "
        f"{found['sealed']:.0f}/s when they were sealed; {found['rows']} rows of {size['sales']} sales)"
    )
    if "slow" in asked.plants:
        judge_plant("raw over ours", before=1 / share, after=ratio(found["slow_raw"], found["slow"]))
    if "lose" in asked.plants:
        void(found["lost"][0] if found["lost"] else "and yet the head of another chain was not seen")


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
