"""Traps look like C&C servers or bots, and are neither."""

import numpy as np
import pytest

from hinomi.bench.addressing import Allocation, is_own
from hinomi.bench.benign import Part, live
from hinomi.bench.botnets import Herd, infest
from hinomi.bench.exchange import ACK, SYN, Packets, join
from hinomi.bench.population import Scene, settle
from hinomi.bench.spec import WorldSpec
from hinomi.bench.traps import set_traps
from hinomi.bench.truth import NamedService
from hinomi.model.flow import Ingress

Trapped = tuple[Part, list[NamedService], list[Herd], Packets]


@pytest.fixture(scope="module")
def trapped(tiny: WorldSpec) -> Trapped:
    """The traps of the tiny world, with the services named before them."""
    scene = Scene(tiny, settle(tiny), Allocation(77))
    services = live(scene).services
    _, herds = infest(scene)
    part = set_traps(scene, herds, services)
    return part, services + part.services, herds, join(part.packets)


def _labelled(services: list[NamedService], label: str) -> list[NamedService]:
    return [service for service in services if service.label == label]


def test_floods_hit_a_small_and_two_popular_servers(trapped: Trapped) -> None:
    """Their victims are named so; those that were popular are no longer called otherwise."""
    _, services, _, packets = trapped
    victims = _labelled(services, "ddos-victim")

    assert len(victims) == 3
    assert len({(service.code, service.port) for service in services}) == len(services)
    for victim in victims:
        hits = packets.dst == victim.code
        assert hits.sum() > 50
        assert packets.ts_ms[hits].max() - packets.ts_ms[hits].min() < 3_600_000


def test_real_bots_flood_with_packets_that_are_no_syns(trapped: Trapped) -> None:
    """An ACK flood comes from members of attacking botnets alone."""
    _, services, herds, packets = trapped
    victim = next(victim for victim in _labelled(services, "ddos-victim") if not victim.family)
    hits = packets.dst == victim.code
    attackers = np.concatenate([herd.address for herd in herds if herd.spec.attacks])

    assert (packets.flags[hits] == ACK).all()
    assert np.isin(packets.src[hits], attackers).all()


def test_a_forged_flood_bears_the_addresses_of_innocents(trapped: Trapped) -> None:
    """SYNs under own addresses, most of no bot, and the victim answers some of them."""
    _, services, herds, packets = trapped
    victim = next(victim for victim in _labelled(services, "ddos-victim") if victim.family == "web")
    hits, echoes = packets.dst == victim.code, packets.src == victim.code
    bots = np.concatenate([herd.address for herd in herds])

    assert (packets.flags[hits] == SYN).all()
    assert is_own(packets.src[hits]).all()
    assert np.isin(packets.src[hits], bots).mean() < 0.2
    assert (packets.flags[echoes] == SYN | ACK).all()
    assert echoes.any()


def test_own_sources_also_arrive_from_outside(trapped: Trapped) -> None:
    """Such packets are forged without doubt: they come from transit."""
    packets = trapped[3]
    forged = is_own(packets.src) & (packets.ingress == Ingress.TRANSIT)

    assert forged.any()
    assert (packets.flags[forged] == SYN).all()


def test_scan_targets_answer_on_the_scan_port(trapped: Trapped) -> None:
    """Bots log in there: ACK-bearing packets in both directions on telnet."""
    _, services, herds, packets = trapped
    scanning = np.concatenate([herd.address for herd in herds if herd.spec.scan_ports])
    for target in _labelled(services, "scan-target"):
        up = (packets.dst == target.code) & (packets.dst_port == 23)

        assert (packets.flags[up] & ACK != 0).mean() > 0.8
        assert (packets.src == target.code).any()
        assert np.isin(packets.src[up], scanning).all()


def test_a_loader_is_met_by_its_family_on_port_80(trapped: Trapped) -> None:
    """Each living scanning family has one."""
    _, services, herds, packets = trapped
    loaders = _labelled(services, "loader")
    wanted = {herd.spec.family for herd in herds if herd.spec.scan_ports and not herd.spec.dead}

    assert {loader.family for loader in loaders} == wanted
    for loader in loaders:
        assert loader.members is not None
        up = (packets.dst == loader.code) & (packets.dst_port == 80)
        assert np.isin(packets.src[up], loader.members).all()


def test_scanners_probe_own_addresses_from_outside(trapped: Trapped) -> None:
    """Some of them from one port, so that they look like a server with many clients."""
    _, services, _, packets = trapped
    for scanner in _labelled(services, "research-scanner"):
        sent = packets.src == scanner.code

        assert sent.any()
        assert is_own(packets.dst[sent]).all()
        assert set(packets.src_port[sent].tolist()) == {scanner.port}


def test_a_world_without_botnets_has_no_attacks(tiny: WorldSpec) -> None:
    """Scanners and reflection come from outside; all else needs bots."""
    scene = Scene(tiny, settle(tiny), Allocation(77))

    part = set_traps(scene, [], [])

    assert {service.label for service in part.services} == {"research-scanner"}
