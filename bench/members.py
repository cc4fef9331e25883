"""Finding one among a million in the back office: every statement of a search and of the log, beside an empty one."""

from __future__ import annotations

import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import django

from bench.ground import Ground, ground
from bench.report import Options, at, in_turns, judge_plant, median, options, ratio, say, say_load, void
from bench.world import card, moment, phone

FULL = {"members": 1_000_000, "events": 1_000_000, "rounds": 3, "probes": 20}
QUICK = {"members": 3_000, "events": 3_000, "rounds": 2, "probes": 10}
BAR = 50.0  # milliseconds of a search in the database
SHARE = 0.95
# Syllables make names: a few that thousands bear, many that few do, as in a telephone book.
FIRST = [
    f"{a}{b}"
    for a in ("An", "Ka", "Mar", "Zo", "Pi", "To", "Ja", "El", "Wi", "Ur")
    for b in ("na", "sia", "ek", "tr", "la")
]
LAST = [
    f"{a}{b}{c}"
    for a in ("Kowal", "Wiśn", "Now", "Grab", "Zieli", "Maj", "Dąb", "Lis", "Ostr", "Brze")
    for b in ("", "i", "e", "o", "ar", "en", "ow", "ul")
    for c in ("ski", "cka", "ak", "czyk", "icz", "ewska", "a", "y", "ny", "ek", "ór", "ała", "owa", "ko", "ich")
]
LITTLE, SELDOM = 3, 999  # somebody who did three things, long ago
PEOPLE, DAYS = 40, 365  # who did the million things in the log, and over how many days
# What each search must be answered by; where an index is gone, the plan no longer names it.
INDEXES = {
    "last name": "member_name",
    "first and last name": "member_first_name",
    "beginnings of both": "member_name",
    "first name": "member_first_name",
    "nobody's name": "member_first_name",
    "phone": "member_phone",
    "last four digits": "member_phone_tail",
    "card number": "card_number|autoindex_cards_card",  # SQLite names a constraint's index itself
    "everybody": "member_name",
    "the log of a person": "event_by",
    "the log of a person who did little": "event_by",
    "the log of a person on a day": "event_by",
    "the log of a day": "event_at",
}
PLANTED = "last name"
Search = Callable[[], Any]
FIRST_STEP, LAST_STEP = 7919, 104_729


def name_of(number: int) -> tuple[str, str]:
    """What the member with this number is called."""
    return FIRST[number * FIRST_STEP % len(FIRST)], LAST[number * LAST_STEP % len(LAST)]


def people(size: dict[str, Any], programme: int) -> None:
    """Names for the members, and a log of what forty people did, by a few statements."""
    from django.db import connection

    from passage.members.canonical import folded

    begun = moment() - timedelta(days=DAYS)
    with connection.cursor() as cursor:
        for table, names in (("bench_first", FIRST), ("bench_last", LAST)):
            cursor.execute(f"CREATE TABLE {table} (id integer PRIMARY KEY, name varchar(40), key varchar(40))")
            rows = [(number, name, folded(name)) for number, name in enumerate(names)]
            cursor.executemany(f"INSERT INTO {table} (id, name, key) VALUES (%s, %s, %s)", rows)
        cursor.execute(
            "UPDATE members_member SET first_name = f.name, last_name = l.name, name_key = l.key || ' ' || f.key, turned_key = f.key || ' ' || l.key"
            " FROM bench_first f, bench_last l"
            f" WHERE f.id = (members_member.id * {FIRST_STEP}) %% {len(FIRST)} AND l.id = (members_member.id * {LAST_STEP}) %% {len(LAST)}",
            [],
        )
        later = (
            "datetime(%s, (n * 31536000 / %s) || ' seconds')"
            if connection.vendor == "sqlite"
            else "%s::timestamptz + n * interval '1 second' * (31536000.0 / %s)"
        )
        cursor.execute(
            "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < %s)"
            ' INSERT INTO audit_event (programme_id, "by", verb, subject, detail, at)'
            f" SELECT %s, CASE WHEN n <= {LITTLE} THEN 'staff:{SELDOM}' ELSE 'staff:' || (n %% {PEOPLE} * 7919 %% {PEOPLE}) END, 'member.edited', 'member:' || n, '{{}}', {later} FROM series",
            [size["events"], programme, begun, size["events"]],
        )
    if connection.vendor == "postgresql":
        connection.cursor().execute("VACUUM ANALYZE")


def searches(programme: Any, size: dict[str, Any]) -> dict[str, Search]:
    """What the pages of the back office ask, with another value each time."""
    from passage.audit.queries import Wanted
    from passage.audit.queries import search as log
    from passage.cards import queries as cards
    from passage.members import queries as members
    from passage.members.canonical import folded
    from passage.office.found import find_members

    reader: Any = SimpleNamespace(programme=programme, pk=PEOPLE)

    def number() -> int:
        return random.randint(1, size["members"])

    def found(rows: Any, what: str) -> Any:
        return rows or void(f"nothing was found by {what}")

    def named(text: str) -> Any:
        return found(find_members(reader, text=text, after="", at=moment())[0], text)

    def day() -> dict[str, Any]:
        since = moment() - timedelta(days=random.randint(2, DAYS - 2))
        return {"since": since, "until": since + timedelta(days=1)}

    def person() -> list[str]:
        return [f"staff:{random.randrange(PEOPLE)}"]

    return {
        "last name": lambda: named(folded(name_of(number())[1])[: random.randint(4, 9)]),
        "first and last name": lambda: named(" ".join(name_of(number()))),
        "beginnings of both": lambda: named(
            " ".join(part[:most] for part, most in zip(name_of(number()), (2, 5), strict=True))
        ),
        "first name": lambda: named(name_of(number())[0]),
        "nobody's name": lambda: find_members(reader, text=f"x{random.choice(LAST)}", after="", at=moment()),
        "phone": lambda: named(phone(number())),
        "last four digits": lambda: found(
            members.candidates(programme=programme, text=phone(number())[-4:], by_parts=False), "four digits"
        ),
        "card number": lambda: found(cards.find(programme=programme, code=card(number())), "a card"),
        "everybody": lambda: named(""),
        "the log of a person": lambda: found(log(Wanted(by=person()), programme=programme, limit=51), "a person"),
        "the log of a person who did little": lambda: found(
            log(Wanted(by=[f"staff:{SELDOM}"]), programme=programme, limit=51), "a person who did little"
        ),
        "the log of a person on a day": lambda: log(Wanted(by=person(), **day()), programme=programme, limit=51),
        "the log of a day": lambda: found(log(Wanted(**day()), programme=programme, limit=51), "a day"),
    }


@contextmanager
def watched(took: list[float], said: list[tuple[str, Any]]) -> Iterator[None]:
    """Seconds spent in each statement, the driver's share included, and what was asked."""
    from django.db import connection

    def watch(execute: Callable[..., Any], sql: str, params: Any, *more: Any) -> Any:
        began = time.perf_counter()
        answer = execute(sql, params, *more)
        took.append(time.perf_counter() - began)
        said.append((sql, params))
        return answer

    with connection.execute_wrapper(watch):
        yield


def timed(search: Search) -> tuple[float, list[tuple[str, Any]]]:
    """Milliseconds in the database, and the statements."""
    took, said = list[float](), list[tuple[str, Any]]()
    with watched(took, said):
        search()
    return sum(took) * 1000, said


def empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def plan(statements: list[tuple[str, Any]]) -> str:
    """How the database would answer; PostgreSQL is asked to leave small tables their indexes."""
    from django.db import connection

    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if not is_sqlite:
            cursor.execute("SET enable_seqscan = off")
        said = []
        for sql, params in statements:
            cursor.execute(f"EXPLAIN {'QUERY PLAN ' if is_sqlite else ''}{sql}", params)
            said += [str(row[-1]) for row in cursor.fetchall()]
        if not is_sqlite:
            cursor.execute("RESET enable_seqscan")
    return "\n".join(said)


def drop(index: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f'DROP INDEX "{index}"')


def inside(told: dict[str, Any]) -> dict[str, Any]:
    """Of each search: milliseconds of every probe and of an empty statement in turns, and what its plan says."""
    from passage.programme.models import Programme

    programme = Programme.objects.get(pk=told["programme"])
    if told.get("names"):
        people(told, programme.pk)
    if told.get("drop"):
        drop(told["drop"])
    answer = {}
    for what, search in searches(programme, told).items():
        if told.get("only") not in {None, what}:
            continue
        search()
        mine, floor = in_turns(
            lambda _, search=search: [timed(search)[0] for _ in range(told["probes"])],
            lambda _: [timed(empty)[0] for _ in range(told["probes"])],
            rounds=told["rounds"],
        )
        answer[what] = {
            "mine": [each for some in mine for each in some],
            "floor": [each for some in floor for each in some],
            "plan": plan(timed(search)[1]),
        }
    return answer


def report(made: Ground, size: dict[str, Any], answer: dict[str, Any]) -> None:
    for what, spent in answer.items():
        mine, floor = spent["mine"], spent["floor"]
        late = at(mine, SHARE)
        say(
            f"{what} {made.name}: ratio {ratio(median(mine), median(floor)):.1f} (p50 {median(mine):.2f} ms, p95 {late:.2f} ms "
            f"beside {median(floor):.2f} ms and {at(floor, SHARE):.2f} ms of SELECT 1, among {size['members']:,})"
            f"{'' if late < BAR else f' OVER THE BAR of {BAR:.0f} ms'}"
        )
        if not re.search(INDEXES[what], spent["plan"]):
            say(f"{what} {made.name}: {INDEXES[what]} is not used:\n{spent['plan']}")


def run(made: Ground, asked: Options, size: dict[str, Any]) -> None:
    told = {"programme": made.world["programme"], **size}
    answer = made.ask("members", "--inside", json.dumps({**told, "names": True}))
    report(made, size, answer)
    if missing := [what for what in answer if not re.search(INDEXES[what], answer[what]["plan"])]:
        void(f"no index answers {', '.join(missing)}")
    if "slow" in asked.plants:
        robbed = made.ask("members", "--inside", json.dumps({**told, "drop": INDEXES[PLANTED], "only": PLANTED}))
        before, after = (median(each[PLANTED]["mine"]) for each in (answer, robbed))
        if INDEXES[PLANTED] in robbed[PLANTED]["plan"]:
            void("the index is gone and was not missed")
        say(f"caught: without {INDEXES[PLANTED]} the plan is another")
        if not asked.is_quick:  # a few thousand rows are read as quickly without an index
            judge_plant(f"search by {PLANTED}", before=before, after=after)
    if "lose" in asked.plants:
        made.ask("members", "--inside", json.dumps({**told, "members": told["members"] * 2, "only": "card number"}))


def main() -> None:
    asked = options(__doc__)
    size = QUICK if asked.is_quick else FULL
    say_load("before")
    for name in asked.databases:
        with ground(name, members=size["members"]) as made:
            run(made, asked, size)
    say_load("after")


if __name__ == "__main__":
    if "--inside" in sys.argv:
        django.setup()
        print(json.dumps(inside(json.loads(sys.argv[-1]))))
    else:
        main()
