"""`passage verify`: proves the books, and says what is wrong where it is wrong."""

import json
from argparse import ArgumentParser
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from passage.config.standing import refuse_unfit
from passage.config.verification import damage, verify
from passage.programme.models import Programme


class Command(BaseCommand):
    help = "Proves the books of every programme: exit code 1, and one line for each fault, when they are wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--programme", metavar="SLUG", help="only this programme")
        parser.add_argument("--json", action="store_true", dest="as_json", help="one JSON object instead of lines")

    def handle(self, *args: Any, programme: str | None, as_json: bool, **options: Any) -> None:
        begun = monotonic()
        refuse_unfit()
        chosen = Programme.objects.order_by("id")
        if programme is not None:
            chosen = chosen.filter(slug=programme)
            if not chosen:
                raise CommandError(f"There is no programme called {programme!r}.")
        found = [*damage(), *(fault for each in chosen for fault in verify(programme=each))]
        seconds = monotonic() - begun
        if as_json:
            self.stdout.write(_report(found, chosen, seconds))
        else:
            for fault in found:
                self.stdout.write(str(fault))
            verdict = f"{len(found)} faults" if found else "The books are right"
            self.stdout.write(f"{verdict}: {len(chosen)} programmes, {seconds:.1f} s.")
        if found:
            raise SystemExit(1)


def _report(found: list[Any], programmes: Any, seconds: float) -> str:
    report = {
        "right": not found,
        "programmes": [programme.slug for programme in programmes],
        "seconds": round(seconds, 1),
        "faults": [fault.as_json() for fault in found],
    }
    return json.dumps(report, ensure_ascii=False, indent=2)
