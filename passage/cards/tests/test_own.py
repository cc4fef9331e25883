"""Nobody serves themselves: known by a card that was named, or by one log-in for both (P-46)."""

from datetime import timedelta

import pytest

from passage.audit.models import Event
from passage.cards import actions, queries
from passage.members import actions as members
from passage.programme import actions as programmes
from passage.programme.errors import Refused
from passage.programme.models import Role
from passage.purchases import actions as purchases
from tests.cast import AT, BY, PASSWORD, a_bakery

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=1)


@pytest.fixture
def cast():
    return a_bakery()


def is_own(cast, staff, member=None):
    try:
        queries.check_not_own(programme=cast.bakery, by=f"staff:{staff.pk}", member=member or cast.anna)
    except Refused as refused:
        return (refused.code, refused.field) == ("own_card", "member")
    return False


def name_it(cast, staff=None):
    return actions.name_own(staff=staff or cast.piotr, member=cast.anna, by=BY, at=AT)


def test_a_card_is_ones_own_from_being_named_until_it_is_taken_back(cast):
    assert not is_own(cast, cast.piotr)
    own = name_it(cast)
    assert name_it(cast) == own
    assert is_own(cast, cast.piotr)
    assert not is_own(cast, cast.maria)
    actions.end_own(own=own, by=BY, at=LATER)
    actions.end_own(own=own, by=BY, at=LATER)
    assert not is_own(cast, cast.piotr)
    assert [
        event.verb for event in Event.objects.of(cast.bakery).filter(verb__startswith="own_card").order_by("id")
    ] == [
        "own_card.named",
        "own_card.ended",
    ]


def test_one_log_in_for_both_is_enough(cast):
    anna = programmes.hire(programme=cast.bakery, login=cast.anna.login, role=Role.CLERK, by=BY, at=AT)
    assert is_own(cast, anna)


def test_it_goes_on_through_a_merge_and_a_new_place(cast):
    name_it(cast)
    other = members.enrol(programme=cast.bakery, first_name="Anna", by=BY, at=AT)
    purchases.merge(gone=cast.anna, kept=other, by=BY, at=LATER)
    assert is_own(cast, cast.piotr, other)
    programmes.leave(staff=cast.piotr, by=BY, at=LATER)
    again = programmes.hire(programme=cast.bakery, login=cast.piotr.login, role=Role.CLERK, by=BY, at=LATER)
    assert is_own(cast, again, other)


def test_where_the_programme_lets_everybody_serve_themselves_nobody_is_held(cast):
    name_it(cast)
    programmes.set_control(programme=cast.bakery, own_card=True, by=BY, at=AT)
    assert not is_own(cast, cast.piotr)


def test_the_owner_may_and_a_manager_may_not(cast):
    login = programmes.create_login(email="owner@example.org", password=PASSWORD)
    owner = programmes.hire(programme=cast.bakery, login=login, role=Role.OWNER, by=BY, at=AT)
    name_it(cast, owner)
    name_it(cast, cast.maria)
    assert not is_own(cast, owner)
    assert is_own(cast, cast.maria)


def test_a_member_of_another_programme_is_nobody_here(cast):
    stranger = members.enrol(programme=cast.stranger.programme, first_name="X", by=BY, at=AT)
    with pytest.raises(Refused, match="unknown_member"):
        actions.name_own(staff=cast.piotr, member=stranger, by=BY, at=AT)


@pytest.mark.parametrize("by", ["till:1", "key:1", "system:x", "staff:", "staff:x"])
def test_a_till_or_a_program_is_nobody(cast, by):
    name_it(cast)
    queries.check_not_own(programme=cast.bakery, by=by, member=cast.anna)
    queries.check_not_own(programme=cast.bakery, by=f"staff:{cast.piotr.pk}", member=None)
