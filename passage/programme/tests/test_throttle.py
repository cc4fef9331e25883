"""Budgets of tries: counted from the first, over after their time, and rows that name nobody."""

from datetime import timedelta

import pytest
from django.test import RequestFactory

from passage.config.worker import Worker
from passage.programme import throttle
from passage.programme.errors import Refused
from passage.programme.models import AttemptCount
from tests.cast import AT

pytestmark = pytest.mark.django_db
BUDGET = throttle.Budget("test", 3, 60)
WHO = (BUDGET, "anna@example.org")


def take(seconds=0, *tries):
    return throttle.take(*(tries or (WHO,)), at=AT + timedelta(seconds=seconds))


def test_the_first_starts_the_clock_and_later_ones_do_not_prolong_it():
    assert [take(0), take(30), take(59), take(59)] == [True, True, True, False]
    assert take(60)
    assert throttle.left(*WHO, at=AT + timedelta(seconds=60)) == 2


def test_a_right_secret_gives_back_one_or_all():
    take(), take()
    throttle.give_back(WHO)
    assert throttle.left(*WHO, at=AT) == 2
    throttle.forget(WHO)
    assert throttle.left(*WHO, at=AT) == 3
    throttle.give_back(WHO)
    assert throttle.left(*WHO, at=AT) == 3, "nothing is owed to anybody"


def test_of_several_budgets_none_is_charged_when_one_is_used_up():
    other = (throttle.Budget("wider", 1, 60), "here")
    assert take(0, WHO, other)
    assert not take(0, WHO, other)
    assert throttle.left(*WHO, at=AT) == 2


def test_a_row_names_nobody():
    take()
    [row] = AttemptCount.objects.values_list("key", flat=True)
    assert len(row) == 64
    assert row.isalnum()
    assert "anna" not in row


def test_the_worker_sweeps_what_is_over():
    take()
    throttle.take((BUDGET, "later"), at=AT + timedelta(hours=1))
    worker = Worker(clock=lambda: AT + timedelta(hours=1))
    worker.run_once()
    assert AttemptCount.objects.count() == 1
    assert throttle.left(BUDGET, "later", at=AT + timedelta(hours=1)) == 2


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_a_place_is_an_address_or_what_one_line_has_of_ipv6(address, place):
    assert throttle.place_of(RequestFactory().get("/", REMOTE_ADDR=address)) == place


def test_looking_counts_what_finds_nobody_and_stops_before_it_tells_of_one_too_many():
    def look(code=""):
        with throttle.looking("till:1", budget=BUDGET, at=AT):
            if code:
                raise Refused(code)

    for _ in range(20):
        look()
    for code in ("card_lost", "card_typo", "member_blocked"):
        with pytest.raises(Refused, match=code):
            look(code)
    for code in sorted(throttle.MISSED)[:3]:
        with pytest.raises(Refused, match=code):
            look(code)
    with pytest.raises(Refused, match="too_many_misses"):
        look()
    throttle.give_back((BUDGET, "till:1"))
    with throttle.looking("till:2", budget=BUDGET, at=AT):
        pass
