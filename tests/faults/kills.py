"""Kills under load: python -m tests.faults.kills --kills 100 [--pg] [--seed 1]

Server, worker and, with --pg, PostgreSQL are killed at random moments while tills sell, take back and hang up. Each till
keeps a list of what was acknowledged; what it does not know the end of it sends again under the same id. At the end every
acknowledged operation is in the books exactly once, nothing else is, each held reward was let go once, and `verify`
finds nothing. Exit code 1 where that is not so.

First two faults are planted that must be found: tills that send again under another id, and tills that take an operation
for done when it was sent.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.ground import ROOT, Ground, ground, program
from bench.world import CURRENCY, card

TILLS, MEMBERS, PATIENCE, READY = 4, 40, 120, 60
HANGS_UP = 0.05  # of all questions: what was committed is then known to nobody but the books
PLANTS = ("other-id", "early")
DONE = {200, 201}
BUSY = {429, 503}


class Program:
    """One of ours: started, killed with all it started, and started again."""

    def __init__(self, name: str, command: list[str], env: dict[str, str], folder: Path) -> None:
        self.name, self.command, self.env = name, command, env
        self.log = folder / f"{name}.log"
        self.start()

    def start(self) -> None:
        with self.log.open("a") as log:
            self.running = subprocess.Popen(
                self.command, cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()

    def again(self) -> None:
        self.kill()
        self.start()


class Database:
    """PostgreSQL, whose first process is killed: the others end by themselves, and the next start mends what was open."""

    name = "database"

    def __init__(self, ground: Ground) -> None:
        assert ground.postgres is not None
        self.server = ground.postgres

    def again(self) -> None:
        folder = self.server.folder / "data"
        with contextlib.suppress(ProcessLookupError):
            os.kill(int((folder / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        until = time.monotonic() + READY
        while True:
            try:
                self.server.resume()
                return
            except subprocess.CalledProcessError:  # the old ones have not all ended yet
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)


@dataclass
class Ledger:
    """What the tills were told: the id in the books for each id of theirs, and what should not have been said."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    again: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Till(threading.Thread):
    """Sells, takes back, and asks again for what it was told before, one after the other."""

    def __init__(self, number: int, port: int, key: str, ledger: Ledger, *, seed: int, plant: str) -> None:
        super().__init__(daemon=True)
        self.start_of_ids, self.port, self.ledger, self.plant = f"{start_of_ids(plant)}{number}-", port, ledger, plant
        self.chance, self.numbers = random.Random(f"{seed}-{number}"), itertools.count()
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.stopped = threading.Event()
        self.connection: http.client.HTTPConnection | None = None
        self.sold: list[tuple[str, str, dict[str, Any]]] = []

    def run(self) -> None:
        while not self.stopped.is_set() and len(self.ledger.strange) < 5:
            kind = self.chance.random()
            if kind < 0.15 and self.sold:
                self._take_back()
            elif kind < 0.25 and self.sold:
                self._ask_again()
            else:
                self._sell()

    def _sell(self) -> None:
        lines = [{"id": "1", "amount": self.chance.randint(100, 20_000), "vat_bp": 800}]
        member = {"card": card(self.chance.randint(2, MEMBERS))}
        body = {"occurred_at": _now(), "currency": CURRENCY, "member": member, "lines": lines}
        if told := self._done("/api/v1/sales", self._id(), body):
            self.sold.append((*told, body))

    def _take_back(self) -> None:
        _client_id, sale, _body = self.sold.pop(self.chance.randrange(len(self.sold)))
        self._done(f"/api/v1/sales/{sale}/returns", self._id(), {"occurred_at": _now()})

    def _ask_again(self) -> None:
        client_id, sale, body = self.chance.choice(self.sold)
        told = self._done("/api/v1/sales", client_id, body)
        if told and told[1] != sale:
            self.ledger.strange.append(f"{client_id} was {sale} and is {told[1]}")

    def _id(self) -> str:
        return f"{self.start_of_ids}{next(self.numbers)}"

    def _done(self, path: str, client_id: str, body: dict[str, Any]) -> tuple[str, str] | None:
        """Asks until there is an answer; the id of theirs and of ours, or None where it was refused."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.plant == "early":
                self.ledger.acknowledged.setdefault(client_id, "")
            status, said = self._asked(path, {"client_id": client_id, **body})
            if status in DONE:
                sale = json.loads(said)["id"]
                self.ledger.acknowledged[client_id] = sale
                return client_id, sale
            if status and status not in BUSY:
                break
            with self.ledger.lock:
                self.ledger.again += 1
            if self.plant == "early":
                return None
            if self.plant == "other-id":
                client_id = self._id()
            time.sleep(0.1)
        self.ledger.strange.append(f"{client_id}: {status} {said[:300]}")
        return None

    def _asked(self, path: str, body: dict[str, Any]) -> tuple[int, str]:
        """The status and what was said; (0, why) where the end is unknown."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            self.connection.request("POST", path, body=json.dumps(body), headers=self.headers)
            if self.chance.random() < HANGS_UP:
                time.sleep(self.chance.uniform(0, 0.3))
                raise ConnectionAbortedError("hung up before the answer")
            answer = self.connection.getresponse()
            return answer.status, answer.read().decode()
        except (http.client.HTTPException, OSError) as broken:
            if self.connection is not None:
                self.connection.close()
            self.connection = None
            return 0, repr(broken)


def start_of_ids(plant: str) -> str:
    return f"kill-{plant or 'sound'}-"


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))


class Feeder:
    """Holds rewards for the worker to let go; keeps which ones the database has."""

    def __init__(self, env: dict[str, str]) -> None:
        command = [sys.executable, "-m", "tests.faults.books", "reserve"]
        self.running = subprocess.Popen(
            command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.held: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def feed(self) -> None:
        assert self.running.stdin
        self.running.stdin.write("\n")
        self.running.stdin.flush()

    def end(self) -> None:
        assert self.running.stdin
        self.running.stdin.close()
        self.running.wait(PATIENCE)
        self.reader.join()

    def _read(self) -> None:
        assert self.running.stdout
        self.held.extend(line.strip() for line in self.running.stdout)


def wait_for(port: int) -> None:
    until = time.monotonic() + READY
    while time.monotonic() < until:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.suppress(http.client.HTTPException, OSError):
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise SystemExit("the server does not come back")


@dataclass
class Shop:
    """The programs on one database, and how to reach them."""

    port: int
    key: str
    env: dict[str, str]
    victims: list[Any]
    feeder: Feeder


@contextlib.contextmanager
def a_shop(*, on_postgres: bool) -> Iterator[Shop]:
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(ground("postgresql" if on_postgres else "sqlite", members=MEMBERS))
        env, port = place.environment(), a_port()
        server = Program("serve", [program(), "serve", "--port", str(port)], env, place.folder)
        stack.callback(server.kill)
        worker = Program("work", [sys.executable, "-m", "tests.faults.worker"], env, place.folder)
        stack.callback(worker.kill)
        feeder = Feeder(env)
        stack.callback(feeder.running.kill)
        wait_for(port)
        victims = [server, worker, *([Database(place)] if on_postgres else [])]
        yield Shop(port, str(place.world["key"]), env, victims, feeder)


def run(*, kills: int, on_postgres: bool, seed: int) -> list[str]:
    """What is wrong after so many kills; prints one line of what was done."""
    began = time.monotonic()
    with a_shop(on_postgres=on_postgres) as shop:
        for plant in PLANTS:
            if not lived(shop, Ledger(), kills=1, seed=seed, plant=plant):
                return [f"the planted fault was not found: {plant}"]
        ledger = Ledger()
        wrong = lived(shop, ledger, kills=kills, seed=seed)
        shop.feeder.end()
        wrong += let_go(shop)
    print(
        f"killed: {dict(sorted(ledger.killed.items()))}; {len(ledger.acknowledged)} acknowledged, {ledger.again} asked "
        f"again, {len(shop.feeder.held)} rewards held, {time.monotonic() - began:.0f} s, seed {seed}"
    )
    return wrong


def lived(shop: Shop, ledger: Ledger, *, kills: int, seed: int, plant: str = "") -> list[str]:
    """What the books say against the tills after so many kills under load."""
    chance = random.Random(seed)
    tills = [Till(number, shop.port, shop.key, ledger, seed=seed, plant=plant) for number in range(TILLS)]
    for till in tills:
        till.start()
    # Each in its turn at first, so that few kills meet all of them too.
    for victim in itertools.islice(
        itertools.chain(shop.victims, iter(lambda: chance.choice(shop.victims), None)), kills
    ):
        shop.feeder.feed()
        under_load(ledger, more=chance.randint(3, 40))
        time.sleep(chance.uniform(0, 0.2))
        victim.again()
        ledger.killed[victim.name] += 1
        wait_for(shop.port)
        if ledger.killed.total() % 10 == 0:
            print(f"{ledger.killed.total()} kills, {len(ledger.acknowledged)} acknowledged", file=sys.stderr)
    for till in tills:
        till.stopped.set()
    for till in tills:
        till.join(PATIENCE + READY)
    return compared(ledger, asked(shop.env, start_of_ids(plant)))


def under_load(ledger: Ledger, *, more: int) -> None:
    """Until so many more operations were acknowledged: a kill of a server that nobody asks proves nothing."""
    wanted, until = len(ledger.acknowledged) + more, time.monotonic() + READY
    while len(ledger.acknowledged) < wanted and time.monotonic() < until and len(ledger.strange) < 5:
        time.sleep(0.01)


def let_go(shop: Shop) -> list[str]:
    """Waits until the worker has let go of every held reward; what it did not, or did twice."""
    until = time.monotonic() + PATIENCE
    while (books := asked(shop.env, ""))["stock_gone"] and time.monotonic() < until:
        time.sleep(1)
    held = books["held"]
    wrong = [f"{name} is {held.get(name, 'lost')}" for name in shop.feeder.held if held.get(name) != "expired"]
    return wrong + ([f"{books['stock_gone']} pieces of the reward are gone"] if books["stock_gone"] else [])


def asked(env: dict[str, str], start: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.faults.books", "audit", start]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True)
    books: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return books


def compared(ledger: Ledger, books: dict[str, Any]) -> list[str]:
    """The books beside what the tills were told."""
    kept, told = dict(books["kept"]), ledger.acknowledged
    times = Counter(name for name, _ in books["kept"])
    wrong = [*ledger.strange, *books["faults"]]
    wrong += [f"{name} is in the books {number} times" for name, number in times.items() if number > 1]
    wrong += [f"{name} was acknowledged and is lost" for name in told if name not in kept]
    wrong += [f"{name} is in the books and was never acknowledged" for name in kept if name not in told]
    wrong += [
        f"{name} was {sale}, is {kept[name]}" for name, sale in told.items() if sale and kept.get(name, sale) != sale
    ]
    return wrong


def a_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--pg", action="store_true", help="on a temporary PostgreSQL instead of SQLite")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    wrong = run(kills=arguments.kills, on_postgres=arguments.pg, seed=arguments.seed)
    print("\n".join(wrong[:20]) or "each acknowledged operation is in the books once, and the books add up")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
