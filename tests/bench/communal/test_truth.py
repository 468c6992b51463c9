"""What is true, and who was sampled with whom."""

import numpy as np

from communes import Stage
from hinomi.bench.communal.families import Design
from hinomi.bench.communal.packets import Talk
from hinomi.bench.communal.register import TCP, UDP
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.truth import UNNAMED, calls_a_day, count_lines, name_services
from hinomi.bench.communal.world import World


def _count(stage: Stage, first: int) -> tuple[list[str], list[int], list[int], list[bool]]:
    rows = [row for row in name_services(stage.scene.register, ()) if row.family]
    counted = count_lines(rows, stage.scene.traffic.parts[first:], stage.scene.lines, [])
    return (
        [row.label for row in rows],
        counted.clients.tolist(), counted.bots.tolist(), counted.detectable.tolist(),
    )  # fmt: skip


def test_a_cc_comes_before_who_shares_its_place(scene: Scene) -> None:
    """Each address, protocol and port is named once; what goes without saying is not."""
    register = scene.register
    register.add(1, 443, TCP, "warez", code=np.array([0xF0000001]))
    register.add(1, 443, TCP, "cc", family="a", tier=1, code=np.array([0xF0000001]))
    register.add(1, 443, UDP, "vpn", code=np.array([0xF0000001]))
    web = register.add(2, 443, TCP, "web")
    rows = name_services(register, [int(web[1])])

    assert [(row.label, row.proto) for row in rows] == [("cc", TCP), ("vpn", UDP), ("web", TCP)]
    assert rows[0].tier == 1


def test_lines_are_counted_once_and_only_where_they_are_answered(stage: Stage) -> None:
    """SYNs do not count; neither do two lines behind one address."""
    register, lines, traffic = stage.scene.register, stage.scene.lines, stage.scene.traffic
    met, dead = (int(register.add(1, 443, TCP, "cc", family=name)[0]) for name in "ab")
    first = len(traffic.parts)
    steady, behind = lines.steady[:7], np.flatnonzero(lines.group == 0)[:9]
    traffic.relate(steady, 0, met, 60.0, Talk.KEEP)
    traffic.relate(behind, 0, met, 60.0, Talk.KEEP)
    traffic.relate(steady, 0, dead, 60.0, Talk.UNANSWERED)
    labels, clients, bots, detectable = _count(stage, first)

    assert labels == ["cc", "cc"]
    assert clients == [8, 0]
    assert bots == [0, 0]
    assert detectable == [False, False]


def test_only_members_make_a_server_detectable(stage: Stage) -> None:
    """Five bots of its own; strangers and bots of others do not count."""
    family = stage.family(Design.WEB)
    register, traffic = stage.scene.register, stage.scene.traffic
    public = family.line[stage.scene.lines.group[family.line] < 0]
    staying = public[np.isin(public, stage.scene.lines.steady)]
    strangers = np.setdiff1d(stage.scene.lines.steady, family.line)[:30]
    servers = register.add(3, 443, TCP, "cc", family=family.name, tier=1)
    upper = int(register.add(1, 22, TCP, "cc", family=family.name, tier=2)[0])
    first = len(traffic.parts)
    for server, line in zip(servers.tolist(), (staying[:5], staying[:4], strangers), strict=True):
        traffic.relate(line, 0, server, 60.0, Talk.KEEP)
    traffic.relate(staying[:3], 0, upper, 60.0, Talk.KEEP)
    rows = [row for row in name_services(register, ()) if row.label == "cc"]
    counted = count_lines(rows, traffic.parts[first:], stage.scene.lines, [family])

    assert counted.bots.tolist() == [5, 4, 0, 3]
    assert counted.clients.tolist() == [5, 4, 30, 3]
    assert counted.detectable.tolist() == [True, False, False, True]
    assert counted.services == {int(servers[0]), upper}


def test_a_world_names_what_can_be_mistaken(drawn: World) -> None:
    """And of the rest only what a list wrongly names."""
    labels = [row.label for row in drawn.named]

    assert sum(label in UNNAMED for label in labels) == 2
    assert 0 < calls_a_day(drawn.plague.families[0]) <= 86_400 * 16 / 20
