"""A sale is recorded once, earns what it was quoted, and explains itself."""

from dataclasses import replace
from datetime import timedelta

import pytest

from passage.engine.basket import Basket, Line
from passage.ledger import queries as ledger
from passage.programme import actions as programmes
from passage.purchases import actions, queries
from passage.purchases.models import Purchase
from passage.purchases.values import MemberRef, Return, Sale, SaleRef, Status
from tests.cast import AT, CARD, Cast, a_bakery

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=1)


@pytest.fixture
def cast() -> Cast:
    return a_bakery()


@pytest.fixture
def till(cast):
    return programmes.add_source(programme=cast.bakery, code="till", name="Till")


def a_sale(client_id="s-1", amount=3850, **changes):
    basket = Basket("PLN", (Line("1", amount, product="bread"),))
    return replace(
        Sale(client_id=client_id, occurred_at=LATER, basket=basket, member=MemberRef(card=CARD), shop="dworzec"),
        **changes,
    )


def record(cast, till, *batch):
    return actions.record(programme=cast.bakery, source=till, batch=batch, by="key:1", at=LATER)


def balance(cast):
    return ledger.balances(cast.anna, at=LATER)[0]


def test_a_sale_earns_one_point_per_zloty_and_carries_the_rest(cast, till):
    (answer,) = record(cast, till, a_sale())
    assert answer.status is Status.RECORDED, answer.problem
    assert answer.receipt.settlement["earned"][0]["points"] == 38
    assert balance(cast).available == 38
    (second,) = record(cast, till, a_sale("s-2", 150))
    assert second.receipt.settlement["earned"][0]["points"] == 2  # 0.50 waited


def test_the_same_sale_sent_again_gets_its_first_answer(cast, till):
    (first,) = record(cast, till, a_sale())
    (again,) = record(cast, till, a_sale())
    assert again.status is Status.REPLAYED
    assert again.receipt.settlement == first.receipt.settlement
    assert balance(cast).balance == 38


def test_the_same_id_with_another_amount_is_a_conflict_and_changes_nothing(cast, till):
    record(cast, till, a_sale())
    (answer,) = record(cast, till, a_sale(amount=9900))
    assert (answer.status, answer.problem.code) == (Status.REFUSED, "conflict")
    assert answer.problem.params["differs"] == ["basket"]
    assert Purchase.objects.count() == 1


def test_the_shops_receipt_number_is_a_second_barrier(cast, till):
    record(cast, till, a_sale("s-1", receipt="R1", till="1"))
    (same,) = record(cast, till, a_sale("s-9", receipt="R1", till="1"))
    (other,) = record(cast, till, a_sale("s-8", 100, receipt="R1", till="1"))
    assert same.status is Status.REPLAYED
    assert (other.problem.code, other.problem.field) == ("conflict", "receipt")
    assert balance(cast).balance == 38


def test_a_bad_item_never_harms_its_neighbours(cast, till):
    bad = a_sale("s-2", member=MemberRef(card="NOBODY"))
    answers = record(cast, till, a_sale("s-1"), bad, a_sale("s-3", 1000))
    assert [each.status for each in answers] == [Status.RECORDED, Status.REFUSED, Status.RECORDED]
    assert balance(cast).balance == 48


def test_a_quote_says_what_recording_will_say(cast, till):
    sale = a_sale(shop="rynek", amount=12_000)
    quoted = queries.quote(programme=cast.bakery, source=till, sale=sale, at=LATER)
    (answer,) = record(cast, till, sale)
    assert quoted.settlement == answer.receipt.settlement
    assert quoted.balance_after["points"] == balance(cast).balance == 120 + 10 + 120


def test_a_full_return_takes_back_exactly_what_the_sale_gave(cast, till):
    record(cast, till, a_sale("s-0", 50), a_sale("s-1", 12_030, shop="rynek"))
    back = Return(client_id="r-1", occurred_at=LATER, sale=SaleRef(client_id="s-1"))
    (answer,) = record(cast, till, back)
    assert answer.status is Status.RECORDED, answer.problem
    assert answer.receipt.settlement["refund"] == 12_030
    assert balance(cast).balance == 0
    (third,) = record(cast, till, a_sale("s-2", 50))
    assert third.receipt.settlement["earned"][0]["points"] == 1  # 0.50 of the first sale still waits


def test_a_return_that_comes_before_its_sale_waits_for_it(cast, till):
    back = Return(client_id="r-1", occurred_at=LATER, sale=SaleRef(client_id="s-1"), quantities={"1": 1000})
    (parked,) = record(cast, till, back)
    assert parked.status is Status.PARKED
    record(cast, till, a_sale("s-1"))
    assert balance(cast).balance == 0
    (again,) = record(cast, till, back)
    assert again.status is Status.REPLAYED


def test_a_sale_and_its_return_may_come_in_one_batch(cast, till):
    back = Return(client_id="r-1", occurred_at=LATER, sale=SaleRef(client_id="s-1"), amount=1850)
    answers = record(cast, till, a_sale("s-1"), back)
    assert [each.status for each in answers] == [Status.RECORDED, Status.RECORDED]
    assert balance(cast).balance == 20
