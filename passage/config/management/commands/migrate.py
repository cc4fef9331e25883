"""`passage migrate`: Django's own, and then the defences that live inside the database."""

from typing import Any

from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from passage.config import defences, statistics
from passage.config.standing import missing, refuse_newer


class Command(Migrate):
    """A migration that rebuilds a table drops its triggers, so they are all put back after each run."""

    help = "Brings the database to this version and puts its defences in place."

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        refuse_newer(connection)
        if options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        if options["app_label"] or missing(connection):
            defences.step_aside(connection)
        super().handle(*args, **options)
        # A database that is only part of the way has not the tables yet; nothing starts on it.
        if not missing(connection):
            defences.install(connection)
            statistics.foretell(connection)
