"""
Servers that belong together, and groups of lines that call them.

A botnet and a private community are drawn by the same code: what tells them apart is who the
lines are and what these do besides, never how they call.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from hinomi.bench.addressing import REMOTE_V6, Codes
from hinomi.bench.ground.book import Service
from hinomi.bench.ground.draws import Draws, Reals, Wholes
from hinomi.bench.motley.scene import Fixed, Scene

_ODD_ONE: Final = 0.2  # Servers that talk in another manner than the others,
_OWN_PORTS: Final = 0.3  # and groups of servers that have ports of their own.
_SEEN: Final = 0.7  # Servers that are called enough to be sampled with several lines,
_SEEN_LEAST: Final = 6.0  # so many at least.
_STALE: Final = 0.3  # Lines that still call an address that was left.
_FEWEST: Final = 5  # Callers, if there are so many.


@dataclass(frozen=True, slots=True, kw_only=True)
class Stance:
    """Where servers tend to stand."""

    inside: float  # At lines of ours.
    hosted: float  # Beside others on one address.
    usual_port: float  # On 443 or 80.
    moving: float  # One after the other.


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server, how it talks, and when it lives."""

    service: Service
    manner: int
    starts: float = 0.0  # Days.
    ends: float


def stance(scene: Scene, *, bad: bool) -> Stance:
    """Tell where C&C servers, or small services of no harm, stand in a world."""
    laws = scene.laws
    if bad:
        where = laws.at_subscribers, laws.on_hosting, laws.usual_port, laws.moving
    else:
        where = laws.small_at_lines, laws.small_on_hosting, laws.small_usual_port, laws.small_moving
    inside, hosted, usual_port, moving = where
    return Stance(inside=inside, hosted=hosted, usual_port=usual_port, moving=moving)


def stand(
    scene: Scene, draws: Draws, count: int, *, bad: bool, codes: Codes | None = None
) -> list[Server]:
    """
    Draw servers that belong together.

    Args:
        scene: The world.
        draws: Source of chance.
        count: So many, or fewer where two would stand at one address.
        bad: They lead bots.
        codes: Where they stand for the whole window; None: as the world has it.
    """
    tends, first, days = stance(scene, bad=bad), scene.choose(draws, bad=bad), scene.laws.days
    lives = [(0.0, float(days))] * count
    if codes is None:
        together = scene.laws.together
        codes = scene.place(
            draws, count, inside=tends.inside, hosted=tends.hosted, together=together
        )
        if draws.happens(tends.moving):
            moves = np.sort(draws.rng.uniform(0, days, codes.size - 1)).tolist()
            lives = list(pairwise([0.0, *moves, float(days)]))
    port, own_ports = scene.port(draws, first, tends.usual_port), draws.happens(_OWN_PORTS)
    servers = []
    for code, (starts, ends) in zip(codes.tolist(), lives, strict=False):
        manner = scene.choose(draws, bad=bad) if draws.happens(_ODD_ONE) else first
        mine = scene.port(draws, manner, tends.usual_port) if own_ports else port
        service = (code, scene.proto(manner), mine)
        servers.append(Server(service=service, manner=manner, starts=starts, ends=ends))
    return servers


def call(
    scene: Scene,
    draws: Draws,
    server: Server,
    line: Wholes,
    *,
    met: float = 1.0,
    since: Reals | float = 0.0,
    until: Reals | float | None = None,
) -> Wholes:
    """
    Let a group call a server while it lives, some call it in vain later, and others by mistake.

    Args:
        scene: The world.
        draws: Source of chance.
        server: The server.
        line: The group, shape (n,).
        met: Share of the group that calls.
        since: Day from which a line calls at all, one value or shape (n,).
        until: Day until which it does; None: the window's end.

    Returns:
        The lines that may have met it.
    """
    code, _, port = server.service
    starts = np.broadcast_to(np.maximum(since, server.starts), line.shape)
    last = scene.laws.days if until is None else until
    ends = np.broadcast_to(np.minimum(last, server.ends), line.shape)
    calling = draws.chances(met, line.size)
    if calling.sum() < _FEWEST:
        calling[:] = True
    calling &= starts < ends
    callers = line[calling]
    factor = enough(scene, draws, server.manner, callers.size)
    scene.meet(
        draws, callers, code, port, server.manner, factor=factor, starts=starts[calling],
        ends=ends[calling],
    )  # fmt: skip
    strays = scene.lines.pick(int(draws.rng.poisson(scene.laws.strays * callers.size)), draws)
    scene.meet(draws, strays, code, port, server.manner, bursts=np.ones(strays.size, np.int64))
    if server.ends < scene.laws.days and code < REMOTE_V6:
        stale = callers[draws.chances(_STALE, callers.size)]
        more, manner = draws.number(0.3, 10), int(Fixed.PROBE)
        scene.meet(draws, stale, code, port, manner, factor=more, starts=server.ends)
    return callers


def enough(scene: Scene, draws: Draws, manner: int, callers: int) -> float:
    """Tell how much busier callers are than their manner, so that enough is seen of most groups."""
    law = scene.manners.table[manner]
    rate = float(law["rate"] * scene.laws.gain / law["burst"])
    if not callers or callers * -np.expm1(-rate) >= _SEEN_LEAST or not draws.happens(_SEEN):
        return 1.0
    share = min(0.95, draws.number(_SEEN_LEAST, max(_SEEN_LEAST + 1, callers)) / callers)
    return max(1.0, float(-np.log1p(-share) / rate))
