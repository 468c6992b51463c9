"""Worlds that several tests of the benchmark look at."""

import pytest

from hinomi.bench.internet import Allocation
from hinomi.bench.population import Scene, settle
from hinomi.bench.spec import WorldSpec, tiny_spec
from hinomi.bench.world import World, build_world
from plagues import Plague, Trapped, infest_with, trap


@pytest.fixture(scope="session")
def tiny() -> WorldSpec:
    """2,000 lines, one day, 1 in 100."""
    return tiny_spec(seed=3)


@pytest.fixture(scope="session")
def world(tiny: WorldSpec) -> World:
    """The tiny world."""
    return build_world(tiny)


@pytest.fixture
def scene(tiny: WorldSpec) -> Scene:
    """The tiny world before anything happens in it."""
    return Scene(tiny, settle(tiny), Allocation(77))


@pytest.fixture(scope="session")
def plague(tiny: WorldSpec) -> Plague:
    """The tiny world's botnets alone."""
    return infest_with(tiny, *tiny.botnets)


@pytest.fixture(scope="session")
def trapped(tiny: WorldSpec) -> Trapped:
    """The traps of the tiny world, with the services named before them."""
    return trap(tiny)
