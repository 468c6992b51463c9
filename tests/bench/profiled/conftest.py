"""Small worlds of profiles that several tests look at; none of them changes one."""

import pytest

from hinomi.bench.profiled.scene import Scene, set_scene
from hinomi.bench.profiled.world import World, compose


@pytest.fixture(scope="session")
def dense() -> World:
    """1,800 lines, many of them infected; the seed has floods and moving servers."""
    return compose("dense", 7, 0.03)


@pytest.fixture(scope="session")
def sparse() -> World:
    """8,000 lines, few of them infected."""
    return compose("sparse", 3, 0.02)


@pytest.fixture
def bare() -> Scene:
    """1,200 lines before anything happens."""
    return set_scene("dense", 5, 0.02)
