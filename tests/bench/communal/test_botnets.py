"""All botnets of a world."""

import numpy as np
import pytest

from hinomi.bench.communal.families import Design
from hinomi.bench.communal.world import World


@pytest.mark.parametrize("name", ["drawn", "sparse"])
def test_a_share_of_the_lines_is_infected(name: str, request: pytest.FixtureRequest) -> None:
    """Health agrees with the families; some lines have several."""
    world: World = request.getfixturevalue(name)
    families = world.plague.families
    counted = np.bincount(
        np.concatenate([np.unique(family.line) for family in families]),
        minlength=world.scene.lines.count,
    )

    assert len(families) >= 25
    assert np.isin(np.flatnonzero(counted), world.plague.health.infected).all()
    assert (counted <= world.plague.health.line).all()
    assert (counted > 1).any()


def test_only_meshes_have_no_server(drawn: World) -> None:
    """Every other family has one at least, fronts have a second tier above."""
    for family in drawn.plague.families:
        assert bool(family.servers) == (family.design is not Design.MESH), family.name
        if family.design is Design.FRONTS:
            assert family.upper
