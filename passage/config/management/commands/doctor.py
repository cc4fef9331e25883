"""`passage doctor`: is this installation well, and what is to be done where it is not?"""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from passage.config.doctor import State, findings


class Command(BaseCommand):
    help = (
        "Looks at settings, database, migrations, disk, permissions, clock, mail, worker, backup and proxy; "
        "one remedy for each fault. Exit code 1 when there is one. Writes nothing."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="one JSON object instead of lines")

    def handle(self, *args: Any, as_json: bool, **options: Any) -> None:
        found = list(findings(at=timezone.now()))
        faults = sum(each.state is State.FAULT for each in found)
        warnings = sum(each.state is State.WARNING for each in found)
        if as_json:
            told = {"well": not faults, "findings": [each.as_json() for each in found]}
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2))
        else:
            for each in found:
                self.stdout.write(str(each))
            self.stdout.write(f"{faults} faults, {warnings} warnings.")
        if faults:
            raise SystemExit(1)
