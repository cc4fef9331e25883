"""What a till sends is judged by the same rights as what it asks, and what breaks stops nothing behind it."""

import pytest
from django.db import OperationalError

from passage.cards import actions as cards
from passage.journal import actions, queries
from passage.journal.actions import applying
from passage.journal.models import TillOperation
from passage.journal.tests.shop import Device, a_device, points
from passage.journal.tests.test_receiving import a_hold, statuses
from passage.ledger import actions as ledger
from passage.purchases.values import MemberRef
from passage.rewards.models import Redemption
from tests.cast import BY, CARD

pytestmark = pytest.mark.django_db


@pytest.fixture
def till() -> Device:
    return a_device()


def test_nobody_spends_points_at_a_till_without_having_signed_in(till):
    ledger.adjust(member=till.cast.anna, unit="points", points=90, reason="gift", by=BY, at=till.now)
    holds = [a_hold(till) for _ in range(3)]
    till.sale(redemptions=(holds[0].public_id,), clerk=None)
    till.sale(redemptions=(holds[1].public_id,), clerk_token="forged")
    till.sale(redemptions=(holds[2].public_id,))
    received = till.deliver()
    assert [each.problem.code if each.problem else "" for each in received.results] == ["clerk_unproven"] * 2 + [""]
    assert sorted(Redemption.objects.values_list("state", flat=True)) == ["captured", "reserved", "reserved"]


def test_without_a_token_nobody_who_works_there_is_served_either(till):
    """Whoever leaves the token out is no stranger to their own card."""
    cards.name_own(staff=till.cast.piotr, member=till.cast.anna, by=BY, at=till.now)
    till.sale(clerk=None)
    till.sale(card="", clerk=None)
    [own, nobody] = till.deliver().results
    assert (own.problem.code, nobody.problem) == ("own_card_rung_up", None)
    till.move(
        till.written[1],
        MemberRef(card=CARD),
        approval=till.agreed(till.cast.maria, "move", till.written[1]),
        clerk=None,
    )
    assert till.deliver().results[-1].problem.code == "own_card_rung_up"


def test_nobody_agrees_to_a_move_to_their_own_card(till):
    cards.name_own(staff=till.cast.maria, member=till.cast.anna, by=BY, at=till.now)
    sale = till.sale(card="")
    till.move(sale, MemberRef(card=CARD), approval=till.agreed(till.cast.maria, "move", sale))
    assert till.deliver().results[-1].problem.code == "own_card_rung_up"


def test_an_agreement_is_used_up_by_its_deed_and_by_nothing_that_came_to_nothing(till):
    sale = till.sale()
    approval = till.agreed(till.cast.maria, "move", sale)
    till.move(sale, MemberRef(card="NOBODY1"), approval=approval)
    till.move(sale, MemberRef(), approval=approval)
    till.move(sale, MemberRef(card=CARD), approval=approval)
    problems = [each.problem.code if each.problem else "" for each in till.deliver().results]
    assert problems == ["", "card_unknown", "", "approval_missing"]


def test_an_agreement_ends_by_the_clock_of_the_server_whatever_the_till_says(till):
    sale = till.sale()
    till.deliver()
    till.back(sale, "void", approval=till.agreed(till.cast.maria, "void", sale))
    till.wait(minutes=21)
    assert till.deliver().results[-1].problem.code == "approval_missing"


def test_an_operation_that_breaks_is_quarantined_and_those_behind_it_go_on(till, monkeypatch, caplog):
    """Whatever it is that breaks: here what the books are asked with, for one sale of three."""
    monkeypatch.setattr(applying.purchases, "record", record_but(ArithmeticError("out of reach"), names := []))
    first, odd, last = till.sale(), till.sale(), till.sale()
    names.append(str(odd.op_id))
    received = till.deliver()
    assert statuses(received) == ["recorded", "put_aside", "recorded"]
    assert received.results[1].problem.code == "failed"
    assert "out of reach" in caplog.text
    assert (first.seq, last.seq, received.last_seq, points(till)) == (1, 3, 3, 44)
    monkeypatch.undo()
    actions.resolve(operation=queries.quarantined(till.cast.bakery)[0], by=BY, at=till.now)
    assert points(till) == 66


def test_a_database_that_cannot_be_reached_fails_the_whole_delivery(till, monkeypatch):
    monkeypatch.setattr(applying.purchases, "record", record_but(OperationalError("gone"), names := []))
    names.append(str(till.sale().op_id))
    with pytest.raises(OperationalError):
        till.deliver()
    assert not TillOperation.objects.exists()


def record_but(error, names):
    """The real books, that break for the operations with these names."""
    record = applying.purchases.record

    def broken(*, batch, **more):
        if batch[0].client_id in names:
            record(batch=batch, **more)  # half done when it breaks
            raise error
        return record(batch=batch, **more)

    return broken
