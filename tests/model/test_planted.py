"""Each fault that was found by use is caught again by a short life when it is put back, and that life agrees without it."""

import json

import pytest

from tests.model.longer import live
from tests.model.planted import PLANTED, STORIES, caught

pytestmark = pytest.mark.django_db
stories = {name: [tuple(deed) for deed in deeds] for name, deeds in json.loads(STORIES.read_text()).items()}


def test_every_planted_fault_has_its_story_and_at_least_ten_were_found_by_use():
    assert set(stories) == set(PLANTED)
    assert len({planted.of for planted in PLANTED.values()} - {""}) >= 8
    assert len(PLANTED) >= 12


@pytest.mark.parametrize("name", PLANTED)
def test_a_fault_put_back_is_caught(name):
    assert live(stories[name]) == ""
    assert caught(name, stories[name])


def test_a_fault_is_taken_out_again():
    from passage.purchases import history

    honest = history.widest_gap
    with PLANTED["visits are looked for within twelve hours"].back():
        assert history.widest_gap is not honest
    assert history.widest_gap is honest
