"""Transactions that may have to be tried again, and the lock on what a programme's sales are judged by.

Locks are taken in one order everywhere: configuration, sales, accounts, stock. Who finds that the members or the sale
changed between the look and the lock raises `Stale`, and the whole deed begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

from passage.programme.models import Programme

P = ParamSpec("P")
T = TypeVar("T")
Clock = Callable[[], datetime]
TRIES = 5
BRIEFLY = 250  # milliseconds
# PostgreSQL's words for two transactions that cannot both go on: one of them tries again.
AGAIN = frozenset({"40001", "40P01"})  # serialization failure, deadlock
CONFIGURATION = 1  # our class of advisory locks


class Stale(OperationalError):
    """What was locked is not what is needed any more: somebody was faster. Try the whole deed again.

    A door that meets it says that the database is busy.
    """


def retried(action: Callable[P, T]) -> Callable[P, T]:
    """The action in one transaction, tried again when it was `Stale` or waited in a circle; the last try's error stays.

    Inside another transaction it is tried again from a savepoint, which gives back the locks taken since.
    """

    @wraps(action)
    def trying(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(TRIES - 1):
            try:
                with transaction.atomic():
                    return action(*args, **kwargs)
            except OperationalError as error:
                if not _is_passing(error):
                    raise
        with transaction.atomic():
            return action(*args, **kwargs)

    return trying


def _is_passing(error: OperationalError) -> bool:
    """Whether the same again may succeed at once."""
    cause: Any = error.__cause__
    return isinstance(error, Stale) or getattr(cause, "sqlstate", None) in AGAIN


@contextmanager
def briefly() -> Iterator[None]:
    """One transaction that gives up soon where somebody else writes: for notes that may be left out."""
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            with transaction.atomic():
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{BRIEFLY}ms"])
                yield
            return
        cursor.execute("PRAGMA busy_timeout")
        usual = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout={BRIEFLY}")
        try:
            with transaction.atomic():
                yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout={int(usual)}")


def lock_configuration(programme: Programme, /, *, exclusive: bool) -> None:
    """Held until the transaction ends: shared by whoever judges by the programme's rules, alone by whoever changes them.

    So a rule that is published "from now on" has every sale before it committed, and every sale after it sees it.
    """
    if connection.vendor != "postgresql":
        return  # SQLite has one writer
    wait = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {wait}(%s, %s)", [CONFIGURATION, programme.pk])


def moment_of_change(programme: Programme, /, *, now: Clock) -> datetime:
    """The moment at which the programme's configuration changes: read once nobody judges by the old one any more.

    A moment that was read before would lie before the commit, and sales in between would have missed what it says.
    """
    lock_configuration(programme, exclusive=True)
    return now()
