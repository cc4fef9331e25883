"""Whoever reads while others write is answered of one moment: entries, lots and balance of one answer add up."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http import HTTPStatus
from itertools import count
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from passage.api.tests import world as doors
from passage.ledger import queries as ledger
from passage.ledger.models import Entry
from passage.privacy.held import everything
from passage.programme import actions as programmes
from passage.programme.snapshot import one_moment
from passage.purchases.statement import statement
from passage.till.tickets import new_ticket
from tests.cast import BY, CARD, signed_in
from tests.world import START, World, a_world

pytestmark = pytest.mark.django_db(transaction=True)
READINGS = 40
READERS = 2


@pytest.fixture
def world() -> World:
    world = a_world()
    world.give(500)
    world.give(20, unit="stamps")
    return world


# -- what others write meanwhile ------------------------------------------------------------------


def selling(world: World, writer: int, number: "count[int]") -> None:
    """Sales, some paid with points, their returns, and corrections: all that moves entries and lots."""
    mine = replace(world, number=count(writer * 1_000_000 + next(number) * 10))
    redemption = mine.reserve(mine.rewards[0])
    sale = mine.sale({"bread": 900, "cake": 4100}, redeem=(redemption.public_id,))
    assert [each.problem for each in mine.record(sale)] == [None]
    mine.give(7)
    assert [each.problem for each in mine.record(mine.back(sale))] == [None]
    mine.give(-7)


def while_others_write(world: World, read: Callable[[], Any]) -> list[Any]:
    """What ``READINGS`` readings answered, two at a time, while others wrote as fast as they could."""
    done, number = threading.Event(), count()
    writers = 1 if connection.vendor == "sqlite" else 2  # SQLite takes one, and the second might wait for too long

    def write(writer: int) -> int:
        rounds = 0
        try:
            while not done.is_set():
                selling(world, writer, number)
                rounds += 1
            return rounds
        finally:
            connection.close()

    def reads(_reader: int) -> list[Any]:
        try:
            return [read() for _ in range(READINGS // READERS)]
        finally:
            connection.close()

    with ThreadPoolExecutor(READERS + writers) as pool:
        hands = [pool.submit(write, writer) for writer in range(1, writers + 1)]
        try:
            answers = [answer for found in pool.map(reads, range(READERS)) for answer in found]
        finally:
            done.set()
        assert all(hand.result() for hand in hands), "nobody wrote meanwhile"
    return answers


# -- what is asked ----------------------------------------------------------------------------------


def explained(world: World) -> Callable[[], Any]:
    _, secret = programmes.issue_key(source=world.till, scopes=["accounts.read"], by=BY, at=world.now)
    address = f"/api/v1/accounts/{world.anna.public_id}.points/explain"
    asks = {"Authorization": f"Bearer {secret}"}
    Client().get(address, headers=asks)  # when a key is first used is written down

    def read() -> tuple[int, ...]:
        answer = Client().get(address, headers=asks)
        assert answer.status_code == HTTPStatus.OK, answer.content
        told = answer.json()
        account = told["account"]
        lots = sum(lot["left"] for lot in told["lots"])
        return account["balance"], sum(each["points"] for each in told["sums"]), lots - account["debt"]

    return read


def stated(world: World) -> Callable[[], Any]:
    def read() -> tuple[int, ...]:
        [held, _] = statement(world.anna, at=world.now).holdings
        became = held.totals.earned - held.totals.used - held.totals.expired + held.totals.other
        return held.balance.balance, became, sum(piece.left for piece in held.pieces) - held.balance.debt

    return read


def handed_out(world: World) -> Callable[[], Any]:
    def read() -> tuple[int, ...]:
        tables = everything(world.anna, at=world.now).tables
        [held] = [row for row in tables["balances"] if row["unit"] == "points"]
        entries = sum(row["points"] for row in tables["entries"] if row["unit"] == "points")
        became = held["earned"] - held["used"] - held["expired"] + held["other"]
        lots = sum(row["left"] for row in tables["lots"] if row["unit"] == "points")
        return held["balance"], entries, became, lots - held["owed"]

    return read


def counted(world: World) -> Callable[[], Any]:
    """What can be spent now, and later, is what there is."""

    def read() -> tuple[int, ...]:
        [held, _] = ledger.balances(world.anna, at=world.now)
        return held.balance, held.available + held.reserved + held.pending - held.debt

    return read


@pytest.mark.parametrize("asked", [explained, stated, handed_out, counted])
def test_what_one_answer_tells_adds_up_while_others_write(world, asked):
    answers = while_others_write(world, asked(world))
    torn = [answer for answer in answers if len(set(answer)) > 1]
    assert len(answers) == READINGS
    assert torn == []


# -- the moment itself ------------------------------------------------------------------------------


def test_a_moment_does_not_see_what_is_written_after_its_first_look(world):
    def write() -> None:
        try:
            world.give(1)
        finally:
            connection.close()

    with one_moment():
        before = Entry.objects.count()
        writer = threading.Thread(target=write)
        writer.start()
        time.sleep(0.3)  # long enough for a commit, were it to be seen
        assert Entry.objects.count() == before
    writer.join()
    assert Entry.objects.count() == before + 1


def test_who_reads_a_moment_does_not_wait_for_who_writes(world):
    """It begins as a reader: a write that is under way holds it up no longer than its commit."""
    writing, read = threading.Event(), threading.Event()

    def write() -> None:
        try:
            with transaction.atomic():
                world.give(1)
                writing.set()
                assert read.wait(timeout=4), "the reader waited for the writer"
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write)
        assert writing.wait(timeout=10)
        with one_moment():
            before = ledger.balances(world.anna, at=world.now)[0].balance
        read.set()
        writer.result()
    assert ledger.balances(world.anna, at=world.now)[0].balance == before + 1


def test_after_a_moment_the_same_connection_writes_as_before(world):
    with pytest.raises(ZeroDivisionError), one_moment(), one_moment():
        _ = 1 // (Entry.objects.count() - Entry.objects.count())
    world.give(1)
    with one_moment():
        held = ledger.balances(world.anna, at=world.now)[0].balance
    assert held == 501


# -- every door that tells what somebody holds --------------------------------------------------------


def test_every_answer_about_points_is_given_in_a_moment_that_nobody_can_write_in():
    """PostgreSQL refuses a write inside; outside of real transactions, as most tests are, nobody would notice."""
    world = doors.a_world()
    cast, ours = world.cast, world.ours
    maria, anna = signed_in(cast.maria.login), signed_in(cast.anna.login)
    device = doors.Till(programmes.pair_till(till=programmes.add_till(shop=cast.rynek, code="1"), by=BY, at=START)[1])
    member = cast.anna.public_id
    basket = {name: doors.a_sale()[name] for name in ("occurred_at", "currency", "shop", "member", "lines")}
    ticket = new_ticket(at=START).text()
    typed = {"card": CARD, "amount": "38.50", "shop": "rynek", "ticket": ticket, "receipt": "", "do": "show"}
    answers = {
        "accounts": ours.till.get(f"/members/{member}/accounts"),
        "ledger": ours.till.get(f"/accounts/{ours.account}/ledger"),
        "lots": ours.till.get(f"/accounts/{ours.account}/lots"),
        "explanation": ours.till.get(f"/accounts/{ours.account}/explain"),
        "quote": ours.till.post("/quotes", {**basket, "wishes": [{"reward": ours.reward}]}),
        "found": device.get(f"/till/find?text={CARD}"),
        "summary": device.get(f"/till/members/{member}"),
        "file": maria.get(f"/office/members/{member}"),
        "export": maria.post(f"/office/members/{member}/export"),
        "typed": maria.post("/till/points", typed),
        "own page": anna.get("/me/"),
    }
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, HTTPStatus.OK)
    assert "quote" in answers["typed"].context, "nothing was previewed"
