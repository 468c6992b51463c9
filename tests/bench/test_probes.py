"""Scanners probe the own prefixes from outside."""

import numpy as np

from hinomi.bench.addressing import is_own
from hinomi.bench.exchange import ACK, RST, SYN
from hinomi.bench.population import Scene
from hinomi.bench.probes import hostile
from plagues import Trapped


def test_research_scanners_probe_own_addresses_from_outside(trapped: Trapped) -> None:
    """Some of them from one port, so that they look like a server with many clients."""
    packets = trapped.packets
    scanners = trapped.labelled("research-scanner")

    assert len(scanners) == 6
    for scanner in scanners:
        sent = packets.src == scanner.code

        assert sent.any()
        assert is_own(packets.dst[sent]).all()
        assert set(packets.src_port[sent].tolist()) == {scanner.port}


def test_bots_elsewhere_look_for_open_devices(scene: Scene) -> None:
    """Many sources, SYNs to few ports; a part of the lines refuses."""
    packets = hostile(scene)
    probes = packets.flags == SYN
    refusals = packets.flags == RST | ACK

    assert (probes | refusals).all()
    assert np.unique(packets.src[probes]).size > 100
    assert np.isin(packets.dst_port[probes], [23, 2_323, 445, 22, 5_555]).all()
    assert 0.1 < refusals.sum() / probes.sum() < 0.3
    assert is_own(packets.dst[probes]).all()
