"""A bonus without a purchase leaves books that add up."""

from datetime import timedelta

import pytest

from passage.config.verification import prove
from passage.earning import actions as earning
from passage.members import actions as members
from tests.cast import BY
from tests.world import a_world

pytestmark = pytest.mark.django_db


def test_the_books_are_right_after_a_welcome_and_a_birthday():
    world = a_world()
    for on in ("joined", "birthday"):
        definition = {"unit": "points", "earns": {"kind": "event", "points": 50, "on": on}}
        earning.create_rule(
            programme=world.bakery, name=on, definition=definition, effective_from=world.now, by=BY, at=world.now
        )
    world.now += timedelta(days=1)
    members.enrol(programme=world.bakery, by=BY, at=world.now, first_name="Ewa", birthday=f"{world.now:%m-%d}")
    assert earning.welcome(programme=world.bakery, at=world.now) == 1
    assert earning.keep_feasts(programme=world.bakery, at=world.now) == 1
    assert prove(programme=world.bakery, at=world.now, by=BY) == 0
