import pytest
from django.utils import timezone

from passage.api.tests.world import Place, Till, World, a_world
from passage.programme import actions as programmes
from passage.programme.models import Till as Counter
from tests.cast import BY


@pytest.fixture
def world(db) -> World:
    return a_world()


@pytest.fixture
def ours(world: World) -> Place:
    return world.ours


@pytest.fixture
def theirs(world: World) -> Place:
    return world.theirs


@pytest.fixture
def till(ours: Place) -> Till:
    return ours.till


@pytest.fixture
def counter(world: World) -> Counter:
    """Till 1 at the Rynek."""
    return programmes.add_till(shop=world.cast.rynek, code="1")


@pytest.fixture
def device(counter: Counter) -> Till:
    _, secret = programmes.pair_till(till=counter, by=BY, at=timezone.now())
    return Till(secret)
