"""Peer-to-peer programs of honest people: file sharing, and the nodes of a ledger."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.bench.ground.draws import Wholes
from hinomi.bench.profiled.everyday import Use, use
from hinomi.bench.profiled.hours import DAYS, Habit
from hinomi.bench.profiled.scene import Scene, remote
from hinomi.bench.profiled.shapes import Usual
from hinomi.bench.profiled.sheet import OUTSIDE, Relations
from hinomi.model.protocol import Protocol

_SHARERS: Final = 0.05
_NODES: Final = 0.006
_NODE_PORT: Final = 30_303
_NAMED_NODES: Final = 60
_CALLED: Final = 0.4  # Share of the relations that the peer elsewhere opens.
_PEERS: Final = 404  # Marks peers among all that is scattered.
_LATEST: Final = 6.5  # Day of the window on which the last relations begin.
_LASTS: Final = (0.02, 1.5)  # Days.
_HIGH: Final = (1_024, 60_000)

_TRACKERS: Final = Use(
    name="tracker", share=0.0, servers=25, steepness=1.1, ports=(6969, 1337, 80, 2710, 451),
    proto=Protocol.UDP, shape=Usual.STUN, rate=1.0, habit=Habit.NIGHT, label="tracker", each=4,
    constant=True,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Swarm:
    """A peer-to-peer program."""

    peers: float  # Of a member on average.
    rate: float
    pool: int  # Peers elsewhere.
    tcp: float
    udp_shape: int
    tcp_shape: int
    habit: Habit
    port: int | None = None  # All listen there; None: each has its own.


def share(scene: Scene) -> None:
    """Let some lines share files and others keep nodes."""
    draws = scene.draws("peers")
    sharers = np.flatnonzero(draws.chances(_SHARERS, scene.lines.count))
    files = _Swarm(
        peers=130 * 1.4 * scene.size.quiet, rate=1.1, pool=3_000_000, tcp=0.35,
        udp_shape=Usual.UTP, tcp_shape=Usual.BITTORRENT, habit=Habit.NIGHT,
    )  # fmt: skip
    _join(scene, "file sharing", files, sharers)
    use(scene, _TRACKERS, lines=sharers)
    nodes = np.flatnonzero(draws.chances(_NODES, scene.lines.count))
    ledger = _Swarm(
        peers=40, rate=0.9, pool=6_000, tcp=0.8, udp_shape=Usual.UTP,
        tcp_shape=scene.shapes.keep_alive(draws), habit=Habit.FLAT, port=_NODE_PORT,
    )  # fmt: skip
    _join(scene, "ledger", ledger, nodes)
    named = _address(scene, np.arange(1, _NAMED_NODES))
    scene.book.name_all(named, Protocol.TCP, _NODE_PORT, "p2p-node")


def _address(scene: Scene, peer: Wholes) -> Wholes:
    return remote(scene.below(1 << 30, peer, _PEERS))


def _join(scene: Scene, name: str, swarm: _Swarm, members: Wholes) -> None:
    draws = scene.draws(f"swarm {name}")
    lines = scene.lines
    met = draws.rng.poisson(swarm.peers * draws.spread(-0.5, 1.0, members.size))
    line = np.repeat(members, met)
    count = line.size
    peer = draws.ranks(0.6, swarm.pool, count)
    code = _address(scene, peer)
    high = _HIGH[0] + scene.below(_HIGH[1], peer, _PEERS + 1)
    peer_port = high if swarm.port is None else np.full(count, swarm.port)
    own_port = _HIGH[0] + scene.below(_HIGH[1], line, 55)
    own_port = own_port if swarm.port is None else np.full(count, swarm.port)
    tcp = draws.chances(swarm.tcp, count)
    rate = swarm.rate * draws.spread(-0.5, 1.0, count) / 2
    starts = draws.rng.uniform(0, _LATEST, count)
    ends = np.minimum(starts + draws.numbers(*_LASTS, count), DAYS)
    passing = lines.port_base[line] + scene.below(1 << 30, code, line) % lines.port_span[line]
    away = _HIGH[0] + scene.below(_HIGH[1], code, line)
    proto = np.where(tcp, Protocol.TCP, Protocol.UDP)
    shape = np.where(tcp, swarm.tcp_shape, swarm.udp_shape)
    called = draws.chances(_CALLED, count)
    v4 = lines.codes(line)
    for mine, client, server, port, client_port, of in (
        (~called, v4, code, peer_port, np.where(tcp, passing, own_port), line),
        (called, code, v4, own_port, np.where(tcp, away, peer_port), np.full(count, OUTSIDE)),
    ):
        scene.sheet.relate(draws, Relations(
            client=client[mine], server=server[mine], port=port[mine], proto=proto[mine],
            shape=shape[mine], up=rate[mine], down=rate[mine], line=of[mine],
            habit=np.where(of >= 0, swarm.habit, Habit.FLAT)[mine], starts=starts[mine],
            ends=ends[mine], client_port=client_port[mine],
        ))  # fmt: skip
