"""What every network carries besides browsing: names, time, mail, games, tunnels, pings."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.bench.addressing import REMOTE_V6, Codes
from hinomi.bench.ground.draws import Draws, Wholes
from hinomi.bench.profiled.hours import Habit
from hinomi.bench.profiled.scene import Scene, new_host, new_hosts, odd_ports
from hinomi.bench.profiled.shapes import Usual
from hinomi.bench.profiled.sheet import Relations
from hinomi.model.protocol import Protocol

ANY_PORT: Final = -1  # Above 1,023.
ODD_PORT: Final = -2  # As `scene.odd_ports`.
KEEP_ALIVE: Final = -1  # In place of a shape: one drawn for the use.

_NAMED: Final = 60  # The most popular servers of a use have a name.
_HOST: Final = 10  # Of the provider's own resolvers in their blocks.
_RESOLVERS: Final = 2
_ECHO_REQUEST: Final = 8 << 8  # ICMP: type x 256 + code.
_PINGERS: Final = 0.06
_PING_RATE: Final = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A use in which lines keep relations with some of many servers."""

    name: str
    share: float  # Of the lines.
    servers: int
    steepness: float  # Of the servers' popularity; not 1.
    ports: tuple[int, ...]  # A server has one; or ANY_PORT, ODD_PORT.
    proto: int
    shape: int
    rate: float  # Packets sampled of a relation on average.
    habit: Habit
    label: str = ""  # Of the servers in the truth.
    each: int = 1  # Relations of a line.
    sigma: float = 1.0  # Of the rate's log-normal.
    life: float = 0.1  # Days for which a client keeps a port.
    constant: bool = False  # As much of it in a sparse world.


_TCP, _UDP = int(Protocol.TCP), int(Protocol.UDP)

RESOLVERS: Final = Use(
    name="dns", share=0.9, servers=_RESOLVERS, steepness=1.01, ports=(53,), proto=_UDP,
    shape=Usual.DNS, rate=3.0, habit=Habit.HOME, label="dns", life=1e-4,
)  # fmt: skip
"""The provider's own resolvers: servers at own addresses."""

USES: Final = (
    Use(
        name="public dns", share=0.3, servers=12, steepness=1.3, ports=(53,), proto=_UDP,
        shape=Usual.DNS, rate=1.0, habit=Habit.HOME, label="dns", life=1e-4,
    ),
    Use(
        name="dns over tls", share=0.05, servers=6, steepness=1.2, ports=(853,), proto=_TCP,
        shape=Usual.WEB_INTERACTIVE, rate=1.0, habit=Habit.HOME, label="dns",
    ),
    Use(
        name="ntp", share=0.7, servers=250, steepness=1.1, ports=(123,), proto=_UDP,
        shape=Usual.NTP, rate=0.1, habit=Habit.FLAT, label="ntp", life=0.01, constant=True,
    ),
    Use(
        name="push", share=0.85, servers=60, steepness=1.02, ports=(5228, 5223, 443), proto=_TCP,
        shape=KEEP_ALIVE, rate=0.8, habit=Habit.FLAT, label="push", each=2,
    ),
    Use(
        name="mail", share=0.25, servers=400, steepness=1.1, ports=(993, 993, 995, 587, 465),
        proto=_TCP, shape=Usual.WEB_INTERACTIVE, rate=0.8, habit=Habit.HOME, label="mail-server",
    ),
    Use(
        name="vpn", share=0.06, servers=2_500, steepness=1.05,
        ports=(1194, 4500, 51820, 443, 500, 8443), proto=_UDP, shape=Usual.VPN, rate=14.0,
        habit=Habit.BUSINESS, sigma=1.4,
    ),
    Use(
        name="telephony", share=0.1, servers=150, steepness=1.1, ports=(5060, 5061, 10000),
        proto=_UDP, shape=Usual.STUN, rate=1.2, habit=Habit.FLAT,
    ),
    Use(
        name="game", share=0.16, servers=6_000, steepness=1.03, ports=(ANY_PORT,), proto=_UDP,
        shape=Usual.GAME, rate=12.0, habit=Habit.HOME, each=2, sigma=1.5,
    ),
    Use(
        name="game lobby", share=0.12, servers=1_500, steepness=1.05, ports=(ODD_PORT,),
        proto=_TCP, shape=KEEP_ALIVE, rate=0.8, habit=Habit.HOME, each=2,
    ),
    Use(
        name="stun", share=0.3, servers=40, steepness=1.1, ports=(3478, 19302), proto=_UDP,
        shape=Usual.STUN, rate=0.3, habit=Habit.HOME, label="stun",
    ),
    Use(
        name="ssh", share=0.02, servers=3_000, steepness=1.02, ports=(22, 2222), proto=_TCP,
        shape=Usual.SSH, rate=2.0, habit=Habit.BUSINESS, sigma=1.5,
    ),
)  # fmt: skip


def go_about(scene: Scene) -> None:
    """Let the lines resolve, tell the time, play, work and ping."""
    use(scene, RESOLVERS, codes=_resolvers(scene))
    for each in USES:
        use(scene, each)
    _ping(scene)


def use(
    scene: Scene, what: Use, *, codes: Codes | None = None, lines: Wholes | None = None
) -> None:
    """
    Let lines keep relations with the servers of a use.

    Args:
        scene: The world.
        what: The use.
        codes: Its servers, if they are given.
        lines: Who uses it, if that is given.
    """
    draws = scene.draws(f"use {what.name}")
    users = np.flatnonzero(draws.chances(what.share, scene.lines.count)) if lines is None else lines
    line = np.repeat(users, what.each)
    if not line.size:
        return
    code = _servers(draws, what.servers) if codes is None else codes
    port = _ports(draws, what.ports, code.size)
    rank = draws.ranks(what.steepness, code.size + 1, line.size) - 1
    rank = np.minimum(rank, code.size - 1)
    rank = np.where(scene.lines.reaches(code[rank], line), rank, 0)
    rate = what.rate * (1.0 if what.constant else scene.size.quiet)
    rates = rate * draws.spread(-(what.sigma**2) / 2, what.sigma, line.size)
    lively = draws.chances(0.5, line.size)
    rates *= np.where(lively, np.sqrt(scene.lines.activity[line]), 1.0)
    shape = scene.shapes.keep_alive(draws) if what.shape == KEEP_ALIVE else what.shape
    scene.sheet.relate(draws, Relations(
        client=scene.lines.codes(line, code[rank]), server=code[rank], port=port[rank],
        proto=what.proto, shape=shape, up=rates / 2, down=rates / 2, line=line,
        habit=what.habit, life=what.life,
    ))  # fmt: skip
    if what.label:
        for place in range(min(code.size, _NAMED)):
            scene.book.name((int(code[place]), what.proto, int(port[place])), what.label)


def _resolvers(scene: Scene) -> Codes:
    return scene.lines.blocks[:_RESOLVERS] + _HOST


def _servers(draws: Draws, count: int) -> Codes:
    """Draw servers, a tenth IPv6; the most popular one is for everybody."""
    code = new_hosts(draws, count, 0.1)
    if code[0] >= REMOTE_V6:
        code[0] = new_host(draws)
    return code


def _ports(draws: Draws, ports: tuple[int, ...], count: int) -> Wholes:
    if ports == (ANY_PORT,):
        return draws.wholes(1_024, 65_000, count)
    if ports == (ODD_PORT,):
        return odd_ports(draws, count)
    return draws.some(np.array(ports), count)


def _ping(scene: Scene) -> None:
    """Ping resolvers and whatever tools take for a sign of life."""
    draws = scene.draws("pings")
    line = scene.lines.pick(int(scene.lines.count * _PINGERS * scene.size.quiet), draws)
    liked = new_hosts(draws, 200)[scene.below(200, line, 9)]
    other = np.where(
        draws.chances(0.6, line.size), _resolvers(scene)[0], new_hosts(draws, line.size)
    )
    target = np.where(draws.chances(0.5, line.size), liked, other)
    for port, up, down in ((_ECHO_REQUEST, _PING_RATE, 0.0), (0, 0.0, _PING_RATE)):
        scene.sheet.relate(draws, Relations(
            client=scene.lines.codes(line), server=target, port=port, proto=Protocol.ICMP,
            shape=Usual.NTP, up=up, down=down, line=line, habit=Habit.SEMI, client_port=0,
        ))  # fmt: skip
