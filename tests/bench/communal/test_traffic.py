"""Relations become packets."""

import numpy as np
import pytest

from communes import seen, small_scene
from hinomi.bench.communal.kinds import DAY_MS, WEEK_MS
from hinomi.bench.communal.packets import Talk
from hinomi.bench.communal.places import REMOTE_V6, is_own_v4
from hinomi.bench.communal.register import TCP, UDP
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.traffic import Exchange


def test_a_relation_has_the_expected_packets(scene: Scene) -> None:
    """As many as its rate says, within its time, both ways."""
    service = scene.register.add(1, 443, TCP, "web")
    line = scene.lines.steady
    scene.traffic.relate(line, 0, service, 5.0, Talk.KEEP, since=DAY_MS, until=3 * DAY_MS)
    packets = seen(scene)

    assert packets.ts_ms.size == pytest.approx(line.size * 5 * 2 / 7, rel=0.1)
    assert packets.ts_ms.min() >= DAY_MS
    assert packets.ts_ms.max() < 3 * DAY_MS
    assert 0.45 < packets.up.mean() < 0.55
    assert set(packets.other.tolist()) == set(scene.register.columns.code.tolist())


def test_a_connection_keeps_its_port(scene: Scene) -> None:
    """Within its length a pair has one port, and more over the week."""
    service = scene.register.add(1, 443, TCP, "web")
    line = scene.lines.steady[:1]
    scene.traffic.relate(line, 0, service, 500.0, Talk.KEEP, connection_ms=DAY_MS)
    packets = seen(scene)
    port = np.where(packets.up == 1, packets.src_port, packets.dst_port)

    assert all(np.unique(port[packets.ts_ms // DAY_MS == day]).size == 1 for day in range(7))
    assert np.unique(port).size > 4


def test_nobody_speaks_before_coming_or_after_going(scene: Scene) -> None:
    """Lines that begin or end within the week are silent before and after."""
    lines = scene.lines
    brief = np.flatnonzero((lines.begins_ms > 0) | (lines.ends_ms < WEEK_MS))
    service = scene.register.add(1, 53, UDP, "dns")
    scene.traffic.relate(brief, 0, service, 50.0, Talk.DATAGRAM)
    packets = seen(scene)

    assert (packets.ts_ms >= lines.begins_ms[packets.line]).all()
    assert (packets.ts_ms < lines.ends_ms[packets.line]).all()


def test_lines_behind_one_address_have_ports_of_their_own(scene: Scene) -> None:
    """Each a block of 256."""
    lines = scene.lines
    behind = np.flatnonzero(lines.group == 0)[:50]
    service = scene.register.add(1, 443, TCP, "web")
    scene.traffic.relate(behind, 0, service, 20.0, Talk.KEEP, connection_ms=1_000)
    packets = seen(scene)
    block = (np.where(packets.up == 1, packets.src_port, packets.dst_port) - 1_024) // 256

    for line in behind.tolist():
        assert np.unique(block[packets.line == line]).size <= 1
    assert np.unique(block).size > 40


def test_ipv6_is_spoken_where_both_can(scene: Scene) -> None:
    """By three pairs in four, and by nobody without."""
    service = scene.register.add(400, 443, TCP, "cdn", v6=1.0)
    line = np.resize(scene.lines.steady, 400)
    scene.traffic.relate(line, 0, service, 10.0, Talk.KEEP)
    packets = seen(scene)
    by_v6, able = packets.other >= REMOTE_V6, scene.lines.has_v6[packets.line]

    assert not by_v6[~able].any()
    assert 0.68 < by_v6[able].mean() < 0.82


def test_servers_on_lines_are_called_from_outside(scene: Scene) -> None:
    """Their port is fixed, and callers come in over the border."""
    line = scene.lines.steady[:30]
    caller = scene.hosts.take(30)
    scene.traffic.serve(line, 25_565, caller, 10.0, Talk.KEEP)
    packets = seen(scene)

    assert set(np.where(packets.up == 1, packets.src_port, packets.dst_port).tolist()) == {25_565}
    assert set(packets.other.tolist()) <= set(caller.tolist())
    assert set(packets.ingress[packets.up == 0].tolist()) == {3}
    assert (packets.router[packets.up == 0] >= 4).all()


def test_what_is_injected_has_no_line(scene: Scene) -> None:
    """It stays as it is given, and is TCP."""
    four = np.arange(4)
    scene.traffic.inject(
        four, four + 10, four, ports=(1, 23), flags=2, octets=40, router=four % 3 + 4
    )
    packets = seen(scene)

    assert packets.src.tolist() == [0, 1, 2, 3]
    assert set(packets.line.tolist()) == {-1}
    assert set(packets.proto.tolist()) == {TCP}


def test_a_few_records_hold_several_packets() -> None:
    """Four in a thousand; the bytes grow with them."""
    scene = small_scene()
    service = scene.register.add(1, 53, UDP, "dns", payload=(50, 50))
    scene.traffic.relate(np.resize(scene.lines.steady, 20_000), 0, service, 3.0, Talk.DATAGRAM)
    packets = seen(scene)
    merged = packets.packets > 1

    assert 0.002 < merged.mean() < 0.006
    assert (packets.octets[merged] >= 2 * 78).all()


def test_neighbours_talk_inside_the_provider(scene: Scene) -> None:
    """Both directions between two lines are seen at subscriber interfaces."""
    lines, two = scene.lines, np.zeros(2, np.int64)
    pair = lines.steady[:2]
    scene.traffic.exchange(
        Exchange(
            line=np.full(2, pair[0]),
            device=two,
            other=np.full(2, lines.first[pair[1]]),
            ts_ms=two + DAY_MS,
            up=np.array([True, False]),
            line_port=two + 5_000,
            other_port=two + 80,
            proto=two + TCP,
            flags=two + 16,
            octets=two + 52,
        )
    )
    packets = seen(scene)

    assert is_own_v4(packets.src).all()
    assert set(packets.ingress.tolist()) == {1}
