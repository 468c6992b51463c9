"""Servers at subscribers' lines, what they fetch from elsewhere, and crowds that come at once."""

from typing import Final

import numpy as np

from hinomi.bench.ground.draws import Draws, Wholes
from hinomi.bench.profiled.hours import DAYS, Habit
from hinomi.bench.profiled.scene import Scene, new_host, new_hosts, odd_port
from hinomi.bench.profiled.shapes import Usual
from hinomi.bench.profiled.sheet import OUTSIDE, Relations
from hinomi.model.protocol import Protocol

_HOSTS: Final = 0.012
_PORTS: Final = (
    80, 443, 22, 25565, 32400, 8123, 51820, 1194, 5000, 3389, 25, 8006, 27015, 2222,
)  # fmt: skip
_UDP_PORTS: Final = (51820, 1194, 27015)
_VISITORS: Final = 25.0
_NEIGHBOURS: Final = 0.2  # Share of the visitors that are lines of ours.

_SERVICES: Final = 60  # For servers (backup, monitoring, software), shrinking with the scale
_LEAST_SCALE: Final = 0.2  # down to this.
_SERVICE_PORTS: Final = (443, 22, 10050, 873)

_CROWDS: Final = 8
_CROWD: Final = (60, 900)
_CROWD_DAYS: Final = (0.02, 0.2)
_LAST_CROWD: Final = 6.8


def host(scene: Scene) -> Wholes:
    """Put servers on some lines and let others visit them; give these lines."""
    draws = scene.draws("hosting")
    mine = draws.chances(_HOSTS, scene.lines.count) & ~scene.lines.shared
    if not mine.any():
        mine[np.flatnonzero(~scene.lines.shared)[:1]] = True
    hosts = np.flatnonzero(mine)
    _receive(scene, draws, hosts)
    for number in range(int(_SERVICES * max(scene.scale, _LEAST_SCALE))):
        _fetch(scene, draws, hosts, f"srv{number}")
    for number in range(_CROWDS):
        _crowd(scene, draws, f"event{number}")
    return hosts


def _receive(scene: Scene, draws: Draws, hosts: Wholes) -> None:
    port = draws.some(np.array(_PORTS), hosts.size)
    visits = _VISITORS * draws.spread(-0.8, 1.3, hosts.size) * scene.size.quiet
    visit = np.repeat(np.arange(hosts.size), draws.rng.poisson(visits))
    near = draws.chances(_NEIGHBOURS, visit.size)
    line = np.where(near, scene.lines.pick(visit.size, draws), OUTSIDE)
    client = np.where(near, scene.lines.codes(line), new_hosts(draws, visit.size))
    rate = draws.spread(-0.8, 1.0, visit.size)
    udp = np.isin(port[visit], _UDP_PORTS)
    scene.sheet.relate(draws, Relations(
        client=client, server=scene.lines.codes(hosts[visit]), port=port[visit],
        proto=np.where(udp, Protocol.UDP, Protocol.TCP),
        shape=np.where(udp, Usual.VPN, Usual.WEB_INTERACTIVE),
        up=rate * 0.45, down=rate * 0.55, line=line, habit=Habit.SEMI,
    ))  # fmt: skip


def _fetch(scene: Scene, draws: Draws, hosts: Wholes, name: str) -> None:
    """Let servers keep in touch with a server elsewhere, as fronts of a botnet do."""
    line = np.unique(draws.some(hosts, int(draws.number(3, 40))))
    code, port = new_host(draws), draws.pick((*_SERVICE_PORTS, odd_port(draws), odd_port(draws)))
    rate = draws.number(0.3, 30) * draws.spread(0, 0.7, line.size) / 2
    shape = scene.shapes.keep_alive(draws) if draws.happens(0.6) else int(Usual.UPLOAD)
    scene.sheet.relate(draws, Relations(
        client=scene.lines.codes(line), server=code, port=port, proto=Protocol.TCP, shape=shape,
        up=rate, down=rate, line=line, life=draws.number(0.01, 5),
    ))  # fmt: skip
    scene.book.name((code, Protocol.TCP, port), "server-to-server", name)


def _crowd(scene: Scene, draws: Draws, name: str) -> None:
    """Let many visit one site within hours, as bots do that flood it."""
    count = int(draws.number(*_CROWD) * max(scene.scale, _LEAST_SCALE))
    line, code = np.unique(scene.lines.pick(count, draws)), new_host(draws)
    starts, rate = draws.between(0, _LAST_CROWD), draws.number(0.3, 2)
    scene.sheet.relate(draws, Relations(
        client=scene.lines.codes(line), server=code, port=443, proto=Protocol.TCP,
        shape=Usual.WEB_INTERACTIVE, up=rate * 0.4, down=rate * 0.6, line=line, starts=starts,
        ends=min(DAYS, starts + draws.number(*_CROWD_DAYS)), life=0.01,
    ))  # fmt: skip
    scene.book.name((code, Protocol.TCP, 443), "flash-event", name)
