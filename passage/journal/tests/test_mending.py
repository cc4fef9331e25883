"""A person mends what a till could not deliver, and what is entered by hand and delivered later is one visit."""

import uuid
from datetime import timedelta

import pytest

from passage.journal import actions, queries
from passage.journal.actions.mending import Visit
from passage.journal.models import TillOperation
from passage.journal.tests.shop import Device, a_device, points
from passage.programme import actions as programmes
from passage.programme.errors import Refused
from passage.purchases.models import Purchase
from passage.purchases.values import Problem
from tests.cast import BY

pytestmark = pytest.mark.django_db


@pytest.fixture
def till() -> Device:
    return a_device()


def aside(till):
    return queries.put_aside(till.cast.bakery)[0]


def a_visit(till, **changes):
    known = {
        "entry": uuid.uuid4(),
        "shop": till.cast.rynek,
        "till": "1",
        "receipt": "1-1",
        "occurred_at": till.now,
        "amount": 1100,
        "member": till.cast.anna,
    }
    return Visit(**{**known, **changes})


def test_a_visit_of_an_unknown_card_is_given_to_the_member_it_was_of(till):
    till.sale(card="NOBODY1")
    till.deliver()
    mended = actions.mend(operation=aside(till), member=till.cast.anna, by=BY, at=till.now)
    assert (mended.state, points(till), queries.put_aside(till.cast.bakery)) == ("mended", 22, [])
    actions.mend(operation=mended, by=BY, at=till.now)
    assert points(till) == 22
    [result] = till.deliver().results
    assert result.status == "replayed"


def test_what_still_stands_against_it_is_said_and_nothing_is_recorded(till):
    till.sale(card="NOBODY1")
    till.deliver()
    with pytest.raises(Refused, match="card_unknown"):
        actions.mend(operation=aside(till), by=BY, at=till.now)
    assert aside(till).state == "aside"


def test_what_a_revoked_till_delivered_is_let_in_by_a_person(till):
    till.sale()
    programmes.revoke_till(till=till.key.till, by=BY, at=till.now)
    till.deliver()
    actions.mend(operation=aside(till), by=BY, at=till.now)
    assert points(till) == 22


def test_a_sale_whose_number_was_taken_is_mended_under_a_number_of_its_own(till):
    till.sale()
    till.sale(seq=1, receipt="1-1")
    till.deliver()
    actions.mend(operation=aside(till), by=BY, at=till.now)
    assert points(till) == 44
    receipts = sorted(Purchase.objects.values_list("receipt", flat=True))
    assert receipts[0] == "1-1"
    assert receipts[1].startswith("1-1-")


def test_what_could_not_be_read_is_dismissed_with_a_reason(till):
    till.write("sale", None, problem=Problem("not_a_list", "lines"))
    till.deliver()
    with pytest.raises(Refused, match="cannot_be_mended"):
        actions.mend(operation=aside(till), by=BY, at=till.now)
    with pytest.raises(Refused, match="reason_missing"):
        actions.dismiss(operation=aside(till), reason=" ", by=BY, at=till.now)
    actions.dismiss(operation=aside(till), reason="test of the till", by=BY, at=till.now)
    assert TillOperation.objects.get().state == "dismissed"


def test_a_hand_entry_and_a_later_delivery_are_one_visit(till):
    till.sale(receipt="1-1")
    entered = actions.enter_by_hand(programme=till.cast.bakery, visit=a_visit(till), by=BY, at=till.now)
    earned = points(till)
    till.wait(hours=2)
    [result] = till.deliver().results
    assert (result.status, result.row.warnings) == ("recorded", ["entered_by_hand"])
    assert result.receipt.public_id == entered.public_id
    assert (points(till), Purchase.objects.count()) == (earned, 1)


def test_a_hand_entry_that_says_something_else_is_put_before_a_person(till):
    till.sale(receipt="1-1")
    actions.enter_by_hand(programme=till.cast.bakery, visit=a_visit(till, amount=900), by=BY, at=till.now)
    [result] = till.deliver().results
    assert (result.status, result.problem.code) == ("put_aside", "conflict")


def test_an_entry_of_a_receipt_that_arrived_is_refused(till):
    till.sale(receipt="1-1")
    till.deliver()
    with pytest.raises(Refused, match="conflict"):
        actions.enter_by_hand(programme=till.cast.bakery, visit=a_visit(till), by=BY, at=till.now)


def test_the_button_pressed_twice_enters_once(till):
    visit = a_visit(till)
    first = actions.enter_by_hand(programme=till.cast.bakery, visit=visit, by=BY, at=till.now)
    again = actions.enter_by_hand(programme=till.cast.bakery, visit=visit, by=BY, at=till.now)
    assert first == again


def test_visits_that_look_alike_are_proposed_and_others_are_not(till):
    till.sale(receipt="1-1")
    till.deliver()
    anna, rynek = till.cast.anna, till.cast.rynek
    alike = {"member": anna, "shop": rynek, "amount": 1100}
    for minutes in (-9, 9):
        moment = till.now + timedelta(minutes=minutes)
        assert len(queries.lookalikes(till.cast.bakery, **alike, at=moment)) == 1
    for changed in ({"amount": 1101}, {"shop": till.cast.dworzec}, {"member": None}):
        assert queries.lookalikes(till.cast.bakery, **{**alike, **changed}, at=till.now) == []
    assert queries.lookalikes(till.cast.bakery, **alike, at=till.now + timedelta(minutes=11)) == []
    assert queries.lookalikes(till.cast.stranger.programme, **alike, at=till.now) == []
