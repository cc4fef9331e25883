"""How the two databases are opened: what each must be told so that a commit is a commit."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import dj_database_url
from django.db import connections

from passage.config.data_folder import close_database
from passage.config.env import Env, Refused

Version = tuple[int, int, int]


def loses_wal_writes(*, version: Version) -> bool:
    """Whether this SQLite may lose or damage commits in WAL mode when two connections write and reset the log at once.

    Every release from 3.7.0 to 3.51.2 may, but for the repaired 3.44.6 and 3.50.7 and what follows them in their series.
    """
    if (3, 44, 6) <= version < (3, 45, 0) or (3, 50, 7) <= version < (3, 51, 0):
        return False
    return (3, 7, 0) <= version <= (3, 51, 2)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a connection waits and works before the database says "busy"; all in seconds, 0 is for ever."""

    lock: int
    statement: int
    idle: int  # in an open transaction

    def apply(self, database: dict[str, Any]) -> None:
        """On the settings of a database, for connections that are opened from now on."""
        options = database.setdefault("OPTIONS", {})
        if database["ENGINE"] == SQLITE:
            options["timeout"] = self.lock  # its one writer; there is no clock on a statement
            return
        told = {
            "lock_timeout": self.lock,
            "statement_timeout": self.statement,
            "idle_in_transaction_session_timeout": self.idle,
        }
        others = [each for each in options.get("options", "").split(" -c ") if each.split("=")[0].strip() not in told]
        options["options"] = " -c ".join([*others, *(f"{name}={seconds}s" for name, seconds in told.items())])


SQLITE = "django.db.backends.sqlite3"
# Whoever waits at a till waits three seconds for somebody else's lock. PostgreSQL's own limit is for ever.
WEB = Limits(lock=3, statement=5, idle=10)
# The worker and the commands: they wait for the tills, and read for as long as a programme is large.
LONG = Limits(lock=30, statement=1800, idle=600)


def hold_to(limits: Limits, /) -> None:
    """For every connection this process opens from now on; those that are open keep what they were opened with."""
    for database in connections.databases.values():
        limits.apply(database)


@cache
def can_distrust_schema() -> bool:
    """Whether this SQLite counts its own json_valid() as harmless inside a CHECK, as JSON columns need; 3.40 does not."""
    with closing(sqlite3.connect(":memory:")) as trial:
        trial.execute("PRAGMA trusted_schema=OFF")
        try:
            trial.execute("CREATE TABLE trial (said TEXT CHECK (json_valid(said)))")
        except sqlite3.OperationalError:
            return False
    return True


def sqlite_pragmas(*, version: Version) -> str:
    """The statements each SQLite connection starts with; never WAL on a library that may lose what WAL holds."""
    journal = ("DELETE", "EXTRA") if loses_wal_writes(version=version) else ("WAL", "FULL")
    pragmas = {
        "journal_mode": journal[0],
        "synchronous": journal[1],
        "foreign_keys": "ON",
        # Without it INSERT OR REPLACE deletes a row behind the back of the triggers that forbid it.
        "recursive_triggers": "ON",
        "secure_delete": "ON",
    }
    return ";".join(f"PRAGMA {name}={value}" for name, value in pragmas.items())


def databases(*, env: Env, folder: Path) -> dict[str, dict[str, Any]]:
    """Django's DATABASES for this installation."""
    url = env.database_url or f"sqlite:///{folder / 'passage.sqlite3'}"
    try:
        database: dict[str, Any] = dict(dj_database_url.parse(url))
    except ValueError as error:
        raise Refused(f"DATABASE_URL cannot be used ({error}).") from None
    options = database.setdefault("OPTIONS", {})
    # Never True: on SQLite every page that only reads would then wait for the one writer.
    database["ATOMIC_REQUESTS"] = False
    if database["ENGINE"] == SQLITE:
        # A transaction that starts by reading and then writes fails at once when another wrote in between.
        options["transaction_mode"] = "IMMEDIATE"
        close_database(Path(database["NAME"]))
        options["init_command"] = sqlite_pragmas(version=sqlite3.sqlite_version_info)
    else:
        database |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
        options.setdefault("application_name", "passage")
    LONG.apply(database)
    return {"default": database}
