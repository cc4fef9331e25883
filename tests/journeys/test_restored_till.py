"""The till's journal is the server's second backup: what an older backup lacks comes again, in order, once."""

from datetime import timedelta

import pytest

from passage.config.verification import verify
from passage.journal import queries
from passage.journal.models import TillOperation
from passage.journal.tests.shop import Device, a_device, points
from passage.ledger.models import Account, Allocation, Entry, Lot
from passage.programme import actions as programmes
from passage.purchases.models import Purchase
from tests.plugin import defences_asleep

pytestmark = pytest.mark.django_db


@pytest.fixture
def till() -> Device:
    return a_device()


def test_a_server_restored_from_an_older_backup_gets_everything_again_in_order(till):
    """What the backup did not have comes again from the journal of the till: nothing lost, nothing twice."""
    for _ in range(4):
        till.sale()
        till.wait(minutes=15)
    before = till.deliver()
    at_backup = points(till)
    # The backup held the first two: the others and their effects are gone.
    lost = [result.row for result in before.results[2:]]
    fresh = a_copy_without(till, lost)
    assert queries.last_seq(till.key) == 2
    received = till.deliver(*till.written[2:])
    assert ([each.status for each in received.results], received.last_seq) == (["recorded", "recorded"], 4)
    assert (points(till), fresh) == (at_backup, 44)
    assert list(verify(programme=till.cast.bakery)) == []


def a_copy_without(till, rows):

    with defences_asleep():
        causes = [row.purchase.public_id for row in rows]
        entries = Entry.objects.filter(cause__in=causes)
        gone = sum(entry.points for entry in entries)
        Allocation.objects.filter(entry__in=entries).delete()
        Lot.objects.filter(entry__in=entries).delete()
        account = entries.first().account
        Entry.objects.filter(pk__in=[entry.pk for entry in entries]).delete()
        TillOperation.objects.filter(pk__in=[row.pk for row in rows]).delete()
        Purchase.objects.filter(public_id__in=causes).delete()
        Account.objects.filter(pk=account.pk).update(balance=account.balance - gone)
    return points(till)


def test_after_a_restore_the_installation_shows_another_epoch(till):
    before = programmes.epoch(at=till.now)
    assert programmes.epoch(at=till.now) == before
    after = programmes.begin_epoch(at=till.now + timedelta(days=1))
    assert after != before
    assert programmes.epoch(at=till.now) == after
