"""`passage demo`: the same world for the same seed; starts, answers, stops, and leaves alone what is not its own."""

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from django.db import transaction

from passage.cards.numbers import looks_mistyped
from passage.config.demo import folder
from passage.config.demo.cast import ANNA
from passage.config.demo.chain import PASSWORD, SHOPS
from passage.config.demo.people import PHONE_RANGE, neighbours
from passage.config.demo.running import free_port
from passage.config.demo.welcome import LOGINS
from passage.config.demo.world import build
from passage.config.verification import verify
from passage.programme.models import Programme
from passage.purchases.models import Purchase

NOW = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)
COMMAND = [sys.executable, str(Path(__file__).resolve().parents[2] / "manage.py"), "demo"]
PATIENCE = 120
pytestmark = pytest.mark.one_database


def a_story(*, seed: int) -> list[tuple[object, ...]]:
    """A small world's purchases, as anybody could tell them again."""
    with transaction.atomic():
        build(now=NOW, members=20, days=30, seed=seed, tell=lambda share: None)
        rows = Purchase.objects.order_by("id").select_related("member")
        told = [(row.client_id, row.kind, row.occurred_at, row.total, row.member.phone) for row in rows]
        assert [str(fault) for programme in Programme.objects.all() for fault in verify(programme=programme)] == []
        transaction.set_rollback(True)
    return told


@pytest.mark.django_db
def test_the_same_seed_tells_the_same_story_and_another_seed_another():
    first = a_story(seed=1)
    assert len(first) > 20
    assert a_story(seed=1) == first
    assert a_story(seed=2) != first


def test_the_neighbours_are_all_different_and_none_can_be_reached():
    people = list(islice(neighbours(random.Random(7), shops=tuple(SHOPS), first=3), 2000))
    emails = [person.details["email"] for person in people if "email" in person.details]
    assert len(set(emails)) == len(emails) > 1000
    assert all(re.fullmatch(r"[a-z.]+\d*@example\.com", email) for email in emails)
    phones = {person.details["phone"] for person in people}
    assert len(phones) == len(people)
    # A subscriber's number in Poland never begins with 0.
    assert all(phone.startswith(f"{PHONE_RANGE}0") for phone in phones)
    cards = {person.card for person in people}
    assert len(cards) == len(people)
    assert not any(looks_mistyped(card) for card in cards)


# -- the command -----------------------------------------------------------------------------------


def surroundings(*, data: Path, **more: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PORT", "PASSAGE_URL", "SECRET_KEY"}
    }
    return kept | {"PASSAGE_DATA": str(data)} | more


def demo(*arguments: str, data: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """A demo that ends by itself, because it refuses to begin."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=surroundings(data=data, **more),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@contextlib.contextmanager
def running(*arguments: str, data: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A demo that said it is ready, and what it said."""
    env = surroundings(data=data, PORT=str(port))
    small = ["--members", "3", "--days", "20", *arguments]
    started = subprocess.Popen([*COMMAND, *small], env=env, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    said = ""
    try:
        for line in started.stdout:
            said += line
            if "Ctrl+C" in line:
                break
        yield started, said
    finally:
        if started.poll() is None:
            started.kill()
        started.communicate(timeout=PATIENCE)


def children(of: subprocess.Popen[str]) -> list[int]:
    listed = Path(f"/proc/{of.pid}/task/{of.pid}/children").read_text()
    return [int(pid) for pid in listed.split()]


def is_gone(pid: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False


def answer(url: str, key: str = "") -> tuple[int, str]:
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"} if key else {})
    with urllib.request.urlopen(asked, timeout=PATIENCE) as page:
        return page.status, page.read().decode()


def test_the_demo_starts_answers_stops_and_comes_back_with_the_same_world(tmp_path):
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with running(data=tmp_path, port=port) as (first, said):
        assert all(each in said for each in (address, PASSWORD, str(tmp_path), *(a.email for a, _ in LOGINS)))
        key = re.search(r"pk_\S+", said)[0]
        assert answer(f"{address}/healthz")[0] == 200
        assert answer(f"{address}/sign-in")[0] == 200
        found = json.loads(answer(f"{address}/api/v1/members?identifier={ANNA.email}", key)[1])
        assert (tmp_path / folder.KEY).stat().st_mode & 0o777 == 0o600
        both = children(first)
        assert len(both) == 2

        again = demo("--fresh", data=tmp_path)
        assert again.returncode == 1
        assert address in again.stderr

        first.send_signal(signal.SIGTERM)
        assert first.wait(timeout=PATIENCE) == 0
        assert all(is_gone(pid) for pid in both)

    with running(data=tmp_path, port=port) as (second, said):
        assert key in said
        assert "Building" not in said
        assert json.loads(answer(f"{address}/api/v1/members?identifier={ANNA.email}", key)[1]) == found
        both = children(second)
        second.kill()
        second.wait(timeout=PATIENCE)
        assert all(is_gone(pid) for pid in both)


def test_a_folder_with_somebodys_database_is_left_alone(tmp_path):
    kept = tmp_path / folder.DATABASE
    kept.write_bytes(b"a year of work")
    refused = demo("--fresh", data=tmp_path)
    assert refused.returncode == 1
    assert "no demo made" in refused.stderr
    assert kept.read_bytes() == b"a year of work"
    assert not (tmp_path / folder.MARK).exists()


def test_starting_over_deletes_the_world_and_nothing_else(tmp_path):
    folder.claim(tmp_path)
    for name in (*folder.OURS, "notes.txt"):
        (tmp_path / name).write_text("kept?")
    folder.clear(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {folder.MARK, "notes.txt"}


def test_the_demo_refuses_a_database_server(tmp_path):
    refused = demo(data=tmp_path, DATABASE_URL="postgresql://shop@db.example.org/shop")
    assert refused.returncode == 1
    assert "DATABASE_URL" in refused.stderr
