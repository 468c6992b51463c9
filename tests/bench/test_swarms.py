"""Peer-to-peer programs meet peers anywhere, on ports of their own."""

from dataclasses import replace

import numpy as np

from hinomi.bench.addressing import is_open, is_own
from hinomi.bench.exchange import Packets, join
from hinomi.bench.internet import Allocation
from hinomi.bench.population import Scene, settle
from hinomi.bench.spec import SwarmSpec, WorldSpec
from hinomi.bench.swarms import share


def _packets(tiny: WorldSpec, **changed: object) -> tuple[Scene, Packets]:
    row = {"name": "swarm", "proto": 17, "users": 0.1, "flows_per_day": 5_000, "packets": 12}
    swarm = SwarmSpec(**(row | changed))  # type: ignore[arg-type]
    spec = replace(tiny, swarms=(swarm,))
    scene = Scene(spec, settle(spec), Allocation(7))
    return scene, join(list(share(scene)))


def test_peers_are_many_and_have_odd_ports(tiny: WorldSpec) -> None:
    """Thousands of peers, thousands of ports; some peers are met by several lines."""
    _, packets = _packets(tiny)
    up = is_own(packets.src)
    peers, met = np.unique(packets.dst[up], return_counts=True)

    assert peers.size > 1_000
    assert met.max() > 5
    assert np.unique(packets.dst_port[up]).size > 1_000


def test_only_lines_that_can_be_called_are_called(tiny: WorldSpec) -> None:
    """Behind a shared address nobody is reached from outside; ports may be fixed."""
    _, packets = _packets(tiny, ports=(8_333,), called=1.0)
    inward = (packets.dst_port == 8_333) & is_own(packets.dst)

    assert inward.any()
    assert is_open(packets.dst[inward]).all()
