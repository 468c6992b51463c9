"""A botnet without a centre is a mesh, and has no C&C."""

import numpy as np
import pytest

from hinomi.bench.addressing import is_own
from hinomi.bench.peers import LABEL
from hinomi.bench.spec import WorldSpec
from plagues import Plague, botnet, infest_with


@pytest.fixture(scope="module")
def meshed(tiny: WorldSpec) -> Plague:
    """Eighty members that keep in touch with twenty nodes each."""
    return infest_with(
        tiny, botnet(bots=80, proto=17, servers=0, peers=20, remote_peers=400, models=("tv",))
    )


def test_every_node_is_named_and_none_is_a_c_and_c(meshed: Plague) -> None:
    """Those elsewhere and those that can be called on own lines."""
    labels = {service.label for service in meshed.part.services}
    own = is_own(np.array(meshed.labelled(LABEL)))

    assert labels == {LABEL}
    assert (~own).sum() == 400
    assert 0 < own.sum() <= 80
    assert all(service.tier is None for service in meshed.part.services)


def test_members_meet_many_nodes_from_either_side(meshed: Plague) -> None:
    """Twenty each; some open the relation, others are called."""
    packets, herd = meshed.packets, meshed.herd()
    called = np.isin(packets.dst, herd.address) & (packets.dst_port == 7_000)
    calling = np.isin(packets.src, herd.address) & (packets.dst_port == 7_000)
    pairs = np.unique(np.stack([packets.src[calling], packets.dst[calling]]), axis=1)
    _, nodes = np.unique(pairs[0], return_counts=True)

    assert called.any()
    assert 5 < nodes.mean() <= 20


def test_no_node_is_met_by_all(meshed: Plague) -> None:
    """The most popular one is met by a part of the members only."""
    packets, herd = meshed.packets, meshed.herd()
    calling = np.isin(packets.src, herd.address) & ~is_own(packets.dst)
    pairs = np.unique(np.stack([packets.dst[calling], packets.src[calling]]), axis=1)
    _, clients = np.unique(pairs[0], return_counts=True)

    assert 5 < clients.max() < 0.7 * herd.device.size
