"""The product and the reference agree, whatever happens: a state machine that is searched, and lives drawn by a seed."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.model.life import BIGGEST, KINDS, Deed, Dice, Differs, Life, drawn
from tests.model.shrinking import shortened, signature
from tests.model.stories import FOUND, Story

pytestmark = pytest.mark.django_db
CALM = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture)
numbers = st.integers(0, BIGGEST)


class Searched(RuleBasedStateMachine):
    """Each rule is one kind of deed; all its choices are read from one number."""

    def __init__(self) -> None:
        super().__init__()
        self.frame = transaction.atomic()
        self.frame.__enter__()
        self.life = Life()

    def teardown(self) -> None:
        try:
            self.life.end()
        finally:
            transaction.set_rollback(True)
            self.frame.__exit__(None, None, None)


def _deed(kind: str) -> object:
    def deed(self: Searched, number: int) -> None:
        self.life.step((kind, number))

    deed.__name__ = kind
    return rule(number=numbers)(deed)


for kind, often in KINDS.items():
    for copy in range(min(often, 4)):
        setattr(Searched, f"{kind}_{copy}", _deed(f"{kind}"))


@contextmanager
def a_life(**how: object) -> Iterator[Life]:
    with transaction.atomic():
        try:
            yield Life(**how)  # type: ignore[arg-type]
        finally:
            transaction.set_rollback(True)


def lived(deeds: list[Deed]) -> None:
    with a_life() as life:
        for deed in deeds:
            life.step(deed)
        life.end()


@pytest.mark.parametrize("seed", range(3))
def test_lives_drawn_by_a_seed_agree_with_the_reference(seed):
    lived(drawn(seed, 40))


@pytest.mark.parametrize("story", FOUND, ids=lambda story: story.__name__)
def test_what_was_found_by_hunting_agrees_with_the_reference(story: Story):
    with a_life() as life:
        story(life)
        life.end()


def test_no_search_finds_a_life_that_differs_from_the_reference():
    run_state_machine_as_test(
        Searched,
        settings=settings(
            max_examples=max(settings().max_examples // 50, 2),
            stateful_step_count=25,
            suppress_health_check=CALM,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate,),
        ),
    )


def test_a_life_is_the_same_for_the_same_seed():
    assert drawn(7, 50) == drawn(7, 50) != drawn(8, 50)
    assert {kind for kind, _ in drawn(1, 2000)} == set(KINDS)


def test_a_choice_reads_its_number_to_the_end():
    dice = Dice(11)
    assert (dice.pick("abc"), dice.upto(4), dice.number) == ("c", 3, 0)


def test_a_life_that_failed_is_made_as_short_as_it_can_be():
    deeds = [("buy", number) for number in range(1000, 1030)]

    def failing(some: list[Deed]) -> str:
        return "balances of anna: wrong" if ("buy", 1007) in some and len(some) > 1 else ""

    short = shortened(deeds, failing)
    assert len(short) == 2
    assert ("buy", 1007) in short
    assert signature(failing(short)) == "balances"


def test_the_machine_notices_a_point_too_many():
    with a_life() as life:
        life.step(("buy", 0))
        life.product.adjust(record="anna", unit="points", points=1)
        with pytest.raises(Differs, match="balances of anna points"):
            life.compare()
