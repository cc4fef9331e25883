"""What SQLite is told of its tables before they hold anything.

SQLite plans by what its last ANALYZE counted, and by guesses where nothing was counted yet. It guesses that ten rows
share a programme, and so reads a whole programme for one member's points, in silence, once the tables have grown.
The shape of our tables is known beforehand: it is written where ANALYZE would write it, and no plan depends on when,
or whether, somebody counted. PostgreSQL counts by itself.
"""

from __future__ import annotations

from itertools import groupby

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

ROWS = 1_000_000
# How many rows share a value: of columns that have few values in a programme, and of all others.
MANY, SOME = ROWS // 10, 20
FEW_VALUES = frozenset(
    {
        "source_id",
        "shop_id",
        "till_id",
        "unit_id",
        "rule_id",
        "reward_id",
        "version_id",
        "tier_id",
        "upload_id",
        "kind",
        "state",
    }
)
INDEXES = """
SELECT t.name, i.name, i."unique", c.name
  FROM sqlite_master t, pragma_index_list(t.name) i, pragma_index_info(i.name) c
 WHERE t.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(t.name) WHERE name = 'programme_id')
 ORDER BY t.name, i.name, c.seqno
"""


def foretell(connection: BaseDatabaseWrapper) -> None:
    """Writes the statistics of every table of a programme; those who connect afterwards plan by them."""
    if connection.vendor != "sqlite":
        return
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(INDEXES)
        rows = [
            (table, index, shape(columns=[row[3] for row in group], is_unique=bool(unique)))
            for (table, index, unique), group in groupby(cursor.fetchall(), key=lambda row: row[:3])
        ]
        cursor.execute("ANALYZE sqlite_schema")  # makes the table that statistics are kept in, and counts nothing
        cursor.execute("DELETE FROM sqlite_stat1")
        cursor.executemany("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (%s, %s, %s)", rows)
        cursor.execute("ANALYZE sqlite_schema")  # this connection reads them anew


def shape(*, columns: list[str], is_unique: bool) -> str:
    """An index as sqlite_stat1 describes it: its rows, then how many of them share the first column, the first two, ..."""
    shared, sizes = ROWS, [ROWS]
    for column in columns:
        if column != "programme_id":  # most installations are one programme, and all rows are its own
            shared = min(shared, MANY if column in FEW_VALUES else SOME)
        sizes.append(shared)
    if is_unique:
        sizes[-1] = 1
    return " ".join(str(size) for size in sizes)
