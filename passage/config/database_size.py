"""How much room the database takes."""

from __future__ import annotations

from django.db import connection


def database_bytes() -> int:
    """On SQLite the file as its header counts it, without the log beside it."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        else:
            cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])
