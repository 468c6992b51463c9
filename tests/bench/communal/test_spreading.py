"""Bots that look for more bots."""

import numpy as np

from communes import Stage, open_stage, seen
from hinomi.bench.communal.families import Design
from hinomi.bench.communal.places import is_own_v4
from hinomi.bench.communal.spreading import spread


def test_scans_are_syns_to_anywhere(stage: Stage) -> None:
    """Of members, hardly two at one target; neighbours are scanned as well."""
    family = stage.family(Design.SCANNING)
    first = len(stage.scene.traffic.parts)
    spread(stage.scene, family, stage.chance)
    packets = seen(stage.scene, first)
    probes = packets.flags == 2

    assert np.isin(packets.line, family.line).all()
    assert probes.mean() > 0.6
    assert np.unique(packets.dst[probes]).size > 0.8 * probes.sum()
    assert is_own_v4(packets.dst[probes]).any()
    assert not packets.up[packets.flags == 20].any()


def test_some_scanners_are_sensed_elsewhere() -> None:
    """The more they scan, at their addresses, with a port that they scanned."""
    sensed = 0
    for seed in range(4):
        stage = open_stage(seed)
        family = stage.family(Design.SCANNING)
        first = len(stage.scene.traffic.parts)
        found = spread(stage.scene, family, stage.chance)
        ports = set(seen(stage.scene, first).dst_port.tolist())
        assert {port for _, port in found} <= ports
        assert {code for code, _ in found} <= set(stage.scene.lines.first[family.line].tolist())
        sensed += len(found)

    assert 0 < sensed < 4 * 60


def test_quiet_families_do_not_scan(stage: Stage) -> None:
    """Nor are they sensed."""
    first = len(stage.scene.traffic.parts)

    assert spread(stage.scene, stage.family(Design.QUIET), stage.chance) == []
    assert len(stage.scene.traffic.parts) == first
