"""What `passage check` looks at beyond Django's own list; each message says what to do."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connections

from passage.config.databases import loses_wal_writes


@checks.register(checks.Tags.database)
def sqlite_is_sound(*, databases: Sequence[str] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Warns when the SQLite at hand is one that may lose commits in WAL mode, and says what is done about it."""
    found: list[checks.CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if connection.vendor == "sqlite" and loses_wal_writes(version=sqlite3.sqlite_version_info):
            found.append(
                checks.Warning(
                    f"SQLite {sqlite3.sqlite_version} may lose commits in WAL mode, "
                    "so this installation uses the slower rollback journal.",
                    hint="Nothing is at risk. For more speed use SQLite 3.51.3 or newer, or PostgreSQL (DATABASE_URL).",
                    id="passage.W001",
                )
            )
    return found


@checks.register(checks.Tags.security)
def debug_stays_at_home(**kwargs: Any) -> list[checks.CheckMessage]:
    """Refuses nothing, but says aloud that a page with the source code in it is open to whoever finds an error."""
    if settings.DEBUG and settings.PASSAGE_URL.startswith("https://"):
        return [
            checks.Warning(
                "DEBUG is on at an address that others can open: error pages show the source and the settings.",
                hint="Leave DEBUG out of the environment.",
                id="passage.W002",
            )
        ]
    return []
