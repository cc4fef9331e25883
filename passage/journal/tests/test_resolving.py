"""A person resolves what a till could not deliver, and what is entered by hand and delivered later is one visit."""

import uuid
from datetime import timedelta

import pytest

from passage.journal import actions, queries
from passage.journal.actions.resolving import Visit
from passage.journal.models import TillOperation
from passage.journal.tests.shop import Device, a_device, points
from passage.members import actions as members
from passage.members.twins import TOLD
from passage.programme import actions as programmes
from passage.programme.errors import Refused
from passage.programme.models import Role
from passage.purchases.actions import merge
from passage.purchases.models import Purchase
from passage.purchases.values import Problem, Return, SaleRef
from tests.cast import BY, PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def till() -> Device:
    return a_device()


def waiting(till):
    return queries.quarantined(till.cast.bakery)[0]


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
    resolved = actions.resolve(operation=waiting(till), member=till.cast.anna, by=BY, at=till.now)
    assert (resolved.state, points(till), queries.quarantined(till.cast.bakery)) == ("mended", 22, [])
    actions.resolve(operation=resolved, by=BY, at=till.now)
    assert points(till) == 22
    [result] = till.deliver().results
    assert result.status == "replayed"


def test_what_still_stands_against_it_is_said_and_nothing_is_recorded(till):
    till.sale(card="NOBODY1")
    till.deliver()
    with pytest.raises(Refused, match="card_unknown"):
        actions.resolve(operation=waiting(till), by=BY, at=till.now)
    assert waiting(till).state == "aside"


def test_what_a_revoked_till_delivered_is_let_in_by_a_person(till):
    till.sale()
    programmes.revoke_till(till=till.key.till, by=BY, at=till.now)
    till.deliver()
    actions.resolve(operation=waiting(till), by=BY, at=till.now)
    assert points(till) == 22


def test_a_sale_whose_number_was_taken_is_recorded_under_a_number_of_its_own(till):
    till.sale()
    till.sale(seq=1, receipt="1-1")
    till.deliver()
    actions.resolve(operation=waiting(till), by=BY, at=till.now)
    assert points(till) == 44
    receipts = sorted(Purchase.objects.values_list("receipt", flat=True))
    assert receipts[0] == "1-1"
    assert receipts[1].startswith("1-1-")


def test_what_could_not_be_read_is_dismissed_with_a_reason(till):
    till.write("sale", None, problem=Problem("not_a_list", "lines"))
    till.deliver()
    with pytest.raises(Refused, match="cannot_be_mended"):
        actions.resolve(operation=waiting(till), by=BY, at=till.now)
    with pytest.raises(Refused, match="reason_missing"):
        actions.dismiss(operation=waiting(till), reason=" ", by=BY, at=till.now)
    actions.dismiss(operation=waiting(till), reason="test of the till", by=BY, at=till.now)
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


def test_a_void_is_resolved_by_somebody_who_may_void_in_the_shop_of_the_sale(till):
    """Whoever resolves it is judged, and not the till that sent it."""
    there = a_device(till.cast, code="9", shop=till.cast.dworzec)
    there.sale(clerk=till.cast.maria.pk)
    [sold] = there.deliver().results
    ref = SaleRef(public_id=sold.row.purchase.public_id)
    till.write("void", Return(client_id="", occurred_at=till.now, sale=ref, void=True, reason="mistake"))
    till.deliver()
    here = programmes.hire(
        programme=till.cast.bakery,
        login=programmes.create_login(email="jan@example.org", password=PASSWORD, name="Jan"),
        role=Role.MANAGER,
        shop=till.cast.rynek,
        by=BY,
        at=till.now,
    )
    for by in (f"staff:{here.pk}", f"staff:{till.cast.piotr.pk}", BY):
        with pytest.raises(Refused, match="may_not_there"):
            actions.resolve(operation=waiting(till), by=by, at=till.now)
    resolved = actions.resolve(operation=waiting(till), by=f"staff:{till.cast.maria.pk}", at=till.now)
    assert (resolved.state, points(till)) == ("mended", 0)


def test_visits_of_a_person_with_two_records_look_alike(till):
    till.sale(receipt="1-1")
    till.deliver()
    kept = members.enrol(programme=till.cast.bakery, by=BY, at=till.now, external_id="K-2")
    merge(gone=till.cast.anna, kept=kept, choices=dict.fromkeys(TOLD, "kept"), by=BY, at=till.now)
    found = queries.lookalikes(till.cast.bakery, member=kept, shop=till.cast.rynek, amount=1100, at=till.now)
    assert len(found) == 1
