"""Bots without a server."""

import numpy as np

from communes import Stage, labelled, met, seen
from hinomi.bench.communal.families import Design
from hinomi.bench.communal.mesh import gossip
from hinomi.bench.communal.places import is_own_v4


def test_nodes_are_outside_and_inside(stage: Stage) -> None:
    """Three times as many outside as members, one on each member's line, over UDP."""
    family = stage.family(Design.MESH)
    first = len(stage.scene.traffic.parts)
    gossip(stage.scene, family, stage.chance)
    packets = seen(stage.scene, first)
    nodes = labelled(stage.scene, "p2p-node")
    own = is_own_v4(stage.scene.register.columns.code[nodes])

    assert own.sum() == family.size
    assert (~own).sum() == 3 * family.size
    assert set(packets.proto.tolist()) == {17}
    assert np.isin(packets.line, family.line).all()
    assert met(stage.scene, packets, "p2p-node").all()
    assert not family.servers
