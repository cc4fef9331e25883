"""Workers for tests/races/test_mailers.py: one after the other hands mails over, and is killed at a step of it.

Each is a child of one process, so that a hundred of them cost no more than their kills. Every worker comes a quarter of an
hour after the one before, by its clock: the lease of whoever died is over.
"""

import itertools
import json
import os
import signal
import sys
from datetime import UTC, datetime, timedelta

import django

django.setup()

from django.db import connection  # noqa: E402

from passage.config import worker as workers  # noqa: E402
from passage.outbox import post  # noqa: E402
from passage.outbox.actions import mailing  # noqa: E402
from passage.outbox.models import Job  # noqa: E402

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def die(*_args, **_more):
    os.kill(os.getpid(), signal.SIGKILL)


def before(place, name):
    """The worker dies where it would call this."""
    setattr(place, name, die)


def after(place, name):
    done = getattr(place, name)

    def inner(*args, **more):
        done(*args, **more)
        die()

    setattr(place, name, inner)


STEPS = {
    "before the mail server is called": lambda: before(post, "hand_over"),
    "before the text is begun": lambda: before(mailing, "_begin"),
    "after that is written down": lambda: after(mailing, "_begin"),
    "after the mail server has taken it": lambda: after(post, "hand_over"),
    "after its answer is written down": lambda: after(mailing, "_end"),
    "after the job is ended": lambda: after(mailing, "finish"),
}


def work(number, step):
    at = AT + number * timedelta(minutes=15)
    STEPS[step]()
    workers.Worker(clock=lambda: at).run_once()


def main(kills):
    told = dict.fromkeys(STEPS, 0)
    for number, step in zip(range(kills), itertools.cycle(STEPS), strict=False):
        connection.close()
        child = os.fork()
        if not child:
            work(number, step)
            os._exit(0)
        told[step] += os.waitpid(child, 0)[1] == signal.SIGKILL
    at = AT + (kills + 1) * timedelta(minutes=15)
    workers.Worker(clock=lambda: at).run_once()
    assert not Job.objects.filter(kind="mail", state__in=["ready", "running"]).exists()
    sys.stdout.write(json.dumps(told))


main(int(sys.argv[1]))
