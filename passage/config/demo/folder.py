"""The folder that keeps a demo: how it is told from a real shop's, who has it open, and its key."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from passage.config.demo.chain import BY, SLUG
from passage.programme import actions as programmes
from passage.programme import queries
from passage.programme.access import SCOPES
from passage.programme.models import Source

DATABASE = "passage.sqlite3"
MARK = "this-is-a-demo"
LOCK = "demo-lock"
KEY = "demo-api-key"
# All that a demo ever writes; nothing else is ever deleted.
OURS = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal", KEY)


class NotADemo(Exception):
    """The folder holds a database that no demo made."""


class InUse(Exception):
    """Another demo runs on the folder; the text is where."""


def claim(folder: Path) -> None:
    """Marks an empty folder as a demo's. Raises `NotADemo` for one with somebody's database in it."""
    mark = folder / MARK
    if mark.exists():
        return
    if (folder / DATABASE).exists():
        raise NotADemo(str(folder))
    mark.write_text(
        "Made by `passage demo`, which may delete the database beside this file when asked to start over.\n"
    )


def clear(folder: Path) -> None:
    """Deletes the world, and only that. The folder was claimed and is held."""
    for name in OURS:
        (folder / name).unlink(missing_ok=True)


@contextmanager
def held(folder: Path, *, address: str) -> Iterator[None]:
    """One demo at a time on the folder: let go by the system itself when this process ends. Raises `InUse`."""
    with open(folder / LOCK, "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise InUse(lock.read().strip()) from None
        lock.truncate(0)
        lock.write(address)
        lock.flush()
        yield


def keep_key(folder: Path, text: str) -> None:
    """The key's text, readable by this account alone, so that the next start can print it again."""
    kept = folder / KEY
    kept.unlink(missing_ok=True)
    with open(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")


def find_key(folder: Path, *, at: datetime) -> str:
    """The key that is kept here, or a new one where it was lost or no longer opens anything."""
    kept = folder / KEY
    text = kept.read_text().strip() if kept.exists() else ""
    if text and queries.key_by_secret(text=text, at=at) is not None:
        return text
    source = Source.objects.get(programme__slug=SLUG, code="kasy")
    _, fresh = programmes.issue_key(source=source, scopes=SCOPES, by=BY, at=at)
    keep_key(folder, fresh)
    return fresh
