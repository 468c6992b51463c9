"""Probes come from outside; transit has no end of ours."""

import numpy as np

from hinomi.bench.addressing import is_own
from hinomi.bench.profiled.outside import disturb
from hinomi.bench.profiled.scene import Scene
from hinomi.model.flow import Ingress


def test_probes_come_in_and_are_rarely_answered(bare: Scene) -> None:
    """SYN to addresses of ours, used or not; resets back from some."""
    researchers = disturb(bare)
    records = bare.sheet.records()
    inward = is_own(records.dst)

    assert researchers.size == 45
    assert set(records.flags[inward].tolist()) == {0x02}
    assert np.isin(records.src[inward], researchers).any()
    assert set(records.flags[is_own(records.src)].tolist()) == {0x04, 0x14}
    assert is_own(records.src).sum() < 0.1 * inward.sum()


def test_transit_passes_by(bare: Scene) -> None:
    """Half a packet a line belongs to nobody here."""
    disturb(bare)
    records = bare.sheet.records()
    passing = ~is_own(records.src) & ~is_own(records.dst)

    assert passing.sum() == bare.lines.count // 2
    assert set(records.ingress[passing].tolist()) == {Ingress.TRANSIT}
