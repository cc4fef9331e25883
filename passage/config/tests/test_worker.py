"""The timetable asks for each thing once in its period, and the worker does it, keeps what went wrong, and goes on."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from passage.config import jobs
from passage.config.jobs import TIMETABLE
from passage.config.worker import Worker
from passage.ledger import queries as ledger
from passage.outbox.models import Job
from passage.programme.models import Programme
from tests.plugin import defences_asleep
from tests.world import World, a_world

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, 0, 20, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def world() -> World:
    return a_world()


def keys(programme, at):
    return {order.kind: order.key for order in jobs.due(programmes=[programme], at=at)}


def work(at):
    worker = Worker(clock=lambda: at)
    worker.run_once()
    return worker


def test_each_task_is_asked_for_once_in_its_period(world):
    now = keys(world.bakery, NOON)
    assert set(now) == set(TIMETABLE)
    assert keys(world.bakery, NOON + timedelta(seconds=30)) == now
    changed = {
        after: {kind for kind, key in keys(world.bakery, NOON + after).items() if key != now[kind]}
        for after in (MINUTE, HOUR, DAY)
    }
    assert changed[MINUTE] == {"end_reservations", "match_parked", "welcome", "seal"}
    hourly = {"expire_points", "keep_feasts", "end_corrections", "end_archives"}
    assert changed[HOUR] == changed[MINUTE] | hourly
    assert changed[DAY] == set(TIMETABLE)


def test_a_night_begins_at_three_in_the_programmes_own_zone(world):
    """Warsaw is one hour ahead of UTC in winter."""
    before, after = (
        keys(world.bakery, datetime(2026, 3, 2, hour, 59 - 59 * late, tzinfo=UTC)) for hour, late in ((1, 0), (2, 1))
    )
    assert before["verify"].endswith("2026-03-01")
    assert after["verify"].endswith("2026-03-02")


def test_the_hour_that_comes_twice_is_worked_twice(world):
    first, second = (keys(world.bakery, datetime(2026, 10, 25, hour, 30, tzinfo=UTC)) for hour in (0, 1))
    assert first["expire_points"] != second["expire_points"]
    assert first["verify"] == second["verify"]


def test_the_worker_does_what_is_due_and_only_once(world):
    world.record(world.sale({"cake": 1000}))
    assert work(world.now + 90 * DAY).done == len(TIMETABLE)
    assert ledger.balances(world.anna, at=world.now)[0].balance == 0
    assert Counter(Job.objects.values_list("state", flat=True)) == {"done": len(TIMETABLE)}
    assert work(world.now + 90 * DAY).done == 0


def test_a_second_programme_has_its_own_timetable(world):
    Programme.objects.create(slug="other", name="Other", currency="EUR")
    assert work(NOON).done == 2 * len(TIMETABLE)


def test_a_job_that_fails_harms_no_other_and_is_tried_again(world, monkeypatch):
    def broken(*, programme, at, by):
        raise RuntimeError("the tiers fell down")

    monkeypatch.setitem(jobs.TIMETABLE, "review_tiers", jobs.Task(broken, jobs.Every.NIGHT))
    worker = work(NOON)
    assert (worker.done, worker.failed) == (len(TIMETABLE) - 1, 1)
    job = Job.objects.get(kind="review_tiers")
    assert (job.state, job.attempts) == ("ready", 1)
    assert "the tiers fell down" in job.error
    monkeypatch.undo()
    assert work(NOON + timedelta(seconds=6)).failed == 0
    job.refresh_from_db()
    assert (job.state, job.attempts, job.error) == ("done", 2, "")


def test_wrong_books_are_found_in_the_night_and_the_fault_is_kept_with_the_job(world):
    world.give(10)
    with defences_asleep(), connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_account SET balance = balance + 7 WHERE balance > 0")
    assert work(NOON).failed == 1
    job = Job.objects.get(kind="verify")
    assert job.state == "ready"
    assert str(world.anna.public_id) in job.error
    assert "its balance is not the sum of its entries" in job.error


def test_the_command_with_once_ends_and_says_what_it_did(world, capsys):
    call_command("work", "--once")
    assert f"{len(TIMETABLE)} jobs done, 0 attempts failed." in capsys.readouterr().out
