"""All or nothing, and again from the start where somebody else was in the way.

An action looks at who and what it is about, locks that, and looks again. Where the second look shows that something else
would have had to be locked, it raises `Stale`; where the database itself broke a circle of locks, it says so. Either way
nothing was written, and the same again succeeds a moment later.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, transaction

P = ParamSpec("P")
T = TypeVar("T")
TRIES = 4
# PostgreSQL: serialization_failure, deadlock_detected.
PASSING = frozenset({"40001", "40P01"})


class Stale(OperationalError):
    """What was locked is not what is needed: begin again. A door that meets it says that the database is busy."""


def retried(tries: int = TRIES) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """An action that is one transaction, begun again on `Stale`, a deadlock or a failed serialization.

    Inside another transaction it is begun again from a savepoint, which gives back the locks taken since.
    """

    def of(act: Callable[P, T]) -> Callable[P, T]:
        @wraps(act)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            for _ in range(tries - 1):
                try:
                    with transaction.atomic():
                        return act(*args, **kwargs)
                except OperationalError as error:
                    if not is_passing(error):
                        raise
            with transaction.atomic():
                return act(*args, **kwargs)

        return run

    return of


def is_passing(error: OperationalError) -> bool:
    """Whether the same again may succeed at once."""
    return isinstance(error, Stale) or getattr(error.__cause__, "sqlstate", "") in PASSING
