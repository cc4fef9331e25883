"""Two tills at the same moment: one card goes to one member, one address to one member, one number to one card."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from passage.cards import actions
from passage.cards.models import Card
from passage.cards.tests.conftest import AT, PIOTR, SPARE
from passage.members.actions import enrol, enrol_many
from passage.members.models import Member
from passage.programme.errors import Refused

TILLS = 6


def at_once(deed: Callable[[int], object]) -> list[object]:
    """Every till does it at the same moment, on a connection of its own; a refusal counts as its answer."""
    ready = threading.Barrier(TILLS)

    def one(till: int) -> object:
        try:
            connection.ensure_connection()
            ready.wait(timeout=20)
            return deed(till)
        except Refused as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(TILLS) as tills:
        return list(tills.map(one, range(TILLS)))


@pytest.mark.django_db(transaction=True)
def test_a_till_that_looks_and_then_writes_is_caught_in_the_act(blank, bakery):
    people = [enrol(programme=bakery, by=PIOTR, at=AT) for _ in range(TILLS)]
    looked = threading.Barrier(TILLS)

    def naive(till: int) -> str:
        seen = Card.objects.get(pk=blank.pk).state
        looked.wait(timeout=20)
        Card.objects.filter(pk=blank.pk).update(state="active", member=people[till])
        return seen

    assert at_once(naive) == ["blank"] * TILLS, "each believes that the card is theirs"


@pytest.mark.django_db(transaction=True)
def test_one_blank_card_is_bound_to_one_member(blank, bakery):
    people = [enrol(programme=bakery, by=PIOTR, at=AT) for _ in range(TILLS)]
    answers = at_once(lambda till: actions.bind(card=blank, member=people[till], by=PIOTR, at=AT))
    assert answers.count("card_bound") == TILLS - 1
    (bound,) = [answer for answer in answers if isinstance(answer, Card)]
    blank.refresh_from_db()
    assert blank.member == bound.member


@pytest.mark.django_db(transaction=True)
def test_one_lost_card_is_replaced_once(annas):
    answers = at_once(lambda till: actions.replace(card=annas, by=PIOTR, at=AT))
    assert answers.count("card_state") == TILLS - 1
    annas.refresh_from_db()
    assert annas.replaced_by in answers
    assert Card.objects.filter(state="active").count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_replacement_sent_many_times_is_one_replacement(annas):
    answers = at_once(lambda till: actions.replace(card=annas, new_number=SPARE, by=PIOTR, at=AT))
    assert {answer.number for answer in answers} == {SPARE}


@pytest.mark.django_db(transaction=True)
def test_one_new_number_is_issued_once(bakery, anna):
    answers = at_once(lambda till: actions.issue(programme=bakery, member=anna, number="NEW1", by=PIOTR, at=AT))
    assert answers.count("card_bound") == TILLS - 1


@pytest.mark.django_db(transaction=True)
def test_one_address_enrols_one_member(bakery):
    answers = at_once(lambda till: enrol(programme=bakery, email="anna@example.org", by=PIOTR, at=AT))
    assert answers.count("taken") == TILLS - 1
    assert Member.objects.of(bakery).count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_file_imported_by_two_at_once_enrols_everybody_once(bakery):
    numbers = [str(number) for number in range(50)]
    answers = at_once(lambda till: enrol_many(programme=bakery, external_ids=numbers, at=AT, by=PIOTR))
    assert all({n: m.pk for n, m in answer.items()} == {n: m.pk for n, m in answers[0].items()} for answer in answers)
    assert Member.objects.of(bakery).count() == 50
