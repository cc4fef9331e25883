"""`passage serve`: the web server."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from passage.config.listening import refuse_taken
from passage.config.standing import refuse_unfit


class Command(BaseCommand):
    help = "Serves the pages and the API until it is told to stop (Ctrl+C or SIGTERM)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=settings.ENV.port, help="the port, else PORT, else 8000")
        parser.add_argument("--bind", default=settings.ENV.bind, help="the IP address, else BIND, else 127.0.0.1")

    def handle(self, *args: Any, port: int, bind: str, **options: Any) -> None:
        port_kept = refuse_taken(bind=bind, port=port)
        refuse_unfit()
        connection.close()
        self.stdout.write(f"Passage listens on http://{bind}:{port} and keeps its data in {settings.DATA}")
        self.stdout.flush()
        # One process: SQLite has one writer, and the group commit of the API gathers requests in memory.
        Granian(
            "passage.config.wsgi:application",
            address=bind,
            port=port,
            interface=Interfaces.WSGI,
            workers=1,
            blocking_threads=settings.ENV.web_threads,
            # More callers than this wait in the socket's own queue instead of in our memory.
            backpressure=settings.ENV.web_threads * 16,
            websockets=False,
            respawn_failed_workers=True,
            workers_kill_timeout=10,
            log_level=LogLevels.error,
        ).serve()
        port_kept.close()
