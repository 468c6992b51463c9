"""Behind a shared address, a C&C has innocent visitors."""

from dataclasses import replace

import numpy as np
import pytest

from hinomi.bench.designs import Hosting
from hinomi.bench.spec import WorldSpec
from plagues import Plague, botnet, infest_with


def _hosted(spec: WorldSpec, port: int, hosting: Hosting) -> Plague:
    family = botnet(port=port, hosting=hosting, innocents=0.05)
    return infest_with(replace(spec, volume=1.0), family)


@pytest.mark.parametrize(
    ("hosting", "label"), [(Hosting.SHARED, "shared-host"), (Hosting.CDN, "cdn")]
)
def test_innocents_visit_the_address_on_443(tiny: WorldSpec, hosting: Hosting, label: str) -> None:
    """The C&C has a port of its own; the site beside it is named and benign."""
    plague = _hosted(tiny, 8_443, hosting)
    packets, server = plague.packets, int(plague.herd().servers[0])
    rows = plague.towards(server)
    on_443 = rows[packets.dst_port[rows] == 443]
    visitors = np.unique(packets.src[on_443])

    assert plague.labelled(label) == [server]
    assert np.isin(packets.src[rows[packets.dst_port[rows] == 8_443]], plague.herd().address).all()
    assert visitors.size > 30
    assert np.isin(visitors, plague.herd().address).mean() < 0.2


def test_on_the_same_port_the_address_is_one_service(tiny: WorldSpec) -> None:
    """It is called C&C; its clients are members and innocents."""
    plague = _hosted(tiny, 443, Hosting.SHARED)
    server = int(plague.herd().servers[0])
    clients = np.unique(plague.packets.src[plague.towards(server)])
    members = np.isin(clients, plague.herd().address).sum()

    assert [service.label for service in plague.part.services] == ["cc"]
    assert 20 < members < clients.size - 20
