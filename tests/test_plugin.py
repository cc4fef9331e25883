"""The ground that every other test stands on."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection, connections, transaction
from django.utils import translation

from tests.plugin import defences_asleep

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
SQLITE_GUARD = """
    CREATE TRIGGER keep_sessions BEFORE DELETE ON django_session
    BEGIN SELECT RAISE(ABORT, 'sessions stay'); END
"""
POSTGRES_GUARD = """
    CREATE FUNCTION keep_sessions() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'sessions stay'; END $$;
    CREATE TRIGGER keep_sessions BEFORE TRUNCATE ON django_session EXECUTE FUNCTION keep_sessions()
"""


@pytest.fixture
def guarded(transactional_db: None) -> Iterator[None]:
    """A table that refuses to be emptied, as the ledger's do."""
    _execute(SQLITE_GUARD if connection.vendor == "sqlite" else POSTGRES_GUARD)
    yield
    _execute("DROP TRIGGER keep_sessions" + ("" if connection.vendor == "sqlite" else " ON django_session"))
    if connection.vendor == "postgresql":
        _execute("DROP FUNCTION keep_sessions()")


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _empty() -> None:
    _execute("DELETE FROM django_session" if connection.vendor == "sqlite" else "TRUNCATE django_session")


def _add(*, key: str) -> None:
    Session.objects.create(session_key=key, session_data="", expire_date=NOW)


def test_defences_sleep_while_tables_are_emptied_and_wake_again(guarded: None) -> None:
    _add(key="anna")
    with defences_asleep():
        _empty()
    assert not Session.objects.exists()
    _add(key="piotr")
    with pytest.raises(Exception, match="sessions stay"):
        _empty()


@pytest.mark.django_db(transaction=True)
def test_eight_threads_write_at_once_and_none_is_lost() -> None:
    together, failed = threading.Barrier(8), []

    def write(number: int) -> None:
        try:
            together.wait()
            with transaction.atomic():
                _add(key=f"till-{number}")
        except OperationalError as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert Session.objects.count() == 8


@pytest.mark.django_db
def test_a_table_is_empty_when_the_next_test_begins() -> None:
    assert not Session.objects.exists()


@pytest.mark.parametrize("turn", ["first", "second"])
def test_no_test_begins_in_the_language_of_the_one_before(turn: str) -> None:
    assert translation.get_language() == "en"
    translation.activate("fr")
