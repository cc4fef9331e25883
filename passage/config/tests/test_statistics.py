from __future__ import annotations

import pytest
from django.db import connection

from passage.config.statistics import foretell, shape


def test_all_rows_may_be_of_one_programme_and_a_key_finds_one():
    assert shape(columns=["programme_id", "id"], is_unique=True) == "1000000 1000000 1"
    assert shape(columns=["programme_id"], is_unique=False) == "1000000 1000000"


def test_a_column_with_few_values_is_no_way_to_find_a_row():
    assert shape(columns=["unit_id"], is_unique=False) == "1000000 100000"
    assert shape(columns=["programme_id", "source_id", "client_id"], is_unique=True) == "1000000 1000000 100000 1"


@pytest.mark.django_db
def test_a_new_sqlite_knows_the_shape_of_its_tables_and_is_told_twice_without_harm():
    foretell(connection)
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT idx) FROM sqlite_stat1 WHERE tbl = 'ledger_entry'")
        rows, indexes = cursor.fetchone()
        assert rows == indexes >= 5
        cursor.execute("SELECT stat FROM sqlite_stat1 WHERE idx = 'entry_account'")
        assert cursor.fetchone() == ("1000000 1000000 20 20",)
