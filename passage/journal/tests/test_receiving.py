"""What a till sends is taken in order, once for ever, and nothing of it is refused."""

import uuid
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from django.core import signing

from passage.config.verification import verify
from passage.journal import kept, queries
from passage.journal.models import TillOperation
from passage.journal.tests.shop import Device, a_device, points
from passage.ledger import actions as ledger
from passage.members import actions as members
from passage.programme import actions as programmes
from passage.purchases.actions import claiming
from passage.purchases.models import Purchase
from passage.purchases.values import MemberRef, Problem, Return, SaleRef
from passage.rewards import actions as rewards
from tests.cast import AT, BY

pytestmark = pytest.mark.django_db


@pytest.fixture
def till() -> Device:
    return a_device()


def statuses(received):
    return [result.status for result in received.results]


def test_three_sales_made_without_network_arrive_in_order_exactly_once(till):
    for _ in range(3):
        till.sale()
        till.wait(minutes=20)
    first = till.deliver()
    assert (statuses(first), first.last_seq, first.gap) == (["recorded"] * 3, 3, False)
    assert points(till) == 3 * 22
    again = till.deliver()
    assert (statuses(again), points(till)) == (["replayed"] * 3, 66)
    moments = list(Purchase.objects.order_by("id").values_list("occurred_at", flat=True))
    assert [later - earlier for earlier, later in pairwise(moments)] == [timedelta(minutes=20)] * 2
    assert list(verify(programme=till.cast.bakery)) == []


def test_an_answer_brings_the_receipt_and_the_balance_in_one_go(till):
    till.sale(2000)
    [result] = till.deliver().results
    assert result.receipt.settlement["earned"][0]["points"] == 42
    assert (result.member, result.balances[0].balance) == (till.cast.anna, 42)


def test_a_gap_stops_what_follows_and_says_the_last_number(till):
    first, second, third = till.sale(), till.sale(), till.sale()
    assert statuses(till.deliver(first)) == ["recorded"]
    received = till.deliver(third)
    assert (received.results, received.last_seq, received.gap) == ((), 1, True)
    assert statuses(till.deliver(second, third)) == ["recorded", "recorded"]


def test_one_bad_operation_is_put_aside_and_the_queue_goes_on(till):
    unreadable = till.write("sale", None, problem=Problem("not_a_whole_number", "lines.0.amount"))
    unknown = till.sale(card="NOBODY1")
    good = till.sale()
    received = till.deliver()
    assert statuses(received) == ["put_aside", "put_aside", "recorded"]
    assert [result.problem.code for result in received.results[:2]] == ["not_a_whole_number", "card_unknown"]
    assert [row.op_id for row in queries.quarantined(till.cast.bakery)] == [unreadable.op_id, unknown.op_id]
    assert statuses(till.deliver(good)) == ["replayed"]


def test_the_same_id_with_other_content_is_no_crash_and_changes_nothing(till):
    first = till.sale()
    till.deliver()
    [result] = till.deliver(replace(first, payload={"other": 1})).results
    assert (result.status, result.problem.code) == ("put_aside", "conflict")
    assert (points(till), TillOperation.objects.count()) == (22, 1)


def test_a_number_given_twice_by_a_copied_window_loses_no_sale(till):
    till.sale()
    till.deliver()
    copy = till.sale(seq=1, receipt="1-1")
    [result] = till.deliver(copy).results
    assert (result.status, result.problem.code) == ("put_aside", "number_taken")
    assert queries.quarantined(till.cast.bakery)[0].item["sale"]["receipt"] == "1-1"


@pytest.mark.parametrize("days", [-30, -1, 1, 400])
def test_a_clock_that_is_wrong_moves_no_sale(till, days):
    till.skew = timedelta(days=days)
    till.sale()
    sold = till.now
    till.wait(hours=3)
    [result] = till.deliver().results
    assert (result.row.occurred_at, result.row.warnings) == (sold, ["clock_off"])


def test_after_a_restart_the_wall_clock_counts_as_far_as_it_is_off(till):
    till.skew = timedelta(hours=-5)
    till.sale()
    sold = till.now
    till.wait(hours=2)
    till.boot = "boot-2"
    [result] = till.deliver().results
    assert result.row.occurred_at == sold


def test_no_operation_is_before_the_one_before_it_or_after_its_arrival(till):
    first = till.sale()
    till.deliver()
    till.boot, till.skew = "boot-2", timedelta(days=-3)
    second = till.sale()
    till.boot, till.skew = "boot-3", timedelta()
    [result] = till.deliver(second).results
    assert result.row.occurred_at == TillOperation.objects.get(op_id=first.op_id).occurred_at


def test_a_very_late_visit_waits_for_a_person(till):
    till.sale()
    till.wait(days=31)
    [result] = till.deliver().results
    assert (result.status, result.problem.code) == ("put_aside", "too_late")


def test_a_revoked_till_still_delivers_and_a_person_decides(till):
    till.sale()
    programmes.revoke_till(till=till.key.till, by=BY, at=till.now)
    [result] = till.deliver().results
    assert (result.status, result.problem.code, points(till)) == ("put_aside", "till_revoked", 0)


def test_two_tills_with_the_same_numbers_do_not_meet(till):
    other = a_device(till.cast, code="2")
    till.sale()
    other.sale()
    assert statuses(till.deliver()) == statuses(other.deliver()) == ["recorded"]
    assert points(till) == 44


def test_a_paired_anew_till_begins_its_own_numbers(till):
    till.sale()
    till.deliver()
    key, _ = programmes.pair_till(till=till.key.till, by=BY, at=till.now)
    again = Device(key, till.cast, now=till.now)
    again.sale(receipt="2-1")
    received = again.deliver()
    assert (statuses(received), received.last_seq) == (["recorded"], 1)


def test_a_return_before_its_sale_waits_and_is_applied_when_the_sale_comes(till):
    other = a_device(till.cast, code="2")
    sale = till.sale()
    other.key.source = till.key.source
    back = till.back(sale)
    till.written = [sale, back]
    assert statuses(till.deliver()) == ["recorded", "recorded"]
    assert points(till) == 0


def test_an_undo_is_of_ones_own_last_minutes_and_takes_everything_back(till):
    sale = till.sale()
    till.wait(minutes=5)
    till.back(sale, "undo")
    assert (statuses(till.deliver()), points(till)) == (["recorded", "recorded"], 0)
    later = till.sale()
    till.wait(minutes=11)
    late = till.back(later, "undo")
    others = till.sale()
    not_mine = till.back(others, "undo", clerk=till.cast.maria.pk)
    silent = till.back(others, "undo", reason=" ")
    received = till.deliver(later, late, others, not_mine, silent)
    problems = [result.problem.code if result.problem else "" for result in received.results]
    assert problems == ["", "too_late_to_undo", "", "too_late_to_undo", "reason_missing"]


def test_a_void_and_a_move_want_the_approval_of_somebody_who_may(till):
    bogdan = members.enrol(programme=till.cast.bakery, by=BY, at=till.now, external_id="K-2")
    maria, piotr = till.cast.maria, till.cast.piotr
    first, second = till.sale(), till.sale()
    to = MemberRef(public_id=bogdan.public_id)
    refused = [
        "",
        till.agreed(piotr, "void", first),  # he may not
        till.agreed(maria, "void", second),  # about another sale
        till.agreed(maria, "move", first),  # to another deed
        till.tokens[maria.pk],  # signed in, and never asked
    ]
    for approval in refused:
        till.back(first, "void", approval=approval)
    till.back(first, "void", approval=till.agreed(maria, "void", first))
    till.move(second, to, approval=till.agreed(maria, "move", second))
    received = till.deliver()
    problems = [each.problem.code if each.problem else "" for each in received.results]
    assert problems == ["", "", *["approval_missing"] * len(refused), "", ""]
    assert received.results[-1].member == bogdan
    assert points(till) == 0


def test_a_member_is_taken_off_a_sale_and_their_points_with_them(till):
    sale = till.sale()
    till.move(sale, MemberRef(), approval=till.agreed(till.cast.maria, "move", sale))
    received = till.deliver()
    assert (statuses(received), points(till), received.results[-1].member) == (["recorded"] * 2, 0, None)
    assert list(verify(programme=till.cast.bakery)) == []


def test_a_reward_is_captured_with_its_sale(till):
    ledger.adjust(member=till.cast.anna, unit="points", points=50, reason="gift", by=BY, at=till.now)
    hold = a_hold(till)
    till.sale(redemptions=(hold.public_id,))
    [result] = till.deliver().results
    assert result.receipt.settlement["rewards"][0]["points"] == 30
    hold.refresh_from_db()
    assert hold.state == "captured"


def a_hold(till):
    definition = {"unit": "points", "cost": 30, "gives": {"kind": "value_off", "amount": 500}}
    reward = rewards.create_reward(
        programme=till.cast.bakery, name="5 off", definition=definition, effective_from=till.now, by=BY, at=till.now
    )
    wish = rewards.Wish(client_id=str(uuid.uuid4()), reward=reward, order="o-1")
    return claiming.reserve(source=till.key.source, member=till.cast.anna, wish=wish, by=BY, at=till.now)[0]


def test_an_answer_of_an_older_server_says_no_more_than_that_the_sale_was_recorded(till):
    """It tells nothing of the reward that was captured: the sale stands without it."""
    ledger.adjust(member=till.cast.anna, unit="points", points=30, reason="gift", by=BY, at=till.now)
    hold = a_hold(till)
    rewards.release(redemption=hold, by=BY, at=till.now)
    sale = till.sale(redemptions=(hold.public_id,))
    signed = signing.dumps([till.cast.bakery.pk, str(sale.op_id), "recorded"], salt=kept.SALT)
    [result] = till.deliver(replace(sale, was=signed)).results
    assert (result.status, result.row.warnings) == ("recorded", ["reward_honoured"])
    forged = till.sale(redemptions=(hold.public_id,), was=signed)
    [result] = till.deliver(forged).results
    assert (result.status, result.problem.code) == ("put_aside", "redemption_released")


def test_a_sale_without_a_member_gets_a_code_to_claim_it_by(till):
    claimed, named = till.sale(card=""), till.sale()
    till.deliver()
    row = TillOperation.objects.get(op_id=claimed.op_id)
    assert len(row.claim_code) == 10
    assert queries.by_claim_code(till.cast.bakery, code=row.claim_code) == row
    assert TillOperation.objects.get(op_id=named.op_id).claim_code == ""
    assert kept.claim_code(key=till.key, op_id=claimed.op_id) == row.claim_code


def test_an_agreement_is_good_for_a_quarter_of_an_hour(till):
    sale = till.sale()
    approval = till.agreed(till.cast.maria, "void", sale)
    till.wait(minutes=16)
    till.back(sale, "void", approval=approval)
    assert statuses(till.deliver()) == ["recorded", "put_aside"]


def test_nobody_is_blamed_or_believed_without_their_token(till):
    """A sale that nobody signed for is the till's own; a return or an undo is put before a person."""
    sale = till.sale(clerk=till.cast.maria.pk, clerk_token=till.tokens[till.cast.piotr.pk])
    back = till.back(sale, clerk=till.cast.piotr.pk, clerk_token="")
    undo = till.back(sale, "undo", clerk_token="forged")
    received = till.deliver()
    assert statuses(received) == ["recorded", "put_aside", "put_aside"]
    assert received.results[0].row.clerk is None
    assert received.results[0].row.purchase.by == f"till:{till.key.till_id}"
    problems = [result.problem.code for result in received.results[1:]]
    assert problems == ["clerk_unproven", "too_late_to_undo"]
    assert {back.seq, undo.seq} == {2, 3}


def test_a_clerk_of_one_shop_takes_nothing_back_in_another(till):
    elsewhere = programmes.add_till(shop=till.cast.dworzec, code="9")
    key, _ = programmes.pair_till(till=elsewhere, by=BY, at=AT)
    there = Device(key, till.cast)
    there.sign_in(till.cast.maria, "2580")
    sale = there.sale(clerk=till.cast.maria.pk)
    [sold] = there.deliver().results
    ref = SaleRef(public_id=sold.row.purchase.public_id)
    item = Return(client_id="", occurred_at=till.now, sale=ref)
    [refused] = till.deliver(till.write("return", item)).results
    assert (refused.status, refused.problem.code) == ("put_aside", "clerk_unproven")
    assert sale.seq == 1


def test_a_till_learns_nothing_of_what_another_till_told(till):
    other = a_device(till.cast, code="2")
    sale = till.sale()
    till.deliver()
    copied = replace(sale, seq=1, payload={})
    [told] = other.deliver(copied).results
    assert (told.status, told.problem.code, told.receipt, told.balances) == ("put_aside", "conflict", None, ())


def test_a_disconnected_device_is_told_that_it_is_done_and_no_balance(till):
    till.sale()
    assert till.deliver().results[0].balances
    programmes.revoke_till(till=till.key.till, by=BY, at=till.now)
    till.key.refresh_from_db()
    [again] = till.deliver().results
    assert (again.status, again.balances) == ("replayed", ())
