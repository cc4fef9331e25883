"""One siege: a till sells alone, then with strangers at every door; what each heard, and what is in the books."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.ground import Ground, Server
from bench.world import CURRENCY, LINES, card
from tests.siege.strangers import Silent, SlowBodies, SlowReaders, Stranger, crowd

TILLS, MEMBERS = 2, 200
BUSY = {429, 503}
DONE = {200, 201}
# A sale that takes longer was not served: the clerk has given up, and the till keeps it for later.
GIVEN_UP = 10.0


@dataclass
class Sold:
    """What the tills were told: seconds each sale took until it was acknowledged, repetitions included."""

    acknowledged: list[str] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    again: int = 0
    given_up: list[str] = field(default_factory=list)

    @property
    def p99(self) -> float:
        ordered = sorted(self.took)
        return ordered[int(len(ordered) * 0.99)] if ordered else GIVEN_UP


@dataclass(frozen=True)
class Report:
    quiet: Sold
    besieged: Sold
    strangers: Counter[str]
    health: list[float]
    memory: tuple[int, int]
    faults: list[str]


class Till(threading.Thread):
    def __init__(self, server: Server, key: str, sold: Sold, *, seconds: float) -> None:
        super().__init__(daemon=True)
        self.server, self.sold, self.until = server, sold, time.monotonic() + seconds
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        numbers = itertools.count()
        while time.monotonic() < self.until:
            self._sell(f"siege-{uuid.uuid4().hex}", next(numbers))
            time.sleep(0.02)

    def _sell(self, client_id: str, number: int) -> None:
        lines = [{"id": i, "amount": amount, "product": product, "vat_bp": vat} for i, product, amount, vat in LINES]
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
        member = {"card": card(number % MEMBERS + 1)}
        body = {"client_id": client_id, "occurred_at": at, "currency": CURRENCY, "member": member, "lines": lines}
        began = time.monotonic()
        while time.monotonic() - began < GIVEN_UP:
            status, wait = self._ask(json.dumps(body))
            if status in DONE:
                self.sold.acknowledged.append(client_id)
                self.sold.took.append(time.monotonic() - began)
                return
            self.sold.again += 1
            time.sleep(wait if status in BUSY else 0.1)
        self.sold.given_up.append(client_id)

    def _ask(self, body: str) -> tuple[int, float]:
        """The status and the seconds to wait; 0 where the end is unknown."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=GIVEN_UP)
            self.connection.request("POST", "/api/v1/sales", body=body, headers=self.headers)
            answer = self.connection.getresponse()
            answer.read()
            return answer.status, float(answer.headers.get("Retry-After", 0))
        except (OSError, http.client.HTTPException):
            if self.connection is not None:
                self.connection.close()
            self.connection = None
            return 0, 0.0


def siege(made: Ground, server: Server, *, seconds: float, connections: int) -> Report:
    quiet = sell(made, server, seconds=seconds)
    before = memory(server)
    strangers = attackers(server.port, connections=connections)
    for each in strangers:
        each.start()
    health: list[float] = []
    asking = threading.Thread(target=_ask_for_health, args=(server.port, seconds, health), daemon=True)
    asking.start()
    besieged = sell(made, server, seconds=seconds)
    asking.join()
    after = memory(server)
    for each in strangers:
        each.stopped.set()
    for each in strangers:
        each.join(30)
    heard: Counter[str] = Counter()
    for each in strangers:
        heard.update({f"{type(each).__name__} {status}": number for status, number in each.heard.items()})
    return Report(quiet, besieged, heard, health, (before, after), audit(made, [quiet, besieged]))


def attackers(port: int, *, connections: int) -> list[Stranger]:
    quarter = max(8, connections // 4)
    return [
        SlowBodies(port, connections=quarter),
        SlowReaders(port, connections=quarter // 2),
        Silent(port, connections=quarter),
        *crowd(port, connections=connections),
    ]


def sell(made: Ground, server: Server, *, seconds: float) -> Sold:
    sold = Sold()
    tills = [Till(server, made.world["key"], sold, seconds=seconds) for _ in range(TILLS)]
    for each in tills:
        each.start()
    for each in tills:
        each.join()
    return sold


def audit(made: Ground, sales: Sequence[Sold]) -> list[str]:
    """Every acknowledged sale is in the books once, and the books add up."""
    found = made.ask("audit", "siege-")
    times = Counter(found["client_ids"])
    told = [each for sold in sales for each in sold.acknowledged]
    lost = [f"{each} is in the books {times[each]} times" for each in told if times[each] != 1]
    return [*lost, *found["faults"]]


def memory(server: Server) -> int:
    """Bytes that the server and what it started hold."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            if server.leader in (int(stat.parent.name), int(fields[1])):
                total += int((stat.parent / "statm").read_text().split()[1]) * 4096
        except OSError:
            continue
    return total


def _ask_for_health(port: int, seconds: float, took: list[float]) -> None:
    """Seconds of each answer; what does not come within `GIVEN_UP` counts as that."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=GIVEN_UP)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            took.append(time.monotonic() - began)
        except (OSError, http.client.HTTPException):
            took.append(GIVEN_UP)
        finally:
            connection.close()
        time.sleep(0.1)
