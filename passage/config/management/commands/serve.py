"""`passage serve`: the web server."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from passage.config.front.listening import NotListening, listening, server
from passage.config.standing import refuse_unfit


class Command(BaseCommand):
    help = "Serves the pages and the API until it is told to stop (Ctrl+C or SIGTERM)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=settings.ENV.port, help="the port, else PORT, else 8000")
        parser.add_argument("--bind", default=settings.ENV.bind, help="the IP address, else BIND, else 127.0.0.1")

    def handle(self, *args: Any, port: int, bind: str, **options: Any) -> None:
        try:
            opened = listening(host=bind, port=port)
        except NotListening as refused:
            raise CommandError(str(refused)) from None
        refuse_unfit()
        connection.close()
        self.stdout.write(f"Passage listens on http://{bind}:{port} and keeps its data in {settings.DATA}")
        self.stdout.flush()
        server(opened).serve()
