"""The seven master invariants, held by a member's whole life: sales, rewards, returns, replays, expiry, in any order."""

from datetime import timedelta
from itertools import permutations

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from passage.config.verification import verify
from passage.engine import lots
from passage.ledger import queries as ledger
from passage.ledger.models import Account
from passage.programme.errors import Refused
from passage.purchases.values import Status
from tests.world import START, World, a_world

pytestmark = pytest.mark.django_db

amounts = st.dictionaries(st.sampled_from(["bread", "cake", "tea"]), st.integers(1, 9000), min_size=1)
# What a clerk may be told in such a life; anything else is a fault.
PERMITTED = {"too_much", "nothing_left", "nothing_to_pay", "product_not_in_basket", "insufficient_points", "in_debt"}
# Shrinking a long life takes longer than reading it.
BEFORE_POINTS_END = 40  # days: points live sixty
FAST = (Phase.explicit, Phase.reuse, Phase.generate)
CALM = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture)


class Life(RuleBasedStateMachine):
    """Each step is a real action on the real database; after each, the books must prove themselves."""

    sales, holds = Bundle("sales"), Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.frame = transaction.atomic()
        self.frame.__enter__()
        self.world = a_world()
        self.sent = []

    def teardown(self) -> None:
        try:
            self.all_the_books_are_right()
        finally:
            transaction.set_rollback(True)
            self.frame.__exit__(None, None, None)

    def all_the_books_are_right(self) -> None:
        assert [str(fault) for fault in verify(programme=self.world.bakery)] == []

    @rule(target=sales, amounts=amounts, late=st.integers(0, 3))
    def buy(self, amounts, late):
        sale = self.world.sale(amounts, at=self.world.now - timedelta(days=late))
        return self._record(sale)

    @rule(target=holds, which=st.integers(0, 3), amount=st.integers(1, 800))
    def reserve(self, which, amount):
        try:
            return self.world.reserve(self.world.rewards[which], amount if which == 3 else None)
        except Refused:
            return multiple()

    @rule(target=sales, amounts=amounts, hold=consumes(holds))
    def buy_with_a_reward(self, amounts, hold):
        return self._record(self.world.sale(amounts, redeem=(hold.public_id,)))

    @rule(hold=consumes(holds))
    def let_go(self, hold):
        from passage.rewards import actions as rewards

        rewards.release(redemption=hold, by="system:test", at=self.world.now)

    @rule(sale=sales, part=st.integers(1, 1000))
    def return_a_part(self, sale, part):
        line = sale.basket.lines[part % len(sale.basket.lines)]
        self._record(self.world.back(sale, quantities={line.id: max(line.quantity * part // 1000, 1)}))

    @rule(sale=sales, amount=st.integers(1, 5000))
    def return_money(self, sale, amount):
        self._record(self.world.back(sale, amount=amount))

    @rule(sale=sales)
    def return_all(self, sale):
        self._record(self.world.back(sale))

    @rule(number=st.integers(0, 50))
    def send_again(self, number):
        if self.sent:
            before = self.world.state()
            (answer,) = self.world.record(self.sent[number % len(self.sent)])
            assert answer.status in (Status.REPLAYED, Status.PARKED)
            assert self.world.state() == before

    @rule(days=st.integers(1, 40))
    def time_passes(self, days):
        self.world.now += timedelta(days=days)
        self.world.upkeep()
        self.all_the_books_are_right()

    @invariant()
    def each_balance_is_its_entries_and_its_lots_less_its_debt(self):
        for account in Account.objects.of(self.world.bakery).annotate(posted=Sum("entries__points")):
            left = account.lots.aggregate(left=Sum("left"))["left"] or 0
            assert account.balance == (account.posted or 0) == left - account.debt

    @invariant()
    def nothing_is_reserved_twice_and_nobody_below_zero(self):
        for each in ledger.balances(self.world.anna, at=self.world.now):
            assert each.balance >= -each.debt
            assert each.available >= 0

    def _record(self, operation):
        (answer,) = self.world.record(operation)
        if answer.status is Status.REFUSED:
            assert answer.problem.code in PERMITTED, answer
            return multiple()
        self.sent.append(operation)
        lines = answer.receipt.settlement.get("lines", ())
        assert all(line["paid"] >= 0 for line in lines)
        for applied in answer.receipt.settlement.get("rewards", ()):
            assert sum(applied["per_line"]) == applied["value"]
        return operation


def test_a_members_life_keeps_all_invariants():
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=max(settings().max_examples // 10, 5),  # in CI 10 lives of 100 steps on each database
            stateful_step_count=100,
            suppress_health_check=CALM,
            deadline=None,
            phases=FAST,
        ),
    )


def test_the_machine_notices_a_planted_bug(monkeypatch):
    """A return that forgets the last lot of a reward must turn the machine red."""
    honest = lots.give_back
    monkeypatch.setattr(
        "passage.rewards.actions.releasing.give_back",
        lambda taken, before, now: honest(taken, before=before, now=now)[:-1],
    )
    life = Life()
    life.world.give(2, "stamps")
    sale = life.buy_with_a_reward(amounts={"bread": 4000}, hold=life.reserve(which=2, amount=1))
    life.return_all(sale=sale)
    with pytest.raises(AssertionError):
        life.teardown()


def in_a_world(story):
    """Run ``story`` in a world that is forgotten afterwards; its answer."""
    with transaction.atomic():
        try:
            return story(a_world())
        finally:
            transaction.set_rollback(True)


def slices(world: World, sale, cuts):
    """The sale's return in pieces: by quantity line by line, by money, and the rest at the end."""
    for cut in cuts:
        line = sale.basket.lines[cut % len(sale.basket.lines)]
        piece = (
            {"amount": cut + 1}
            if cut % 3 == 0
            else {"quantities": {line.id: max(line.quantity * (cut % 100) // 100, 1)}}
        )
        world.record(world.back(sale, **piece))
        if cut % 5 == 0:
            world.now += timedelta(days=1)
    (answer,) = world.record(world.back(sale))
    assert answer.status in (Status.RECORDED, Status.REFUSED)
    if answer.status is Status.REFUSED:
        assert answer.problem.code == "nothing_left"


@settings(max_examples=settings().max_examples // 5, suppress_health_check=CALM, deadline=None, phases=FAST)
@given(
    first=amounts,
    amounts=amounts,
    after=st.none() | amounts,
    cuts=st.lists(st.integers(0, 3000), max_size=5),
    redeem=st.lists(st.integers(0, 3), max_size=2, unique=True),
    wait=st.integers(0, 90),
)
def test_a_sale_returned_in_any_pieces_leaves_the_account_as_if_it_had_not_been(
    first, amounts, after, cuts, redeem, wait
):
    def story(world: World, with_the_sale: bool):
        world.record(world.sale(first))
        world.give(60)
        world.give(3, "stamps")
        world.now += timedelta(days=3)
        sale = None
        if with_the_sale:
            holds = tuple(world.reserve(world.rewards[which], 150 if which == 3 else None) for which in redeem)
            sale = world.sale(amounts, redeem=tuple(hold.public_id for hold in holds))
            (answer,) = world.record(sale)
            if answer.status is Status.REFUSED:  # no bread for the free bread: the clerk lets go
                for hold in holds:
                    from passage.rewards import actions as rewards

                    rewards.release(redemption=hold, by="system:test", at=world.now)
                sale = None
        if after:
            world.record(world.sale(after))
        start = world.now
        if sale is not None:
            slices(world, sale, cuts)
        # The point that a carried remainder fills belongs to the sale that filled it. With a later sale it may be another
        # one, and so end on another day: the account is then looked at before the first points end.
        world.now = start + timedelta(days=7 + (wait if after is None else min(wait, BEFORE_POINTS_END)))
        world.upkeep()
        assert [str(fault) for fault in verify(programme=world.bakery)] == []
        return world.state()

    assert in_a_world(lambda world: story(world, True)) == in_a_world(lambda world: story(world, False))


@settings(max_examples=settings().max_examples // 5, suppress_health_check=CALM, deadline=None, phases=FAST)
@given(
    baskets=st.lists(amounts, min_size=2, max_size=3),
    returns=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 1000)), max_size=2),
    doubled=st.lists(st.integers(0, 4), max_size=3),
    order=st.randoms(use_true_random=False),
)
def test_any_order_and_any_number_of_deliveries_end_in_the_same_state(baskets, returns, doubled, order):
    def story(world: World, shuffled: bool):
        world.now = START + timedelta(days=10)
        sales = [world.sale(basket, at=START + timedelta(days=i)) for i, basket in enumerate(baskets)]
        backs = []
        for which, part in returns:
            sale = sales[which % len(sales)]
            line = sale.basket.lines[0]
            if all(back.sale.client_id != sale.client_id for back in backs):
                backs.append(world.back(sale, quantities={line.id: max(line.quantity * part // 1000, 1)}))
        operations = [*sales, *backs]
        if shuffled:
            operations += [operations[i % len(operations)] for i in doubled]
            order.shuffle(operations)
        for operation in operations:
            world.record(operation)
        assert [str(fault) for fault in verify(programme=world.bakery)] == []
        return world.state()

    assert in_a_world(lambda world: story(world, False)) == in_a_world(lambda world: story(world, True))


def test_carried_remainders_come_out_alike_in_every_order_of_sales_and_returns():
    ends = set()
    for order in permutations(range(4)):

        def story(world: World, order=order):
            thirty, twenty = world.sale({"cake": 30}, client_id="thirty"), world.sale({"cake": 80}, client_id="eighty")
            operations = [thirty, twenty, world.back(thirty), world.back(twenty)]
            for i in order:
                world.record(operations[i])
            return str(world.state()["balances"])

        ends.add(in_a_world(story))
    assert len(ends) == 1
    assert connection.in_atomic_block
