"""What strangers do to a server. Each is a thread that goes on until it is told to stop, and counts what it was told."""

from __future__ import annotations

import contextlib
import http.client
import json
import select
import socket
import threading
from abc import ABC, abstractmethod
from collections import Counter

TRICKLE = 1.0  # seconds between two bytes of a slow body
DOORS = ("/api/v1/till/pairings", "/sign-in", "/api/v1/sales", "/office/members/new", "/")
LARGE_ANSWER = "/api/v1/openapi.json"


class Stranger(threading.Thread, ABC):
    """``heard`` counts statuses; 0 where the connection ended without an answer."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.heard: Counter[int] = Counter()
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.attack()
            self.stopped.wait(0.05)

    @abstractmethod
    def attack(self) -> None: ...

    def _open(self, *, buffer: int = 0) -> socket.socket:
        opened = socket.socket()
        if buffer:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        opened.settimeout(30)
        opened.connect(("127.0.0.1", self.port))
        return opened


class SlowBodies(Stranger):
    """Heads that promise a body, and then a byte each second, on many connections and addresses."""

    def __init__(self, port: int, *, connections: int) -> None:
        super().__init__(port)
        self.connections = connections

    def attack(self) -> None:
        held = [self._begin(number) for number in range(self.connections)]
        try:
            while held and not self.stopped.wait(TRICKLE):
                held = [each for each in held if self._trickle(each)]
        finally:
            for each in held:
                each.close()

    def _begin(self, number: int) -> socket.socket:
        opened = self._open()
        kind = "application/json" if "/api/" in DOORS[number % len(DOORS)] else "application/x-www-form-urlencoded"
        head = f"POST {DOORS[number % len(DOORS)]} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\n"
        opened.sendall(f"{head}Content-Length: 60000\r\n\r\n{{".encode())
        return opened

    def _trickle(self, opened: socket.socket) -> bool:
        try:
            if select.select([opened], [], [], 0)[0]:
                self.heard[_status(opened.recv(200))] += 1
                opened.close()
                return False
            opened.sendall(b" ")
        except OSError:
            self.heard[0] += 1
            opened.close()
            return False
        return True


class SlowReaders(Stranger):
    """A large answer is asked for, and never read."""

    def __init__(self, port: int, *, connections: int) -> None:
        super().__init__(port)
        self.connections = connections

    def attack(self) -> None:
        held = [self._open(buffer=4096) for _ in range(self.connections)]
        asked = f"GET {LARGE_ANSWER} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        try:
            for each in held:
                each.sendall(asked * 3)
            self.stopped.wait(10)
        finally:
            for each in held:
                each.close()


class Silent(Stranger):
    """Connections that say nothing, and others that never end their head."""

    def __init__(self, port: int, *, connections: int) -> None:
        super().__init__(port)
        self.connections = connections

    def attack(self) -> None:
        held = [self._open() for _ in range(self.connections)]
        try:
            for each in held[::2]:
                each.sendall(b"GET / HTTP/1.1\r\nHost: 127.")
            self.stopped.wait(10)
        finally:
            for each in held:
                each.close()


class Asking(Stranger):
    """One connection of many that ask without a pause."""

    def __init__(self, port: int, method: str, path: str, *, body: str = "", headers: dict[str, str]) -> None:
        super().__init__(port)
        self.method, self.path, self.body, self.headers = method, path, body, headers

    def attack(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            while not self.stopped.is_set():
                connection.request(self.method, self.path, body=self.body or None, headers=self.headers)
                answer = connection.getresponse()
                answer.read()
                self.heard[answer.status] += 1
                if answer.status == 503:
                    self.stopped.wait(float(answer.headers["Retry-After"]))
        except (OSError, http.client.HTTPException):
            self.heard[0] += 1
            raise
        finally:
            connection.close()


def crowd(port: int, *, connections: int) -> list[Stranger]:
    """Pages without a log-in, keys that nobody gave out, bodies of one repeated key, and wrong passwords."""
    made_up = {"Authorization": "Bearer made-up", "Content-Type": "application/json"}
    twice = "{" + ",".join(['"key": 1'] * 6000) + "}"
    wrong = json.dumps({"email": "owner@example.org", "password": "not it"})
    kinds = [
        ("GET", "/sign-in", "", {}),
        ("POST", "/api/v1/sales", "{}", made_up),
        ("POST", "/api/v1/till/pairings", twice, {"Content-Type": "application/json"}),
        ("POST", "/api/v1/till/pairings", wrong, {"Content-Type": "application/json"}),
        ("GET", "/readyz", "", {}),
    ]
    made: list[Stranger] = []
    for number in range(connections):
        method, path, body, headers = kinds[number % len(kinds)]
        made.append(Asking(port, method, path, body=body, headers=headers))
    return made


def _status(start: bytes) -> int:
    parts = start.split(b" ", 2)
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0
