"""A sale beside long work: how much longer it takes while members are imported, points end, or a copy is made."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import django

from bench.ground import ROOT, Ground, Server, ground, passage, program, served
from bench.report import Options, at, judge_plant, options, ratio, say, say_load, void
from bench.tills import Call, Street, knock
from bench.world import CURRENCY, LINES, card

WORST = 0.99
TARGET = 10


@dataclass(frozen=True, slots=True)
class Size:
    members: int
    imported: int
    ending: int
    seconds: float


FULL = Size(members=20_000, imported=20_000, ending=10_000, seconds=20.0)
QUICK = Size(members=300, imported=300, ending=200, seconds=2.0)


@dataclass(slots=True)
class Bench:
    """One till that sells without a pause; what was answered is counted in the books at the end."""

    ground: Ground
    server: Server
    size: Size
    answered: list[str] = field(default_factory=list)
    number: Iterator[int] = field(default_factory=itertools.count)

    def sell(self, seconds: float, *, pause: float = 0.0) -> list[float]:
        """Seconds that each sale took, "busy" and tried again included."""
        street = Street(self.server.port, self.ground.world["key"], pause)
        heard = knock(street, tills=1, seconds=seconds, call=self._sale)
        if heard.strange:
            void(f"{len(heard.strange)} sales were not answered, as {heard.strange[0]}")
        self.answered += heard.answered
        return heard.took

    def beside(self, work: Callable[[threading.Event], None]) -> list[float]:
        """As long as the work lasts, and at most ten times as long as the quiet part."""
        told, took = threading.Event(), []
        thread = threading.Thread(target=work, args=(told,))
        thread.start()
        until = time.monotonic() + 10 * self.size.seconds
        while thread.is_alive() and time.monotonic() < until:
            took += self.sell(0.5)
        told.set()
        thread.join()
        return took

    def audit(self) -> None:
        found = self.ground.ask("audit", "beside-")
        if sorted(found["client_ids"]) != sorted(self.answered):
            void(f"{len(self.answered)} sales were answered and {len(found['client_ids'])} are in the books")
        if found["faults"]:
            void(f"the books do not add up: {found['faults'][0]}")
        say(f"audit {self.ground.name}: {len(self.answered)} answered sales, each in the books once")

    def _sale(self) -> Call:
        name = f"beside-{next(self.number)}"
        body = {
            "client_id": name,
            "occurred_at": self.ground.world["at"],
            "currency": CURRENCY,
            "shop": "rynek",
            "till": "1",
            "member": {"card": card(random.randint(1, self.size.members))},
            "lines": [{"id": i, "product": p, "amount": a, "vat_bp": v} for i, p, a, v in LINES],
        }
        return Call("POST", "/api/v1/sales", name, json.dumps(body))


def imported(made: Ground, told: threading.Event) -> None:
    """The worker takes in the list that was looked through before."""
    _worker_until(made, told, "import")


def ended(made: Ground, told: threading.Event) -> None:
    """The worker's hour of ending points, on points whose last day was planted to be yesterday."""
    made.ask("beside", "--inside", "expire")


def copied(made: Ground, told: threading.Event) -> None:
    """`passage backup` where there is one, else the database's own copy: three times."""
    for number in range(3):
        target = made.folder / f"copy-{number}"
        if (ROOT / "passage/config/management/commands/backup.py").exists():
            passage(made.environment(), "backup", "--to", str(target))
        elif made.postgres:
            return  # pg_dump reads a snapshot and locks nobody out
        else:
            with (
                contextlib.closing(sqlite3.connect(made.file)) as ours,
                contextlib.closing(sqlite3.connect(target)) as new,
            ):
                ours.backup(new, pages=100, sleep=0.02)


def _worker_until(made: Ground, told: threading.Event, what: str) -> None:
    worker = subprocess.Popen([program(), "work"], cwd=ROOT, env=made.environment(), stdout=subprocess.DEVNULL)
    try:
        while not told.is_set() and not made.ask("beside", "--inside", "is-done")["done"]:
            told.wait(1)
    finally:
        worker.terminate()
        worker.wait(60)


def run(made: Ground, asked: Options, size: Size) -> None:
    made.ask("beside", "--inside", "prepare", str(size.imported), str(size.ending))
    with served(made) as server:
        bench = Bench(made, server, size)
        bench.sell(1.0)  # the first sale loads what later ones find loaded
        quiet = at(bench.sell(size.seconds), WORST)
        for name, work in (("import", imported), ("expiry", ended), ("copy", copied)):
            took = bench.beside(lambda told, work=work: work(made, told))  # type: ignore[misc]
            again = at(bench.sell(size.seconds / 2), WORST)
            calm = (quiet + again) / 2
            says = f"p99 {at(took, WORST) * 1000:.0f} ms of {len(took)} sales beside {calm * 1000:.0f} ms when quiet"
            say(f"sale beside {name} {made.name}: ratio {ratio(at(took, WORST), calm):.1f} ({says}; target < {TARGET})")
        if "slow" in asked.plants:
            slow = at([each + 0.5 for each in bench.sell(size.seconds / 2)], WORST)
            judge_plant("the p99 of a sale", before=quiet, after=slow)
        if "lose" in asked.plants:
            bench.answered.append("beside-never-sent")
        bench.audit()


def inside(what: str, *numbers: str) -> dict[str, Any]:
    from django.utils import timezone

    from passage.programme.models import Programme

    shop = Programme.objects.get(slug="bench")
    if what == "prepare":
        return _prepare(shop, *map(int, numbers))
    if what == "expire":
        from passage.ledger.actions import expire_points

        return {"ended": expire_points(programme=shop, at=timezone.now() + timedelta(days=380))}
    from passage.imports.models import Import

    return {"done": not Import.objects.of(shop).filter(state="applying").exists()}


def _prepare(shop: Any, imported: int, ending: int) -> dict[str, Any]:
    """A list looked through and started, and sales whose points end in a year."""
    from django.utils import timezone

    from bench.world import BY, a_sale
    from passage.imports import actions, queries
    from passage.programme.models import Source
    from passage.purchases.actions import record

    at, source = timezone.now(), Source.objects.of(shop).get(code="till")
    for start in range(0, ending, 500):
        part = range(start, min(start + 500, ending))
        record(programme=shop, source=source, batch=[a_sale(f"old-{n}", n + 1, at) for n in part], by=BY, at=at)
    rows = (f"Jan{n};Kowalski;jan{n}@example.com" for n in range(imported))
    content = "\n".join(["Imię;Nazwisko;E-mail", *rows]).encode()
    upload = actions.receive(programme=shop, name="list.csv", file=io.BytesIO(content), by=BY, at=at)
    told = {"encoding": upload.encoding, "separator": upload.separator, "has_headings": True}
    seen = queries.preview(upload, **told)
    actions.check(upload=upload, columns=queries.guessed(upload, seen), by=BY, at=at, **told)
    upload.refresh_from_db()
    while upload.state == "checking":
        actions.work(programme=shop, payload={"upload": upload.pk, "turn": upload.turn, "by": BY}, at=at)
        upload.refresh_from_db()
    actions.apply(upload=upload, choice="fill", by=BY, at=at)
    return {"rows": imported}


def main() -> None:
    asked = options(__doc__)
    size = QUICK if asked.is_quick else FULL
    say_load("before")
    for name in asked.databases:
        with ground(name, members=size.members) as made:
            run(made, asked, size)
    say_load("after")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        django.setup()
        print(json.dumps(inside(*sys.argv[2:])))
    else:
        main()
