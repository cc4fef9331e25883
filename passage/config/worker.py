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

from django.db import Error, close_old_connections, connection, transaction
from django.utils import timezone

from passage.config import jobs
from passage.config.standing import told
from passage.outbox import actions as outbox
from passage.outbox.models import Job
from passage.programme.actions import sweep_counts
from passage.programme.models import Programme
from passage.programme.patience import BREATH
from passage.programme.trouble import trouble_of

log = logging.getLogger("passage.work")
IDLE = 1.0  # seconds between two looks at an empty queue
TROUBLE = 5.0  # seconds to leave a database alone that did not answer
PLAN_EVERY = timedelta(seconds=30)
KEPT = timedelta(days=7)


class ClockLeapt(Exception):
    """The clock cannot be believed; the message says why, and what to do."""


class Worker:
    """One at a time is enough; several share the work. ``stop`` lets the current job end.

    ``doubt`` says of a moment why it cannot be believed, as `passage.config.clock` does; without it every clock is.
    """

    def __init__(
        self,
        *,
        lease: timedelta = outbox.LEASE,
        clock: Callable[[], datetime] = timezone.now,
        doubt: Callable[..., str] | None = None,
    ) -> None:
        self.lease = lease
        self.clock = clock
        self.doubt = doubt
        self.begun_at = clock()
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
                    pause = BREATH
            except ClockLeapt as leapt:
                log.error("%s", leapt)
                pause = PLAN_EVERY.total_seconds()
            except Error as error:
                if (trouble := trouble_of(error)) is None:
                    raise
                log.warning("The worker tries again in %s s. %s", TROUBLE, told(trouble, error))
                connection.close()
                pause = TROUBLE
            self._stopped.wait(pause)

    def believe_clock(self) -> None:
        """Raises `ClockLeapt` with the reason and the remedy. Asked before every look at the timetable."""
        at = self.clock()
        if self.doubt and (why := self.doubt(at=at)):
            raise ClockLeapt(why)
        outbox.be_seen(worker=self.name, begun_at=self.begun_at, at=at)

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
        self.believe_clock()
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
            log.warning("Job %s went to another worker.", job.pk)
        except Exception as error:  # noqa: BLE001 - whatever a job raises is kept with the job, and the next one goes on
            self._give_up(job, error)
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

    def _give_up(self, job: Job, error: Exception) -> None:
        trouble = trouble_of(error)
        kept = told(trouble, error) if trouble else "".join(traceback.format_exception(error))
        again = outbox.fail(job=job, error=kept, at=self.clock())
        self.failed += 1
        remark = "it will be tried again" if again else "it will not be tried again"
        # What went wrong in words is kept with the job: it may name somebody, as an address that a mail server refused.
        log.error("Job %s failed (attempt %s, %s).", job.pk, job.attempts, remark, exc_info=error)

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
                except Error:
                    connection.close()  # the next beat may come through; the lease has three more
        finally:
            connection.close()
