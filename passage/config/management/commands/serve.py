"""`passage serve`: the web server."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from passage.config.defences import refuse_without
from passage.config.front.listening import PortTaken, server
from passage.config.health import missing_from_database


class Command(BaseCommand):
    help = "Serves the pages and the API until it is told to stop (Ctrl+C or SIGTERM)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=settings.ENV.port, help="the port, else PORT, else 8000")
        parser.add_argument("--bind", default=settings.ENV.bind, help="the IP address, else BIND, else 127.0.0.1")

    def handle(self, *args: Any, port: int, bind: str, **options: Any) -> None:
        if missing := missing_from_database():
            raise CommandError(f"The database lacks {', '.join(missing[:3])}. Run `passage migrate` first.")
        refuse_without(connection)
        connection.close()
        try:
            front = server(host=bind, port=port)
        except PortTaken as taken:
            raise CommandError(
                f"Port {port} on {bind} cannot be used ({taken}). Stop what listens there, or set PORT."
            ) from None
        self.stdout.write(f"Passage listens on http://{bind}:{port} and keeps its data in {settings.DATA}")
        self.stdout.flush()
        front.serve()
