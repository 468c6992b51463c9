"""Where C&C servers stand: anywhere, one after the other or side by side."""

import numpy as np
import pytest

from hinomi.bench.addressing import REMOTE_V6, is_own
from hinomi.bench.profiled.families import Design, Family, Server
from hinomi.bench.profiled.fleets import station
from hinomi.bench.profiled.scene import Scene


def _many(scene: Scene, design: Design, *, fronted: bool = False) -> list[list[Server]]:
    fleets = []
    for number in range(150):
        family = Family(
            name="f", design=design, on_devices=True, weight=1.0, small=False, fronted=fronted
        )
        servers = station(scene, scene.draws(f"fleet {number}"), family)
        assert family.moving == (servers[0].ends < 7.0) or len(servers) == 1
        fleets.append(servers)
    return fleets


def test_servers_stand_anywhere(bare: Scene) -> None:
    """Some at lines of ours that share no address, some on shared hosts, some with IPv6."""
    codes = np.array([s.code for fleet in _many(bare, Design.IOT_SCAN) for s in fleet])
    own = codes[is_own(codes)]

    assert own.size > 0
    assert not np.isin(own, bare.lines.v4[bare.lines.shared]).any()
    assert np.isin(codes, bare.shared_host(np.arange(40_000))).any()
    assert (codes >= REMOTE_V6).any()


def test_moving_servers_follow_one_another(bare: Scene) -> None:
    """One begins where the one before ends, and the window is filled."""
    moving = [fleet for fleet in _many(bare, Design.IRC) if fleet[0].ends < 7.0]

    assert moving
    for fleet in moving:
        assert [server.starts for server in fleet[1:]] == [server.ends for server in fleet[:-1]]
        assert fleet[0].starts == 0.0
        assert fleet[-1].ends == 7.0


@pytest.mark.parametrize(
    ("design", "count"), [(Design.IOT_SCAN, 8), (Design.HTTPS, 4), (Design.IRC, 3)]
)
def test_fleets_are_of_all_sizes(bare: Scene, design: Design, count: int) -> None:
    """From one or two servers to what the design allows."""
    sizes = {len(fleet) for fleet in _many(bare, design)}

    assert max(sizes) == count
    assert min(sizes) <= 2


def test_families_of_https_use_its_port_and_may_be_fronted(bare: Scene) -> None:
    """All on 443 over TCP but for shared hosts; the first hides at an IPv4 site."""
    fleets = _many(bare, Design.HTTPS, fronted=True)

    assert {(s.proto, s.port) for fleet in fleets for s in fleet} == {(6, 443)}
    assert len({fleet[0].code for fleet in fleets}) < 150  # A few sites are that popular.


def test_some_fleets_of_devices_use_udp(bare: Scene) -> None:
    """One in ten or so; never behind https."""
    servers = [s for fleet in _many(bare, Design.IOT_SILENT) for s in fleet]

    assert {s.proto for s in servers} == {6, 17}
    assert all(s.proto == 6 for s in servers if s.port == 443)
