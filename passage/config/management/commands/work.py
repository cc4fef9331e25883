"""`passage work`: the worker, beside the web server."""

import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from passage.config import clock
from passage.config.standing import refuse_unfit
from passage.config.worker import ClockLeapt, Worker
from passage.outbox import actions as outbox


class Command(BaseCommand):
    help = (
        "Does what is due: ends points and reservations, reviews tiers, proves the books. Stops on Ctrl+C or SIGTERM."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="do what is due now, then end; exit code 1 if a job failed"
        )

        parser.add_argument(
            "--accept-clock",
            action="store_true",
            help="the clock of this machine is right, however long ago the last work was done; to be said once",
        )

    def handle(self, *args: Any, once: bool, accept_clock: bool, **options: Any) -> None:
        refuse_unfit()
        worker = Worker(doubt=clock.doubt)
        if accept_clock:
            outbox.accept_clock(at=timezone.now())
        try:
            worker.believe_clock()
        except ClockLeapt as leapt:
            raise CommandError(str(leapt)) from None
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, lambda *_: worker.stop())
        if once:
            worker.run_once()
        else:
            self.stdout.write("The worker has begun.")
            self.stdout.flush()
            worker.run()
        self.stdout.write(f"{worker.done} jobs done, {worker.failed} attempts failed.")
        if once and worker.failed:
            raise SystemExit(1)
