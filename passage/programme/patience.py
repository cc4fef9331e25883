"""Long work beside people who wait: it gives way between its batches, and waits where the database is busy."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import Error, connection

from passage.programme.trouble import Trouble, trouble_of

T = TypeVar("T")
# Seconds between two batches: as long as a writer that SQLite sent to sleep may sleep before it looks again.
BREATH = 0.1
TRIES = 60
LONGEST = 5.0  # seconds between two tries


def give_way() -> None:
    """Between two batches, outside every transaction: whoever waited for the last one goes first."""
    if not connection.in_atomic_block:
        time.sleep(BREATH)


def patiently(work: Callable[[], T]) -> T:
    """``work``, which is one transaction, tried again for some minutes while somebody else holds the database.

    Inside a transaction it is tried once: what was locked there is held already.
    """
    for number in range(TRIES - 1):
        try:
            return work()
        except Error as error:
            if connection.in_atomic_block or trouble_of(error) is not Trouble.BUSY:
                raise
        time.sleep(min(BREATH * 2**number, LONGEST))
    return work()
