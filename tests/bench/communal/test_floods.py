"""Floods."""

import numpy as np

from communes import labelled, open_stage, seen
from hinomi.bench.communal.families import Design
from hinomi.bench.communal.floods import strike
from hinomi.bench.communal.places import is_own_v4


def test_floods_strike_one_victim_for_minutes() -> None:
    """Many packets, few victims that people use too; some under sources that nobody has."""
    victims, forged, packets_of_bots = 0, 0, 0
    for seed in range(5):
        stage = open_stage(seed)
        family = stage.family(Design.SCANNING)
        first = len(stage.scene.traffic.parts)
        strike(stage.scene, family, stage.chance)
        if len(stage.scene.traffic.parts) == first:
            continue
        packets = seen(stage.scene, first)
        named = labelled(stage.scene, "ddos-victim")
        codes = stage.scene.register.columns.code[named]
        assert np.isin(np.where(packets.line < 0, packets.dst, packets.other), codes).all()
        assert (packets.ingress[packets.line < 0] == 1).all()
        victims += named.size
        forged += int((packets.line < 0).sum())
        assert not is_own_v4(codes).any()
        packets_of_bots += int(np.isin(packets.line, family.line).sum())

    assert 2 < victims < 30
    assert forged > 20
    assert packets_of_bots > 200


def test_web_families_do_not_flood() -> None:
    """They are in another business."""
    stage = open_stage()
    first = len(stage.scene.traffic.parts)
    strike(stage.scene, stage.family(Design.WEB), stage.chance)

    assert len(stage.scene.traffic.parts) == first
