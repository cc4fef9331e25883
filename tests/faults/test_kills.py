"""The short form of `python -m tests.faults.kills`: two planted faults are found, then a few kills and nothing is."""

import pytest
from django.db import connection

from tests.faults.kills import run

SHORT, LONG = 3, 100


@pytest.mark.one_database
def test_after_a_few_kills_under_load_everything_acknowledged_is_in_the_books_once():
    assert run(kills=SHORT, on_postgres=connection.vendor == "postgresql", seed=1) == []


@pytest.mark.long
def test_after_a_hundred_kills_under_load_everything_acknowledged_is_in_the_books_once():
    assert run(kills=LONG, on_postgres=connection.vendor == "postgresql", seed=2) == []
