"""`passage import-sales`: asks for the file, the programme and the profile, and says what became of every row."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from babel.numbers import get_currency_precision
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from passage.connectors.receipts.intake import Intake
from passage.connectors.receipts.profile import BadProfile, Profile, read_profile, shipped
from passage.connectors.receipts.progress import Progress
from passage.connectors.receipts.refusals import Report, words_of
from passage.connectors.receipts.rows import BadFile, Sheet
from passage.connectors.receipts.spool import Spool
from passage.connectors.receipts.summary import Summary
from passage.ledger import queries as ledger
from passage.programme import actions as programmes
from passage.programme import queries
from passage.programme.models import Programme, Source
from passage.ui.wording import number_text


class Command(BaseCommand):
    help = "Records the sales of a CSV file; what is in already stays as it is, so it may be run again at any time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the file, .csv or .csv.gz")
        parser.add_argument("--programme", required=True, help="the short name of the programme")
        parser.add_argument(
            "--profile", required=True, help=f"what the columns mean: {', '.join(shipped())}, or a .toml file"
        )
        parser.add_argument("--source", default="", help="the code the receipts are known under, else the profile's")
        parser.add_argument("--report", type=Path, help="where to write the refused rows, as CSV")
        parser.add_argument("--dry-run", action="store_true", help="says what would happen, and writes nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        programme = queries.programme_by_slug(slug=options["programme"])
        if programme is None:
            raise CommandError(f"There is no programme {options['programme']!r}.")
        with translation.override(programme.language), report_file(options["report"]) as target:
            try:
                self._import(programme, Report(target=target), options)
            except (BadProfile, BadFile) as error:
                raise CommandError(str(error)) from None

    def _import(self, programme: Programme, report: Report, options: dict[str, Any]) -> None:
        profile = read_profile(name=options["profile"])
        if profile.currency != programme.currency:
            raise CommandError(f"The profile is for {profile.currency}, the programme counts in {programme.currency}.")
        sheet = Sheet(path=options["file"], profile=profile, minor=get_currency_precision(profile.currency))
        code = options["source"] or profile.source
        intake = Intake(
            programme=programme,
            source=lambda: source_of(programme, code, profile),
            sheet=sheet,
            report=report,
            now=timezone.now,
            rehearsal=options["dry_run"],
        )
        with Spool() as spool:
            intake.read(spool)
            progress = Progress(target=self.stderr, total=spool.rows, clock=time.monotonic)
            summary = intake.run(spool, tell=progress.tell)
            progress.end()
        self._say(programme, summary, report, rehearsal=options["dry_run"])

    def _say(self, programme: Programme, summary: Summary, report: Report, *, rehearsal: bool) -> None:
        if rehearsal:
            self.stdout.write(_("Nothing was written. This is what would happen:"))
        for label, number in [*words_of_summary(summary, report), *words_of_points(programme, summary)]:
            self.stdout.write(f"{number_text(number):>12}  {label}")
        for refusal in report.shown:
            reason, remedy = words_of(refusal)
            place = _("Row {row}, receipt {receipt}").format(row=refusal.row, receipt=refusal.receipt or "–")
            self.stdout.write(f"{place}: {reason} {remedy}")
        more = report.count - len(report.shown)
        if more:
            words = ngettext(
                "… and {more} more: --report FILE lists them all.",
                "… and {more} more: --report FILE lists them all.",
                more,
            )
            self.stdout.write(words.format(more=number_text(more)))


def words_of_summary(summary: Summary, report: Report) -> list[tuple[str, int]]:
    """Each number of the import with what it counts, in the active language."""
    return [
        (_("rows in the file"), summary.rows),
        (_("rows without a member, left out"), summary.without_member),
        (_("members enrolled"), summary.members_new),
        (_("members known before"), summary.members_known),
        (_("sales recorded"), summary.sales.recorded),
        (_("sales known from an earlier import"), summary.sales.known),
        (_("sales recorded before with other content, left as they were"), summary.sales.conflicting),
        (_("sales refused by the programme"), summary.sales.refused),
        (_("sales that no rule covers: no rule was in force yet"), summary.uncovered),
        (_("cancellations in the file"), summary.cancellations),
        (_("returns recorded"), summary.returns.recorded),
        (_("of them returns that waited since an earlier import"), summary.late),
        (_("returns known from an earlier import"), summary.returns.known),
        (_("cancellations kept before with other content, left as they were"), summary.returns.conflicting),
        (_("returns refused by the programme"), summary.returns.refused),
        (_("cancelled lines that wait for their sale"), summary.alone),
        (_("lines in the report"), report.count),
    ]


def words_of_points(programme: Programme, summary: Summary) -> list[tuple[str, int]]:
    """What members are given and what returns take back of each unit."""
    names = {unit.code: unit.name for unit in ledger.units(programme)}
    told = []
    for code, points in summary.points.items():
        unit = names[code]
        told += [
            (_("{unit}: given").format(unit=unit), points.given),
            (_("{unit}: of them over already when they came").format(unit=unit), points.expired),
            (_("{unit}: asked back by returns").format(unit=unit), points.taken),
        ]
    return told


def source_of(programme: Programme, code: str, profile: Profile) -> Source:
    """The source these receipts are known under, made when it is new."""
    found = queries.source_by_code(programme=programme, code=code)
    return found or programmes.add_source(programme=programme, code=code, name=profile.name)


@contextmanager
def report_file(path: Path | None) -> Iterator[TextIO | None]:
    if path is None:
        yield None
        return
    try:
        # The mark at the beginning tells spreadsheets that this is UTF-8.
        with path.open("w", encoding="utf-8-sig", newline="") as target:
            yield target
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
