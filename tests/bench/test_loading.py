"""Loaders are met at the infection."""

import numpy as np

from hinomi.bench.benign import Part
from hinomi.bench.exchange import join
from hinomi.bench.herds import Muster
from hinomi.bench.loading import load
from hinomi.bench.spec import WorldSpec
from plagues import Trapped, botnet, make_scene


def test_a_loader_is_met_by_its_family(trapped: Trapped) -> None:
    """Each living scanning family of the tiny world has one, on port 80."""
    loaders = trapped.labelled("loader")
    wanted = {herd.spec.family for herd in trapped.herds if herd.spec.loaders}

    assert {loader.family for loader in loaders} == wanted == {"cicada", "hornet", "swallow"}
    for loader in loaders:
        assert loader.members is not None
        assert np.isin(trapped.packets.src[trapped.towards(loader)], loader.members).all()


def test_who_is_infected_within_the_window_loads_at_once(tiny: WorldSpec) -> None:
    """Within seconds of the infection; those infected before do not load, if nothing reboots."""
    family = botnet(bots=100, fresh=0.5, loaders=2, loader_port=8_080)
    scene = make_scene(tiny, family)
    herd, part = Muster(scene).gather(family), Part()

    load(scene, herd, part)

    packets = join(part.packets)
    up = packets.dst_port == 8_080
    codes, counts = np.unique(herd.address, return_counts=True)
    alone = np.isin(herd.address, codes[counts == 1])  # Several may share an address.
    fresh = alone & (herd.onset_ms > tiny.starts_ms)
    onset_ms = dict(zip(herd.address[fresh].tolist(), herd.onset_ms[fresh].tolist(), strict=True))
    after_ms = [
        ts_ms - onset_ms[code]
        for code, ts_ms in zip(packets.src[up].tolist(), packets.ts_ms[up].tolist(), strict=True)
        if code in onset_ms
    ]
    assert np.isin(list(onset_ms), packets.src[up]).mean() > 0.9
    assert not np.isin(herd.address[alone & ~fresh], packets.src[up]).any()
    assert 0 <= min(after_ms) < max(after_ms) <= 20_000
    assert [service.port for service in part.services] == [8_080] * 2
