"""Recording a sale over HTTP, beside the raw database doing the same writes one call for each purchase."""

from __future__ import annotations

import itertools
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.ground import Ground, Server, cpu_seconds, ground, served
from bench.raw import Floor, PostgresFloor, RawSale, SqliteFloor, fresh_id
from bench.report import Options, at, in_turns, judge_plant, median, options, ratio, say, say_load, void
from bench.tills import Call, Street, knock
from bench.world import CURRENCY, LINES, card

TICK = 1e6


@dataclass(frozen=True, slots=True)
class Size:
    members: int
    tills: tuple[int, ...]
    seconds: float
    rounds: int


FULL = Size(members=10_000, tills=(1, 8, 32), seconds=2.0, rounds=3)
QUICK = Size(members=200, tills=(1, 8), seconds=0.4, rounds=2)


@dataclass(slots=True)
class Arm:
    """One round of one arm. Microseconds of CPU are per purchase."""

    rate: float
    took: list[float] = field(default_factory=list)
    web_cpu: float = 0.0
    database_cpu: float = 0.0


class Bench:
    """One database, one server, and the books of what was answered."""

    def __init__(self, ground: Ground, server: Server, size: Size) -> None:
        self.ground, self.server, self.size = ground, server, size
        self.floor: Floor = PostgresFloor(ground.url) if ground.postgres else SqliteFloor(str(ground.file))
        self.floor.lay()
        self.answered: list[str] = []
        self.raw = 0
        self.busy = 0
        self._number = itertools.count()
        self._lines = json.dumps([{"id": i, "product": p, "amount": a, "vat_bp": v} for i, p, a, v in LINES])

    def ours(self, tills: int, *, pause: float = 0.0) -> Arm:
        street = Street(self.server.port, self.ground.world["key"], pause)
        web, database = self._cpu()
        heard = knock(street, tills=tills, seconds=self.size.seconds, call=self._sale)
        web_after, database_after = self._cpu()
        if heard.strange:
            void(f"{len(heard.strange)} sales were not answered, as {heard.strange[0]}")
        self.answered += heard.answered
        self.busy += heard.busy
        each = TICK / max(len(heard.answered), 1)
        return Arm(heard.rate, heard.took, (web_after - web) * each, (database_after - database) * each)

    def theirs(self, tills: int) -> Arm:
        return self._pgbench(tills) if self.ground.postgres else self._sqlite()

    def audit(self) -> None:
        """Each answered sale is in the books exactly once, nothing else is, and the books add up."""
        found = self.ground.ask("audit", "answered-")
        told, kept = set(self.answered), set(found["client_ids"])
        if len(told) != len(self.answered) or len(found["client_ids"]) != len(kept):
            void("a sale was answered or kept twice")
        if told != kept:
            void(
                f"{len(told - kept)} answered sales are not in the books, {len(kept - told)} in them were not answered"
            )
        if found["faults"]:
            void(f"the books do not add up: {found['faults'][0]}")
        if self.floor.count() != self.raw or not self.floor.whole():
            void("the raw arm's tables do not hold what it says it wrote")

    def _cpu(self) -> tuple[float, float]:
        server = self.ground.postgres
        return cpu_seconds([self.server.leader]), cpu_seconds([server.leader]) if server else 0.0

    def _sale(self) -> Call:
        name = f"answered-{next(self._number)}"
        number = random.randint(1, self.size.members)
        body = (
            f'{{"client_id": "{name}", "occurred_at": "{self.ground.world["at"]}", "currency": "{CURRENCY}", '
            f'"shop": "rynek", "till": "1", "member": {{"card": "{card(number)}"}}, "lines": {self._lines}}}'
        )
        return Call("POST", "/api/v1/sales", name, body)

    def _sqlite(self) -> Arm:
        """One writer at a time is all that SQLite has: more tills would only wait."""
        assert isinstance(self.floor, SqliteFloor)
        kept, until = self.ground.world["kept"], time.monotonic() + self.size.seconds
        began, before, cpu, took = time.monotonic(), self.raw, time.process_time(), []
        while time.monotonic() < until:
            at_once = time.monotonic()
            self.floor.sell(RawSale(fresh_id(), card(random.randint(1, self.size.members)), kept))
            took.append(time.monotonic() - at_once)
            self.raw += 1
        done = self.raw - before
        cpu = (time.process_time() - cpu) * TICK / max(done, 1)
        return Arm(done / (time.monotonic() - began), took, database_cpu=cpu)

    def _pgbench(self, tills: int) -> Arm:
        server = self.ground.postgres
        assert server is not None
        kept = self.ground.world["kept"].replace("'", "''").replace(":", ": ")
        with tempfile.TemporaryDirectory(prefix="passage-bench-", dir="/tmp") as folder:
            Path(folder).chmod(0o755)
            script = Path(folder) / "sale.sql"
            script.write_text(
                f"\\set number random(1, {self.size.members})\n"
                "SELECT raw_sale(gen_random_uuid()::text, 'BENCH' || lpad((:number)::text, 8, '0'), "
                f"'{kept}'::jsonb);\n"
            )
            seconds = str(max(1, round(self.size.seconds)))
            flags = ["-h", str(server.host), "-U", "postgres", "-n", "-M", "prepared", "-f", str(script)]
            command = [str(server.programs / "pgbench"), *flags, "-c", str(tills), "-j", "1", "-T", seconds, "postgres"]
            cpu = cpu_seconds([server.leader])
            done = subprocess.run(command, check=False, cwd="/", capture_output=True, text=True, **server.account)
        rate = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
        count = re.search(r"actually processed: (\d+)", done.stdout)
        if rate is None or count is None or done.returncode:
            void(f"pgbench ended with {done.returncode}: {done.stderr[-500:]}")
        self.raw += int(count[1])
        used = (cpu_seconds([server.leader]) - cpu) * TICK / max(int(count[1]), 1)
        return Arm(float(rate[1]), [tills / float(rate[1])], database_cpu=used)


def compare(bench: Bench, tills: int, *, pause: float = 0.0) -> float:
    """The two arms in turns, and the line about them; answers the ratio of rates."""
    ours, raw = in_turns(
        lambda _: bench.ours(tills, pause=pause), lambda _: bench.theirs(tills), rounds=bench.size.rounds
    )
    mine, floor = median(arm.rate for arm in ours), median(arm.rate for arm in raw)
    took = [each for arm in ours for each in arm.took]
    web, database = median(arm.web_cpu for arm in ours), median(arm.database_cpu for arm in ours)
    name = "pgbench, one call each" if bench.ground.postgres else "sqlite3, one commit each"
    say(
        f"record {bench.ground.name} {tills:>2} tills: ratio {ratio(mine, floor):.3f} "
        f"({mine:.0f}/s beside {floor:.0f}/s of {name}); p50 {at(took, 0.5) * 1000:.0f} ms, p99 {at(took, 0.99) * 1000:.0f} ms; "
        f"CPU of a sale: web {web:.0f} + database {database:.0f} µs, raw {median(arm.database_cpu for arm in raw):.0f} µs"
    )
    return ratio(mine, floor)


def run(name: str, asked: Options) -> None:
    size = QUICK if asked.is_quick else FULL
    with ground(name, members=size.members) as made, served(made) as server:
        bench = Bench(made, server, size)
        bench.ours(1)  # the first answers load what later ones find loaded
        ratios = {tills: compare(bench, tills) for tills in size.tills}
        if "slow" in asked.plants:
            tills = size.tills[0]
            pause = 3 / max(bench.ours(tills).rate, 1)
            judge_plant("raw over ours", before=1 / ratios[tills], after=1 / compare(bench, tills, pause=pause))
        bench.audit()
        say(
            f"audit {name}: {len(bench.answered)} answered sales, each in the books once; {bench.busy} answered busy before"
        )
        if "lose" in asked.plants:
            bench.answered.append("answered-and-never-sent")
            bench.audit()
        bench.floor.close()


def main() -> None:
    asked = options(__doc__)
    say_load("before")
    for name in asked.databases:
        run(name, asked)
    say_load("after")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
