"""Two people, or one person twice, at the same correction at the same moment: it is booked once, and limits hold."""

from datetime import timedelta

import pytest

from passage.config.verification import verify
from passage.ledger import actions, queries
from passage.ledger.models import Correction
from passage.programme import actions as programmes
from passage.programme.errors import Refused
from passage.programme.models import Role
from tests.cast import AT, BY, a_bakery
from tests.races.test_races import ROUNDS, at_once

pytestmark = pytest.mark.django_db(transaction=True)
NOW = AT + timedelta(days=10)


@pytest.fixture
def cast():
    return a_bakery()


def an_owner(cast, name):
    login = programmes.create_login(email=f"{name}@example.org", password="")
    return programmes.hire(programme=cast.bakery, login=login, role=Role.OWNER, by=BY, at=AT)


def correct(cast, points, number=0):
    at = NOW + timedelta(minutes=number)
    return actions.correct(
        member=cast.anna, unit="points", points=points, reason="x", by=f"staff:{cast.maria.pk}", at=at
    )


def balance(cast):
    return queries.balances(cast.anna, at=NOW + timedelta(days=1))[0].balance


def test_what_two_people_agree_to_at_once_is_booked_once(cast):
    programmes.set_control(programme=cast.bakery, alone=10, by=BY, at=AT)
    owners = [an_owner(cast, "one"), an_owner(cast, "two")]

    def agree(row, owner):
        try:
            return actions.approve(correction=row, by=f"staff:{owner.pk}", at=NOW + timedelta(hours=1)).state
        except Refused as refused:
            return refused.code

    for turn in range(ROUNDS):
        row = correct(cast, 20, turn)
        got = at_once(*[lambda owner=owner, row=row: agree(row, owner) for owner in owners])
        assert sorted(got) == ["approved", "decided"]
        assert balance(cast) == 20 * (turn + 1)
    assert list(verify(programme=cast.bakery)) == []


def test_one_person_in_two_windows_has_one_day(cast):
    programmes.set_control(programme=cast.bakery, alone_a_day=100, by=BY, at=AT)
    for turn in range(ROUNDS):
        day = turn * 60 * 25
        states = at_once(*[lambda day=day: correct(cast, 60, day).state for _ in range(2)])
        assert sorted(states) == ["alone", "asked"]
    assert Correction.objects.of(cast.bakery).filter(state="alone").count() == ROUNDS
