"""Each fault that was found by use is caught when it is put back, and its story agrees without it."""

import pytest

from passage.purchases import history
from tests.model.planted import PLANTED, told

pytestmark = pytest.mark.django_db


def test_at_least_ten_of_the_faults_found_by_use_are_planted():
    assert len({planted.of for planted in PLANTED.values()}) >= 10
    assert len(PLANTED) >= 12


@pytest.mark.parametrize("name", PLANTED)
def test_a_fault_put_back_is_caught(name):
    assert told(name, planted=False) == ""
    assert told(name, planted=True)


def test_a_fault_is_taken_out_again():
    honest = history.widest_gap
    with PLANTED["visits are looked for within twelve hours"].back():
        assert history.widest_gap is not honest
    assert history.widest_gap is honest
