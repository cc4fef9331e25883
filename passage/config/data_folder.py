"""The data folder and what lies in it: readable by this account alone, whatever it was before (decision 0034)."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from passage.config.env import KEY_FILE, Env, Refused, line

UMASK = 0o077
OTHERS = 0o077
# What tells a folder of ours from one that somebody uses for other things too.
OURS = frozenset({"passage.sqlite3", KEY_FILE, "this-is-a-demo"})
# What SQLite writes beside a database, with the permissions that the database has.
BESIDE = ("", "-wal", "-shm", "-journal")


def open_data_folder(*, env: Env) -> Path:
    """The folder that holds the database, the key and the files, made on first use and closed to other accounts.

    One that is open to others is closed where it is ours alone, and refused otherwise, with the remedy.
    """
    folder = env.passage_data.expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _close(folder)
    except OSError as error:
        raise Refused(line(name="PASSAGE_DATA", why=f"{folder}: {error.strerror}")) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Refused(line(name="PASSAGE_DATA", why=f"{folder} is not writable"))
    return folder


def close_database(path: Path) -> None:
    """A SQLite database that lies somewhere else, and what lies beside it."""
    for ending in BESIDE:
        _close_one(path.with_name(path.name + ending))


def _close(folder: Path) -> None:
    state = folder.stat()
    if state.st_mode & OTHERS:
        _close_folder(folder, is_mine=state.st_uid == os.geteuid())
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            _close_one(Path(place, name))


def _close_folder(folder: Path, *, is_mine: bool) -> None:
    """Only one that holds our files, or nothing: closing a folder that others work in would shut them out."""
    if not is_mine:
        raise Refused(_open(folder, "belongs to another account and is open to others"))
    there = {each.name for each in folder.iterdir()}
    if there and not there & OURS:
        raise Refused(_open(folder, "is open to other accounts and holds files that are not Passage's"))
    folder.chmod(0o700)
    if folder.stat().st_mode & OTHERS:
        raise Refused(_open(folder, "stays open to other accounts, as some disks of other systems do"))


def _open(folder: Path, why: str) -> str:
    return (
        f"PASSAGE_DATA cannot be used ({folder} {why}): run `chmod 700 {folder}` as its owner, or name another folder."
    )


def _close_one(path: Path) -> None:
    """Of what belongs to others, and of links, nothing is changed; what is gone meanwhile needs no closing."""
    with suppress(FileNotFoundError, PermissionError):
        state = path.lstat()
        if state.st_mode & OTHERS and (stat.S_ISREG(state.st_mode) or stat.S_ISDIR(state.st_mode)):
            path.chmod(stat.S_IMODE(state.st_mode) & ~OTHERS)
