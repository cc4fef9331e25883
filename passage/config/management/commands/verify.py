"""`passage verify`: proves the books, and says what is wrong where it is wrong."""

import json
from argparse import ArgumentParser
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from passage.config.standing import refuse_unfit
from passage.config.verification import damage, verify
from passage.programme.models import Programme
from passage.programme.verify import Fault
from passage.seals.queries import NoHead, head_of, last_block


class Command(BaseCommand):
    help = "Proves the books of every programme: exit code 1, and one line for each fault, when they are wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--programme", metavar="SLUG", help="only this programme")
        parser.add_argument(
            "--since-seal",
            metavar="HEAD",
            action="append",
            default=[],
            dest="heads",
            help="a head from a letter, a page or a printed report: nothing before it may have changed; with --programme, "
            "as often as there are heads",
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="one JSON object instead of lines")

    def handle(self, *args: Any, programme: str | None, heads: list[str], as_json: bool, **options: Any) -> None:
        begun = monotonic()
        refuse_unfit()
        if heads and programme is None:
            raise CommandError("A head is of one programme. Name it with --programme SLUG.")
        chosen = _chosen(programme)
        try:
            found = [*damage(), *(fault for each in chosen for fault in verify(programme=each, heads=heads))]
        except NoHead as error:
            raise CommandError(
                f"{error} is no head. Copy all of it: a number, a dash, 32 digits and letters."
            ) from None
        seconds = monotonic() - begun
        self.stdout.write(_report(found, chosen, seconds) if as_json else _lines(found, chosen, seconds))
        if found:
            raise SystemExit(1)


def _chosen(slug: str | None) -> list[Programme]:
    every = Programme.objects.order_by("id")
    chosen = list(every if slug is None else every.filter(slug=slug))
    if slug is not None and not chosen:
        raise CommandError(f"There is no programme called {slug!r}.")
    return chosen


def _lines(found: list[Fault], programmes: list[Programme], seconds: float) -> str:
    sealed = [(each.slug, block) for each in programmes if (block := last_block(each))]
    lines = [str(fault) for fault in found]
    lines += [f"{slug}: sealed until {block.sealed_at:%Y-%m-%d %H:%M} UTC, {head_of(block)}" for slug, block in sealed]
    verdict = f"{len(found)} faults" if found else "The books are right"
    return "\n".join([*lines, f"{verdict}: {len(programmes)} programmes, {seconds:.1f} s."])


def _report(found: list[Fault], programmes: list[Programme], seconds: float) -> str:
    report = {
        "right": not found,
        "programmes": [programme.slug for programme in programmes],
        "seconds": round(seconds, 1),
        "faults": [fault.as_json() for fault in found],
    }
    return json.dumps(report, ensure_ascii=False, indent=2)
