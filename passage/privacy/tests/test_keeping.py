"""Who stays away for too long is marked, told of to the staff, and forgotten on the day; who comes back is not."""

from datetime import timedelta

import pytest

from passage.audit.models import Event
from passage.cards import actions as cards
from passage.journal.tests.shop import a_device
from passage.ledger import actions as ledger
from passage.members import actions as members
from passage.members.models import Member
from passage.privacy import queries
from passage.privacy.actions import forget_absent, set_retention
from passage.privacy.models import Erasure, Notice
from passage.programme.errors import Refused
from tests.cast import AT, BY, a_bakery

pytestmark = pytest.mark.django_db
MONTH = timedelta(days=31)


@pytest.fixture
def cast():
    cast = a_bakery()
    set_retention(programme=cast.bakery, months=12, notice_days=30, by=BY, at=AT)
    return cast


def night(cast, at):
    return forget_absent(programme=cast.bakery, at=at)


def marked(cast):
    return {notice.member.first_name: notice.erase_on for notice in queries.notices(cast.bakery, limit=9)}


def status(member):
    member.refresh_from_db()
    return member.status


def test_without_a_word_it_is_three_years_and_a_month(cast):
    stranger = cast.stranger.programme
    assert (queries.retention(stranger).months, queries.retention(stranger).notice_days) == (36, 30)


def test_who_is_absent_is_marked_first_and_forgotten_on_the_day(cast):
    assert night(cast, AT + 11 * MONTH) == 0
    assert marked(cast) == {}
    late = AT + 13 * MONTH
    assert night(cast, late) == 0
    assert marked(cast) == {"Anna": (late + timedelta(days=30)).date()}
    assert night(cast, late + timedelta(days=29)) == 0
    assert status(cast.anna) == Member.Status.ACTIVE
    assert night(cast, late + timedelta(days=30)) == 1
    assert status(cast.anna) == Member.Status.ERASED
    assert marked(cast) == {}
    assert Erasure.objects.get().why == Erasure.Why.ABSENT
    assert Event.objects.get(verb="member.erased").by == "system:retention"
    assert night(cast, late + timedelta(days=31)) == 0


def buys(cast, at):
    device = a_device(cast)
    device.now = at
    device.sign_in(cast.piotr, "3690")
    device.sale(500)
    [result] = device.deliver().results
    assert result.status == "recorded"


COMES_BACK = {
    "a purchase": buys,
    "points": lambda cast, at: ledger.adjust(member=cast.anna, unit="points", points=5, reason="x", by=BY, at=at),
    "a card": lambda cast, at: cards.issue(programme=cast.bakery, member=cast.anna, by=BY, at=at),
    "a consent": lambda cast, at: members.record_consents(
        member=cast.anna, given={"email": True}, source="api", by=BY, at=at
    ),
}


@pytest.mark.parametrize("sign", COMES_BACK)
def test_who_comes_back_is_not_forgotten(cast, sign):
    late = AT + 13 * MONTH
    night(cast, late)
    COMES_BACK[sign](cast, late + timedelta(days=3))
    assert night(cast, late + timedelta(days=30)) == 0
    assert marked(cast) == {}
    assert status(cast.anna) == Member.Status.ACTIVE


def test_points_that_end_by_themselves_are_no_sign_of_life(cast):
    ledger.adjust(member=cast.anna, unit="points", points=5, reason="x", by=BY, at=AT)
    late = AT + 13 * MONTH
    ledger.expire_points(programme=cast.bakery, at=late)
    night(cast, late)
    assert set(marked(cast)) == {"Anna"}


def test_nobody_is_marked_where_everybody_is_kept_for_ever(cast):
    night(cast, AT + 13 * MONTH)
    set_retention(programme=cast.bakery, months=0, notice_days=30, by=BY, at=AT)
    assert night(cast, AT + 200 * MONTH) == 0
    assert not Notice.objects.exists()
    assert status(cast.anna) == Member.Status.ACTIVE


def test_another_programme_keeps_its_own(cast):
    other = members.enrol(programme=cast.stranger.programme, first_name="Ewa", by=BY, at=AT)
    night(cast, AT + 13 * MONTH)
    night(cast, AT + 15 * MONTH)
    assert status(other) == Member.Status.ACTIVE
    assert not Notice.objects.of(cast.stranger.programme).exists()


@pytest.mark.parametrize(
    ("months", "days", "field"), [(-1, 30, "months"), (241, 30, "months"), (12, 366, "notice_days")]
)
def test_what_is_no_span_is_refused(cast, months, days, field):
    with pytest.raises(Refused) as refused:
        set_retention(programme=cast.bakery, months=months, notice_days=days, by=BY, at=AT)
    assert (refused.value.code, refused.value.field) == ("out_of_range", field)
