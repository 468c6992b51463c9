"""Names and times."""

import numpy as np

from communes import labelled, met, seen
from hinomi.bench.communal.devices import Devices
from hinomi.bench.communal.naming import look_up
from hinomi.bench.communal.places import is_own_v4
from hinomi.bench.communal.scene import Scene


def test_most_lines_ask_the_provider(scene: Scene, devices: Devices) -> None:
    """Its resolvers are own machines, and ask thousands of servers themselves."""
    first = len(scene.traffic.parts)
    look_up(scene, devices)
    packets = seen(scene, first)
    dns = met(scene, packets, "dns")
    own = is_own_v4(packets.other)
    people = dns & (packets.line < scene.lines.count)
    resolvers = dns & (packets.line >= scene.lines.count)

    assert 0.55 < own[people].mean() < 0.8
    assert not own[resolvers].any()
    assert np.unique(packets.other[resolvers]).size > 100


def test_some_names_are_asked_over_https(scene: Scene, devices: Devices) -> None:
    """At the addresses of public resolvers."""
    look_up(scene, devices)
    columns, dns = scene.register.columns, labelled(scene, "dns")
    secure = columns.code[dns[columns.port[dns] == 443]]

    assert secure.size == 6
    assert np.isin(secure, columns.code[dns[columns.port[dns] == 53]]).all()


def test_things_ask_for_the_time(scene: Scene, devices: Devices) -> None:
    """Each packet to a clock has the size of NTP."""
    first = len(scene.traffic.parts)
    look_up(scene, devices)
    packets = seen(scene, first)
    clocks = met(scene, packets, "ntp")

    assert clocks.any()
    assert packets.octets[clocks].min() == 76
