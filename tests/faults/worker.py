"""The product's own worker with a fast clock on its wall: what comes each minute comes each second, a lease lasts two."""

from __future__ import annotations

from datetime import timedelta

import django

django.setup()

from passage.config import jobs, worker  # noqa: E402

jobs._period = lambda every, local: local.isoformat(timespec="seconds")
jobs.TIMETABLE = {"end_reservations": jobs.TIMETABLE["end_reservations"]}
worker.PLAN_EVERY = timedelta(seconds=1)
worker.IDLE = worker.TROUBLE = 0.2

if __name__ == "__main__":
    worker.Worker(lease=timedelta(seconds=2)).run()
