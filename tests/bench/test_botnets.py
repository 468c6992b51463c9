"""Members of a botnet do what their family does, from their infection on."""

import numpy as np
import pytest

from hinomi.bench.addressing import Allocation, is_own
from hinomi.bench.benign import Part
from hinomi.bench.botnets import Herd, after_onset, infest
from hinomi.bench.designs import BotnetSpec
from hinomi.bench.exchange import SYN, Packets, join
from hinomi.bench.population import Scene, settle
from hinomi.bench.spec import WorldSpec


@pytest.fixture(scope="module")
def plague(tiny: WorldSpec) -> tuple[Scene, Part, list[Herd], Packets]:
    """The tiny world's botnets alone."""
    scene = Scene(tiny, settle(tiny), Allocation(77))
    part, herds = infest(scene)
    return scene, part, herds, join(part.packets)


def _herd(herds: list[Herd], family: str) -> Herd:
    return next(herd for herd in herds if herd.spec.family == family)


def test_a_line_has_one_member_of_a_family_on_a_vulnerable_device(
    plague: tuple[Scene, Part, list[Herd], Packets],
) -> None:
    """IoT families take the models they can; others take PCs."""
    scene, _, herds, _ = plague
    population, names = scene.population, [model.name for model in scene.spec.models]
    for herd in herds:
        lines = population.device_line[herd.device]
        models = {names[index] for index in population.device_model[herd.device] if index >= 0}

        assert np.unique(lines).size == lines.size == herd.spec.bots
        assert models <= set(herd.spec.models)


def test_some_lines_have_several_families(
    plague: tuple[Scene, Part, list[Herd], Packets],
) -> None:
    """About a third of the infected lines is infected more than once in the field."""
    scene, _, herds, _ = plague
    lines = np.concatenate([scene.population.device_line[herd.device] for herd in herds])
    _, families = np.unique(lines, return_counts=True)

    assert 0.1 < (families > 1).mean() < 0.5


def test_only_members_speak_with_a_remote_server(
    plague: tuple[Scene, Part, list[Herd], Packets],
) -> None:
    """Nobody else has business with a first-tier C&C server, and none before infection."""
    _, part, herds, packets = plague
    for service in part.services:
        if service.label != "cc" or service.tier != 1 or is_own(np.array([service.code]))[0]:
            continue
        up = (packets.dst == service.code) & (packets.dst_port == service.port)
        herd = _herd(herds, service.family)
        onset_ms = dict(zip(herd.address.tolist(), herd.onset_ms.tolist(), strict=True))

        assert up.any()
        assert np.isin(packets.src[up], herd.address).all()
        for source, ts_ms in zip(packets.src[up].tolist(), packets.ts_ms[up].tolist(), strict=True):
            assert ts_ms >= onset_ms[source]


def test_a_moving_server_is_replaced_in_the_middle(
    plague: tuple[Scene, Part, list[Herd], Packets],
) -> None:
    """The second address is silent before, the first after."""
    scene, _, herds, packets = plague
    servers = _herd(herds, "swallow").servers
    middle_ms = scene.spec.starts_ms + scene.spec.length_ms // 2

    assert packets.ts_ms[packets.dst == servers[0]].max() < middle_ms
    assert packets.ts_ms[packets.dst == servers[1]].min() >= middle_ms


def test_a_dead_server_is_called_and_never_answers(
    plague: tuple[Scene, Part, list[Herd], Packets],
) -> None:
    """SYNs only, in one direction."""
    _, _, herds, packets = plague
    server = _herd(herds, "ghost").servers[0]

    assert (packets.flags[packets.dst == server] == SYN).all()
    assert (packets.dst == server).any()
    assert not (packets.src == server).any()


def test_own_fronts_serve_own_and_remote_bots_and_report_upwards(
    plague: tuple[Scene, Part, list[Herd], Packets],
) -> None:
    """Clients of an own front come from both sides; only fronts meet the upper tier."""
    _, part, herds, packets = plague
    fronts = _herd(herds, "stork").servers[1:]
    clients = packets.src[np.isin(packets.dst, fronts) & (packets.dst_port == 38_080)]
    upper = next(service for service in part.services if service.tier == 2)
    reporting = packets.src[(packets.dst == upper.code) & (packets.dst_port == upper.port)]

    assert is_own(fronts).all()
    assert is_own(clients).any()
    assert not is_own(clients).all()
    assert set(reporting.tolist()) == set(fronts.tolist())


def test_probes_are_one_way_to_the_familys_ports(
    plague: tuple[Scene, Part, list[Herd], Packets],
) -> None:
    """SYNs of 40 bytes to telnet, one destination hardly ever twice."""
    _, _, herds, packets = plague
    herd = _herd(herds, "cicada")
    probes = (packets.flags == SYN) & (packets.size == 40) & np.isin(packets.src, herd.address)

    assert probes.sum() > 100
    assert np.isin(packets.dst_port[probes], [23, 2_323, 5_555]).all()
    assert np.unique(packets.dst[probes]).size == probes.sum()


def test_flows_before_infection_are_left_out() -> None:
    """Rows are kept from a member's onset on."""
    herd = Herd(
        spec=BotnetSpec(family="x", bots=2, port=1, period_s=1),
        device=np.array([9, 4]),
        onset_ms=np.array([100, 50]),
        address=np.array([1, 2]),
        servers=np.array([3]),
    )

    assert after_onset(herd, np.array([4, 9, 9]), np.array([60, 60, 100])).tolist() == [0, 2]
