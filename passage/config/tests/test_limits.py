"""Nobody waits for ever: what a connection waits for and works at has an end, shorter for the web than for long work."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import Error, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from passage.config.databases import LONG, WEB, Limits
from passage.config.tests.test_commands import PATIENCE, surroundings
from passage.programme.models import Login
from passage.programme.trouble import Trouble, trouble_of
from tests import troubles

pytestmark = pytest.mark.django_db(transaction=True)
SHORT = Limits(lock=1, statement=2, idle=1)


@pytest.fixture
def hurried() -> Iterator[BaseDatabaseWrapper]:
    """A connection with limits of a second or two."""
    kept = connections.databases["default"]
    before = copy.deepcopy(kept["OPTIONS"])
    SHORT.apply(kept)
    opened = connections.create_connection("default")
    opened.ensure_connection()
    # Whoever else opens one in this test, to hold a lock, is not in a hurry.
    kept["OPTIONS"] = before
    try:
        yield opened
    finally:
        opened.close()


def test_a_lock_is_waited_for_and_then_it_is_busy_while_the_other_still_holds_it(hurried: BaseDatabaseWrapper) -> None:
    Login.objects.create(email="anna@example.org")
    with troubles.locked("programme_login"), pytest.raises(Error) as busy, hurried.cursor() as cursor:
        cursor.execute("UPDATE programme_login SET name = 'Anna'")
    assert trouble_of(busy.value) is Trouble.BUSY


def test_a_statement_and_an_idle_transaction_have_their_end(hurried: BaseDatabaseWrapper) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no clock on a statement")
    with pytest.raises(Error) as late, hurried.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(600)")
    assert trouble_of(late.value) is Trouble.BUSY
    hurried.set_autocommit(False)
    with hurried.cursor() as cursor:
        cursor.execute("SELECT 1")
    time.sleep(1.5)
    with pytest.raises(Error) as ended, hurried.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert trouble_of(ended.value) in {Trouble.BUSY, Trouble.AWAY}


@pytest.mark.one_database
@pytest.mark.parametrize("url", ["", "postgresql://passage@db.example.org/passage?options=-c%20work_mem%3D8MB"])
def test_the_web_server_takes_the_short_limits_and_a_command_the_long_ones(tmp_path: Path, url: str) -> None:
    code = (
        "import json\nfrom django.conf import settings\nbefore = dict(settings.DATABASES['default']['OPTIONS'])\n"
        "import passage.config.wsgi\nfrom django.db import connections\n"
        "print(json.dumps([before, connections['default'].settings_dict['OPTIONS']]))"
    )
    env = surroundings(data=tmp_path, DATABASE_URL=url, DJANGO_SETTINGS_MODULE="passage.config.settings")
    ended = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    command, web = json.loads(ended.stdout.splitlines()[-1])
    if not url:
        assert (command["timeout"], web["timeout"]) == (LONG.lock, WEB.lock)
        return
    assert f"lock_timeout={LONG.lock}s" in command["options"]
    for told in (f"lock_timeout={WEB.lock}s", f"statement_timeout={WEB.statement}s", "work_mem=8MB"):
        assert web["options"].count(told) == 1
    assert web["options"].count("lock_timeout") == 1
