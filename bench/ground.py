"""What the benches stand on: a durable database of their own, and the product served on it as in a shop."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.migrated import FILES, migrated
from tests.postgres import Postgres

ROOT = Path(__file__).resolve().parents[1]
# As a shop would run it: a commit that was answered survives the power.
DURABLE = "-c fsync=on -c synchronous_commit=on -c full_page_writes=on -c max_connections=100 -c shared_buffers=512MB"
PATIENCE = 60


class DurablePostgres(Postgres):
    """The tests' PostgreSQL, but one that waits for the disk."""

    def start(self) -> str:
        folder, self.host = self._folder("data"), self._folder("socket")
        options = ["--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
        self._run("initdb", "-D", str(folder), "-U", "postgres", *options)
        self.resume()
        return f"postgresql://postgres@/postgres?host={self.host}"

    def resume(self) -> None:
        """Starts the cluster that is there, after whatever ended it. Raises CalledProcessError while the old one lives."""
        folder = self.folder / "data"
        flags = f"-k {self.host} -c listen_addresses='' {DURABLE}"
        self._run("pg_ctl", "-D", str(folder), "-w", "-l", str(folder / "log"), "-o", flags, "start")
        self.leader = int((folder / "postmaster.pid").read_text().split()[0])


@dataclass(frozen=True, slots=True)
class Ground:
    """One database and what `bench.world` made in it. ``postgres`` is None on SQLite."""

    name: str
    url: str
    folder: Path
    postgres: DurablePostgres | None
    world: Mapping[str, Any]

    @property
    def file(self) -> Path:
        return self.folder / "passage.sqlite3"

    def environment(self, **more: str) -> dict[str, str]:
        return environment(self.url, self.folder, **more)

    def ask(self, module: str, *words: str) -> dict[str, Any]:
        """What a module of ours prints as JSON, run with Django on this database."""
        return ask(self.environment(), module, *words)


def environment(url: str, folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    mine = {"DATABASE_URL": url, "PASSAGE_DATA": str(folder), "LOG_LEVEL": "ERROR", "PYTHONPATH": str(ROOT)}
    return {**kept, **mine, "DJANGO_SETTINGS_MODULE": "bench.settings", **more}


def ask(env: Mapping[str, str], module: str, *words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", f"bench.{module}", *words]
    done = subprocess.run(command, cwd=ROOT, env=dict(env), check=True, stdout=subprocess.PIPE, text=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@contextlib.contextmanager
def ground(name: str, *, members: int) -> Iterator[Ground]:
    """A fresh database ("sqlite" or "postgresql") with the world of the benches in it, gone afterwards."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="passage-bench-")))
        server, url = None, ""
        if name == "postgresql":
            server = DurablePostgres()
            stack.callback(server.stop)
            url = server.start()
        env = environment(url, folder)
        if name == "sqlite" and FILES in os.environ:
            migrated(folder)
        else:
            passage(env, "migrate", "--verbosity", "0", "--skip-checks")
        yield Ground(name, url, folder, server, ask(env, "world", str(members)))


def passage(env: Mapping[str, str], *words: str) -> None:
    subprocess.run([program(), *words], cwd=ROOT, env=dict(env), check=True, stdout=sys.stderr)


def program() -> str:
    return str(Path(sys.executable).parent / "passage")


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    leader: int


@contextlib.contextmanager
def served(ground: Ground, **more: str) -> Iterator[Server]:
    """`passage serve`, answering."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (ground.folder / "serve.log").open("w") as log:
        command = [program(), "serve", "--port", str(port)]
        running = subprocess.Popen(command, cwd=ROOT, env=ground.environment(**more), stdout=log, stderr=log)
        try:
            _wait_for(port, running, log=Path(log.name))
            yield Server(port, running.pid)
        finally:
            running.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(20)
            running.kill()


def _wait_for(port: int, running: subprocess.Popen[bytes], *, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and running.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit(f"the server does not answer:\n{log.read_text()[-2000:]}")


def cpu_seconds(leaders: Sequence[int]) -> float:
    """What these programs and all they started have used so far, of user and system time."""
    parents: dict[int, int] = {}
    used: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            parents[int(stat.parent.name)] = int(fields[1])
            used[int(stat.parent.name)] = sum(int(ticks) for ticks in fields[11:15])
    ours = set(leaders)
    while more := {child for child, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(used.get(each, 0) for each in ours) / os.sysconf("SC_CLK_TCK")
