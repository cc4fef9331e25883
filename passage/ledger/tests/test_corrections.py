"""Corrections by hand: alone within a limit, above it by two people, and never by one who is both (F-42)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from passage.audit.models import Event
from passage.ledger import actions, queries
from passage.ledger.models import Correction, Entry
from passage.programme import actions as programmes
from passage.programme.errors import Refused
from passage.programme.models import Control, Role
from tests.cast import AT, BY, PASSWORD, a_bakery

pytestmark = pytest.mark.django_db
NOW = AT + timedelta(days=10)


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def owner(cast):
    login = programmes.create_login(email="owner@example.org", password=PASSWORD, name="Lucja")
    return programmes.hire(programme=cast.bakery, login=login, role=Role.OWNER, by=BY, at=AT)


def by(staff):
    return f"staff:{staff.pk}"


def limit(cast, **limits):
    programmes.set_control(programme=cast.bakery, by=BY, at=AT, **limits)


def correct(cast, points, *, who=None, at=NOW, reason="Reklamacja"):
    return actions.correct(
        member=cast.anna, unit="points", points=points, reason=reason, by=who or by(cast.maria), at=at
    )


def balance(cast, at=NOW):
    return queries.balances(cast.anna, at=at)[0].balance


def test_without_a_limit_one_person_books_at_once(cast):
    row = correct(cast, 5000)
    assert (row.state, row.entry.points, balance(cast)) == ("alone", 5000, 5000)
    assert queries.corrections_asked(cast.bakery, at=NOW) == []


def test_up_to_the_limit_it_is_booked_and_above_it_waits(cast):
    limit(cast, alone=100)
    correct(cast, 100)
    row = correct(cast, 101)
    assert (row.state, row.entry, balance(cast)) == ("asked", None, 100)
    assert queries.corrections_asked(cast.bakery, at=NOW) == [row]
    assert Event.objects.of(cast.bakery).filter(verb="points.asked", by=by(cast.maria)).count() == 1


def test_another_person_agrees_and_it_is_the_deed_of_both(cast, owner):
    limit(cast, alone=100)
    row = actions.approve(correction=correct(cast, 500), by=by(owner), at=NOW + timedelta(hours=1))
    assert (row.state, row.decided_by, balance(cast)) == ("approved", by(owner), 500)
    [entry] = queries.entries_for(cast.bakery, cause=row.entry.cause)
    assert entry.by == by(cast.maria)
    assert entry.because == [{"code": "adjusted", "reason": "Reklamacja", "agreed_by": by(owner)}]
    told = Event.objects.of(cast.bakery).filter(verb__startswith="points.").order_by("id")
    assert [(each.verb, each.by) for each in told] == [
        ("points.asked", by(cast.maria)),
        ("points.adjust", by(cast.maria)),
        ("points.approved", by(owner)),
    ]
    assert told[1].detail["agreed_by"] == by(owner)


def test_nobody_agrees_to_what_they_asked_for_themselves(cast, owner):
    limit(cast, alone=100)
    row = correct(cast, 500)
    with pytest.raises(Refused, match="same_person"):
        actions.approve(correction=row, by=by(cast.maria), at=NOW)
    # The same human with a new place is no second person.
    programmes.leave(staff=cast.maria, by=BY, at=NOW)
    again = programmes.hire(programme=cast.bakery, login=cast.maria.login, role=Role.OWNER, by=BY, at=NOW)
    for deed in (actions.approve, actions.refuse):
        with pytest.raises(Refused, match="same_person"):
            deed(correction=row, answer="Zgoda", by=by(again), at=NOW)
    assert balance(cast) == 0
    with pytest.raises(IntegrityError, match="correction_two_people"), transaction.atomic():
        Correction.objects.of(cast.bakery).filter(pk=row.pk).update(decided_by=by(cast.maria))


def test_it_is_decided_once(cast, owner):
    limit(cast, alone=100)
    row = actions.refuse(correction=correct(cast, 500), answer="Bez paragonu", by=by(owner), at=NOW)
    assert (row.state, row.answer, balance(cast)) == ("refused", "Bez paragonu", 0)
    with pytest.raises(Refused, match="decided"):
        actions.approve(correction=row, by=by(owner), at=NOW)
    assert not Entry.objects.of(cast.bakery).exists()


def test_a_refusal_says_why(cast, owner):
    limit(cast, alone=100)
    with pytest.raises(Refused, match=r"missing \(answer\)"):
        actions.refuse(correction=correct(cast, 500), answer=" ", by=by(owner), at=NOW)


def test_what_nobody_answers_in_two_weeks_is_over(cast, owner):
    limit(cast, alone=100)
    row = correct(cast, 500)
    late = NOW + timedelta(days=14)
    with pytest.raises(Refused, match="over"):
        actions.approve(correction=row, by=by(owner), at=late)
    assert queries.corrections_asked(cast.bakery, at=late) == []
    assert actions.end_corrections(programme=cast.bakery, at=late - timedelta(seconds=1)) == 0
    assert actions.end_corrections(programme=cast.bakery, at=late) == 1
    assert actions.end_corrections(programme=cast.bakery, at=late) == 0
    assert queries.corrections_done(cast.bakery) == [row]


def test_many_small_ones_in_a_day_need_a_second_person_as_well(cast):
    limit(cast, alone=100, alone_a_day=250)
    assert [correct(cast, points).state for points in (100, -90, 60, 1)] == ["alone", "alone", "alone", "asked"]
    assert correct(cast, 100, who="staff:999").state == "alone"  # each has a day of their own
    assert correct(cast, 100, at=NOW + timedelta(days=1, seconds=1)).state == "alone"


def test_nobody_is_asked_to_take_what_is_not_there(cast, owner):
    limit(cast, alone=100)
    with pytest.raises(Refused, match="insufficient_points"):
        correct(cast, -101)
    correct(cast, 100)
    correct(cast, 100)
    row = correct(cast, -150)
    correct(cast, -100)
    with pytest.raises(Refused, match="insufficient_points"):
        actions.approve(correction=row, by=by(owner), at=NOW)
    assert queries.corrections_asked(cast.bakery, at=NOW) == [row]


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"points": 0}, "points"), ({"points": 500, "reason": " "}, "reason"), ({"points": 5, "reason": ""}, "reason")],
)
def test_what_cannot_be_is_refused_at_its_field(cast, typed, field):
    limit(cast, alone=100)
    with pytest.raises(Refused) as refused:
        correct(cast, **typed)
    assert refused.value.field == field
    assert not Correction.objects.of(cast.bakery).exists()


def test_the_vault_itself_books_nothing_above_the_limit_for_one_person(cast):
    limit(cast, alone=100)
    for agreed_by in ("", by(cast.maria)):
        with pytest.raises(Refused, match="needs_approval"):
            actions.adjust(
                member=cast.anna, unit="points", points=101, reason="x", by=by(cast.maria), at=NOW, agreed_by=agreed_by
            )
    assert balance(cast) == 0


def test_a_limit_is_of_its_programme_alone(cast):
    limit(cast, alone=100)
    actions.set_up_unit(programme=cast.stranger.programme, code="points", name="Points")
    assert Control.objects.of(cast.stranger.programme).count() == 0
    assert queries.correction(cast.stranger.programme, pk=correct(cast, 500).pk) is None
