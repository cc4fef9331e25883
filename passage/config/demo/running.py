"""Web and worker under one parent: they start together, and none outlives the other or the parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from threading import Event
from types import FrameType

HOST = "127.0.0.1"
USUAL_PORT = 8000
PATIENCE = 60.0  # seconds for the web server to answer, and for either to end what it is doing
PAUSE = 0.1
SIGNS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Broken(Exception):
    """One of the two has ended by itself, or never began."""


def is_free(port: int) -> bool:
    with socket.socket() as seeker:
        seeker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            seeker.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """The usual one, or any that is free."""
    if is_free(USUAL_PORT):
        return USUAL_PORT
    with socket.socket() as seeker:
        seeker.bind((HOST, 0))
        return int(seeker.getsockname()[1])


class Pair:
    """The two processes. ``stop`` may be called from a signal."""

    def __init__(self, *, port: int, env: Mapping[str, str]) -> None:
        self.port = port
        self.env = dict(env)
        self._told = Event()
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    @contextmanager
    def running(self) -> Iterator[None]:
        """Both run inside; the signals that end a command end the wait, and both are ended on the way out."""
        before = {sign: signal.signal(sign, self._stop) for sign in SIGNS}
        try:
            self._start("web", "serve", "--bind", HOST, "--port", str(self.port))
            self._start("worker", "work")
            yield
        finally:
            self._end()
            for sign, habit in before.items():
                signal.signal(sign, habit)

    def until_well(self) -> bool:
        """Waits for /healthz to answer; False if told to stop before. Raises `Broken`."""
        deadline = time.monotonic() + PATIENCE
        while not self._told.is_set():
            self._look()
            if self._answers():
                return True
            if time.monotonic() > deadline:
                raise Broken(f"the web server did not answer within {PATIENCE:.0f} s")
            self._told.wait(PAUSE)
        return False

    def until_told(self) -> None:
        """Waits for a signal. Raises `Broken` when one of the two ends."""
        while not self._told.wait(PAUSE):
            self._look()

    def _stop(self, sign: int, frame: FrameType | None) -> None:
        self._told.set()

    def _start(self, name: str, *arguments: str) -> None:
        # A session of its own: Ctrl+C reaches this process alone, which then ends both in good order.
        command = [sys.executable, "-m", "passage.config.demo.leash", *arguments]
        self._children[name] = subprocess.Popen(  # noqa: S603 - our own commands
            command, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
        )

    def _look(self) -> None:
        for name, child in self._children.items():
            if child.poll() is not None:
                raise Broken(f"the {name} ended by itself (exit code {child.returncode})")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.port}/healthz", timeout=5) as answer:
                return bool(answer.status == HTTPStatus.OK)
        except (urllib.error.URLError, OSError):
            return False

    def _end(self) -> None:
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + PATIENCE
        for child in self._children.values():
            try:
                child.wait(timeout=max(deadline - time.monotonic(), PAUSE))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
