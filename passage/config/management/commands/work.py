"""`passage work`: the worker, beside the web server."""

import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from passage.config import defences
from passage.config.worker import Worker


class Command(BaseCommand):
    help = (
        "Does what is due: ends points and reservations, reviews tiers, proves the books. Stops on Ctrl+C or SIGTERM."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="do what is due now, then end; exit code 1 if a job failed"
        )

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        defences.refuse_without(connection)
        worker = Worker()
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
