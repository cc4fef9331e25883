"""Imports the Online Retail file whole, by months, and by months in a shuffled order, and compares every balance.

    python -m tests.journeys.import_by_months online-retail.csv.gz [SEED …]

Each way has a new database of its own in a folder that is thrown away (or the one that DATABASE_URL names, one programme
for each way). The programme gives a point a pound; what must come out, recompute_online_retail.py says beside it. Every
file is imported a second time as well, which must change nothing. Ends with 1 when a balance differs.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("recompute_online_retail.py")


def by_months(file: Path, folder: Path) -> list[Path]:
    """One file for each month, in order."""
    months: dict[str, Any] = {}
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        head = next(lines)
        place = next(csv.reader([head])).index("InvoiceDate")
        for line in lines:
            month = next(csv.reader([line]))[place][:7]
            if month not in months:
                months[month] = (folder / f"{month}.csv").open("w", encoding="utf-8", newline="")
                months[month].write(head)
            months[month].write(line)
    for each in months.values():
        each.close()
    return [folder / f"{month}.csv" for month in sorted(months)]


@contextmanager
def a_shop(slug: str) -> Iterator[Any]:
    """A programme in pounds that gives a point a pound, since before the first receipt."""
    from datetime import UTC, datetime

    from django.utils import timezone

    from passage.earning import actions as earning
    from passage.ledger import actions as ledger
    from passage.programme import actions as programmes

    now = timezone.now()  # noqa: TID251 - as the command does
    programme = programmes.create_programme(
        name=slug, slug=slug, currency="GBP", zone="Europe/London", language="en", at=now, by="system:proof"
    )
    ledger.set_up_unit(programme=programme, code="points", name="Points")
    definition = {"unit": "points", "earns": {"kind": "per_amount", "points": 1, "step": 100}}
    since = datetime(2010, 1, 1, tzinfo=UTC)
    earning.create_rule(
        programme=programme, name="A pound", definition=definition, effective_from=since, by="system:proof", at=now
    )
    yield programme


def imported(files: list[Path], slug: str) -> tuple[dict[str, int], list[str]]:
    """The balance of every member after these files in this order, and what a second run of each of them changed."""
    from django.core.management import call_command

    from passage.ledger.models import Account, Entry
    from passage.members.models import Member
    from passage.purchases.models import Parked, Purchase

    with a_shop(slug) as programme:

        def run(file: Path) -> str:
            said = io.StringIO()
            call_command(
                "import-sales",
                str(file),
                "--programme",
                slug,
                "--profile",
                "online-retail",
                stdout=said,
                stderr=io.StringIO(),
            )
            return said.getvalue()

        def state() -> list[object]:
            counts = [model.objects.of(programme).count() for model in (Member, Purchase, Entry, Parked)]
            return [*counts, *Parked.objects.of(programme).order_by("id").values_list("state", flat=True)]

        for file in files:
            began = time.monotonic()
            run(file)
            print(f"  {slug} {file.name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        before, wrong = state(), []
        for file in files:
            run(file)
            if state() != before:
                wrong.append(file.name)
        held = Account.objects.of(programme).filter(unit__code="points").values_list("member__external_id", "balance")
        open_lines = sum(
            1
            for request in Parked.objects.of(programme).filter(state="waiting").values_list("request", flat=True)
            for line in request["lines"]
            if line["left"]
        )
        print(f"{slug}: {Purchase.objects.of(programme).count()} rows, {open_lines} cancelled lines wait", flush=True)
        return dict.fromkeys(Member.objects.of(programme).values_list("external_id", flat=True), 0) | dict(held), wrong


def compare(slug: str, found: dict[str, int], expected: dict[str, int]) -> int:
    differ = {who for who in expected.keys() | found.keys() if found.get(who) != expected.get(who)}
    print(f"{slug}: {len(found)} balances, {sum(found.values())} points, {len(differ)} differ", flush=True)
    return len(differ)


def main(file: Path, seeds: list[int]) -> int:
    said = subprocess.run([sys.executable, "-I", str(SCRIPT), str(file)], check=True, capture_output=True, text=True)
    expected = json.loads(said.stdout)["pounds"]
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("PASSAGE_DATA", folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "passage.config.settings")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        months = by_months(file, Path(folder))
        ways = {"whole": [file], "in-order": months}
        for seed in seeds:
            ways[f"shuffled-{seed}"] = random.Random(seed).sample(months, len(months))
        faults = 0
        for slug, files in ways.items():
            found, changed = imported(files, slug)
            faults += compare(slug, found, expected) + len(changed)
            for name in changed:
                print(f"{slug}: a second run of {name} changed something", flush=True)
        call_command("verify")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), [int(seed) for seed in sys.argv[2:]] or [1, 2]))
