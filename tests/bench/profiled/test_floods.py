"""Floods come from bots, or from somebody who forges our addresses."""

import numpy as np
import pytest

from hinomi.bench.addressing import is_own
from hinomi.bench.ground.records import Records
from hinomi.bench.profiled.conduct import login_hosts, mail_hosts
from hinomi.bench.profiled.families import Design, Family, Underworld
from hinomi.bench.profiled.floods import flood
from hinomi.bench.profiled.scene import Scene, set_scene
from hinomi.model.flow import Ingress

NICHE = (0xF1000001, 6, 9_999)


def _flood(scene: Scene, bots: int = 80) -> Records:
    draws = scene.draws("under")
    family = Family(
        name="f", design=Design.IOT_SILENT, on_devices=True, weight=1.0, small=False,
        bots=np.arange(bots), since=np.zeros(bots),
    )  # fmt: skip
    under = Underworld(
        families=[family], infected=family.bots, hosts=np.flatnonzero(~scene.lines.shared)[:3],
        mail=mail_hosts(draws), logins=login_hosts(draws),
    )  # fmt: skip
    flood(scene, under, [NICHE])
    return scene.sheet.records()


def test_victims_are_named_and_met_by_many(bare: Scene) -> None:
    """Ten floods or more, each within minutes, mostly to one victim."""
    records = _flood(bare)
    victims = {s for s, entry in bare.book.entries.items() if entry.label == "ddos-victim"}
    codes = [code for code, _, _ in victims]

    assert len(victims) >= 5
    assert np.isin(records.dst, codes).mean() > 0.5
    for code in codes:
        times = records.ts_ms[records.dst == code]
        assert times.size == 0 or np.median(np.abs(times - np.median(times))) < 3 * 86_400_000


def test_forged_packets_of_ours_come_from_outside() -> None:
    """Own sources that arrive from transit are no lines of ours: a trap, as in the field."""
    forged = 0
    for seed in range(4):
        records = _flood(set_scene("dense", seed, 0.02))
        both = is_own(records.src) & is_own(records.dst)
        forged += int((both & (records.ingress == Ingress.TRANSIT)).sum())
        assert set(records.flags[both & (records.ingress == Ingress.TRANSIT)].tolist()) <= {0x02}

    assert forged > 0


@pytest.mark.parametrize("bots", [0, 20])
def test_small_families_do_not_flood(bare: Scene, bots: int) -> None:
    """It takes more than two dozen bots."""
    assert _flood(bare, bots).ts_ms.size == 0
