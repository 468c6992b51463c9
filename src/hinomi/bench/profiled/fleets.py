"""Where the C&C servers of a family stand: elsewhere, beside others, at lines of ours."""

from typing import Final

import numpy as np

from hinomi.bench.ground.draws import Draws
from hinomi.bench.profiled.families import Design, Family, Server
from hinomi.bench.profiled.hours import DAYS
from hinomi.bench.profiled.scene import Scene, new_host, odd_port
from hinomi.bench.profiled.web import HTTP, HTTPS, popular_site
from hinomi.model.protocol import Protocol

_FEW: Final = {Design.HTTPS: (1, 5), Design.IRC: (1, 4)}
_SMALL: Final = (1, 4)
_ONE_PORT: Final = 0.6  # Families whose servers all listen on the same.
_UDP: Final = 0.1  # Of the families on devices.
_BEHIND_HTTPS: Final = 0.12  # Of the others.
_IRC_PORTS: Final = (6667, 6697, 7000, 6666)  # Registered, and by custom.
_IRC_SHARE: Final = 0.6
_MOVING: Final = 0.22
_NEIGHBOURS: Final = 0.3  # Families whose servers stand in one /24.
_AT_A_LINE: Final = 0.05
_ON_SHARED: Final = 0.07
_V6: Final = 0.05
_FIRST_MOVE, _LAST_MOVE = 0.5, 6.5  # Days.
_FRONTED_RANKS: Final = (4, 60)
_NOT_ALONE: Final = 8_081  # On a shared host somebody else has port 80.


def station(scene: Scene, draws: Draws, family: Family) -> list[Server]:
    """Draw the servers of a family that its bots call themselves."""
    few = _SMALL if family.small else scene.size.servers
    count = draws.whole(*_FEW.get(family.design, few))
    one_port = family.design == Design.HTTPS or draws.happens(_ONE_PORT)
    udp = family.design.startswith("iot") and draws.happens(_UDP)
    port, neighbours = _port(draws, family), draws.happens(_NEIGHBOURS)
    net = new_host(draws) & ~0xFF
    servers = []
    for number in range(count):
        mine = port if one_port or number == 0 else odd_port(draws)
        code, mine = _place(scene, draws, net if neighbours else None, mine)
        if family.fronted and number == 0:
            code, mine = popular_site(scene, draws, *_FRONTED_RANKS), HTTPS
        proto = Protocol.UDP if udp and mine != HTTPS else Protocol.TCP
        servers.append(Server(code=code, proto=int(proto), port=mine))
    family.moving = not family.small and draws.happens(_MOVING)
    if family.moving:
        moves = np.sort(draws.rng.uniform(_FIRST_MOVE, _LAST_MOVE, count - 1)).tolist()
        for server, starts, ends in zip(servers, [0.0, *moves], [*moves, DAYS], strict=True):
            server.starts, server.ends = starts, ends
    return servers


def _port(draws: Draws, family: Family) -> int:
    if family.design == Design.HTTPS or draws.happens(_BEHIND_HTTPS):
        return HTTPS
    if family.design == Design.IRC and draws.happens(_IRC_SHARE):
        return draws.pick(_IRC_PORTS)
    return odd_port(draws)


def _place(scene: Scene, draws: Draws, net: int | None, port: int) -> tuple[int, int]:
    """Draw where a server stands, and its port there."""
    where = draws.rng.random()
    if where < _AT_A_LINE:
        free = np.flatnonzero(~scene.lines.shared)
        return int(scene.lines.v4[draws.some(free, 1)[0]]), port
    if where < _AT_A_LINE + _ON_SHARED:
        return int(scene.some_hosts(draws, 1)[0]), _NOT_ALONE if port == HTTP else port
    if net is not None:
        return net + draws.whole(1, 255), port
    return new_host(draws, _V6), port
