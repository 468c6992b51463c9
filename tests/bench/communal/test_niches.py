"""Services of a handful of lines."""

from collections import Counter

import numpy as np

from communes import labelled, met, seen
from hinomi.bench.communal.niches import fill_niches
from hinomi.bench.communal.scene import Scene


def test_niche_services_have_one_to_twelve_clients(scene: Scene) -> None:
    """Most have one, on ports of every sort."""
    fill_niches(scene)
    packets = seen(scene)
    niche = met(scene, packets, "niche")
    pairs = set(zip(packets.other[niche].tolist(), packets.line[niche].tolist(), strict=True))
    clients = Counter(service for service, _ in pairs)

    assert max(clients.values()) <= 12
    assert sum(count == 1 for count in clients.values()) > len(clients) / 2
    assert np.unique(scene.register.columns.port[labelled(scene, "niche")]).size > 500


def test_communities_share_services(scene: Scene) -> None:
    """Some service of a community has at least five lines, hardly any beyond 220."""
    fill_niches(scene)
    packets = seen(scene)
    common = met(scene, packets, "community")
    pairs = set(zip(packets.other[common].tolist(), packets.line[common].tolist(), strict=True))
    clients = Counter(service for service, _ in pairs)

    assert 5 <= max(clients.values()) <= 220
