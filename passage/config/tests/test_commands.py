"""The commands as an owner types them: a process of their own, on a database of their own."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.migrated import migrated as copied

COMMAND = [sys.executable, str(Path(__file__).resolve().parents[3] / "manage.py")]
PATIENCE = 300
pytestmark = pytest.mark.one_database


def surroundings(*, data: Path, **more: str) -> dict[str, str]:
    """This machine's environment without what the test run added to it."""
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}}
    return kept | {"PASSAGE_DATA": str(data)} | more


def run(*arguments: str, data: Path, **more: str) -> subprocess.CompletedProcess[str]:
    env = surroundings(data=data, **more)
    return subprocess.run(
        [*COMMAND, *arguments], env=env, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def free_port() -> int:
    with socket.socket() as seeker:
        seeker.bind(("127.0.0.1", 0))
        return int(seeker.getsockname()[1])


def answer(url: str) -> tuple[int, dict[str, object]]:
    with urllib.request.urlopen(url, timeout=PATIENCE) as response:
        return response.status, json.load(response)


@contextlib.contextmanager
def serving(*, data: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    server = subprocess.Popen([*COMMAND, "serve"], env=surroundings(data=data, PORT=str(port)), stdout=subprocess.PIPE)
    try:
        deadline = time.monotonic() + PATIENCE
        while server.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield server
    finally:
        if server.poll() is None:
            server.kill()
        server.communicate()


def test_a_wrong_setting_ends_any_command_with_one_line_and_no_traceback(tmp_path: Path) -> None:
    ended = run("check", data=tmp_path, PORT="eighty")
    assert ended.returncode == 1
    assert ended.stderr.startswith("passage: PORT cannot be used")
    assert "Traceback" not in ended.stderr


def test_the_server_refuses_a_database_that_was_not_migrated_and_says_what_to_do(tmp_path: Path) -> None:
    ended = run("serve", data=tmp_path, PORT=str(free_port()))
    assert ended.returncode == 1
    assert "Run `passage migrate` first" in ended.stderr


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("data"))


def test_after_migrate_the_server_is_alive_and_ready_and_stops_when_told(migrated: Path) -> None:
    port = free_port()
    with serving(data=migrated, port=port) as server:
        assert answer(f"http://127.0.0.1:{port}/healthz") == (200, {"status": "ok"})
        assert answer(f"http://127.0.0.1:{port}/readyz") == (200, {"status": "ready", "missing": []})
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=PATIENCE) == 0


def test_a_second_migrate_changes_nothing(migrated: Path) -> None:
    assert run("migrate", "--check", data=migrated).returncode == 0
    assert run("migrate", "-v0", data=migrated).returncode == 0
