"""What an installation needs to be well, looked at one by one; each finding has one remedy."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from shutil import disk_usage

from django.conf import settings
from django.core.mail import get_connection
from django.db import DEFAULT_DB_ALIAS, Error, connection, connections

from passage.backups import queries as backups
from passage.config import clock, defences, standing
from passage.config.databases import loses_wal_writes
from passage.config.env import OUTSIDE, REMEDIES, is_this_machine
from passage.outbox import queries as outbox
from passage.programme.trouble import REMEDIES as REMEDIES_OF_TROUBLE
from passage.programme.trouble import trouble_of

ENOUGH_ROOM = 1024**3
WORKER_SILENT = timedelta(minutes=5)
BACKUP_AGE = timedelta(days=2)
# Touched by whatever else makes a good backup; how old it is, is how much may be lost.
BACKUP_STAMP = "last-backup"


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """``says`` what is seen, ``remedy`` what to do; it is empty where all is well."""

    check: str
    state: State
    says: str
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{self.state:<8} {self.check:<11} {self.says}"
        return f"{line}\n{'':<21}{self.remedy}" if self.remedy else line

    def as_json(self) -> dict[str, str]:
        return asdict(self)


Check = Callable[[datetime], Iterator[tuple[State, str, str]]]


def findings(*, at: datetime) -> Iterator[Finding]:
    """Every check in its order. Where the database is in trouble, what asks it is left out."""
    is_there = True
    for name, check, needs_database in CHECKS:
        if needs_database and not is_there:
            continue
        for each in _looked_at(name, check, at):
            yield each
            is_there = is_there and not (name == "database" and each.state is State.FAULT)


def _looked_at(name: str, check: Check, at: datetime) -> Iterator[Finding]:
    try:
        for state, says, remedy in check(at):
            yield Finding(name, state, says, remedy)
    except (Error, OSError) as error:
        trouble = trouble_of(error)
        remedy = REMEDIES_OF_TROUBLE[trouble] if trouble else "Look into the log for this moment."
        yield Finding(name, State.FAULT, str(error.__cause__ or error).strip().splitlines()[0], remedy)


def _settings(at: datetime) -> Iterator[tuple[State, str, str]]:
    strange = sorted(name for name in os.environ if name.startswith("PASSAGE_") and name not in {*REMEDIES, *OUTSIDE})
    for name in strange:
        yield State.WARNING, f"{name} is no setting of Passage.", "Take it out of the environment, or correct its name."
    if settings.DEBUG and settings.ENV.is_https:
        yield State.FAULT, "DEBUG is on at an address that others can open.", "Leave DEBUG out of the environment."
    if not strange:
        yield State.OK, f"{settings.PASSAGE_URL}, data in {settings.DATA}", ""


def _database(at: datetime) -> Iterator[tuple[State, str, str]]:
    if damage := next(standing.damages(connection), ""):
        yield State.FAULT, f"The file is damaged ({damage}).", "Stop everything and restore the last backup."
        return
    if trouble := standing.writing_trouble(connection):
        yield State.FAULT, f"Nothing can be saved ({trouble}).", REMEDIES_OF_TROUBLE[trouble]
        return
    if connection.vendor == "sqlite":
        says = f"SQLite {sqlite3.sqlite_version}"
        if loses_wal_writes(version=sqlite3.sqlite_version_info):
            remedy = "For more speed use SQLite 3.51.3 or newer, or PostgreSQL (DATABASE_URL)."
            yield (
                State.WARNING,
                f"{says}, with its slower journal: this release may lose commits in the faster one.",
                remedy,
            )
            return
    else:
        says = "PostgreSQL " + ".".join(str(part) for part in connection.get_database_version())
    yield State.OK, says, ""


def _migrations(at: datetime) -> Iterator[tuple[State, str, str]]:
    opened = connections[DEFAULT_DB_ALIAS]
    if more := standing.newer(opened):
        remedy = "Install that version, or restore the backup that was made before the upgrade."
        yield State.FAULT, f"The database was made by a newer Passage ({more[0]}).", remedy
    elif lacks := standing.missing(opened):
        yield State.FAULT, f"The database lacks {len(lacks)} migrations, {lacks[0]} first.", "Run `passage migrate`."
    elif gone := defences.missing(opened):
        yield State.FAULT, f"{len(gone)} defences are not in the database, {gone[0]} first.", "Run `passage migrate`."
    else:
        yield State.OK, "The database is of this version.", ""


def _disk(at: datetime) -> Iterator[tuple[State, str, str]]:
    free = disk_usage(settings.DATA).free
    says = f"{free // 1024**2:,} MB are free under {settings.DATA}."
    if free < standing.LEAST_ROOM:
        yield State.FAULT, says, "Make room: nothing new can be saved."
    elif free < ENOUGH_ROOM:
        yield State.WARNING, says, "Make room before nothing can be saved any more."
    else:
        yield State.OK, says, ""


def _permissions(at: datetime) -> Iterator[tuple[State, str, str]]:
    found = list(_open_paths(Path(settings.DATA)))
    for path, wanted in found:
        says = f"Other accounts of this machine may open {path}."
        yield State.FAULT, says, f"chmod {wanted:o} {path}"
    if not found:
        yield State.OK, "The data is closed to other accounts.", ""


def _open_paths(folder: Path) -> Iterator[tuple[Path, int]]:
    for path in (
        folder,
        *sorted(folder.glob("secret-key")),
        *sorted(folder.glob("*.sqlite3*")),
        *sorted(folder.glob("*.jsonl")),
    ):
        wanted = 0o700 if path.is_dir() else 0o600
        # A file in a closed folder is closed; the key is copied around, and is looked at by itself.
        is_asked = path == folder or path.name == "secret-key" or stat.S_IMODE(folder.stat().st_mode) & 0o077
        if is_asked and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield path, wanted


def _clock(at: datetime) -> Iterator[tuple[State, str, str]]:
    if why := clock.doubt(at=at):
        yield State.FAULT, why, clock.REMEDY
    else:
        yield State.OK, f"{at:%Y-%m-%d %H:%M} UTC", ""


def _mail(at: datetime) -> Iterator[tuple[State, str, str]]:
    if not settings.SENDS_MAIL:
        remedy = "Set PASSAGE_SMTP_URL and PASSAGE_MAIL_FROM, or give links to people by hand."
        yield State.WARNING, "No mail server is set: mails are kept.", remedy
        return
    server = get_connection()
    try:
        server.open()
    except OSError as error:
        says = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT} does not take our mail ({error})."
        yield State.FAULT, says, "Check PASSAGE_SMTP_URL, and that this machine may reach the mail server."
    else:
        server.close()
        yield State.OK, f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT} takes our mail.", ""


def _worker(at: datetime) -> Iterator[tuple[State, str, str]]:
    last = outbox.worked_until()
    if last is None:
        yield State.FAULT, "No worker was ever at work here.", "Start `passage work` beside `passage serve`."
    elif at - last > WORKER_SILENT:
        says = f"No worker was at work since {last:%Y-%m-%d %H:%M} UTC."
        yield State.FAULT, says, "Start `passage work` beside `passage serve`."
    else:
        yield State.OK, f"At work {max(0, round((at - last).total_seconds()))} s ago.", ""
    if failed := outbox.failed():
        says = f"{len(failed)} jobs were given up, the last one {failed[0].kind}."
        yield State.WARNING, says, "Read their reasons in the log of the worker."


def _backup(at: datetime) -> Iterator[tuple[State, str, str]]:
    stamp = Path(settings.DATA) / BACKUP_STAMP
    good = backups.last_good()
    made = [good.made_at.timestamp()] if good else []
    if stamp.exists():
        made.append(stamp.stat().st_mtime)
    if not made:
        remedy = f"Run `passage backup`, or touch {stamp} when one of your own way is good."
        yield State.WARNING, "No good backup is known.", remedy
        return
    age = timedelta(seconds=at.timestamp() - max(made))
    says = f"The last good backup is {age.total_seconds() / 3600:.0f} hours old."
    if age > BACKUP_AGE:
        yield State.FAULT, says, "Make one now, and see why none was made."
    else:
        yield State.OK, says, ""


def _proxy(at: datetime) -> Iterator[tuple[State, str, str]]:
    trusts, is_inside = settings.ENV.trust_proxy, is_this_machine(host=settings.ENV.bind)
    if settings.ENV.is_https and not trusts:
        remedy = "Set TRUST_PROXY=1 where the proxy sets X-Forwarded-Proto itself on every request."
        yield (
            State.FAULT,
            "PASSAGE_URL is https, and no proxy is trusted to say so: every page would lead to itself.",
            remedy,
        )
    elif trusts and not is_inside:
        remedy = "Let BIND be 127.0.0.1, or let a firewall allow only the proxy."
        yield State.WARNING, "Whoever reaches this port past the proxy can claim any address.", remedy
    else:
        yield State.OK, "A proxy is trusted." if trusts else "No proxy is trusted, and none is needed.", ""


# Name, check, and whether it asks the database. What another room wants looked at stands here as well.
CHECKS: list[tuple[str, Check, bool]] = [
    ("settings", _settings, False),
    ("database", _database, False),
    ("migrations", _migrations, True),
    ("disk", _disk, False),
    ("permissions", _permissions, False),
    ("clock", _clock, True),
    ("mail", _mail, False),
    ("worker", _worker, True),
    ("backup", _backup, True),
    ("proxy", _proxy, False),
]
