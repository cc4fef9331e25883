"""Begun again where somebody else was in the way, from the start or from a savepoint, and not for ever."""

import pytest
from django.db import OperationalError, transaction

from passage.programme.models import Login
from passage.programme.transactions import TRIES, Stale, retried

pytestmark = pytest.mark.django_db


class Deadlock(Exception):
    sqlstate = "40P01"


def deadlock() -> OperationalError:
    error = OperationalError("deadlock detected")
    error.__cause__ = Deadlock()
    return error


def hindered(times, error):
    """An action that writes, and is in somebody's way the first ``times`` times."""
    tries = []

    @retried
    def act():
        tries.append(len(tries))
        Login.objects.create(email=f"{len(tries)}@example.org")
        if len(tries) <= times:
            raise error
        return len(tries)

    return act


@pytest.mark.parametrize("error", [Stale("moved"), deadlock()])
@pytest.mark.parametrize("inside", [False, True])
def test_it_is_begun_again_and_what_was_half_done_is_gone(error, inside):
    act = hindered(TRIES - 1, error)
    if inside:
        with transaction.atomic():
            Login.objects.create(email="before@example.org")
            assert act() == TRIES
    else:
        assert act() == TRIES
    emails = set(Login.objects.values_list("email", flat=True))
    assert emails == {f"{TRIES}@example.org"} | ({"before@example.org"} if inside else set())


def test_in_the_end_it_says_that_the_database_is_busy():
    with pytest.raises(OperationalError):
        hindered(TRIES, Stale("moved"))()
    assert not Login.objects.exists()


@pytest.mark.parametrize("error", [OperationalError("gone"), ValueError("wrong")])
def test_nothing_else_is_tried_twice(error):
    act = hindered(1, error)
    with pytest.raises(type(error)):
        act()
    assert act() == 2
