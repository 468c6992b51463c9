"""Servers at home."""

import numpy as np

from communes import labelled, seen
from hinomi.bench.communal.places import is_own_v4
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.servers import serve_at_home


def test_servers_are_called_from_outside_and_from_neighbours(scene: Scene) -> None:
    """At lines with addresses of their own, on their ports."""
    servers = serve_at_home(scene)
    packets = seen(scene)
    inward = np.isin(np.where(packets.up == 1, packets.src_port, packets.dst_port), (443, 25_565))

    assert np.isin(servers, scene.lines.public).all()
    assert inward.any()
    assert not is_own_v4(packets.other[inward & np.isin(packets.line, servers)]).all()
    assert is_own_v4(scene.register.columns.code[labelled(scene, "own-server")]).all()
