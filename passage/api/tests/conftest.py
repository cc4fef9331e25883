import pytest

from passage.api.tests.world import Place, Till, World, a_world


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
