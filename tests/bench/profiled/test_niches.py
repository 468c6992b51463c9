"""Small services have few clients in common with C&C servers, but for what these are."""

import numpy as np

from hinomi.bench.addressing import is_own
from hinomi.bench.profiled.devices import equip
from hinomi.bench.profiled.niches import tend
from hinomi.bench.profiled.scene import Scene


def test_niches_are_everywhere(bare: Scene) -> None:
    """Hundreds of services of ten kinds: elsewhere, on shared hosts, and at lines of ours."""
    homes = equip(bare)
    services = tend(bare, homes)
    labels = {bare.book.entries[service].label for service in services}
    codes = np.array([code for code, _, _ in services])

    assert len(services) > 300
    assert {"club-radio", "point-of-sale", "alarm-central", "niche-vpn"} < labels
    assert len(labels) == 10
    assert is_own(codes).any()
    assert np.isin(codes, bare.shared_host(np.arange(40_000))).any()


def test_clients_are_few(bare: Scene) -> None:
    """No service has more lines than one in twenty."""
    homes = equip(bare)
    bare.sheet.records()
    services = tend(bare, homes)
    records = bare.sheet.records()
    counts = [
        np.unique(records.src[(records.dst == code) & (records.dst_port == port)]).size
        for code, _, port in services
    ]

    assert 5 <= max(counts) <= bare.lines.count // 20 + 5
    assert min(counts) < 5
