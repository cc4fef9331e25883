"""The database posts the books itself, and lets nobody else touch them: raw SQL against the vault."""

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from passage.ledger.models import Account, Allocation, Debt, Entry, Lot
from tests.rows import AT, a_programme, a_row

pytestmark = pytest.mark.django_db
SQLITE = connection.vendor == "sqlite"
REFUSED = (IntegrityError, DataError)


def run(sql, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def entry(account, points, **more):
    values = {"kind": "earn", "by": "key:1", "occurred_at": AT, "counts_at": AT, **more}
    return Entry(programme=account.programme, account=account, points=points, **values)


def lot(account, made_by, size, **more):
    return Lot(
        programme=account.programme,
        account=account,
        entry=made_by,
        size=size,
        left=size,
        opened_at=AT,
        active_from=AT,
        **more,
    )


def take(made_by, from_lot, points):
    return Allocation(programme=made_by.programme, entry=made_by, lot=from_lot, points=points, at=AT)


@pytest.fixture
def account():
    return a_row(Account, a_programme())


@pytest.fixture
def annas_lot(account):
    """A lot of 100 in an account of 100."""
    earned = entry(account, 100)
    earned.save()
    opened = lot(account, earned, 100)
    opened.save()
    return opened


def balance(account):
    return Account.objects.get(pk=account.pk).balance


def left(of):
    return Lot.objects.get(pk=of.pk).left


def test_entries_move_the_balance_in_the_same_statement(account):
    other = a_row(Account, account.programme)
    Entry.objects.bulk_create(
        [entry(account, 30), entry(other, 5), entry(account, -10, kind="spend"), entry(account, 0, credits=3)]
    )
    assert (balance(account), balance(other)) == (20, 5)


def test_allocations_move_what_is_left_of_a_lot(annas_lot):
    spent = entry(annas_lot.account, -60, kind="spend")
    spent.save()
    Allocation.objects.bulk_create([take(spent, annas_lot, -70), take(spent, annas_lot, 10)])
    assert left(annas_lot) == 40


def test_a_balance_moved_by_hand_is_refused(annas_lot):
    for sql in (
        "UPDATE ledger_account SET balance = balance + 1",
        "UPDATE ledger_account SET balance = 0",
        "UPDATE ledger_account SET debt = 5, balance = -5",
    ):
        with pytest.raises(IntegrityError, match="moves only with a posting"):
            run(sql)
    annas_lot.account.balance = 7
    with pytest.raises(IntegrityError), transaction.atomic():
        annas_lot.account.save()
    assert balance(annas_lot.account) == 100


def test_what_is_left_of_a_lot_moved_by_hand_is_refused(annas_lot):
    for sql in ('UPDATE ledger_lot SET "left" = "left" - 1', 'UPDATE ledger_lot SET "left" = 0, size = 1'):
        with pytest.raises(IntegrityError):
            run(sql)
    assert left(annas_lot) == 100


def test_an_account_is_opened_empty_and_a_lot_full(account, annas_lot):
    rich = Account(
        programme=account.programme, member=a_row(Account, account.programme).member, unit=account.unit, balance=5
    )
    half = lot(account, annas_lot.entry, 100)
    half.left = 50
    for row in (rich, half):
        with pytest.raises(IntegrityError, match="a new row must have"), transaction.atomic():
            row.save()


def test_an_entry_below_the_floor_is_refused_and_the_debt_is_the_floor(account):
    with pytest.raises(IntegrityError), transaction.atomic():
        entry(account, -1, kind="spend").save()
    Account.objects.filter(pk=account.pk).update(debt=40)
    entry(account, -40, kind="clawback").save()
    with pytest.raises(IntegrityError), transaction.atomic():
        entry(account, -1, kind="clawback").save()
    assert balance(account) == -40
    with pytest.raises(IntegrityError):
        run("UPDATE ledger_account SET debt = 39 WHERE id = %s", account.pk)


def test_less_than_nothing_is_never_earned(account):
    Entry.objects.bulk_create([entry(account, 30)])
    with pytest.raises(IntegrityError, match="a new row must have"), transaction.atomic():
        entry(account, -1).save()
    assert balance(account) == 30


def test_an_insert_that_ignores_faults_does_not_slip_past_the_floor(account):
    """OR IGNORE skips what a CHECK refuses, also inside the trigger that posts."""
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.bulk_create([entry(account, -1, kind="spend")], ignore_conflicts=True)
    assert Entry.objects.filter(account=account).count() == 0
    Entry.objects.bulk_create([entry(account, 4)], ignore_conflicts=True)
    assert balance(account) == 4


def test_a_lot_gives_no_more_than_it_holds_and_takes_back_no_more_than_it_gave(annas_lot):
    for points in (-101, 1):
        with pytest.raises(IntegrityError), transaction.atomic():
            take(annas_lot.entry, annas_lot, points).save()
    assert left(annas_lot) == 100


@pytest.mark.parametrize("amount", [10**9 + 1, -(10**9) - 1, 0, 2**63])
def test_an_amount_beyond_the_limits_is_refused(account, amount):
    with pytest.raises(REFUSED):
        run(
            "INSERT INTO ledger_entry (programme_id, account_id, kind, points, credits, cause, because, by, occurred_at, counts_at)"
            f" VALUES ({account.programme_id}, {account.pk}, 'earn', {amount}, 0,"
            " '00000000000000000000000000000001', '[]', 'key:1', '2026-01-01', '2026-01-01')"
        )
    assert balance(account) == 0


def test_a_failed_batch_leaves_no_door_open(account):
    """The trigger that posts opens the balance for itself; when it fails, the door must be shut again."""
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.bulk_create([entry(account, 5), entry(account, -50, kind="spend")])
    with pytest.raises(IntegrityError):
        run("UPDATE ledger_account SET balance = 9 WHERE id = %s", account.pk)
    assert balance(account) == 0


def test_a_debt_is_never_talked_down(account):
    clawback = a_row(Entry, account.programme, account=account)
    debt = Debt.objects.create(programme=account.programme, account=account, entry=clawback, points=40, left=40)
    run('UPDATE ledger_debt SET "left" = 10 WHERE id = %s', debt.pk)
    for sql in (
        "UPDATE ledger_debt SET points = 39",
        'UPDATE ledger_debt SET "left" = 41',
        'UPDATE ledger_debt SET "left" = -1',
    ):
        with pytest.raises(IntegrityError):
            run(sql)


def test_a_batch_of_entries_costs_its_account_one_write(account, django_assert_num_queries):
    with django_assert_num_queries(1):
        Entry.objects.bulk_create([entry(account, 1) for _ in range(50)])
    assert balance(account) == 50
