"""Made-up input in the full number: python -m tests.faults.fuzz --cases 10000 --pages 4000 [--pg] [--seed 1]

Requests that schemathesis makes up from the description of the API, and parameters and forms of pages. Exit code 1 where
anything was answered by a fault of ours, or by what the description does not know.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.model.longer import a_database


def api(cases: int) -> list[str]:
    from django.db import transaction

    from passage.api.tests.test_fuzz import kept_connection, send_made_up
    from passage.api.tests.world import a_world

    began, wrong = time.monotonic(), []
    with transaction.atomic(), kept_connection():
        try:
            seen = send_made_up(a_world(), wanted=cases)
            print(
                f"{seen.total():,} requests, {time.monotonic() - began:.0f} s: {dict(sorted(seen.items()))}", flush=True
            )
        except Exception as failed:  # noqa: BLE001 - whatever schemathesis raises says what was wrong
            wrong.append(f"{failed}")
        transaction.set_rollback(True)
    return wrong


def pages(number: int, seed: int) -> list[str]:
    from django.db import transaction

    from tests.faults.pages import Street

    began = time.monotonic()
    with transaction.atomic():
        told = Street().knock(wanted=number, seed=seed)
        transaction.set_rollback(True)
    statuses = dict(sorted(told.statuses.items()))
    print(f"{told.statuses.total():,} pages, {time.monotonic() - began:.0f} s: {statuses}", flush=True)
    return told.faults


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--pages", type=int, default=4_000)
    parser.add_argument("--pg", action="store_true", help="on a temporary PostgreSQL instead of SQLite")
    parser.add_argument("--seed", type=int, default=1, help="of the pages; the requests are always the same")
    arguments = parser.parse_args()
    with a_database(on_postgres=arguments.pg):
        from django.test.utils import setup_test_environment

        setup_test_environment()
        wrong = [*pages(arguments.pages, arguments.seed), *(api(arguments.cases) if arguments.cases else [])]
    print("\n".join(wrong) or "no fault of ours")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
