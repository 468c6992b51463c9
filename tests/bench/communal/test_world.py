"""A communal world is the same for the same seed."""

import numpy as np
import pytest

from communes import SCALE, seen
from hinomi.bench.communal.world import World, draw_world


def test_the_same_seed_gives_the_same_world(drawn: World) -> None:
    """To the last packet and list entry; another seed gives another."""
    again, other = draw_world("dense", 1, SCALE), draw_world("dense", 2, SCALE)
    first, second, third = (seen(world.scene) for world in (drawn, again, other))

    for name in ("ts_ms", "src", "dst", "flags", "octets"):
        assert (getattr(first, name) == getattr(second, name)).all()
    assert again.lists == drawn.lists
    assert first.ts_ms.size != third.ts_ms.size or (first.src != third.src).any()


@pytest.mark.parametrize("name", ["drawn", "sparse"])
def test_every_trap_is_there(name: str, request: pytest.FixtureRequest) -> None:
    """Whatever the kind."""
    world: World = request.getfixturevalue(name)

    assert set(world.scene.register.labels) >= {
        "ad-network", "antivirus", "bandwidth-app", "bt-peer", "cc", "cdn", "chat",
        "cloud-storage", "community", "ddns", "ddos-victim", "dead-cc", "dns", "game", "installer",
        "ip-check", "iptv", "loader", "mail-server", "mining-pool", "niche", "notice-portal", "ntp",
        "own-server", "p2p-node", "push", "research-scanner", "server-to-server", "sinkhole",
        "stun", "telemetry", "tor-relay", "tracker", "update", "vendor-cloud", "vendor-relay",
        "vpn", "warez", "web",
    }  # fmt: skip


def test_some_servers_can_be_found_and_some_cannot(drawn: World) -> None:
    """A small world hides most of its servers; second tiers are seen."""
    servers = [row for row in drawn.named if row.label == "cc"]
    found = int(drawn.counted.detectable.sum())

    assert 2 < found < len(servers)
    assert {row.tier for row in servers} == {1, 2}


def test_most_records_are_benign(drawn: World) -> None:
    """About a hundred records a line and week."""
    packets = seen(drawn.scene)

    assert 70 < packets.ts_ms.size / drawn.scene.lines.count < 180
    assert np.isin(packets.line, drawn.plague.health.infected).mean() < 0.6
