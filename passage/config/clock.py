"""A clock that leapt is not worked by: one night in the wrong year would end every point that has a date."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from passage.outbox import queries as outbox

# A shop may be shut, and its server off, for some days; beyond that somebody says that the clock is right.
LONGEST_REST = timedelta(days=14)
BACK = timedelta(hours=1)
REMEDY = "Set the clock of this machine. If it is right, say so once: passage work --accept-clock"


def doubt(*, at: datetime) -> str:
    """Why the moment cannot be believed, in one line with the remedy; nothing when it can."""
    if apart := _apart_from_database(at):
        return (
            f"The clock of this machine says {_text(at)}, that of the database {_text(at - apart)}. "
            "Set both by the same time server."
        )
    last = outbox.worked_until()
    if last is None or last - BACK <= at <= last + LONGEST_REST:
        return ""
    return f"The clock says {_text(at)}, but the last work was done at {_text(last)}. Nothing is done. {REMEDY}"


def _apart_from_database(at: datetime) -> timedelta | None:
    """By how much a database with a clock of its own differs, where it is more than clocks do."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        apart: timedelta = at - cursor.fetchone()[0]
    return apart if abs(apart) > outbox.CLOCKS_DIFFER else None


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
