"""Those outside know lines by the address under which they met them."""

from dataclasses import replace

import numpy as np

from hinomi.bench.addressing import OWN_LINE
from hinomi.bench.outside import seen_from_outside
from hinomi.bench.spec import WorldSpec
from plagues import botnet, infest_with


def test_everything_has_an_address(tiny: WorldSpec) -> None:
    """Lines, bots and own fronts; what has one already keeps it, and the order stays."""
    access = replace(tiny.access, releases_per_day=0.5, crowd_share=0.2)
    plague = infest_with(replace(tiny, access=access), botnet(own_fronts=2, remote_bots=5))

    scene, (herd,), services = seen_from_outside(plague.scene, plague.herds, plague.part.services)

    codes = np.concatenate([scene.population.v4, herd.address, herd.servers])
    assert (codes < OWN_LINE).all()
    assert [each.code for each in services[:1]] == herd.servers[:1].tolist()
    assert {each.code for each in services} >= set(herd.fronts.tolist())
    assert np.unique(herd.address).size < herd.address.size  # Some share one behind CGNAT.
    assert plague.herds[0].address.min() >= OWN_LINE
