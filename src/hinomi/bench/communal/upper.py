"""Above and beyond the first tier: second-tier servers, relays, and what proxies carry."""

from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance, Ints
from hinomi.bench.communal.control import Calls
from hinomi.bench.communal.families import Design, Family
from hinomi.bench.communal.hosts import Where
from hinomi.bench.communal.kinds import DAY_MS
from hinomi.bench.communal.packets import Talk
from hinomi.bench.communal.register import TCP
from hinomi.bench.communal.scene import Scene

_ALWAYS: Final = frozenset({Design.FRONTS, Design.PROXIES})
_SOMETIMES: Final = frozenset({Design.QUIET, Design.SOCKETS})
_RELAYS: Final = (5, 40)  # Bots that relay for others, least and most.
_PORTS: Final = (443, 8_443, 22, 34_411, 51_820)
_ODD: Final = 2 / 7  # Share of second tiers on a port of their own.
_MANY: Final = 9  # Fronts from which on there may be two second-tier servers.
_CARRYING: Final = frozenset({Design.PROXIES, Design.SOCKETS})


def rise(scene: Scene, family: Family, resident: Ints | None, chance: Chance) -> None:
    """
    Put a second tier above a family, if its design has one.

    Args:
        scene: The world.
        family: Gets its `upper` servers.
        resident: Lines that are first-tier servers, if any.
        chance: Source of chance.
    """
    sometimes = family.design in _SOMETIMES and chance.happens(0.25)
    if family.design not in _ALWAYS and not sometimes:
        return
    if family.design is Design.FRONTS and resident is not None:
        front = np.flatnonzero(np.isin(family.line, resident))
    else:
        relays = np.clip(family.size * chance.between(0.05, 0.18), *_RELAYS)
        front = chance.rng.permutation(family.size)[: int(relays)]
        _relay(scene, family.line[front], chance)
    count = 1 if front.size < _MANY else chance.whole(1, 3)
    service = scene.register.add(
        count,
        chance.whole(1_025, 65_000) if chance.happens(_ODD) else chance.one(_PORTS),
        TCP,
        "cc",
        family=family.name,
        tier=2,
        where=chance.one((Where.HOSTING, Where.CARELESS)),
        payload=(chance.whole(60, 180), chance.whole(60, 180)),
    )
    family.upper.extend(service.tolist())
    each = np.repeat(front, count)
    scene.traffic.relate(
        family.line[each],
        family.device[each],
        np.tile(service, front.size),
        np.clip(chance.spread(6.0, 0.9, each.size), 0.5, 60.0) / count,
        Talk.KEEP if chance.happens(0.6) else Talk.BULK_UP,
        since=np.minimum(family.since[each], DAY_MS),
        connection_ms=DAY_MS,
    )


def _relay(scene: Scene, line: Ints, chance: Chance) -> None:
    """Let remote customers and bots come in to relays."""
    callers = np.clip(chance.spread(30, 0.7, line.size), 5, 200).astype(np.int64)
    caller = scene.hosts.take(int(callers.sum()), Where.HOME)
    port = chance.wholes(1_025, 65_000, line.size)
    scene.traffic.serve(
        np.repeat(line, callers),
        np.repeat(port, callers),
        caller,
        chance.spread(0.25, 0.8, caller.size),
        Talk.KEEP,
    )


def carry(scene: Scene, family: Family, calls: Calls, chance: Chance) -> None:
    """Let the bots of a proxy network carry the traffic of its customers."""
    if family.design not in _CARRYING:
        return
    heavy = np.flatnonzero(chance.each(calls.bot.size, 0.5))
    bot = calls.bot[heavy]
    scene.traffic.relate(
        family.line[bot],
        family.device[bot],
        calls.server[heavy],
        np.clip(chance.spread(2.5, 1.1, heavy.size), 0.0, 40.0) * calls.share,
        Talk.BULK_UP if family.proto == TCP else Talk.DATAGRAM_BULK,
        since=calls.since[heavy],
        until=calls.until[heavy],
        hours=family.hours,
        up_share=0.6,
    )
    for name, each, sigma in (("web", 5, 1.0), ("mail", 1, 0.0)):
        bot = chance.wholes(0, family.size, family.size * each)
        scene.traffic.relate(
            family.line[bot],
            family.device[bot],
            scene.popular(name, chance, bot.size),
            chance.spread(0.35, sigma, bot.size),
            Talk.SHORT,
            since=family.since[bot],
            until=family.until[bot],
        )
