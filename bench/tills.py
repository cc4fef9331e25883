"""Tills that knock at the API: threads with one kept connection each, for a bounded time and a bounded number of calls."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

MOST_CALLS = 50_000
AGAIN = 20  # how often a call is repeated that was answered "busy"
BUSY = 503


@dataclass(frozen=True, slots=True)
class Call:
    """One request. ``name`` is how the books know it; ``wanted`` must stand in its answer."""

    method: str
    path: str
    name: str = ""
    body: str | None = None
    wanted: str = ""


@dataclass(slots=True)
class Heard:
    """What all tills heard: names that were answered, seconds each answer took, and what else was said."""

    seconds: float = 0.0
    answered: list[str] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    busy: int = 0
    strange: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.took) / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Street:
    """Where the tills knock, and with which key. ``pause`` seconds before each call are the planted slowness."""

    port: int
    key: str
    pause: float = 0.0


def knock(street: Street, *, tills: int, seconds: float, call: Callable[[], Call]) -> Heard:
    """``tills`` threads call for ``seconds``; a call that began in time is heard to its end."""
    heard, until, lock = Heard(), time.monotonic() + seconds, threading.Lock()
    threads = [threading.Thread(target=_till, args=(street, until, call, heard, lock)) for _ in range(tills)]
    began = time.monotonic()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    heard.seconds = time.monotonic() - began
    return heard


def _till(street: Street, until: float, call: Callable[[], Call], heard: Heard, lock: threading.Lock) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", street.port, timeout=60)
    mine = Heard()
    headers = {"Authorization": f"Bearer {street.key}", "Content-Type": "application/json"}
    for _ in range(MOST_CALLS):
        if time.monotonic() >= until or len(mine.strange) > 3:
            break
        time.sleep(street.pause) if street.pause else None
        _ask(connection, headers, call(), mine)
    connection.close()
    with lock:
        heard.answered += mine.answered
        heard.took += mine.took
        heard.strange += mine.strange
        heard.busy += mine.busy


def _ask(connection: http.client.HTTPConnection, headers: dict[str, str], call: Call, mine: Heard) -> None:
    began = time.monotonic()
    for _ in range(AGAIN):
        try:
            connection.request(call.method, call.path, body=call.body, headers=headers)
            response = connection.getresponse()
            said = response.read().decode()
        except (http.client.HTTPException, OSError) as broken:
            connection.close()
            mine.strange.append(f"{call.name}: {broken!r}")
            return
        if response.status != BUSY:
            break
        mine.busy += 1
    if response.status in {200, 201} and call.wanted in said:
        mine.answered.append(call.name)
        mine.took.append(time.monotonic() - began)
    else:
        mine.strange.append(f"{call.name}: {response.status} {said[:200]}")
