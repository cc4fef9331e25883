"""The front on a real port, with people who send slowly, read slowly, say nothing, or come all at once."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

LARGE, THREADS = 20 * 1024 * 1024, 4

PATIENCE = 60
JSON = {"Content-Type": "application/json"}
STARTED = (
    "from passage.config.front.listening import listening, server;"
    "server(listening(host='127.0.0.1', port={port}), target='passage.config.front.tests.echo:application').serve()"
)


@dataclass(frozen=True)
class Serving:
    port: int
    program: subprocess.Popen[bytes]

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers
        finally:
            connection.close()

    def open(self, start: bytes, *, buffer: int = 0) -> socket.socket:
        opened = socket.socket()
        if buffer:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        opened.settimeout(PATIENCE)
        opened.connect(("127.0.0.1", self.port))
        opened.sendall(start)
        return opened


def start(port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", STARTED.format(port=port)], stderr=subprocess.PIPE)


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    found = Serving(port, start(port))
    until = time.monotonic() + PATIENCE
    while True:
        try:
            found.ask("GET", "/healthz")
            break
        except OSError:
            assert time.monotonic() < until
            assert found.program.poll() is None
            time.sleep(0.05)
    yield found
    found.program.terminate()
    found.program.communicate(timeout=PATIENCE)


def test_a_request_reaches_the_pages_as_it_was_sent(serving: Serving) -> None:
    status, text, _ = serving.ask("POST", "/caf%C3%A9?q=1", b"x" * 70_000, X_Forwarded_For="a, 198.51.100.7")
    told = json.loads(text)
    assert (status, told["body"], told["environ"]["CONTENT_LENGTH"]) == (200, 70_000, "70000")
    assert told["environ"]["HTTP_X_FORWARDED_FOR"] == "a, 198.51.100.7"


def test_a_header_with_an_underscore_replaces_no_other(serving: Serving) -> None:
    with serving.open(
        b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Forwarded-For: real\r\nX_Forwarded_For: planted\r\n\r\n"
    ) as opened:
        said = b"".join(iter(lambda: opened.recv(65536), b""))
    assert b"real" in said
    assert b"planted" not in said


def test_more_slow_bodies_than_threads_stop_nobody(serving: Serving) -> None:
    head = b"POST /api/v1/till/pairings HTTP/1.1\r\nHost: h\r\nContent-Length: 500\r\n\r\n{"
    with contextlib.ExitStack() as stack:
        for _ in range(10 * THREADS):
            stack.enter_context(serving.open(head))
        for path in ("/", "/api/v1/sales", "/healthz"):
            assert serving.ask("GET", path)[0] == 200


@pytest.mark.parametrize("path", ["/pieces", "/file"])
def test_more_slow_readers_than_threads_stop_nobody(serving: Serving, path: str) -> None:
    head = f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode()
    with contextlib.ExitStack() as stack:
        for _ in range(3 * THREADS):
            stack.enter_context(serving.open(head, buffer=4096))
        assert serving.ask("GET", "/")[0] == 200
        status, text, _ = serving.ask("GET", path)
        assert (status, len(text)) == (200, LARGE)


def test_connections_that_say_nothing_stop_nobody(serving: Serving) -> None:
    with contextlib.ExitStack() as stack:
        for number in range(300):
            stack.enter_context(serving.open(b"GET / HT" if number % 2 else b""))
        assert serving.ask("GET", "/")[0] == 200


def test_a_body_that_breaks_off_reaches_no_page(serving: Serving) -> None:
    with serving.open(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf ") as opened:
        opened.shutdown(socket.SHUT_WR)
        said = opened.recv(65536)
    assert b" 411 " in said


def test_too_many_at_once_are_told_at_once_and_health_comes_first(serving: Serving) -> None:
    statuses: list[int] = []
    waits: list[str | None] = []

    def ask() -> None:
        status, _, headers = serving.ask("GET", "/slow")
        statuses.append(status)
        waits.append(headers["Retry-After"])

    threads = [threading.Thread(target=ask) for _ in range(60)]
    for each in threads:
        each.start()
    assert serving.ask("GET", "/healthz")[0] == 200
    for each in threads:
        each.join()
    assert set(statuses) == {200, 503}
    assert [wait for status, wait in zip(statuses, waits, strict=True) if status == 503] == ["1"] * statuses.count(503)


def test_what_the_front_says_itself_is_in_the_language_of_who_asks(serving: Serving) -> None:
    body = b"x" * (2 * 1024 * 1024)

    def pieces() -> Iterator[bytes]:
        yield from (body[start : start + 65536] for start in range(0, len(body), 65536))

    for language, words in (("pl", "Nie udało się odczytać tego żądania"), ("fr", "lu")):
        connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=PATIENCE)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", "/", pieces(), {**JSON, "Accept-Language": language}, encode_chunked=True)
        answer = connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 413
        assert f'lang="{language}"' in text
        assert words in text
        assert "Content-Security-Policy" in answer.headers
        connection.close()
    status, text, headers = 0, b"", None
    connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=PATIENCE)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.request("POST", "/api/v1/sales", pieces(), {**JSON, "Accept-Language": "pl"}, encode_chunked=True)
    answer = connection.getresponse()
    status, text, headers = answer.status, answer.read(), answer.headers
    assert (status, headers["Content-Type"]) == (413, "application/problem+json")
    assert json.loads(text)["code"] == "too_large"


def test_a_second_server_does_not_share_the_port(serving: Serving) -> None:
    second = start(serving.port)
    _, said = second.communicate(timeout=PATIENCE)
    assert second.returncode != 0
    assert b"Something listens on port" in said
    assert serving.ask("GET", "/healthz")[0] == 200


def test_a_server_whose_parent_was_killed_ends_as_well(serving: Serving) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    other = Serving(port, start(port))
    until = time.monotonic() + PATIENCE
    while not _answers(other):
        assert time.monotonic() < until
        time.sleep(0.05)
    os.kill(other.program.pid, signal.SIGKILL)
    other.program.communicate(timeout=PATIENCE)
    while _answers(other):
        assert time.monotonic() < until
        time.sleep(0.1)


def _answers(serving: Serving) -> bool:
    try:
        return serving.ask("GET", "/healthz")[0] == 200
    except OSError:
        return False
