"""What keeps a database from answering, told apart in one place for pages, the API, commands and the worker.

Nothing is wrong with the deed then: it was not done, and the same may come again.
"""

from __future__ import annotations

import errno
import re
import sqlite3
from enum import StrEnum

import psycopg
from django.db import Error, InterfaceError, OperationalError


class Trouble(StrEnum):
    """Each with what to do about it in `REMEDIES`."""

    BUSY = "busy"
    CROWDED = "crowded"
    AWAY = "away"
    FULL = "full"
    READ_ONLY = "read_only"
    DISK = "disk"
    DAMAGED = "damaged"
    BEHIND = "behind"
    FORBIDDEN = "forbidden"


REMEDIES = {
    Trouble.BUSY: "The database is busy with something else. Nothing was done; try again in a moment.",
    Trouble.CROWDED: "The database takes no more connections or has no memory left. "
    "Raise max_connections, or lower WEB_THREADS.",
    Trouble.AWAY: "The database does not answer. Start it, and check the name, the password and the host in DATABASE_URL.",
    Trouble.FULL: "The disk of the database is full. Make room on it; what was confirmed is safe.",
    Trouble.READ_ONLY: "The database can only be read. Give this account the right to write to its file and its folder, "
    "mount the disk for writing, or on PostgreSQL name the primary server in DATABASE_URL.",
    Trouble.DISK: "The file of the database cannot be opened or written. Check the disk, the rights of its folder, "
    "and the limits of this account.",
    Trouble.DAMAGED: "The database is damaged. Stop everything, keep its files as they are, and restore the last backup.",
    Trouble.BEHIND: "The database lacks tables of this version. Run `passage migrate` first.",
    Trouble.FORBIDDEN: "The account in DATABASE_URL may not do this. Make it the owner of the database and of its schema.",
}
_OF_SQLITE = {
    sqlite3.SQLITE_BUSY: Trouble.BUSY,
    sqlite3.SQLITE_LOCKED: Trouble.BUSY,
    sqlite3.SQLITE_INTERRUPT: Trouble.BUSY,
    sqlite3.SQLITE_PROTOCOL: Trouble.BUSY,
    sqlite3.SQLITE_NOMEM: Trouble.CROWDED,
    sqlite3.SQLITE_FULL: Trouble.FULL,
    sqlite3.SQLITE_READONLY: Trouble.READ_ONLY,
    sqlite3.SQLITE_IOERR: Trouble.DISK,
    sqlite3.SQLITE_CANTOPEN: Trouble.DISK,
    sqlite3.SQLITE_CORRUPT: Trouble.DAMAGED,
    sqlite3.SQLITE_NOTADB: Trouble.DAMAGED,
    sqlite3.SQLITE_PERM: Trouble.FORBIDDEN,
    sqlite3.SQLITE_AUTH: Trouble.FORBIDDEN,
}
# By the beginning of PostgreSQL's code, the longest first.
_OF_POSTGRESQL = {
    "55P03": Trouble.BUSY,  # lock_timeout
    "57014": Trouble.BUSY,  # statement_timeout
    "40001": Trouble.BUSY,
    "40P01": Trouble.BUSY,
    "25P03": Trouble.BUSY,  # idle_in_transaction_session_timeout
    "25P04": Trouble.BUSY,
    "53100": Trouble.FULL,
    "25006": Trouble.READ_ONLY,
    "XX001": Trouble.DAMAGED,
    "XX002": Trouble.DAMAGED,
    "42P01": Trouble.BEHIND,
    "42703": Trouble.BEHIND,
    "42501": Trouble.FORBIDDEN,
    "53": Trouble.CROWDED,
    "57P": Trouble.AWAY,
    "58": Trouble.DISK,
    "08": Trouble.AWAY,
    "28": Trouble.AWAY,
    "3D": Trouble.AWAY,
}
_OF_FILES = {
    errno.ENOSPC: Trouble.FULL,
    errno.EDQUOT: Trouble.FULL,
    errno.EROFS: Trouble.READ_ONLY,
    errno.EFBIG: Trouble.DISK,
    errno.EIO: Trouble.DISK,
}
_LACKS = re.compile(r"no such (table|column)|has no column named")
_NO_ROOM = re.compile(r"too many (clients|connections)|connection slots are reserved")
_DEEPEST = 10


def trouble_of(error: BaseException | None, /) -> Trouble | None:
    """What kept the database or its disk from answering; None for a fault of ours, and for a rule that was broken."""
    if isinstance(error, OSError):
        return _OF_FILES.get(error.errno or 0)
    link = error if isinstance(error, Error) else None
    for _ in range(_DEEPEST):
        if link is None:
            break
        if found := _of_driver(link):
            return found
        link = link.__cause__ or link.__context__  # type: ignore[assignment]
    # No driver's word for it: one of ours, as `Stale`, or a connection that was closed behind our back.
    return Trouble.BUSY if isinstance(error, OperationalError | InterfaceError) and not _is_told(error) else None


def retry_after(trouble: Trouble, /) -> int:
    """Seconds after which the same may be tried again: soon where somebody else is only faster."""
    return 1 if trouble is Trouble.BUSY else 30


def first_line(error: BaseException, /) -> str:
    """What the database itself says, in one line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _is_told(error: BaseException) -> bool:
    return isinstance(error.__cause__, sqlite3.Error | psycopg.Error)


def _of_driver(error: BaseException) -> Trouble | None:
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error)
    return _of_postgresql(error) if isinstance(error, psycopg.Error) else None


def _of_sqlite(error: sqlite3.Error) -> Trouble | None:
    # The lower byte is the kind, what is above it says where.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_ERROR and _LACKS.search(str(error)):
        return Trouble.BEHIND
    return _OF_SQLITE.get(code)


def _of_postgresql(error: psycopg.Error) -> Trouble | None:
    if state := error.sqlstate:
        return next((found for begins, found in _OF_POSTGRESQL.items() if state.startswith(begins)), None)
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return None
    return Trouble.CROWDED if _NO_ROOM.search(str(error)) else Trouble.AWAY
