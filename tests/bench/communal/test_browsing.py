"""Content networks and the web."""

from communes import labelled, met, seen
from hinomi.bench.communal.browsing import browse
from hinomi.bench.communal.register import UDP
from hinomi.bench.communal.scene import Scene


def test_most_packets_come_from_content_networks(scene: Scene) -> None:
    """Downwards, about half of them over QUIC."""
    browse(scene)
    packets = seen(scene)
    bulk = met(scene, packets, "cdn")

    assert 0.6 < bulk.mean() < 0.85
    assert packets.up[bulk].mean() < 0.2
    assert 0.35 < (packets.proto[bulk] == UDP).mean() < 0.6


def test_the_web_has_a_long_tail(scene: Scene) -> None:
    """Thousands of sites are met, most by very few lines."""
    browse(scene)
    packets = seen(scene)
    web = met(scene, packets, "web")
    pairs = set(zip(packets.other[web].tolist(), packets.line[web].tolist(), strict=True))
    sites = {site for site, _ in pairs}

    assert len(sites) > labelled(scene, "web").size / 4
    assert len(pairs) / len(sites) < 10
