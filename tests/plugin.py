"""Every test run starts here: its own data folder, its own database, and how hard hypothesis looks.

A plugin and not a conftest.py, because Django's settings are read before any conftest.py is.
"""

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import HealthCheck, settings

from passage.config.env import REMEDIES
from tests.postgres import Postgres

# The run's own folder. Set by the process that starts the run, and inherited by its xdist workers.
FILES = "PASSAGE_TEST_FILES"
TEST_KEY = "only-for-tests-" + "k" * 50

settings.register_profile("quick", deadline=None, max_examples=25)
settings.register_profile("laptop", deadline=None, max_examples=100)
settings.register_profile(
    "ci", deadline=None, max_examples=50, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "long", deadline=None, max_examples=2000, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pg", action="store_true", help="start a temporary PostgreSQL and run on it instead of SQLite")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser, args: list[str]) -> None:
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "laptop"))
    if FILES in os.environ:
        return
    # Being told to stop is no reason to leave a database server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))
    memory = Path("/dev/shm")
    folder = tempfile.mkdtemp(prefix="passage-tests-", dir=memory if os.access(memory, os.W_OK) else None)
    os.environ[FILES] = folder
    early_config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    early_config.add_cleanup(lambda: os.environ.pop(FILES, None))
    # What this machine's own installation is told may not reach a test; only the database may be chosen.
    for variable in REMEDIES.keys() - {"DATABASE_URL"}:
        os.environ.pop(variable, None)
    os.environ |= {"PASSAGE_DATA": f"{folder}/data", "SECRET_KEY": TEST_KEY, "LOG_LEVEL": "ERROR"}
    if parser.parse_known_args(args).pg:
        server = Postgres()
        early_config.add_cleanup(server.stop)
        os.environ["DATABASE_URL"] = server.start()
        early_config.add_cleanup(lambda: os.environ.pop("DATABASE_URL", None))


def pytest_configure(config: pytest.Config) -> None:
    """Between tests with real transactions the tables are emptied, which the database's own defences forbid."""
    emptied = TransactionTestCase._fixture_teardown

    def _empty_the_tables(self: TransactionTestCase) -> None:
        with defences_asleep():
            if connection.vendor == "postgresql":
                _delete_everything()
            else:
                emptied(self)

    TransactionTestCase._fixture_teardown = _empty_the_tables  # type: ignore[method-assign]


def _delete_everything() -> None:
    """Ten times faster than TRUNCATE, which makes new files for every table and index, however empty."""
    kept = {"django_content_type", "auth_permission", "django_migrations"}
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - kept
    with connection.cursor() as cursor:
        cursor.execute(";".join(f'DELETE FROM "{table}"' for table in sorted(tables)))


# Bare arithmetic, words and pictures, the form of the repository, and what stands before the pages. And the doors: what
# they show they ask of the rooms, whose questions are tested on both; every page is opened on both by everybody
# (tests/journeys/test_page_rights), and every route (test_rights).
ONE_IS_ENOUGH = (
    "/passage/engine/",
    "/passage/ui/",
    "/tests/house/",
    "/passage/config/front/",
    "/passage/office/",
    "/passage/website/",
    "/passage/portal/",
    "/passage/connectors/",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(folder in item.path.as_posix() for folder in ONE_IS_ENOUGH):
            item.add_marker(pytest.mark.one_database)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A page asked for in French leaves its thread speaking French; the next test does not begin with that."""
    translation.deactivate()


def pytest_report_header(config: pytest.Config) -> str:
    from django.conf import settings as product

    return f"database: {product.DATABASES['default']['ENGINE'].rpartition('.')[2]}"


@contextlib.contextmanager
def defences_asleep() -> Iterator[None]:
    """The database's triggers do not fire inside: for emptying it between tests, and for planting a fault that must be found."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            try:
                yield
            finally:
                cursor.execute("SET session_replication_role = DEFAULT")
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers: list[tuple[str, str]] = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
    try:
        yield
    finally:
        with transaction.atomic(), connection.cursor() as cursor:
            for _name, sql in triggers:
                cursor.execute(sql)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Counts for bin/test, which adds several runs up."""
    target = os.environ.get("PASSAGE_TEST_COUNTS")
    if not target or os.environ.get("PYTEST_XDIST_WORKER"):
        return
    stats = terminalreporter.stats
    number = {name: len(stats.get(name, [])) for name in ("passed", "failed", "error", "skipped")}
    reasons = [report.longrepr[2] if isinstance(report.longrepr, tuple) else "" for report in stats.get("skipped", [])]
    counts = {"passed": number["passed"], "failed": number["failed"] + number["error"], "skipped": number["skipped"]}
    Path(target).write_text(json.dumps({"counts": counts, "skipped": sorted(set(reasons))}))
