"""Cancellations find the sales that any file brought, in any order of files, and once."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command

from passage.audit.models import Event
from passage.connectors.receipts.tests.files import row
from passage.connectors.receipts.tests.said import counted, points
from passage.programme import actions as programmes
from passage.purchases import actions as purchases
from passage.purchases.models import Parked, Purchase
from passage.purchases.values import Return, SaleRef
from tests.cast import BY

LATER = datetime(2026, 3, 20, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


SOLD = [row("1", quantity="3"), row("2", date="05.03.2026", quantity="2"), row("3", member="78", quantity="2")]
BACK = [
    row("K1", date="04.03.2026", quantity="-2"),
    row("K2", date="06.03.2026", quantity="-3"),
    row("K3", member="78", date="06.03.2026", quantity="-3"),
]
FILES = [SOLD[:1], SOLD[1:], BACK[:1], BACK[1:]]


def standing():
    return {number: points(number) for number in ("77", "78")}


def test_a_cancellation_finds_the_sale_that_an_earlier_file_brought(run, in_english):
    run(row("1", quantity="3"))
    said = run(row("K", date="04.04.2026", quantity="-2"))
    assert counted(said, "returns recorded") == 1
    assert counted(said, "cancelled lines that wait for their sale") == 0
    assert Purchase.objects.get(kind="return").client_id == "K/1"
    assert Parked.objects.get().state == "applied", "it is matched, so it does not wait"


def test_one_cancellation_spans_sales_and_only_the_rest_of_it_waits(run, in_english):
    said = run(*SOLD, row("K", date="06.03.2026", quantity="-6"))
    assert counted(said, "returns recorded") == 2
    assert "1 of 6 was found in no sale of the member; the rest was returned." in said
    assert Parked.objects.get().request["lines"][0]["left"] == 1000
    later = run(row("0", date="01.03.2026"))
    assert counted(later, "of them returns that waited since an earlier import") == 1
    assert (Parked.objects.get().state, points("77")) == ("applied", 0)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1), (1, 3, 0, 2)])
def test_files_in_any_order_end_as_one_file_does(run, in_english, order):
    for place in order:
        run(*FILES[place])
    # 77 bought five at 7.90 and brought all back; 78 bought two, both came back, a third one waits.
    assert standing() == {"77": 0, "78": 0}
    waiting = Parked.objects.filter(state="waiting")
    assert [(each.client_id, each.request["lines"][0]["left"]) for each in waiting] == [("K3/unmatched", 1000)]
    before = [model.objects.count() for model in (Purchase, Parked, Event)]
    for place in order:
        said = run(*FILES[place])
        assert counted(said, "returns recorded") == counted(said, "sales recorded") == 0
    assert [model.objects.count() for model in (Purchase, Parked, Event)] == before
    call_command("verify", stdout=StringIO())


def test_a_cancellation_that_says_something_else_now_is_a_conflict(run, in_english):
    run(*SOLD, BACK[0])
    said = run(row("K1", date="04.03.2026", quantity="-1"))
    assert counted(said, "cancellations kept before with other content, left as they were") == 1
    assert counted(said, "returns known from an earlier import") == 1
    assert Purchase.objects.filter(kind="return").count() == 1


def test_what_an_early_version_returned_without_keeping_it_is_not_returned_again(run, in_english):
    run(*SOLD, BACK[0])
    Parked.objects.all().delete()
    said = run(*SOLD, BACK[0])
    assert (counted(said, "returns recorded"), counted(said, "returns known from an earlier import")) == (0, 1)
    assert Parked.objects.get().state == "applied"


def test_a_sale_that_came_back_by_another_way_is_not_returned_again(run, cast, in_english):
    run(row("1", quantity="2"))
    sale = Purchase.objects.get(kind="sale")
    item = Return(
        client_id="by-hand", occurred_at=LATER, sale=SaleRef(public_id=sale.public_id), quantities={"1": 1000}
    )
    till = programmes.add_source(programme=cast.bakery, code="till", name="Till")
    [answer] = purchases.record(programme=cast.bakery, source=till, batch=[item], by=BY, at=LATER)
    assert answer.receipt is not None
    said = run(row("K", date="04.04.2026", quantity="-2"))
    assert counted(said, "returns recorded") == 1
    assert "1 of 2 was found in no sale" in said
    assert points("77") == 0
