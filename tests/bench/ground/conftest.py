"""A small network that several tests look at; none of them changes it for others."""

import pytest

from hinomi.bench.profiled.scene import Scene, set_scene


@pytest.fixture
def bare() -> Scene:
    """1,200 lines before anything happens."""
    return set_scene("dense", 5, 0.02)
