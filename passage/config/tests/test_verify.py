"""The books are proved by one command, and each kind of fault that is planted is named where it stands."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from passage.config.verification import BooksWrong, prove, verify
from passage.engine.facts import Clawback
from passage.engine.reasons import Because, because
from passage.ledger.actions import AccountBatch, Cause, adjust, expire_points, set_up_unit
from passage.ledger.actions.posting import Life
from passage.members import actions as members
from passage.programme import actions as programmes
from passage.purchases import actions as purchases
from passage.purchases.actions import claiming
from passage.rewards import actions as rewards
from tests.plugin import defences_asleep

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
BY = "system:test"
STEPS = [because(Because.ADJUSTED, reason="for the test")]


def a_programme(slug):
    programme = programmes.create_programme(name=slug, slug=slug, currency="PLN", at=AT, by=BY)
    set_up_unit(programme=programme, code="points", name="Points")
    return programme


def anna_of(programme):
    """A member with everything that can be in the books: lots, spending, expiry, a debt repaid in part, a reservation."""
    anna = members.enrol(programme=programme, by=BY, at=AT, first_name="Anna")
    accounts = AccountBatch.open(programme=programme, members=[anna.pk], with_lots=[anna.pk])
    account_state = accounts.account_state(anna.pk, "points")
    sale = Cause(uuid4(), BY, AT, AT)
    account_state.credit(100, kind="earn", cause=sale, life=Life(AT), steps=STEPS, credits=100)
    account_state.spend(80, cause=Cause(uuid4(), BY, AT, AT), steps=STEPS)
    own = accounts.lots_of(account_state, sale.id)
    account_state.clawback(
        100, own=own, policy=Clawback.DEBT, cause=Cause(uuid4(), BY, AT, AT), steps=STEPS, credits=100
    )
    accounts.write()
    adjust(member=anna, unit="points", points=30, reason="sorry", by=BY, at=AT)
    adjust(member=anna, unit="points", points=60, reason="sorry", by=BY, at=AT)
    credit(anna, 25, expires_at=AT + 2 * DAY)
    expire_points(programme=programme, at=AT + 3 * DAY)
    return anna


def credit(member, points, *, active_from=AT, expires_at):
    accounts = AccountBatch.open(programme=member.programme, members=[member.pk], with_lots=[member.pk])
    life = Life(active_from, expires_at)
    accounts.account_state(member.pk, "points").credit(
        points, kind="earn", cause=Cause(uuid4(), BY, AT, AT), life=life, steps=STEPS
    )
    accounts.write()


def reserve(member, at=AT):
    programme = member.programme
    source = programmes.add_source(programme=programme, code="till", name="Till")
    definition = {"unit": "points", "cost": 5, "gives": {"kind": "value_off", "amount": 500}}
    reward = rewards.create_reward(
        programme=programme, name="Coffee", definition=definition, effective_from=AT, by=BY, at=AT
    )
    wish = rewards.Wish(client_id="order-1", reward=reward)
    return claiming.reserve(source=source, member=member, wish=wish, by=BY, at=at)[0]


def take_back_and_repay(anna):
    """One batch in which a debt comes and goes."""
    accounts = AccountBatch.open(programme=anna.programme, members=[anna.pk], with_lots=[anna.pk])
    account_state = accounts.account_state(anna.pk, "points")
    cause = Cause(uuid4(), BY, AT, AT)
    account_state.clawback(1000, own=(), policy=Clawback.DEBT, cause=cause, steps=STEPS)
    account_state.credit(2000, kind="earn", cause=cause, life=Life(AT), steps=STEPS)
    accounts.write()


@pytest.fixture
def bakery():
    return a_programme("bakery")


@pytest.fixture
def anna(bakery):
    return anna_of(bakery)


def plant(sql):
    with defences_asleep(), connection.cursor() as cursor:
        # PostgreSQL keeps its CHECK constraints even then; no fault planted here breaks one.
        cursor.execute(sql)
        assert cursor.rowcount > 0, "nothing was planted"


def found(programme):
    return {fault.kind: fault for fault in verify(programme=programme)}


def told(*arguments):
    said = StringIO()
    try:
        call_command("verify", *arguments, stdout=said)
    except SystemExit as end:
        return said.getvalue(), end.code
    return said.getvalue(), 0


def test_the_books_of_a_lively_member_are_right(bakery, anna):
    reserve(anna)
    assert list(verify(programme=bakery)) == []
    said, code = told()
    assert said.startswith("The books are right: 1 programmes")
    assert code == 0


def test_a_debt_that_comes_and_goes_within_one_batch_leaves_the_books_right(bakery, anna):
    take_back_and_repay(anna)
    assert anna.accounts.get().debt == 0
    assert list(verify(programme=bakery)) == []


LAST = "(SELECT MAX(id) FROM {})".format
FAULTS = {
    "balance_entries": "UPDATE ledger_account SET balance = balance + 7",
    "balance_lots": 'UPDATE ledger_lot SET "left" = "left" - 1 WHERE "left" > 5',
    "lot_left": 'UPDATE ledger_lot SET "left" = "left" - 1 WHERE "left" > 5',
    "entry_parts": f"UPDATE ledger_entry SET points = points + 1 WHERE id = {LAST('ledger_entry')}",
    "debt": "UPDATE ledger_account SET debt = debt + 3",
    "reserved": "UPDATE ledger_account SET reserved = 3",
    "reserved_too_much": "UPDATE ledger_account SET reserved = 3000",
    "spent_too_early": "UPDATE ledger_lot SET active_from = '2027-01-01 00:00:00+00:00'",
    "spent_too_late": "UPDATE ledger_lot SET expires_at = '2025-01-01 00:00:00+00:00'",
    "expired_too_early": "UPDATE ledger_lot SET expires_at = '2027-01-01 00:00:00+00:00'",
}


@pytest.mark.parametrize(("kind", "sql"), FAULTS.items(), ids=FAULTS)
def test_a_fault_planted_in_the_vault_is_named_with_its_member(bakery, anna, kind, sql):
    plant(sql)
    fault = found(bakery)[kind]
    assert str(anna.public_id) in fault.where
    assert fault.expected != fault.found
    assert fault.programme == "bakery"


def test_a_balance_fault_says_what_was_expected_and_what_was_found(bakery, anna):
    balance = anna.accounts.get().balance
    plant("UPDATE ledger_account SET balance = balance + 7")
    fault = found(bakery)["balance_entries"]
    assert (fault.expected, fault.found) == (str(balance), str(balance + 7))
    account = anna.accounts.get().pk
    assert fault.where == f"account {account} (points) of member {anna.public_id}"


def an_alias_of(anna):
    """Maria's record, merged into Anna's with what it held."""
    maria = members.enrol(programme=anna.programme, by=BY, at=AT, first_name="Anna")
    adjust(member=maria, unit="points", points=1, reason="welcome", by=BY, at=AT)
    purchases.merge(gone=maria, kept=anna, reason="the same", by=BY, at=AT)
    return maria


@pytest.mark.parametrize("column", ["balance", "debt", "reserved"])
def test_an_alias_that_still_holds_something_is_named(bakery, anna, column):
    maria = an_alias_of(anna)
    assert list(verify(programme=bakery)) == []
    plant(f"UPDATE ledger_account SET {column} = 5 WHERE member_id = {maria.pk}")
    fault = found(bakery)["alias_holds"]
    assert str(maria.public_id) in fault.where
    assert fault.expected == "0" != fault.found


def test_an_earning_below_zero_is_named(bakery, anna):
    plant("UPDATE ledger_entry SET points = -points WHERE kind = 'earn' AND points = 25")
    fault = found(bakery)["earning_negative"]
    assert (fault.expected, fault.found) == ("0", "-25")
    assert str(anna.public_id) in fault.where


@pytest.mark.parametrize("table", ["ledger_lot", "ledger_debt"])
def test_a_row_of_another_account_is_named(bakery, anna, table):
    maria = members.enrol(programme=bakery, by=BY, at=AT, first_name="Maria")
    adjust(member=maria, unit="points", points=1, reason="welcome", by=BY, at=AT)
    plant(f"UPDATE {table} SET account_id = {maria.accounts.get().pk} WHERE account_id = {anna.accounts.get().pk}")
    kinds = found(bakery)
    assert f"{table.removeprefix('ledger_')}_account" in kinds
    assert ("allocation_account" in kinds) == (table == "ledger_lot")


def test_an_overdrawn_lot_is_named_where_the_database_lets_it_in(bakery, anna):
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            plant('UPDATE ledger_lot SET "left" = -1')
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE ledger_lot DROP CONSTRAINT lot_left")
        plant('UPDATE ledger_lot SET "left" = -1')
    assert found(bakery)["lot_bounds"].found == "-1"


def test_a_key_into_another_programme_is_named_in_both(bakery, anna):
    other = a_programme("other")
    unit = other.pk
    plant(f"UPDATE ledger_account SET unit_id = (SELECT id FROM ledger_unit WHERE programme_id = {unit})")
    fault = found(bakery)["foreign_key"]
    assert fault.where.startswith("ledger_account ")
    assert "leads to a row that is not of this programme" in fault.says
    assert fault.found == f"unit_id {anna.accounts.get().unit_id}"
    assert found(other) == {}


@pytest.mark.parametrize(
    ("kind", "sql"),
    {
        "redemption_spent": "UPDATE rewards_redemption SET spent = 4",
        "redemption_reservation": "UPDATE ledger_reservation SET state = 'captured'",
        "redemption_points": "UPDATE ledger_reservation SET points = 4",
    }.items(),
)
def test_a_fault_planted_in_a_redemption_is_named(bakery, anna, kind, sql):
    redemption = reserve(anna)
    plant(sql)
    assert str(redemption.public_id) in found(bakery)[kind].where


def test_spending_what_a_reservation_kept_past_its_end_is_right(bakery):
    anna = members.enrol(programme=bakery, by=BY, at=AT)
    credit(anna, 5, expires_at=AT + timedelta(minutes=5))
    redemption = reserve(anna)
    claiming.capture(redemption=redemption, by=BY, at=AT + timedelta(minutes=10))
    assert list(verify(programme=bakery)) == []


def test_the_command_ends_with_1_and_one_line_for_each_fault(bakery, anna):
    plant("UPDATE ledger_account SET balance = balance + 7")
    said, code = told()
    assert code == 1
    lines = said.splitlines()
    assert len([line for line in lines if line.startswith("bakery: account ")]) == 2
    assert lines[-1].startswith("2 faults: 1 programmes")


def test_the_command_speaks_json(bakery, anna):
    said, code = told("--json")
    assert (json.loads(said)["right"], code) == (True, 0)
    plant("UPDATE ledger_account SET balance = balance + 7")
    said, code = told("--json")
    assert code == 1
    assert [fault["kind"] for fault in json.loads(said)["faults"]] == ["balance_entries", "balance_lots"]


def test_one_programme_may_be_asked_for_by_its_slug(bakery, anna):
    a_programme("other")
    plant("UPDATE ledger_account SET balance = balance + 7")
    assert told("--programme", "other")[1] == 0
    assert told("--programme", "bakery")[1] == 1
    with pytest.raises(CommandError, match="no programme called 'nowhere'"):
        told("--programme", "nowhere")


def test_the_nightly_proof_fails_with_the_faults(bakery, anna):
    assert prove(programme=bakery, at=AT, by="system:verify") == 0
    plant("UPDATE ledger_account SET balance = balance + 7")
    with pytest.raises(BooksWrong, match="its balance is not the sum of its entries"):
        prove(programme=bakery, at=AT, by="system:verify")
