"""The long form of the races: python -m tests.model.parallel --rounds 100 [--sqlite] [--only "merge x"]

Each scenario that often on a temporary PostgreSQL. Exit code 1 where a round ended as no order of its deeds would.
"""

import argparse
import sys

from tests.model.longer import a_database


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.model.parallel", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--sqlite", action="store_true", help="on SQLite instead of a temporary PostgreSQL")
    parser.add_argument("--only", default="", help="scenarios whose name holds this")
    arguments = parser.parse_args()
    with a_database(on_postgres=not arguments.sqlite):
        from tests.model.racing import run

        return 1 if run(rounds=arguments.rounds, only=arguments.only) else 0


if __name__ == "__main__":
    sys.exit(main())
