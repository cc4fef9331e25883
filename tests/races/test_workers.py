"""Workers are killed in the middle of a job, jobs fail, and a worker that is told to stop ends in order."""

import os
import signal
import subprocess
import sys
from collections import Counter

import pytest
from django.conf import settings
from django.db import connection

from passage.audit.models import Event
from passage.outbox import actions as outbox
from passage.outbox.models import Job
from tests.rows import AT, a_programme

JOBS, WORKERS, KILLED = 42, 5, 3


def address():
    """The test database, as DATABASE_URL for another process."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST'] or database['OPTIONS']['host']}"


def start(*module, **more):
    """Another process on the test database."""
    environment = {
        **os.environ,
        "DATABASE_URL": address(),
        "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
    }
    return subprocess.Popen([sys.executable, "-m", *module], env=environment, **more)


def first_attempt(number):
    if number in range(10, 10 + KILLED):
        return "killed"
    return "fails" if number % 7 == 0 else "works"


@pytest.mark.django_db(transaction=True)
def test_every_job_is_done_exactly_once_although_workers_are_killed_and_jobs_fail():
    programme = a_programme()
    outbox.queue(
        orders=[
            outbox.Order(
                kind="race",
                key=f"race:{number}",
                run_at=AT,
                programme=programme,
                payload={"name": f"race:{number}", "first": first_attempt(number)},
            )
            for number in range(JOBS)
        ]
    )
    workers = [start("tests.races.killed_worker") for _ in range(WORKERS)]
    try:
        ends = Counter(worker.wait(timeout=90) for worker in workers)
    finally:
        for worker in workers:
            worker.kill()
    assert ends == {-signal.SIGKILL: KILLED, 0: WORKERS - KILLED}
    done = Job.objects.filter(kind="race")
    assert Counter(done.values_list("state", flat=True)) == {"done": JOBS}
    assert Counter(done.values_list("attempts", flat=True)) == {
        2: sum(first_attempt(number) != "works" for number in range(JOBS)),
        1: sum(first_attempt(number) == "works" for number in range(JOBS)),
    }
    effects = Counter(Event.objects.filter(verb="race").values_list("subject", flat=True))
    assert effects == {f"race:{number}": 1 for number in range(JOBS)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_told_to_stop_ends_in_order(sign):
    a_programme()
    worker = start("django", "work", stdout=subprocess.PIPE, text=True)
    try:
        assert worker.stdout.readline() == "The worker has begun.\n"
        worker.send_signal(sign)
        said, _ = worker.communicate(timeout=60)
    finally:
        worker.kill()
    assert worker.returncode == 0
    assert said.endswith("jobs done, 0 attempts failed.\n")
    assert not Job.objects.filter(state=Job.State.RUNNING).exists()
