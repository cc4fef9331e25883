"""What a till sends is taken in order, once for ever, and nothing of it is refused."""

import uuid
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from passage.config.verification import verify
from passage.journal import kept, queries
from passage.journal.models import TillOperation
from passage.journal.tests.shop import Device, a_device, points
from passage.ledger import actions as ledger
from passage.members import actions as members
from passage.programme import actions as programmes
from passage.programme import clerks
from passage.purchases.models import Purchase
from passage.purchases.values import MemberRef, Problem
from passage.rewards import actions as rewards
from tests.cast import BY

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
    assert [row.op_id for row in queries.put_aside(till.cast.bakery)] == [unreadable.op_id, unknown.op_id]
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
    assert queries.put_aside(till.cast.bakery)[0].item["sale"]["receipt"] == "1-1"


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


def test_a_void_and_a_move_want_the_slip_of_somebody_who_may(till):
    bogdan = members.enrol(programme=till.cast.bakery, by=BY, at=till.now, external_id="K-2")
    maria = programmes.set_pin(staff=till.cast.maria, pin="2580", by=BY, at=till.now)
    piotr = programmes.set_pin(staff=till.cast.piotr, pin="3690", by=BY, at=till.now)
    hers, his = (clerks.clerk_slip(staff=each, till=till.key.till, at=till.now) for each in (maria, piotr))
    first, second = till.sale(), till.sale()
    to = MemberRef(public_id=bogdan.public_id)
    for slip in ("", his, hers):
        till.back(first, "void", approval=slip)
    till.move(second, to, approval=hers)
    received = till.deliver()
    assert [each.problem.code if each.problem else "" for each in received.results] == [
        "",
        "",
        "approval_missing",
        "approval_missing",
        "",
        "",
    ]
    assert received.results[-1].member == bogdan
    assert points(till) == 0


def test_a_member_is_taken_off_a_sale_and_their_points_with_them(till):
    maria = programmes.set_pin(staff=till.cast.maria, pin="2580", by=BY, at=till.now)
    slip = clerks.clerk_slip(staff=maria, till=till.key.till, at=till.now)
    sale = till.sale()
    till.move(sale, MemberRef(), approval=slip)
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
    return rewards.reserve(source=till.key.source, member=till.cast.anna, wish=wish, by=BY, at=till.now)[0]


def test_a_reward_that_was_honoured_before_a_restore_is_honoured_again(till):
    """The answer the till once got is signed: the sale stands although the points are gone."""
    ledger.adjust(member=till.cast.anna, unit="points", points=30, reason="gift", by=BY, at=till.now)
    hold = a_hold(till)
    rewards.release(redemption=hold, by=BY, at=till.now)
    sale = till.sale(redemptions=(hold.public_id,))
    signed = kept.signed_answer(op_id=sale.op_id, status="recorded")
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
