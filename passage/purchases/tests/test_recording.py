"""A sale is recorded once, earns what it was quoted, and explains itself."""

from dataclasses import replace
from datetime import timedelta

import pytest

from passage.earning import actions as earning
from passage.engine.basket import Basket, Line
from passage.ledger import actions as points
from passage.ledger import queries as ledger
from passage.members import actions as members
from passage.programme import actions as programmes
from passage.purchases import actions, codec, queries, snapshot
from passage.purchases.actions import claiming
from passage.purchases.models import Parked, Purchase
from passage.purchases.values import MemberRef, Return, Sale, SaleRef, Status
from passage.rewards import actions as rewards
from tests.cast import AT, BY, CARD, Cast, a_bakery

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


@pytest.mark.parametrize("measured", [False, True])
def test_a_sale_recorded_before_lines_said_what_is_measured_is_known_again(measured):
    lines = (
        Line("1", 4000, quantity=2000, product="cheese", measured=measured),
        Line("2", 690, quantity=345, name="Ser", measured=measured),
    )
    asked = codec.request(replace(a_sale("x"), basket=Basket("PLN", lines)))
    assert codec.fingerprint(asked) == "9b59f72fad61243764ea2d0c8b3f6a792d9f8918bdbfe452226fa9fdd1b3a2fb"
    assert codec.diff(asked, codec.request(replace(a_sale("x"), basket=Basket("PLN", lines), till="2"))) == ["receipt"]


def test_what_is_measured_is_kept_as_measured():
    basket = Basket("PLN", (Line("1", 4000, quantity=2000, measured=True), Line("2", 100, quantity=2000)))
    assert codec.basket_of(codec.basket(basket)) == basket


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


def other_source(cast):
    return programmes.add_source(programme=cast.bakery, code="web", name="Web shop")


def a_return_by_receipt(client_id):
    sale = SaleRef(shop="dworzec", receipt="77", business_date=LATER.date())
    return Return(client_id=client_id, occurred_at=LATER, sale=sale, amount=1000)


@pytest.mark.parametrize("client_id", ["r-1", "s-1"])  # the second: what the other source calls its sale
def test_a_return_of_one_source_that_waited_for_the_sale_of_another_is_counted_once(cast, till, client_id):
    web = other_source(cast)
    back = a_return_by_receipt(client_id)
    assert record(cast, web, back)[0].status is Status.PARKED
    (sold,) = record(cast, till, a_sale("s-1", receipt="77"))
    assert sold.status is Status.RECORDED
    assert balance(cast).balance == 28
    assert record(cast, web, back)[0].status is Status.REPLAYED
    assert balance(cast).balance == 28


def test_returns_of_two_sources_under_one_id_both_find_their_sale(cast, till):
    back = a_return_by_receipt("r-1")
    for source in (other_source(cast), till):
        assert record(cast, source, back)[0].status is Status.PARKED
    record(cast, till, a_sale("s-1", receipt="77"))
    assert balance(cast).balance == 18


def test_a_return_that_somebody_dismissed_stays_dismissed(cast, till):
    back = Return(client_id="r-1", occurred_at=LATER, sale=SaleRef(client_id="s-1"))
    record(cast, till, back)
    actions.dismiss(parked=Parked.objects.of(cast.bakery).get(), reason="a test", by="staff:1", at=LATER)
    record(cast, till, a_sale("s-1"))
    assert record(cast, till, back)[0].status is Status.PARKED
    assert balance(cast).balance == 38


def test_a_waiting_return_takes_back_points_beside_held_ones_without_a_debt(cast, till):
    points.adjust(member=cast.anna, unit="points", points=500, reason="a gift", by=BY, at=AT)
    gives = {"unit": "points", "cost": 100, "gives": {"kind": "value_off", "amount": 100}}
    since = AT - timedelta(days=1)
    reward = rewards.create_reward(
        programme=cast.bakery, name="1 zl", definition=gives, effective_from=since, by=BY, at=AT
    )
    wish = rewards.Wish(client_id="w-1", reward=reward)
    claiming.reserve(source=till, member=cast.anna, wish=wish, by=BY, at=LATER)
    record(cast, till, Return(client_id="r-1", occurred_at=LATER, sale=SaleRef(client_id="s-1")))
    record(cast, till, a_sale("s-1"))
    assert (balance(cast).balance, balance(cast).available, balance(cast).debt) == (500, 400, 0)


def test_a_receipt_belongs_to_the_day_at_the_shop_whatever_the_senders_clock_is_set_to(cast, till):
    """23:30 in Greenwich is half past midnight in Warsaw."""
    when = LATER.replace(hour=23, minute=30)
    dated = a_sale("s-2", receipt="9", occurred_at=when, business_date=when.date() + timedelta(days=1))
    for source, sale in ((till, a_sale("s-1", receipt="9", occurred_at=when)), (other_source(cast), dated)):
        actions.record(programme=cast.bakery, source=source, batch=[sale], by="key:1", at=when)
    assert Purchase.objects.of(cast.bakery).count() == 1
    assert ledger.balances(cast.anna, at=when)[0].balance == 38


def test_more_points_than_an_entry_can_hold_are_refused_and_harm_no_neighbour(cast, till):
    lavish = {"unit": "points", "earns": {"kind": "per_amount", "points": 1000, "step": 1}}
    earning.create_rule(programme=cast.bakery, name="Lavish", definition=lavish, effective_from=AT, by=BY, at=AT)
    small, large = record(cast, till, a_sale("s-1", 100), a_sale("s-2", 10**9))
    assert small.status is Status.RECORDED
    assert (large.status, large.problem.code) == (Status.REFUSED, "too_big")


def test_a_return_whose_sale_came_at_the_same_moment_is_found_by_the_worker(cast, till):
    """On PostgreSQL two parallel transactions may each miss the other: the return waits although its sale is here."""
    back = Return(client_id="r-1", occurred_at=LATER, sale=SaleRef(client_id="s-1"))
    record(cast, till, back)
    waiting = Parked.objects.get()
    Parked.objects.filter(pk=waiting.pk).update(sale_client_id="not yet seen")
    record(cast, till, a_sale())
    Parked.objects.filter(pk=waiting.pk).update(sale_client_id="s-1")
    assert balance(cast).balance == 38
    assert actions.match_parked(programme=cast.bakery, at=LATER) == 1
    assert actions.match_parked(programme=cast.bakery, at=LATER) == 0
    assert balance(cast).balance == 0
    assert Parked.objects.get().state == Parked.State.APPLIED


def test_a_sale_that_meets_a_merge_halfway_goes_to_the_member_they_became(cast, till, monkeypatch):
    kept = members.enrol(programme=cast.bakery, by="system:test", at=AT)
    looked = [snapshot.read(cast.bakery, till, [a_sale()], lock=True)]  # before the merge, as a parallel sale sees it
    actions.merge(gone=cast.anna, kept=kept, by="system:test", at=LATER)
    look = snapshot.read
    monkeypatch.setattr(snapshot, "read", lambda *asked, lock: looked.pop() if looked else look(*asked, lock=lock))
    (answer,) = record(cast, till, a_sale())
    assert answer.status is Status.RECORDED
    assert answer.receipt.member == kept.public_id
    assert ledger.balances(kept, at=LATER)[0].balance == 38
