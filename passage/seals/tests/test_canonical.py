"""The bytes that are sealed never change: what these vectors say was sealed by every version since the first."""

import json
import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from django.apps import apps

from passage.programme.defences import guard_of
from passage.seals.canonical import TABLES, hash_of, hash_of_rows, header

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "seal-1.json").read_text())
BY_NAME = {table.name: table for table in TABLES}


@pytest.mark.parametrize("vector", VECTORS["rows"], ids=lambda vector: vector["table"])
def test_a_row_is_the_line_that_was_agreed(vector):
    table = BY_NAME[vector["table"]]
    assert list(table.columns) == vector["columns"]
    assert table.line(vector["values"]).decode() == vector["line"]
    assert hash_of_rows([table.line(vector["values"])]) == vector["hash"]


def test_every_sealed_table_has_its_vector():
    assert [vector["table"] for vector in VECTORS["rows"]] == [table.name for table in TABLES]


def test_a_block_is_the_hash_that_was_agreed():
    block = VECTORS["block"]
    told = header(
        programme=uuid.UUID(block["programme"]),
        number=block["number"],
        previous=block["previous"],
        tables=block["tables"],
        sums=block["sums"],
        sealed_at=datetime.fromisoformat(block["sealed_at"]),
    )
    assert hash_of(told) == block["hash"]


def test_both_databases_give_the_same_line():
    """PostgreSQL answers with values, SQLite with texts; a moment is the same in any zone."""
    entry = BY_NAME["ledger_entry"]
    cause = uuid.UUID(int=7)
    at = datetime(2026, 3, 2, 10, 30, tzinfo=timezone(timedelta(hours=1)))
    postgresql = (1, 2, "earn", 3, 0, "staff:1", cause, None, at, at.astimezone(UTC), at)
    sqlite = (1, 2, "earn", 3, 0, "staff:1", cause.hex, None, *["2026-03-02 09:30:00"] * 2, "2026-03-02 09:30:00.000")
    assert entry.line(postgresql) == entry.line(sqlite)
    purchase = BY_NAME["purchases_purchase"]
    plain = [1] * len(purchase.plain)
    told = [cause, date(2026, 3, 2), '{"b": 1, "a": [2]}', "{}", at, at, at]
    texts = [cause.hex, "2026-03-02", '{"a":[2],"b":1}', "{}", *["2026-03-02 09:30:00"] * 3]
    assert purchase.line([*plain, *told]) == purchase.line([*plain, *texts])


# Held by the code and not by the database: no action changes the columns that are sealed.
BY_CODE = {"rewards_redemption"}


def test_only_what_the_database_holds_fast_is_sealed():
    """A column that may be emptied, for somebody who is forgotten, or changed would break the chain one day."""
    models = {model._meta.db_table: model for model in apps.get_models()}
    loose = []
    for table in TABLES:
        guard = guard_of(models[table.name])
        assert set(table.columns) <= set(guard.columns)
        held = set(guard.columns if guard.append_only else guard.fixed) - {blank.column for blank in guard.blanks}
        loose += [f"{table.name}.{name}" for name in table.columns if name not in held and table.name not in BY_CODE]
    assert loose == []
