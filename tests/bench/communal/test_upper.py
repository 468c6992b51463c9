"""Second tiers, relays and proxies."""

import numpy as np
import pytest

from communes import Stage, seen
from hinomi.bench.communal.control import command
from hinomi.bench.communal.families import Design
from hinomi.bench.communal.upper import carry, rise


@pytest.mark.parametrize("design", [Design.FRONTS, Design.PROXIES])
def test_second_tiers_meet_fronts_only(design: Design, stage: Stage) -> None:
    """Those are few of the members; relays are called from outside as well."""
    family = stage.family(design)
    _, resident = command(stage.scene, family, stage.chance)
    first = len(stage.scene.traffic.parts)
    rise(stage.scene, family, resident, stage.chance)
    packets = seen(stage.scene, first)
    codes = stage.scene.register.columns.code[family.upper]
    line = np.unique(packets.line[np.isin(packets.other, codes)])

    assert {stage.scene.register.tiers[each] for each in family.upper} == {2}
    assert np.isin(line, family.line).all()
    assert 2 < line.size < family.size / 2
    assert np.isin(packets.other, codes).all() == (design is Design.FRONTS)


def test_most_designs_have_no_second_tier(stage: Stage) -> None:
    """Web families are run from the first."""
    family = stage.family(Design.WEB)
    rise(stage.scene, family, None, stage.chance)

    assert family.upper == []


def test_proxies_carry_traffic_of_others(stage: Stage) -> None:
    """To the web and to mail servers; others do not."""
    family = stage.family(Design.PROXIES)
    calls, _ = command(stage.scene, family, stage.chance)
    first = len(stage.scene.traffic.parts)
    carry(stage.scene, family, calls, stage.chance)
    packets = seen(stage.scene, first)

    assert (packets.other_port == 25).any()
    assert (packets.other_port == 443).any()
    web = stage.family(Design.WEB)
    count = len(stage.scene.traffic.parts)
    carry(stage.scene, web, command(stage.scene, web, stage.chance)[0], stage.chance)
    assert not (seen(stage.scene, count).other_port == 25).any()
