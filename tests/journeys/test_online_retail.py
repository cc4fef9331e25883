"""Half a million lines of real receipts go in, every member's points are right, and a second run changes nothing.

A second program that shares no code with Passage says what must come out: recompute_online_retail.py.
"""

import csv
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from io import StringIO
from itertools import islice
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models import Count, Sum

from passage.earning import actions as earning
from passage.ledger import actions as ledger
from passage.ledger.models import Account, Entry
from passage.members.models import Member
from passage.programme import actions as programmes
from passage.programme.models import Programme
from passage.purchases.models import Parked, Purchase
from tests.cast import AT, BY
from tests.journeys.import_by_months import by_months, imported

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT.parent / "shared/data/online-retail.csv.gz"
SCRIPT = Path(__file__).with_name("recompute_online_retail.py")
LONG_AGO = datetime(2010, 1, 1, tzinfo=UTC)
SLICE = 30_000
# Neither depends on the order of arrival: what came back takes exactly its own share along.
RULES = {
    "A point a pound": {"kind": "per_amount", "points": 1, "step": 100},
    "Ten a visit": {"kind": "per_visit", "points": 10, "minutes_between": 0},
}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def receipts():
    if not FILE.exists():
        pytest.skip(
            "no ../shared/data/online-retail.csv.gz beside this repository (docs/connectors/csv.md says where it is from)"
        )
    return FILE


@pytest.fixture
def slice_of_it(receipts, tmp_path):
    """The first lines of the file: 1,000 sales, some cancelled. Never kept in the repository."""
    part = tmp_path / "receipts.csv.gz"
    with gzip.open(receipts, "rb") as whole, gzip.open(part, "wb") as target:
        target.writelines(islice(whole, SLICE + 1))
    return part


@pytest.fixture
def mail_order():
    programme = programmes.create_programme(
        name="Mail order", slug="mail-order", currency="GBP", zone="Europe/London", language="en", at=AT, by=BY
    )
    ledger.set_up_unit(programme=programme, code="points", name="Points")
    for name, earns in RULES.items():
        definition = {"unit": "points", "earns": earns}
        earning.create_rule(
            programme=programme, name=name, definition=definition, effective_from=LONG_AGO, by=BY, at=AT
        )
    return programme


ARGUMENTS = ("--programme", "mail-order", "--profile", "online-retail")


def import_sales(file):
    """What the command says, as {label: number}."""
    said = StringIO()
    call_command("import-sales", str(file), *ARGUMENTS, stdout=said, stderr=StringIO())
    numbers = {}
    for line in said.getvalue().splitlines():
        number, _, label = line.strip().partition("  ")
        if number.replace(",", "").isdigit():
            numbers[label] = int(number.replace(",", ""))
    return numbers


def recomputed(file):
    said = subprocess.run([sys.executable, "-I", str(SCRIPT), str(file)], check=True, capture_output=True, text=True)
    return json.loads(said.stdout)


def points_of_all(programme):
    """By member number; who never earned has no account and no points."""
    held = Account.objects.of(programme).filter(unit__code="points").values_list("member__external_id", "balance")
    return dict.fromkeys(Member.objects.of(programme).values_list("external_id", flat=True), 0) | dict(held)


def state(programme):
    """All that a second run could have changed."""
    rows = {model.__name__: model.objects.of(programme).count() for model in (Member, Purchase, Parked, Entry)}
    return rows, points_of_all(programme)


def prove(programme, expected):
    """Receipts, totals and every member's points are what the other program says, and the books are right."""
    of = Purchase.objects.of(programme)
    sales = of.filter(kind=Purchase.Kind.SALE)
    assert dict(sales.values_list("receipt", "total")) == expected["receipts"]
    returns = of.filter(kind=Purchase.Kind.RETURN).aggregate(count=Count("id"), sum=Sum("total"))
    assert (returns["count"], -returns["sum"]) == (expected["returns"], expected["returned"])
    waiting = Parked.objects.of(programme).filter(state=Parked.State.WAITING).values_list("request", flat=True)
    assert sum(line["left"] > 0 for request in waiting for line in request["lines"]) == expected["unmatched_lines"]
    assert all(any(line["left"] for line in request["lines"]) for request in waiting), "what was matched does not wait"
    assert points_of_all(programme) == expected["points"]
    call_command("verify", stdout=StringIO())


@pytest.mark.long
def test_the_whole_file_goes_in_and_every_members_points_are_right(receipts, mail_order):
    said = import_sales(receipts)
    expected = recomputed(receipts)
    assert said["rows in the file"] == expected["lines"] == 541_909
    assert said["rows without a member, left out"] == expected["lines_without_member"] == 135_080
    assert said["members enrolled"] == expected["members"] == 4_372
    assert said["sales recorded"] == expected["sales"] == 18_536
    assert said["cancellations in the file"] == expected["cancellations"] == 3_654
    assert said["cancelled lines that wait for their sale"] == expected["unmatched_lines"]
    assert said["lines in the report"] == expected["unmatched_lines"], "nothing else was refused"
    assert expected["sold"] == 891_140_790
    prove(mail_order, expected)

    before = state(mail_order)
    again = import_sales(receipts)
    assert (again["sales recorded"], again["returns recorded"], again["members enrolled"]) == (0, 0, 0)
    assert again["sales known from an earlier import"] == expected["sales"]
    assert again["returns known from an earlier import"] == expected["returns"]
    assert state(mail_order) == before


@pytest.fixture
def some_members(receipts, tmp_path):
    """One member in forty, with all their receipts of the year."""
    part = tmp_path / "some.csv.gz"
    with gzip.open(receipts, "rt", encoding="utf-8", newline="") as whole, gzip.open(part, "wt", newline="") as target:
        head = next(whole)
        place = next(csv.reader([head])).index("CustomerID")
        target.write(head)
        for line in whole:
            number = next(csv.reader([line]))[place].removesuffix(".0")
            if number and int(number) % 40 == 7:
                target.write(line)
    return part


@pytest.mark.parametrize("seed", [None, 1])
def test_by_months_in_order_or_not_the_balances_are_those_of_one_file(some_members, tmp_path, seed):
    """All members, and more orders: python -m tests.journeys.import_by_months FILE SEED …"""
    months = by_months(some_members, tmp_path)
    if seed is not None:
        random.Random(seed).shuffle(months)
    balances, changed = imported(months, "by-months")
    assert balances == recomputed(some_members)["pounds"]
    assert changed == [], "a second run changes nothing"
    call_command("verify", stdout=StringIO())


def test_a_killed_import_goes_on_where_it_was_and_ends_the_same(slice_of_it, mail_order):
    importing = subprocess.Popen(
        [sys.executable, "manage.py", "import-sales", str(slice_of_it), *ARGUMENTS],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": address(), "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_the_first_sales(mail_order, importing)
    finally:
        importing.send_signal(signal.SIGKILL)
        importing.wait(timeout=30)
    assert importing.returncode == -signal.SIGKILL, "it was over before it could be killed"
    there = Purchase.objects.of(mail_order).count()
    said = import_sales(slice_of_it)
    assert said["sales known from an earlier import"] + said["returns known from an earlier import"] >= there > 0
    assert said["sales recorded"] + said["returns recorded"] > 0
    prove(mail_order, recomputed(slice_of_it))


def wait_for_the_first_sales(programme: Programme, importing) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and importing.poll() is None:
        if Purchase.objects.of(programme).exists():
            return
        time.sleep(0.02)


def address():
    """The test database, as DATABASE_URL for another process."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST'] or database['OPTIONS']['host']}"
