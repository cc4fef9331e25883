"""Two people are two people: who gave whom their place, or could choose their password, is no second person (A6)."""

from datetime import timedelta

import pytest

from passage.logins.actions import hand_out_reset
from passage.programme import actions as programmes
from passage.programme.errors import Refused
from passage.programme.models import Invitation, Role
from passage.programme.second import NEW, Seconds, check_second
from tests.cast import AT, BY, PASSWORD, a_bakery

pytestmark = pytest.mark.django_db
NOW = AT + timedelta(days=10)
LATER = NOW + NEW
RIGHT = "points.approve"


@pytest.fixture
def cast():
    return a_bakery()


def somebody(cast, name, role=Role.MANAGER, *, hired_by=BY, at=NOW):
    login = programmes.create_login(email=f"{name}@example.org", password=PASSWORD, name=name.title())
    return programmes.hire(programme=cast.bakery, login=login, role=role, by=hired_by, at=at)


def by(staff):
    return f"staff:{staff.pk}"


def fault(cast, asker, second, *, at=NOW):
    return Seconds(cast.bakery).fault(asked_by=by(asker), by=by(second), right=RIGHT, at=at)


def test_two_who_have_nothing_to_do_with_each_other_are_two(cast):
    assert fault(cast, cast.maria, somebody(cast, "zofia")) == ""
    assert fault(cast, cast.maria, cast.maria) == "same_person"


def test_whoever_hired_the_one_who_asks_is_no_second_person_however_long_ago(cast):
    somebody(cast, "zofia")
    asker = somebody(cast, "jan", hired_by=by(cast.maria))
    for at in (NOW, LATER + timedelta(days=900)):
        assert fault(cast, asker, cast.maria, at=at) == "not_apart"
        with pytest.raises(Refused, match="not_apart"):
            check_second(
                programme=cast.bakery, asked_by=by(asker), by=by(cast.maria), right=RIGHT, at=at, field="correction"
            )


def test_a_place_in_its_first_month_is_no_second_person_for_who_gave_it(cast):
    second = somebody(cast, "jan", hired_by=by(cast.maria))
    assert fault(cast, cast.maria, second, at=LATER - timedelta(seconds=1)) == "not_apart"
    assert fault(cast, cast.maria, second, at=LATER) == ""


def test_two_places_that_one_person_gave_within_a_month_are_one(cast):
    asker, second = (somebody(cast, name, hired_by=by(cast.maria)) for name in ("jan", "ola"))
    assert fault(cast, asker, second) == "not_apart"
    assert fault(cast, asker, second, at=LATER) == ""


def test_whoever_was_shown_a_link_could_be_either_of_the_two(cast):
    invited = programmes.invite(
        email="jan@example.org", name="Jan", role=Role.MANAGER, by=somebody(cast, "lucja", Role.OWNER), at=NOW
    )
    programmes.show_link(invitation=invited, by=by(cast.maria), at=NOW)
    login = programmes.create_login(email="jan@example.org", password=PASSWORD)
    jan = programmes.accept(invitation=Invitation.objects.get(), login=login, at=NOW)
    for asker, second in ((jan, cast.maria), (cast.maria, jan)):
        assert fault(cast, asker, second, at=LATER + timedelta(days=900)) == "not_apart"


def test_a_link_for_a_new_password_that_was_shown_is_the_same(cast):
    zofia = somebody(cast, "zofia")
    assert fault(cast, zofia, cast.maria) == ""
    hand_out_reset(staff=zofia, by=by(cast.maria), at=NOW)
    assert fault(cast, zofia, cast.maria, at=LATER) == fault(cast, cast.maria, zofia, at=LATER) == "not_apart"


def test_who_left_and_came_back_is_the_same_person(cast):
    asker = somebody(cast, "jan", hired_by=by(cast.maria))
    somebody(cast, "zofia")
    programmes.leave(staff=asker, by=BY, at=NOW)
    again = programmes.hire(programme=cast.bakery, login=asker.login, role=Role.MANAGER, by=BY, at=NOW)
    assert fault(cast, again, cast.maria, at=LATER) == "not_apart"


def test_a_key_is_whoever_was_shown_its_secret(cast):
    source = programmes.add_source(programme=cast.bakery, code="erp", name="ERP")
    zofia = somebody(cast, "zofia")
    keys = [
        programmes.issue_key(source=source, scopes=["quotes"], by=by(each), at=NOW)[0] for each in (cast.maria, zofia)
    ]
    names = [f"key:{key.pk}" for key in keys]
    seconds = Seconds(cast.bakery)

    def key_fault(asked_by, second):
        return seconds.fault(asked_by=asked_by, by=second, right=RIGHT, at=NOW)

    assert key_fault(names[0], by(cast.maria)) == key_fault(by(cast.maria), names[0]) == "same_person"
    assert key_fault(names[0], names[1]) == key_fault(names[0], by(zofia)) == ""


def test_an_owner_alone_is_not_locked_out_and_steps_back_once_somebody_else_is_there(cast):
    programmes.leave(staff=cast.maria, by=BY, at=AT)
    owner = somebody(cast, "lucja", Role.OWNER)
    asker = somebody(cast, "jan", hired_by=by(owner))
    assert fault(cast, asker, owner) == ""
    assert fault(cast, owner, owner) == "same_person"
    puppet = somebody(cast, "ola", hired_by=by(owner))
    assert fault(cast, asker, owner) == "", "one more of the owner's own making changes nothing"
    assert fault(cast, asker, puppet) == "not_apart"
    somebody(cast, "zofia")
    assert fault(cast, asker, owner) == "not_apart"


def test_a_chain_manager_never_stands_in(cast):
    asker = somebody(cast, "jan", Role.MANAGER, hired_by=by(cast.maria))
    assert fault(cast, asker, cast.maria) == "not_apart"
