"""Traps look like C&C servers or bots, and are neither."""

import numpy as np

from hinomi.bench.exchange import ACK
from hinomi.bench.internet import Allocation
from hinomi.bench.population import Scene, settle
from hinomi.bench.spec import WorldSpec
from hinomi.bench.traps import set_traps
from plagues import Trapped


def test_scan_targets_answer_on_the_scan_port(trapped: Trapped) -> None:
    """Bots that scan it log in there: ACK-bearing packets in both directions."""
    targets = trapped.labelled("scan-target")

    assert {target.port for target in targets} == {23, 2_323}
    for target in targets:
        up = trapped.towards(target)
        scanning = np.concatenate([
            herd.address for herd in trapped.herds if target.port in herd.spec.scan_ports
        ])  # fmt: skip

        assert (trapped.packets.flags[up] & ACK != 0).mean() > 0.8
        assert (trapped.packets.src == target.code).any()
        assert np.isin(trapped.packets.src[up], scanning).all()


def test_each_service_is_named_once(trapped: Trapped) -> None:
    """By address, protocol and port, also after victims were relabelled."""
    keys = {(service.code, service.proto, service.port) for service in trapped.services}

    assert len(keys) == len(trapped.services)


def test_a_world_without_botnets_has_no_attacks(tiny: WorldSpec) -> None:
    """Scanners and reflection come from outside, links are benign; all else needs bots."""
    scene = Scene(tiny, settle(tiny), Allocation(77))

    part = set_traps(scene, [], [])

    labels = {service.label for service in part.services}
    assert labels == {"research-scanner", "server-to-server", "ip-echo"}
