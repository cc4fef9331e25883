"""A worker for tests/races/test_workers.py: the product's own, on jobs that fail once or kill whoever does them."""

import logging
import os
import signal
import time
from datetime import timedelta

import django

django.setup()

from passage.audit import actions as audit  # noqa: E402
from passage.config import jobs  # noqa: E402
from passage.config.worker import Worker  # noqa: E402
from passage.outbox import actions as outbox  # noqa: E402
from passage.outbox.models import Job  # noqa: E402


def act(*, programme, payload, at):
    """Leaves one event behind; then, in the first attempt, may fail or take the whole worker down."""
    audit.note(programme=programme, by="system:race", verb="race", subject=payload["name"], at=at)
    job = Job.objects.get(key=payload["name"])
    if job.attempts == 1 and payload["first"] == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if job.attempts == 1 and payload["first"] == "fails":
        raise RuntimeError("only the first time")


logging.disable(logging.CRITICAL)  # the jobs that fail are meant to
jobs.QUEUED["race"] = act
outbox.FIRST_PAUSE = timedelta(milliseconds=200)
worker = Worker(lease=timedelta(seconds=2))
while Job.objects.filter(kind="race").exclude(state=Job.State.DONE).exists():
    if not worker.step():
        time.sleep(0.2)
