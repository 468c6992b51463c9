"""Bands of lines that look like bots and are none."""

import numpy as np

from communes import labelled, met, seen
from hinomi.bench.communal.bands import band_together
from hinomi.bench.communal.devices import Devices
from hinomi.bench.communal.scene import Scene


def test_there_are_bands_of_each_sort(scene: Scene, devices: Devices) -> None:
    """Even in a small world some have five lines and more."""
    first = len(scene.traffic.parts)
    band_together(scene, devices)
    packets = seen(scene, first)

    for label in ("installer", "telemetry", "server-to-server"):
        mine = met(scene, packets, label)
        pairs = {*zip(packets.other[mine].tolist(), packets.line[mine].tolist(), strict=True)}
        servers = [server for server, _ in pairs]
        assert max(servers.count(server) for server in set(servers)) >= 5, label


def test_offices_run_the_servers_that_talk_to_servers(scene: Scene, devices: Devices) -> None:
    """And nobody else does."""
    first = len(scene.traffic.parts)
    band_together(scene, devices)
    packets = seen(scene, first)
    line = packets.line[met(scene, packets, "server-to-server")]

    assert np.isin(line, scene.lines.offices).all()


def test_installers_often_sell_what_stands_open(scene: Scene, devices: Devices) -> None:
    """Lines that meet installers own open things more often than others."""
    first = len(scene.traffic.parts)
    band_together(scene, devices)
    packets = seen(scene, first)
    line = np.unique(packets.line[met(scene, packets, "installer")])
    exposed = np.unique(devices.line[devices.exposed > 0.25])

    assert np.isin(line, exposed).mean() > 1.2 * exposed.size / scene.lines.count
    assert labelled(scene, "installer").size > 2
