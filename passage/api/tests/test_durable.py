"""A till is told up to where a proven backup holds its journal, and by no other."""

import pytest

from passage.backups.models import Backup
from passage.journal import queries
from passage.programme import actions as programmes
from tests.cast import AT, a_bakery
from tests.journeys.hours import a_tablet, now

pytestmark = pytest.mark.django_db


def test_what_a_proven_backup_holds_need_not_be_kept_by_the_till():
    cast = a_bakery()
    tablet = a_tablet(programmes.add_till(shop=cast.rynek, code="1"), cast.piotr)
    tablet.sale(5000)
    tablet.sale(6000)
    (key, last) = next(iter(queries.reached().items()))
    assert last == 2
    Backup.objects.create(name="proven", made_at=AT, size=1, proven_at=AT, reached={key: 1, "0": 9})
    Backup.objects.create(name="not yet", made_at=now(), size=1, reached={key: 2})
    assert _durable(tablet) == 1
    Backup.objects.filter(name="not yet").update(proven_at=now())
    assert _durable(tablet) == 2


def _durable(tablet):
    body = {"boot": "boot-1", "mono": 9000, "wall": now().isoformat(), "operations": tablet.journal[:1]}
    told = tablet.key.post("/till/operations", body)
    assert told.status_code == 200, told.content
    return told.json()["durable_through"]
