"""Subscribers who run servers at home: web, games, cameras, telephones, tunnels."""

from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Ints
from hinomi.bench.communal.hosts import Where
from hinomi.bench.communal.packets import Talk
from hinomi.bench.communal.register import TCP
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.traffic import Hours

_SERVED: Final = (
    (443, 0.3), (25_565, 0.15), (22, 0.1), (8_080, 0.1), (554, 0.1), (5_060, 0.06),
    (32_400, 0.12), (1_194, 0.07),
)  # fmt: skip
"""Port and share of those that serve."""
_SHORTLY: Final = frozenset({443, 22, 8_080, 5_060})


def serve_at_home(scene: Scene) -> Ints:
    """Let some subscribers run servers, for callers outside and other lines; give the lines."""
    chance = scene.chance("servers")
    lines = scene.lines
    servers = chance.subset(lines.public, int(lines.count * 0.006) + 5)
    for port, share in _SERVED:
        line = chance.some(servers, max(1, int(servers.size * share)))
        callers = np.clip(chance.spread(25, 1.1, line.size), 2, 600).astype(np.int64)
        caller = scene.hosts.take(int(callers.sum()), Where.HOME)
        talk = Talk.SHORT if port in _SHORTLY else Talk.KEEP
        rate = np.minimum(chance.spread(0.25, 1.2, caller.size), 15.0)
        scene.traffic.serve(np.repeat(line, callers), port, caller, rate, talk, hours=Hours.AWAKE)
        own = scene.register.add(line.size, port, TCP, "own-server", code=lines.first[line])
        guests = chance.wholes(0, 6, line.size)
        guest = scene.any_line(chance, float(guests.sum()))
        scene.traffic.relate(guest, 0, np.repeat(own, guests), 0.5, Talk.SHORT, hours=Hours.AWAKE)
    return servers
