from collections.abc import Iterator

import pytest
from django.core.cache import cache

from passage.api.tests.world import Place, Till, World, a_world


@pytest.fixture(autouse=True)
def fresh_counts() -> Iterator[None]:
    """What one test searched does not make the next one wait."""
    cache.clear()
    yield
    cache.clear()


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
