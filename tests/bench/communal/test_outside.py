"""What comes in unasked."""

import numpy as np
import pytest

from communes import Seen, labelled, seen, small_scene
from hinomi.bench.communal.outside import knock
from hinomi.bench.communal.places import is_own_v4
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.servers import serve_at_home


@pytest.fixture(scope="module")
def knocked() -> tuple[Scene, Seen]:
    """A scene on which everybody knocked."""
    scene = small_scene()
    servers = serve_at_home(scene)
    first = len(scene.traffic.parts)
    knock(scene, servers)
    return scene, seen(scene, first)


def test_most_of_it_is_probes(knocked: tuple[Scene, Seen]) -> None:
    """SYNs of nobody's line, at addresses anywhere in the own ranges; a few are answered."""
    _, packets = knocked
    probes = (packets.flags == 2) & (packets.line < 0)

    assert probes.mean() > 0.5
    assert is_own_v4(packets.dst[probes]).all()
    answers = (packets.flags == 20) & (packets.up == 1)
    assert 0.05 < answers.sum() / probes.sum() < 0.3


def test_some_floods_come_in_our_own_name(knocked: tuple[Scene, Seen]) -> None:
    """From outside, under sources of lines, at a dozen lines."""
    _, packets = knocked
    forged = is_own_v4(packets.src) & (packets.ingress == 3)

    assert forged.sum() > 100
    assert np.unique(packets.dst[forged]).size <= 12


def test_a_third_of_the_researchers_has_one_port(knocked: tuple[Scene, Seen]) -> None:
    """These are named in the truth; all are researchers."""
    scene, packets = knocked
    named = scene.register.columns.code[labelled(scene, "research-scanner")]
    fixed = np.unique(packets.src[packets.src_port == 54_321])

    assert np.isin(named, scene.scanners).all()
    assert named.size == -(-len(scene.scanners) // 3)
    assert np.isin(named, fixed).mean() > 0.9


def test_open_servers_are_abused_and_lines_are_struck(knocked: tuple[Scene, Seen]) -> None:
    """Reflected datagrams go out and come in."""
    _, packets = knocked
    datagrams = packets.proto == 17

    assert (datagrams & (packets.up == 1) & (packets.octets >= 1_400)).any()
    assert (datagrams & (packets.up == 0) & np.isin(packets.src_port, (53, 123, 389, 3_702))).any()
