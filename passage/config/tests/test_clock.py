"""A clock that leapt is not worked by, and is told; a clock that went back refuses no sale for good."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from passage.config import clock
from passage.config.worker import ClockLeapt, Worker
from passage.ledger import queries as ledger
from passage.outbox import actions as outbox
from passage.outbox import queries
from passage.outbox.models import Worker as Seen
from tests.world import a_world

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """These moments are made up; the database's own clock has a test of its own."""
    monkeypatch.setattr(clock, "_apart_from_database", lambda at: None)


def worker(at: datetime) -> Worker:
    return Worker(clock=lambda: at, doubt=clock.doubt)


def test_a_worker_years_ahead_ends_no_point_and_says_why() -> None:
    world = a_world()
    world.record(world.sale({"cake": 1000}))
    worker(world.now).run_once()
    before = ledger.balances(world.anna, at=world.now)[0].balance
    with pytest.raises(ClockLeapt, match=r"the last work was done at .*passage work --accept-clock"):
        worker(world.now + 1500 * DAY).run_once()
    assert ledger.balances(world.anna, at=world.now)[0].balance == before > 0
    worker(world.now + DAY).run_once()


def test_a_worker_that_has_begun_stops_at_the_leap() -> None:
    a_world()
    moments = [NOON]
    running = Worker(clock=lambda: moments[-1], doubt=clock.doubt)
    assert running.step()
    moments.append(NOON + 1500 * DAY)
    with pytest.raises(ClockLeapt):
        running.step()
    assert Seen.objects.get().seen_at == NOON


@pytest.mark.parametrize(("later", "doubted"), [(-2, True), (0, False), (13, False), (15, True)])
def test_a_fortnights_rest_is_no_leap(later: int, *, doubted: bool) -> None:
    outbox.be_seen(worker="a", begun_at=NOON, at=NOON)
    assert bool(clock.doubt(at=NOON + later * DAY)) is doubted


def test_the_command_refuses_and_goes_on_when_somebody_says_that_the_clock_is_right(capsys) -> None:
    outbox.be_seen(worker="a", begun_at=NOON, at=timezone.now() - 400 * DAY)
    with pytest.raises(CommandError, match="accept-clock"):
        call_command("work", "--once")
    call_command("work", "--once", "--accept-clock")
    call_command("work", "--once")
    assert capsys.readouterr().out.count("0 attempts failed") == 2


def test_after_a_restore_the_old_moment_counts_no_more() -> None:
    outbox.be_seen(worker="a", begun_at=NOON, at=timezone.now() - 400 * DAY)
    call_command("restored")
    assert clock.doubt(at=timezone.now()) == ""


def test_what_long_ago_workers_saw_is_forgotten_but_not_the_last() -> None:
    outbox.be_seen(worker="a", begun_at=NOON, at=NOON)
    outbox.be_seen(worker="b", begun_at=NOON, at=NOON + 60 * DAY)
    assert [each.name for each in Seen.objects.all()] == ["b"]
    assert queries.worked_until() == NOON + 60 * DAY


def test_readyz_of_a_server_whose_clock_went_back(client: Client) -> None:
    outbox.be_seen(worker="a", begun_at=NOON, at=timezone.now() + 3 * DAY)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "time" in answer.json()["missing"][0]


def test_a_database_with_another_clock_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    said = clock.doubt(at=timezone.now() + DAY)
    assert ("that of the database" in said) is (connection.vendor == "postgresql")
    assert clock.doubt(at=timezone.now()) == ""
