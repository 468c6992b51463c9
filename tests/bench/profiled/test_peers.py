"""Peers of honest programs are many, on odd ports, and call as well as they are called."""

import numpy as np

from hinomi.bench.addressing import is_own
from hinomi.bench.profiled.peers import share
from hinomi.bench.profiled.scene import Scene


def test_peers_are_many(bare: Scene) -> None:
    """Hundreds of them on hundreds of ports; some open the relation themselves."""
    share(bare)
    records = bare.sheet.records()
    up = is_own(records.src)

    assert np.unique(records.dst[up]).size > 1_000
    assert np.unique(records.dst_port[up]).size > 1_000
    assert {6, 17} == set(records.proto.tolist())


def test_nodes_are_named_and_met(bare: Scene) -> None:
    """They keep one port; several lines meet the popular ones, as bots meet a C&C."""
    share(bare)
    nodes = {service for service, each in bare.book.entries.items() if each.label == "p2p-node"}
    records = bare.sheet.records()
    met = np.isin(records.dst, [code for code, _, _ in nodes]) & (records.dst_port == 30_303)

    assert {port for _, _, port in nodes} == {30_303}
    assert len(nodes) == 59
    assert met.any()
