"""Recording a file's worth of sales, 500 a batch, beside set-based SQL that writes the same, 1,000 a call."""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import datetime
from typing import Any

import django

from bench.ground import Ground, ground
from bench.raw import BATCH, Floor, PostgresFloor, RawSale, SqliteFloor, fresh_id
from bench.report import Options, in_turns, judge_plant, median, options, ratio, say, say_load, void

OURS = 500  # a batch of `passage import-sales`
FULL = {"members": 10_000, "sales": 1_500, "rounds": 3}
QUICK = {"members": 200, "sales": 200, "rounds": 2}


class Loader:
    """Runs inside Django, on the database of the environment."""

    def __init__(self, told: dict[str, Any]) -> None:
        from passage.programme.models import Programme, Source

        self.told = told
        self.programme = Programme.objects.get(pk=told["programme"])
        self.source = Source.objects.get(pk=told["source"])
        self.floor: Floor = PostgresFloor(told["url"]) if told["url"] else SqliteFloor(told["file"])
        self.floor.lay()
        self.sent = self.raw = 0
        self.is_losing = False

    def ours(self, *, pause: float = 0.0) -> float:
        """Sales a second. Composing them is not measured: the raw arm gets its rows for nothing, too."""
        from bench.world import a_sale

        at, batches = datetime.fromisoformat(self.told["at"]), []
        for start in range(0, self.told["sales"], OURS):
            count = min(OURS, self.told["sales"] - start)
            batches.append([a_sale(f"bulk-{self.sent + n}", self._member(self.sent + n), at) for n in range(count)])
            self.sent += count
        began = time.monotonic()
        for batch in batches:
            self._record(batch)
            time.sleep(pause)
        return self.told["sales"] / (time.monotonic() - began)

    def theirs(self) -> float:
        from bench.world import card

        kept, numbers = self.told["kept"], range(self.told["sales"])
        asked = [RawSale(fresh_id(), card(self._member(number)), kept) for number in numbers]
        began = time.monotonic()
        for start in range(0, len(asked), BATCH):
            self.floor.sell_many(asked[start : start + BATCH])
        self.raw += len(asked)
        return len(asked) / (time.monotonic() - began)

    def rates(self, *, pause: float = 0.0) -> tuple[float, float]:
        ours, raw = in_turns(lambda _: self.ours(pause=pause), lambda _: self.theirs(), rounds=self.told["rounds"])
        return median(ours), median(raw)

    def audit(self) -> list[str]:
        """What is wrong with the books afterwards."""
        from bench.audit import found

        books = found("bulk-")
        wrong = list(books["faults"][:3])
        if sorted(books["client_ids"]) != sorted(f"bulk-{number}" for number in range(self.sent)):
            wrong.append(f"{self.sent} sales were recorded and {len(books['client_ids'])} are in the books")
        if self.floor.count() != self.raw or not self.floor.whole():
            wrong.append("the raw arm's tables do not hold what it says it wrote")
        return wrong

    def _member(self, number: int) -> int:
        return 1 + number * 7919 % int(self.told["members"])

    def _record(self, batch: list[Any]) -> None:
        from passage.purchases.actions import record
        from passage.purchases.values import Status

        if self.is_losing:
            batch = batch[1:]
        at = datetime.fromisoformat(self.told["at"])
        answers = record(programme=self.programme, source=self.source, batch=batch, by="system:bench", at=at)
        strange = [answer for answer in answers if answer.status is not Status.RECORDED]
        if strange:
            void(f"{len(strange)} sales were not recorded, as {strange[0]}")


def inside(told: dict[str, Any]) -> dict[str, Any]:
    """Both arms in one program, and what its memory grew to."""
    loader = Loader(told)
    loader.theirs()
    loader.ours()  # the first batch loads what later ones find loaded
    ours, raw = loader.rates()
    answer: dict[str, Any] = {"ours": ours, "raw": raw}
    if "slow" in told["plants"]:
        slow, again = loader.rates(pause=3 * min(OURS, told["sales"]) / ours)
        answer |= {"slow": slow, "slow_raw": again}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    answer |= {"megabytes": memory, "wrong": loader.audit(), "sent": loader.sent, "planted": []}
    if "lose" in told["plants"]:
        loader.is_losing = True
        loader.ours()
        answer["planted"] = loader.audit()
    return answer


def run(made: Ground, asked: Options, size: dict[str, int]) -> None:
    told = {**made.world, **size, "plants": sorted(asked.plants), "url": made.url, "file": str(made.file)}
    found = made.ask("bulk", "--inside", json.dumps(told))
    share = ratio(found["ours"], found["raw"])
    say(
        f"bulk {made.name}: ratio {share:.3f} ({found['ours']:.0f} sales/s in batches of {OURS} beside "
        f"{found['raw']:.0f}/s of set-based SQL, {BATCH} a call); most memory {found['megabytes']} MB"
    )
    if "slow" in asked.plants:
        judge_plant("raw over ours", before=1 / share, after=ratio(found["slow_raw"], found["slow"]))
    if found["wrong"]:
        void(found["wrong"][-1])
    say(f"audit {made.name}: {found['sent']} sales recorded, each in the books once")
    if "lose" in asked.plants:
        void(found["planted"][-1] if found["planted"] else "and yet the planted loss was not seen")


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
