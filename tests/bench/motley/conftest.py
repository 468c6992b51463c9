"""Small motley worlds that several tests look at; none of them changes one."""

import pytest

from hinomi.bench.motley.scene import Scene, set_scene
from hinomi.bench.motley.world import World, compose


@pytest.fixture(scope="session")
def dense() -> World:
    """1,560 lines, many of them infected."""
    return compose("dense", 7, 0.03)


@pytest.fixture(scope="session")
def sparse() -> World:
    """5,550 lines, few of them infected; a family has fronts."""
    return compose("sparse", 21, 0.015)


@pytest.fixture
def bare() -> Scene:
    """1,040 lines before anything happens."""
    return set_scene("dense", 5, 0.02)
