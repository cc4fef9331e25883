"""For every total and every lot: nothing is lost in splitting, sharing, taking and giving back.

Each property first catches a planted bug: the same property, asked of arithmetic that is wrong in a known way.
"""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passage.engine.lots import NEVER, Lot, NotEnoughPoints, Taken, available, consume, give_back
from passage.engine.money import half_up, share, split
from passage.engine.tests.world import TUESDAY


def rounds_down(total, weights):
    """Planted: every part rounded down, and the rest lost."""
    whole = sum(weights)
    return tuple(total * weight // whole if whole else 0 for weight in weights)


def feeds_the_first(total, weights):
    """Planted: the rest given to the first line, be it for nothing."""
    parts = list(rounds_down(total, weights))
    parts[0] += total - sum(parts)
    return tuple(parts)


def loses_nothing(splitting, total, weights):
    parts = splitting(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        exact = Fraction(total * weight, sum(weights) or 1)
        assert abs(part - exact) < 1
        assert part <= weight or total > sum(weights)
        assert part == 0 or weight > 0


@given(st.data(), st.lists(st.integers(0, 10**9), min_size=1, max_size=12))
def test_a_split_loses_no_unit_and_is_nowhere_off_by_one(data, weights):
    total = data.draw(st.integers(0, sum(weights)))
    loses_nothing(split, total, weights)


@given(st.integers(0, 10**9), st.lists(st.integers(1, 10**9), min_size=1, max_size=12))
def test_a_split_may_be_of_more_than_its_weights(total, weights):
    assert sum(split(total, weights)) == total


@pytest.mark.parametrize("planted", [rounds_down, feeds_the_first])
def test_a_split_that_loses_or_misplaces_a_unit_is_caught(planted):
    with pytest.raises(AssertionError):
        loses_nothing(planted, 2, [0, 100, 100, 100])


def by_itself(total, parts):
    """Planted: each step rounded by itself instead of cumulatively."""
    return [share(total, part) for part in parts]


def cumulatively(total, parts):
    now, steps = Fraction(0), []
    for part in parts:
        steps.append(share(total, now + part) - share(total, now))
        now += part
    return steps


def adds_up(sharing, total, parts):
    assert sum(sharing(total, parts)) == total


@given(st.integers(0, 10**9), st.lists(st.integers(1, 1000), min_size=1, max_size=9))
def test_cumulative_shares_never_drift(total, weights):
    adds_up(cumulatively, total, [Fraction(weight, sum(weights)) for weight in weights])


def test_shares_rounded_by_themselves_are_caught():
    with pytest.raises(AssertionError):
        adds_up(by_itself, 150, [Fraction(1, 4), Fraction(7, 20), Fraction(2, 5)])


@given(st.fractions())
def test_half_up_is_the_nearest_and_mirrors_itself(value):
    assert abs(half_up(value) - value) <= Fraction(1, 2)
    assert half_up(-value) == -half_up(value)


@st.composite
def lots(draw):
    def when(low, high):
        return TUESDAY + timedelta(hours=draw(st.integers(low, high)))

    return [
        Lot(
            key=key,
            left=draw(st.integers(0, 100)),
            opened_at=when(-9, -1),
            active_from=when(-3, 1),
            expires_at=draw(st.sampled_from([NEVER, when(-1, 3), when(0, 3)])),
        )
        for key in range(draw(st.integers(0, 6)))
    ]


@given(lots(), st.integers(0, 400))
def test_a_debit_takes_exactly_what_it_says_or_nothing(held, points):
    usable = available(held, at=TUESDAY)
    if points > usable:
        with pytest.raises(NotEnoughPoints) as short:
            consume(held, points, at=TUESDAY)
        assert short.value.missing == points - usable
        return
    taken = consume(held, points, at=TUESDAY)
    by_key = {lot.key: lot for lot in held}
    assert sum(part.points for part in taken) == points
    assert len({part.key for part in taken}) == len(taken)
    for part in taken:
        assert 0 < part.points <= by_key[part.key].left
        assert by_key[part.key].usable(at=TUESDAY)
    emptied = {part.key for part in taken if part.points == by_key[part.key].left}
    for part in taken:
        sooner = [lot for lot in held if lot.usable(at=TUESDAY) and lot.expires_at < by_key[part.key].expires_at]
        assert all(lot.key in emptied for lot in sooner), "nothing is taken while a sooner lot has points"


@given(lots(), st.integers(0, 400), st.randoms(use_true_random=False))
def test_the_order_in_which_lots_are_given_changes_nothing(held, points, chance):
    points = min(points, available(held, at=TUESDAY))
    shuffled = list(held)
    chance.shuffle(shuffled)
    assert consume(shuffled, points, at=TUESDAY) == consume(held, points, at=TUESDAY)


def starts_over(taken, *, before, now):
    """Planted: every return begins with the last lot again."""
    return give_back(taken, before=0, now=now - before)


def restores_every_lot(giving, taken, stops):
    back: dict[int, int] = {}
    before = 0
    for now in stops:
        step = giving(taken, before=before, now=now)
        assert sum(part.points for part in step) == now - before
        for part in step:
            back[part.key] = back.get(part.key, 0) + part.points
        before = now
    assert back == {part.key: part.points for part in taken}


@given(st.data(), st.lists(st.integers(1, 50), min_size=1, max_size=6))
def test_points_given_back_in_any_partition_restore_every_lot(data, sizes):
    taken = tuple(Taken(key, points) for key, points in enumerate(sizes))
    stops = data.draw(st.lists(st.integers(0, sum(sizes)), max_size=6))
    restores_every_lot(give_back, taken, [*sorted(stops), sum(sizes)])


def test_giving_back_to_the_wrong_lot_is_caught():
    with pytest.raises(AssertionError):
        restores_every_lot(starts_over, (Taken(1, 10), Taken(2, 10)), [5, 20])
