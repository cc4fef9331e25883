"""Reads of one moment: what one answer tells of the books stood in them together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction


@contextmanager
def one_moment() -> Iterator[None]:
    """Everything read inside is of one moment, whatever others write meanwhile. Nothing is written inside.

    Around a function or a few lines, and no longer than it takes: on SQLite a writer waits for whoever reads. Inside a
    transaction that is open already nothing is begun: it reads its own writes, under its own locks.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.in_atomic_block:
        yield
        return
    with _without_write_lock(connection), transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


@contextmanager
def _without_write_lock(connection: Any) -> Iterator[None]:
    """The settings let every transaction of SQLite begin as its one writer; this one begins as a reader."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()  # how transactions begin is known from then on
    usual = connection.transaction_mode
    connection.transaction_mode = "DEFERRED"
    try:
        yield
    finally:
        connection.transaction_mode = usual
