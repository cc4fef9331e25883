"""The worker: adds what the timetable asks for, and does one job after the other until it is told to stop."""

import logging
import os
import secrets
import socket
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread

from django.db import DatabaseError, close_old_connections, connection, transaction
from django.utils import timezone

from passage.config import jobs
from passage.outbox import actions as outbox
from passage.outbox.models import Job
from passage.programme.actions import sweep_counts
from passage.programme.models import Programme

log = logging.getLogger("passage.work")
IDLE = 1.0  # seconds between two looks at an empty queue
TROUBLE = 5.0  # seconds to leave a database alone that did not answer
PLAN_EVERY = timedelta(seconds=30)
KEPT = timedelta(days=7)


class Worker:
    """One at a time is enough; several share the work. ``stop`` lets the current job end."""

    def __init__(self, *, lease: timedelta = outbox.LEASE, clock: Callable[[], datetime] = timezone.now) -> None:
        self.lease = lease
        self.clock = clock
        self.name = f"{socket.gethostname()[:30]}-{os.getpid()}-{secrets.token_hex(3)}"
        self.done = self.failed = 0
        self._stopped = Event()
        self._planned_at = self.clock() - 2 * PLAN_EVERY

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        """Works until it is stopped. A database that is away for a while is waited for."""
        while not self._stopped.is_set():
            pause = IDLE
            try:
                close_old_connections()
                if self.step():
                    continue
            except DatabaseError:
                log.warning("The database did not answer; the worker tries again in %s s.", TROUBLE, exc_info=True)
                connection.close()
                pause = TROUBLE
            self._stopped.wait(pause)

    def run_once(self) -> None:
        """Does what is due now, and ends."""
        while not self._stopped.is_set() and self.step():
            pass

    def step(self) -> bool:
        """One job, if there is any."""
        self._plan()
        job = outbox.claim(worker=self.name, at=self.clock(), lease=self.lease)
        if job is None:
            return False
        self._do(job)
        return True

    def _plan(self) -> None:
        at = self.clock()
        if at - self._planned_at < PLAN_EVERY:
            return
        outbox.queue(orders=jobs.due(programmes=list(Programme.objects.order_by("id")), at=at))
        outbox.sweep(before=at - KEPT)
        outbox.forget_mails(before=at)
        sweep_counts(before=at)
        self._planned_at = at

    def _do(self, job: Job) -> None:
        try:
            with self._heart_beats(job):
                self._act(job)
        except outbox.LeaseLost:
            log.warning("Job %s went to another worker.", job.key)
        except Exception:  # noqa: BLE001 - whatever a job raises is kept with the job, and the next one goes on
            self._give_up(job)
        else:
            self.done += 1

    def _act(self, job: Job) -> None:
        at = self.clock()
        if errand := jobs.ERRANDS.get(job.kind):
            errand(job=job, clock=self.clock)
            return
        if task := jobs.TIMETABLE.get(job.kind):
            assert job.programme is not None
            task.work(programme=job.programme, at=at, by=f"system:{job.kind}")
            outbox.finish(job=job, at=self.clock())
            return
        if long := jobs.LONG.get(job.kind):
            long(programme=job.programme, payload=job.payload, at=at)
            outbox.finish(job=job, at=self.clock())
            return
        with transaction.atomic():
            jobs.QUEUED[job.kind](programme=job.programme, payload=job.payload, at=at)
            outbox.finish(job=job, at=at)

    def _give_up(self, job: Job) -> None:
        error = traceback.format_exc()
        again = outbox.fail(job=job, error=error, at=self.clock())
        self.failed += 1
        remark = "it will be tried again" if again else "it will not be tried again"
        log.error("Job %s failed (attempt %s, %s).\n%s", job.key, job.attempts, remark, error)

    @contextmanager
    def _heart_beats(self, job: Job) -> Iterator[None]:
        """Keeps the lease while a long job runs, from a thread with a connection of its own."""
        ended = Event()
        thread = Thread(target=self._beat, args=(job, ended), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _beat(self, job: Job, ended: Event) -> None:
        try:
            while not ended.wait(self.lease.total_seconds() / 4):
                try:
                    if not outbox.extend(job=job, at=self.clock(), lease=self.lease):
                        return
                except DatabaseError:
                    connection.close()  # the next beat may come through; the lease has three more
        finally:
            connection.close()
