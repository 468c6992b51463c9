"""C&C servers and who calls them."""

import numpy as np
import pytest

from communes import Stage, met, open_stage, seen
from hinomi.bench.communal.chance import Chance
from hinomi.bench.communal.control import choose_port, command
from hinomi.bench.communal.families import Design
from hinomi.bench.communal.kinds import WEEK_MS
from hinomi.bench.communal.places import is_own_v4

CENTRAL = [design for design in Design if design is not Design.MESH]


@pytest.mark.parametrize("design", CENTRAL)
def test_bots_call_their_servers_while_both_are_there(design: Design, stage: Stage) -> None:
    """Every server is a named C&C server of the family; no call lies outside its time."""
    family = stage.family(design)
    calls, resident = command(stage.scene, family, stage.chance)
    register = stage.scene.register

    assert set(calls.server.tolist()) <= set(family.servers)
    assert {register.labels[each] for each in family.servers} == {"cc"}
    assert {register.tiers[each] for each in family.servers} == {1}
    assert (calls.until <= calls.gone).all()
    assert (calls.since >= family.since[calls.bot]).all()
    assert (resident is not None) == (design in {Design.FRONTS, Design.RESIDENTS})


def test_fronts_are_members_that_others_call(stage: Stage) -> None:
    """At own addresses that stay, from inside and outside; nobody calls itself."""
    family = stage.family(Design.FRONTS)
    calls, resident = command(stage.scene, family, stage.chance)
    columns = stage.scene.register.columns

    assert resident is not None
    assert np.isin(resident, family.line).all()
    assert np.isin(resident, stage.scene.lines.steady).all()
    assert is_own_v4(columns.code[family.servers]).all()
    assert (columns.code[calls.server] != stage.scene.lines.first[family.line[calls.bot]]).all()
    assert (family.until[np.isin(family.line, resident)] == WEEK_MS).all()


def test_lodgers_live_where_innocents_go(stage: Stage) -> None:
    """More lines that are no bots are met at their servers than bots."""
    family = stage.family(Design.LODGERS, size=20)
    first = len(stage.scene.traffic.parts)
    command(stage.scene, family, stage.chance)
    packets = seen(stage.scene, first)
    line = np.unique(packets.line[met(stage.scene, packets, "cc")])

    assert np.isin(line, family.line).mean() < 0.7


def test_some_families_move_and_call_in_vain() -> None:
    """Over many families some servers end within the week; nobody is answered from then on."""
    late, ended = 0, 0
    for seed in range(6):
        stage = open_stage(seed)
        first = len(stage.scene.traffic.parts)
        family = stage.family(Design.WEB, size=100)
        calls, _ = command(stage.scene, family, stage.chance)
        packets = seen(stage.scene, first)
        ended += int((calls.gone < WEEK_MS).any())
        for server, gone in {*zip(calls.server.tolist(), calls.gone.tolist(), strict=True)}:
            mine = packets.other == stage.scene.register.key(server)[0]
            vain = mine & (packets.ts_ms >= gone)
            assert not (vain & np.isin(packets.flags, (16, 18, 24))).any()
            late += int((packets.flags[vain] == 2).sum())

    assert 0 < ended < 6
    assert late > 2


def test_ports_follow_the_design() -> None:
    """Web families hide on 443, things take any port."""
    chance = Chance(1, "ports")

    assert {choose_port(Design.WEB, chance) for _ in range(20)} == {443}
    assert len({choose_port(Design.QUIET, chance) for _ in range(100)}) > 10
