"""BitTorrent."""

import numpy as np

from communes import met, seen
from hinomi.bench.communal.places import is_own_v4
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.swarms import swarm


def test_few_lines_meet_very_many_peers(scene: Scene) -> None:
    """One line in twenty, dozens of peers each, some of them of the same provider."""
    swarm(scene)
    packets = seen(scene)
    peers = met(scene, packets, "bt-peer")
    line = np.unique(packets.line[peers])

    assert 0.04 < line.size / scene.lines.count < 0.06
    assert np.unique(packets.other[peers]).size > 10 * line.size
    assert is_own_v4(packets.other[peers]).any()


def test_swarms_ask_trackers(scene: Scene) -> None:
    """All lines that share meet a few trackers."""
    swarm(scene)
    packets = seen(scene)

    assert np.unique(packets.other[met(scene, packets, "tracker")]).size <= 34
