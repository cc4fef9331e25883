"""`passage demo`: a bakery chain with a year behind it, to look at and to break."""

from argparse import ArgumentParser
from os import environ
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from passage.config.demo import folder, welcome, world
from passage.config.demo.cast import cast
from passage.config.demo.running import HOST, Broken, Pair, free_port, is_free

WIDTH = 40  # of the line that grows while the world is built


class Command(BaseCommand):
    help = (
        "Builds a bakery chain with 500 members and a year of sales, starts the web server and the worker on it, and "
        "says where to click. On this machine only, on SQLite in PASSAGE_DATA; stops on Ctrl+C or SIGTERM."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fresh", action="store_true", help="throw the demo's world away and build it anew")
        parser.add_argument("--members", type=int, default=world.MEMBERS, help="how many members a new world has")
        parser.add_argument("--days", type=int, default=world.DAYS, help="how many days of sales a new world has")

    def handle(self, *args: Any, fresh: bool, members: int, days: int, **options: Any) -> None:
        if settings.ENV.database_url:
            raise CommandError("A demo lives in SQLite: take DATABASE_URL out of the environment first.")
        if members < len(cast()) or days < 1:
            raise CommandError("A world has at least 2 members and 1 day.")
        port = _port()
        address = f"http://{HOST}:{port}"
        try:
            folder.claim(settings.DATA)
            with folder.held(settings.DATA, address=address):
                self._run(address=address, port=port, fresh=fresh, size=(members, days))
        except folder.NotADemo as where:
            raise CommandError(
                f"{where} holds a database that no demo made. Name another folder in PASSAGE_DATA."
            ) from None
        except folder.InUse as there:
            raise CommandError(f"A demo runs on {settings.DATA} already: {there}") from None
        except Broken as broken:
            raise CommandError(f"The demo had to stop: {broken}.") from None

    def _run(self, *, address: str, port: int, fresh: bool, size: tuple[int, int]) -> None:
        if fresh:
            folder.clear(settings.DATA)
        self._say("Preparing the database …")
        call_command("migrate", verbosity=0)
        if not world.is_built():
            self._build(*size)
        key = folder.find_key(settings.DATA, at=timezone.now())
        connection.close()
        pair = Pair(port=port, env=_env(address=address, port=port))
        with pair.running():
            if pair.until_well():
                self._say(welcome.text(address=address, key=key, kept=settings.DATA))
                pair.until_told()
        self._say("The demo has stopped. Its world is kept; start it again with the same command.")

    def _build(self, members: int, days: int) -> None:
        self._say(f"Building Trzy Bochny: three bakeries, {members} members, {days} days of sales.")
        built = world.build(now=timezone.now(), members=members, days=days, tell=self._grow)
        folder.keep_key(settings.DATA, built.secret)
        self._say(f"\n{built.sales} sales and {built.returns} returns, each with its reasons.")

    def _grow(self, share: float) -> None:
        """One more piece of the line whenever another fortieth is done."""
        done = int(share * WIDTH)
        if done > getattr(self, "_grown", 0):
            self.stdout.write("▮", ending="")
            self.stdout.flush()
            self._grown = done

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _port() -> int:
    """PORT if it is set, and then no other; else a free one."""
    if "port" not in settings.ENV.model_fields_set:
        return free_port()
    port = int(settings.ENV.port)
    if not is_free(port):
        raise CommandError(f"Port {port} is taken. Choose another with PORT, or leave PORT out.")
    return port


def _env(*, address: str, port: int) -> dict[str, str]:
    """What both processes are told: this machine's environment, but the demo's own folder, port and address.

    A demo writes to nobody: its mails are kept and shown.
    """
    told = {"PASSAGE_DATA": str(settings.DATA), "PORT": str(port), "PASSAGE_URL": address}
    shown = {"PASSAGE_SHOW_MAIL": "1", "PASSAGE_SIGN_UP": "on", "PASSAGE_CONTACT": "demo@example.org"}
    quiet = {"LOG_LEVEL": environ.get("LOG_LEVEL", "ERROR")}
    kept = {name: value for name, value in environ.items() if name != "PASSAGE_SMTP_URL"}
    return {**kept, **told, **shown, **quiet}
