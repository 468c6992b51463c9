"""Communal worlds that several tests look at; none of them changes one."""

import pytest

from communes import SCALE, Stage, open_stage, small_scene
from hinomi.bench.communal.devices import Devices, furnish
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.world import World, draw_world


@pytest.fixture(scope="package")
def drawn() -> World:
    """A small dense world."""
    return draw_world("dense", 1, SCALE)


@pytest.fixture(scope="package")
def sparse() -> World:
    """A small sparse world."""
    return draw_world("sparse", 2, SCALE)


@pytest.fixture
def scene() -> Scene:
    """A scene of one's own in which nothing has happened."""
    return small_scene()


@pytest.fixture
def devices(scene: Scene) -> Devices:
    """Things in that scene."""
    return furnish(scene)


@pytest.fixture
def stage() -> Stage:
    """A stage of one's own."""
    return open_stage()
