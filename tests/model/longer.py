"""The long form: python -m tests.model.longer --steps 100000 [--pg] [--seed 1] [--report FILE]

Lives of a hundred deeds each, every one by its own seed, so that what failed can be lived again by itself. The report
is kept after each life: the same command again goes on where it was. Exit code 1 where anything differed.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.postgres import postgres

DEEDS = 100  # in a life
EVERY = 4  # deeds all answers are compared after; what failed is lived again with a look after each


@contextlib.contextmanager
def a_database(*, on_postgres: bool) -> Iterator[None]:
    """Django on a database that is made for this and forgotten."""
    with contextlib.ExitStack() as stack:
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="passage-model-", dir=memory))
        os.environ |= {
            "PASSAGE_TEST_FILES": folder,
            "PASSAGE_DATA": f"{folder}/data",
            "SECRET_KEY": "only-for-the-model-" + "k" * 50,
            "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        }
        os.environ.pop("DATABASE_URL", None)
        if on_postgres:
            os.environ["DATABASE_URL"] = stack.enter_context(postgres())
        import django

        django.setup()
        from django.test.utils import setup_databases, teardown_databases

        made = setup_databases(verbosity=0, interactive=False)
        try:
            yield
        finally:
            teardown_databases(made, verbosity=0)


def live(deeds: list[tuple[str, int]], told: Counter[str] | None = None, *, story: Any = None, **how: Any) -> str:
    """Live the deeds, after a story, in a world that is forgotten; how it failed, or nothing."""
    from django.db import transaction

    from tests.model.life import Differs, Life

    failed, place = "", -1
    with transaction.atomic():
        life = Life(**how)
        try:
            if story is not None:
                story(life)
            for place, deed in enumerate(deeds):  # noqa: B007
                life.step(deed)
            life.end()
        except Differs as differs:
            failed = str(differs)
        except Exception as error:  # noqa: BLE001 - an unexpected exception is what is looked for
            where = traceback.extract_tb(error.__traceback__)[-1]
            failed = f"{type(error).__name__}: {error} at {where.filename.rpartition('/')[2]}:{where.lineno}"
        transaction.set_rollback(True)
    if told is not None:
        told.update(life.told)
    return f"{failed}\n(after {deeds[place] if place >= 0 else 'the story'})" if failed else ""


class Report:
    """What was lived so far and what failed, kept in a file."""

    def __init__(self, file: Path | None, seed: int, what: str) -> None:
        self.file = file
        self.kept: dict[str, Any] = {"seed": seed, "of": what, "lives": 0, "steps": 0, "seconds": 0, "failures": []}
        if file and file.exists():
            known = json.loads(file.read_text())
            if (known["seed"], known["of"]) == (seed, what):
                self.kept = known
        self.told = Counter(self.kept.get("answers", {}))

    def keep(self) -> None:
        self.kept["answers"] = dict(sorted(self.told.items()))
        if self.file:
            self.file.write_text(json.dumps(self.kept, indent=1, ensure_ascii=False))


def run(arguments: argparse.Namespace) -> int:
    from tests.model.bakery import narrow
    from tests.model.life import KINDS, drawn
    from tests.model.shrinking import shortened, signature

    comparisons = {"comparisons": tuple(arguments.compare.split(","))} if arguments.compare else {}
    if arguments.narrow:
        narrow()
    for kind in arguments.without.split(",") if arguments.without else []:
        del KINDS[kind]
    report = Report(
        arguments.report, arguments.seed, f"{arguments.compare}|{arguments.without}|{arguments.narrow}|{arguments.pg}"
    )
    began = time.monotonic() - report.kept["seconds"]
    known = {signature(each["failed"]) for each in report.kept["failures"]}
    while report.kept["steps"] < arguments.steps and len(report.kept["failures"]) < arguments.most:
        seed = arguments.seed * 1_000_000 + report.kept["lives"]
        deeds = drawn(seed, DEEDS)
        failed = live(deeds, report.told, every=EVERY, **comparisons)
        report.kept["lives"] += 1
        report.kept["steps"] += DEEDS
        report.kept["seconds"] = round(time.monotonic() - began)
        if failed:
            short = deeds
            if arguments.shrink and signature(failed) not in known:
                short = shortened(deeds, lambda fewer: live(fewer, **comparisons))
                failed = live(short, **comparisons)
            known.add(signature(failed))
            report.kept["failures"].append({"seed": seed, "failed": failed, "deeds": short if short != deeds else []})
            print(f"life {seed}: {failed}\n  deeds: {short if short != deeds else 'all'}", flush=True)
        report.keep()
        if report.kept["lives"] % 20 == 0:
            print(_line(report), flush=True)
    print(_line(report), json.dumps(report.kept.get("answers", {}), indent=1))
    return 1 if report.kept["failures"] else 0


def _line(report: Report) -> str:
    kept = report.kept
    failures = len(kept["failures"])
    return f"{kept['steps']:,} steps, {kept['lives']} lives, {failures} failures, {kept['seconds']} s"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.model.longer", description=__doc__)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pg", action="store_true", help="on a temporary PostgreSQL instead of SQLite")
    parser.add_argument("--report", type=Path, help="kept after each life; the same command goes on from it")
    parser.add_argument("--compare", default="", help="only these answers, with commas")
    parser.add_argument("--without", default="", help="none of these kinds of deeds, with commas")
    parser.add_argument("--narrow", action="store_true", help="without rules and rewards that depend on history")
    parser.add_argument("--most", type=int, default=20, help="stop after so many failures")
    parser.add_argument("--no-shrink", dest="shrink", action="store_false")
    parser.add_argument("--live", help="live one life again, by its seed or its deeds, and say how it fails")
    arguments = parser.parse_args()
    with a_database(on_postgres=arguments.pg):
        if arguments.live:
            return again(arguments.live)
        return run(arguments)


def again(what: str) -> int:
    from tests.model.life import drawn

    deeds = drawn(int(what), DEEDS) if what.isdecimal() else [tuple(each) for each in json.loads(what)]
    failed = live(deeds)
    print(failed or "agrees")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
