"""Names and times: resolvers of the provider and of others, DNS over HTTPS, NTP."""

from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance, popularity
from hinomi.bench.communal.devices import Devices
from hinomi.bench.communal.lines import RESOLVERS
from hinomi.bench.communal.packets import Talk
from hinomi.bench.communal.register import TCP, UDP
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.traffic import Hours

_RESOLVERS: Final = 2  # Of the provider, that lines ask.
_PUBLIC: Final = 12
_ENCRYPTED: Final = 6  # Of the public ones.
_AUTHORITIES: Final = (20_000, 200)  # At scale 1, and at least.
_CLOCKS: Final = 60
_ASKED_MS: Final = 1_000  # Each question comes from a port of its own.


def look_up(scene: Scene, devices: Devices) -> None:
    """Let lines ask for names and times, and resolvers ask everybody."""
    chance = scene.chance("naming")
    _resolve(scene, chance)
    _recurse(scene, chance)
    clocks = scene.register.add(_CLOCKS, 123, UDP, "ntp", v6=0.3, payload=(48, 48))
    scene.benign.extend(clocks[:20].tolist())
    scene.traffic.relate(
        devices.line,
        devices.number,
        clocks[chance.ranked(popularity(_CLOCKS, 1), devices.line.size)],
        np.minimum(chance.spread(0.1, 0.9, devices.line.size), 3.0),
        Talk.DATAGRAM,
        connection_ms=60_000,
    )


def _resolve(scene: Scene, chance: Chance) -> None:
    register, lines = scene.register, scene.lines
    count = lines.count
    own = lines.first[count : count + _RESOLVERS]
    provider = register.add(_RESOLVERS, 53, UDP, "dns", code=own, payload=(42, 130))
    public = register.add(_PUBLIC, 53, UDP, "dns", v6=0.8, payload=(45, 120))
    scene.benign.extend([*provider.tolist(), *public[:8].tolist()])
    asked = np.where(
        chance.each(count, 0.72),
        provider[chance.wholes(0, _RESOLVERS, count)],
        public[chance.ranked(popularity(_PUBLIC, 1.2), count)],
    )
    scene.traffic.relate(
        lines.everyone,
        chance.wholes(0, 4, count),
        asked,
        chance.spread(scene.size.kind.lookups, 0.7, count) * np.sqrt(lines.activity[:count]),
        Talk.DATAGRAM,
        hours=Hours.AWAKE,
        connection_ms=_ASKED_MS,
    )
    places = register.columns.code[public[:_ENCRYPTED]]
    encrypted = register.add(_ENCRYPTED, 443, TCP, "dns", code=places)
    line = np.flatnonzero(chance.each(count, 0.12))
    scene.traffic.relate(
        line,
        1,
        encrypted[chance.ranked(popularity(_ENCRYPTED, 1), line.size)],
        chance.spread(0.8, 0.7, line.size),
        Talk.KEEP,
        hours=Hours.AWAKE,
    )


def _recurse(scene: Scene, chance: Chance) -> None:
    many, least = _AUTHORITIES
    count = scene.size.scaled(many) + least
    authority = scene.register.add(count, 53, UDP, "dns", payload=(40, 160))
    weight = (np.arange(count) + 3.0) ** -0.9
    resolvers = np.arange(scene.lines.count, scene.lines.count + RESOLVERS.stop)[:_RESOLVERS]
    scene.traffic.relate(
        chance.some(resolvers, count),
        0,
        authority,
        weight / weight.sum() * scene.size.kind.resolving * scene.size.scale,
        Talk.DATAGRAM,
        hours=Hours.AWAKE,
        connection_ms=_ASKED_MS,
    )
