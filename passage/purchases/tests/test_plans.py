"""With a hundred thousand rows of everything, no statement on a purchase's way reads a table from end to end.

Each statement is caught as it goes to the database and explained there: looking for a few rows must touch a few.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from passage.config.statistics import foretell
from passage.earning import actions as earning
from passage.earning import queries as earning_queries
from passage.engine.tiers import TierPolicy, Window
from passage.ledger import queries as ledger
from passage.ledger.actions import AccountBatch
from passage.members import queries as members
from passage.purchases import queries
from passage.purchases.models import Purchase
from passage.purchases.state import BatchState
from passage.purchases.values import MemberRef, Return, Sale, SaleRef
from tests.cast import AT, BY
from tests.plugin import defences_asleep
from tests.world import START, World, a_world

pytestmark = pytest.mark.django_db
# What a member without a name holds empty.
SAID = (
    "external_id",
    "first_name",
    "last_name",
    "name_key",
    "turned_key",
    "email",
    "email_key",
    "phone",
    "birthday",
    "name_day",
    "language",
)

ROWS, MEMBERS = 100_000, 10_000
LARGE = (
    "purchases_purchase",
    "purchases_parked",
    "ledger_account",
    "ledger_entry",
    "ledger_lot",
    "ledger_allocation",
    "earning_tally",
)
TOUCHED = ROWS // 50  # more rows than this is not a search


@dataclass
class Plans:
    """Statements that were caught, and those that walk through a large table."""

    seen: list[tuple[str, Any]] = field(default_factory=list)

    def walks(self) -> list[str]:
        """What reads too much: on SQLite by the statistics it is installed with, and by counted ones."""
        if connection.vendor == "postgresql":
            return self._explained(_postgresql_walks)
        installed = self._explained(_sqlite_walks)
        with _counted():
            return installed + [f"counted: {walk}" for walk in self._explained(_sqlite_walks)]

    def _explained(self, walks: Callable[[str, Any], Iterable[str]]) -> list[str]:
        return [f"{why}: {sql[sql.find(' FROM ') :]}" for sql, params in self.seen for why in walks(sql, params)]


@contextmanager
def watched() -> Iterator[Plans]:
    plans = Plans()

    def catch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("SELECT", "UPDATE", "DELETE")) and any(f'"{table}"' in sql for table in LARGE):
            plans.seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(catch):
        yield plans


@contextmanager
def _counted() -> Iterator[None]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("PRAGMA analysis_limit = 1000")
        cursor.execute("ANALYZE")
        yield
        transaction.set_rollback(True)


def _sqlite_walks(sql: str, params: Any) -> list[str]:
    names = {alias: table for table in LARGE for alias in (table, *re.findall(rf'"{table}" ([A-Z]\w*\d)\b', sql))}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        steps = [row[3] for row in cursor.fetchall()]
    walks = []
    for step in steps:
        what, _, rest = step.partition(" ")
        # Every row is of some programme: a search by the programme alone is a walk by another name.
        by_programme_alone = re.search(r"\(programme_id=\?\)$", step)
        if rest.split(" ")[0] in names and (what == "SCAN" or (what == "SEARCH" and by_programme_alone)):
            walks.append(step)
    return walks


def _postgresql_walks(sql: str, params: Any) -> list[str]:
    runs = "ANALYZE, " if sql.startswith("SELECT") else ""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ({runs}FORMAT JSON) {sql}", params)
        answer = cursor.fetchone()[0]
    [top] = json.loads(answer) if isinstance(answer, str) else answer
    return list(_walks_below(top["Plan"]))


def _walks_below(node: dict[str, Any]) -> Iterator[str]:
    kind, table = node["Node Type"], node.get("Relation Name", "")
    loops = node.get("Actual Loops", 1)
    touched = (node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0)) * loops
    if (kind == "Seq Scan" and table in LARGE) or ("Scan" in kind and touched > TOUCHED):
        yield f"{kind} {table} {node.get('Index Name', '')} ({touched} rows)"
    for child in node.get("Plans", ()):
        yield from _walks_below(child)


@pytest.fixture(scope="module")
def crowded(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """A programme with rules of every kind that reads the past, and a hundred thousand rows of others' past."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = a_world()
        first = {"unit": "points", "earns": {"kind": "fixed", "points": 5}, "when": {"first_purchase": True}}
        visit = {"unit": "stamps", "earns": {"kind": "per_visit", "points": 1, "minutes_between": 30}}
        for name, definition in (("Welcome", first), ("A stamp a visit", visit)):
            earning.create_rule(
                programme=made.bakery, name=name, definition=definition, effective_from=AT, by=BY, at=AT
            )
        with defences_asleep():
            _crowd(made)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def world(crowded: World) -> World:
    """The crowded world; what a test does to it is undone, as everywhere. Planned for as an installation plans."""
    foretell(connection)
    return replace(crowded, now=START)


def _crowd(world: World) -> None:
    programme, source = world.bakery.pk, world.till.pk
    rule = earning_queries.rule_set(world.bakery).families[0]
    unit = ledger.units(world.bakery)[0].pk
    day, moment = f"'{AT:%Y-%m-%d}'", f"'{AT:%Y-%m-%d %H:%M:%S}'"
    if connection.vendor == "postgresql":
        key, day, moment = "lpad(to_hex({}), 32, '0')::uuid", f"date {day}", f"timestamptz {moment}"
    else:
        key = "printf('%032x', {})"
    number, base = key.format("n"), _most("members_member")
    accounts, entries, lots = (_most(table) for table in ("ledger_account", "ledger_entry", "ledger_lot"))
    who, whose = f"{base} + 1 + n % {MEMBERS}", f"{accounts} + 1 + n % {MEMBERS}"
    common = {"programme_id": programme}
    signed = {"by": "'x'", "occurred_at": moment}
    when = {"joined_at": moment}
    blank = dict.fromkeys(SAID, "''")
    person = {**common, **blank, **when, "tags": "'[]'", "status": "'active'", "external_id": "'x' || n"}
    _insert("members_member", MEMBERS, {"id": f"{base} + n", "public_id": number, **person})
    account = {"member_id": f"{base} + n", "unit_id": unit, "balance": 0, "debt": 0, "reserved": 0}
    _insert("ledger_account", MEMBERS, {"id": f"{accounts} + n", **common, **account})
    sale = {"kind": "'sale'", "source_id": source, "client_id": "'c' || n", "fingerprint": "''", "till": "''"}
    sale |= {"business_date": day, "receipt": "''", "receipt_key": "CASE n % 2 WHEN 0 THEN 'r' || n ELSE '' END"}
    sale |= {"member_id": who, "currency": "'PLN'", "total": 100, "reason": "''", "received_at": moment}
    sale |= {"public_id": number, "basket": "'{}'", "context": "'{}'", "settlement": "'{}'"}
    _insert("purchases_purchase", ROWS, {**common, **sale, **signed})
    entry = {"id": f"{entries} + n", "account_id": whose, "kind": "'earn'", "points": 1, "credits": "n % 2"}
    _insert(
        "ledger_entry",
        ROWS,
        {**common, **entry, "cause": number, "because": "'[]'", "counts_at": moment, **signed},
    )
    lot = {"id": f"{lots} + n", "account_id": whose, "entry_id": f"{entries} + n", "size": 1}
    _insert("ledger_lot", ROWS, {**common, **lot, "left": "n % 2", "opened_at": moment, "active_from": moment})
    part = {"entry_id": f"{entries} + n", "lot_id": f"{lots} + n", "points": -1, "at": moment}
    _insert("ledger_allocation", ROWS, {**common, **part})
    early = {"source_id": source, "client_id": "'p' || n", "fingerprint": "''", "sale_receipt_key": "''"}
    early |= {"sale_client_id": "'s' || n", "request": "'{}'", "by": "'x'", "received_at": moment}
    early |= {"state": "CASE n % 2 WHEN 0 THEN 'waiting' ELSE 'applied' END"}
    _insert("purchases_parked", ROWS, {**common, **early})
    counter = {"member_id": who, "rule_id": rule, "span": "'day'", "points": 1, "times": 1, "carry": 0}
    _insert("earning_tally", ROWS, {**common, **counter, "day": _days_on(f"n / {MEMBERS}")})


def _days_on(count: str) -> str:
    start = f"{AT:%Y-%m-%d}"
    return (
        f"date '{start}' + ({count})::int"
        if connection.vendor == "postgresql"
        else f"date('{start}', '+' || ({count}) || ' days')"
    )


def _most(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT coalesce(max(id), 0) FROM "{table}"')
        return int(cursor.fetchone()[0])


def _insert(table: str, count: int, columns: dict[str, object]) -> None:
    """``columns`` by what they hold, in terms of n = 1, 2, ... ``count``."""
    names, values = ", ".join(f'"{name}"' for name in columns), ", ".join(str(value) for value in columns.values())
    series = f"WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {count})"
    with connection.cursor() as cursor:
        cursor.execute(f'INSERT INTO "{table}" ({names}) {series} SELECT {values} FROM series')
        if connection.vendor == "postgresql":
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM \"{table}\"))")


def a_sale(world: World, number: int, **more: Any) -> Sale:
    return world.sale({"bread": 3000, "soup": 9000}, client_id=f"mine-{number}", **more)


def with_receipt(sale: Sale) -> Sale:
    return Sale(
        client_id=sale.client_id,
        occurred_at=sale.occurred_at,
        basket=sale.basket,
        member=MemberRef(external_id="x77"),
        till="1",
        receipt=f"no-{sale.client_id}",
    )


def test_recording_sales_searches(world):
    with watched() as plans:
        world.record(
            *(a_sale(world, number) for number in range(20)), *(with_receipt(a_sale(world, n)) for n in (50, 51))
        )
    assert len(plans.seen) > 5
    assert plans.walks() == []


def test_returning_by_every_name_of_a_sale_searches(world):
    sale, receipted = a_sale(world, 1), with_receipt(a_sale(world, 2))
    world.record(sale, receipted)
    row = Purchase.objects.of(world.bakery).get(client_id="mine-1")
    shop = {"till": "1", "receipt": receipted.receipt, "business_date": receipted.occurred_at.date()}
    names = [
        SaleRef(client_id="mine-1"),
        SaleRef(public_id=row.public_id),
        SaleRef(**shop),
        SaleRef(client_id="unknown"),
    ]
    with watched() as plans:
        for name in names:
            world.now += timedelta(minutes=1)
            world.record(Return(client_id=world.fresh(), occurred_at=world.now, sale=name, amount=500))
    assert len(plans.seen) > 5
    assert plans.walks() == []


def test_redeeming_and_giving_it_back_searches(world):
    world.give(200)
    held = world.reserve(world.rewards[0])
    sale = a_sale(world, 1, redeem=(held.public_id,))
    with watched() as plans:
        world.record(sale)
        world.record(world.back(sale, amount=sale.basket.total))
        queries.quote(programme=world.bakery, source=world.till, sale=a_sale(world, 2), at=world.now)
    assert plans.walks() == []


def test_tiers_for_life_and_by_window_search(world):
    for window in (Window.LIFETIME, Window.ROLLING_MONTHS):
        policy = TierPolicy(window=window, months=12)
        earning.set_tiers(programme=world.bakery, tiers=[("silver", "Srebro", 100)], policy=policy, by=BY, at=AT)
        with watched() as plans:
            batch = [a_sale(world, 1)]
            BatchState.open(programme=world.bakery, source=world.till, batch=batch, at=world.now)
            people = {world.anna.pk: world.anna.pk}
            ledger.credits(world.bakery, records=people, since=AT)
            ledger.credits_before(world.bakery, records=people, until=AT)
            ledger.first_credits(world.bakery, records=people)
            earning_queries.first_trace(world.bakery, of=world.anna.pk, but=0)
        assert plans.walks() == []


def test_the_book_searches(world):
    world.record(a_sale(world, 1))
    cause = Purchase.objects.of(world.bakery).get(client_id="mine-1").public_id
    with watched() as plans, transaction.atomic():
        people = [world.anna.pk]
        accounts = AccountBatch.open(
            programme=world.bakery, members=people, with_lots=people, causes=[cause], spent=[cause], lots=[5]
        )
        accounts.expired_of({cause}, unit="points", records=people)
        AccountBatch.open(programme=world.bakery, members=people, causes=[cause])
        AccountBatch.open(programme=world.bakery, members=people, lots=[5])
        AccountBatch.peek(programme=world.bakery, members=people)
    assert len(plans.seen) > 5
    assert plans.walks() == []


def test_what_members_and_tills_read_searches(world):
    world.record(a_sale(world, 1))
    anna, bakery = world.anna, world.bakery
    row = Purchase.objects.of(bakery).get(client_id="mine-1")
    account = next(each.account_id for each in ledger.balances(anna, at=world.now) if each.account_id)
    with watched() as plans:
        ledger.balances(anna, at=world.now)
        ledger.lots(account, programme=bakery)
        newest = ledger.history(anna, limit=20)
        ledger.history(anna, limit=20, before=newest[0].id + 1, unit="points")
        ledger.entries_for(bakery, cause=row.public_id)
        ledger.account(bakery, account_id=account)
        ledger.sums(account, programme=bakery)
        ledger.origins(account, programme=bakery)
        ledger.merged_lots(bakery, cause=row.public_id)
        ledger.touched_merges(bakery, causes=[row.public_id, uuid.uuid4()])
        ledger.credits_by_day(anna, unit="points")
        earning_queries.usages(bakery, members=[anna.pk], days=[world.now.date()])
        queries.by_public_id(bakery, public_id=row.public_id)
        queries.of_member(anna)
        queries.of_member(anna, before=row.pk + 1)
        queries.by_causes(bakery, causes=[row.public_id, uuid.uuid4()])
        queries.last_visits(bakery, members=[anna])
        for text in ("0200", "anna.sw", "kowalska"):
            members.candidates(programme=bakery, text=text, by_parts=True)
    assert len(plans.seen) > 15
    assert plans.walks() == []


def test_a_walk_is_caught(world):
    with watched() as plans:
        list(Purchase.objects.of(world.bakery).filter(till="nowhere"))
    assert plans.walks()
