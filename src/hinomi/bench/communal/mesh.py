"""Bots without a server: each knows many others, outside and on our own lines."""

from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance, popularity
from hinomi.bench.communal.families import Family
from hinomi.bench.communal.hosts import Where
from hinomi.bench.communal.packets import Talk, contacts
from hinomi.bench.communal.register import UDP
from hinomi.bench.communal.scene import Scene

_NODES: Final = (60, 3_000)  # Outside, least and most.
_KNOWN: Final = (8, 220)  # Nodes that a bot talks to, least and most.


def gossip(scene: Scene, family: Family, chance: Chance) -> None:
    """Let the bots of a family talk to each other and to nodes outside."""
    count = int(np.clip(family.size * 3, *_NODES))
    payload = (chance.whole(2, 160), chance.whole(2, 160))
    outside = scene.register.add(
        count,
        chance.wholes(1_025, 65_535, count),
        UDP,
        "p2p-node",
        family=family.name,
        where=Where.HOME,
        payload=payload,
    )
    own = scene.register.add(
        family.size,
        chance.wholes(1_025, 65_535, family.size),
        UDP,
        "p2p-node",
        family=family.name,
        code=scene.lines.first[family.line],
        payload=payload,
    )
    nodes = chance.rng.permutation(np.concatenate([outside, own]))
    known = np.clip(chance.spread(45, 0.6, family.size), *_KNOWN).astype(np.int64)
    bot = np.repeat(np.arange(family.size), known)
    node = nodes[chance.ranked(popularity(nodes.size, 0.5), bot.size)]
    often = contacts(max(family.period_s, 120.0), 4) * family.duty
    scene.traffic.relate(
        family.line[bot],
        family.device[bot],
        node,
        often[bot] * 0.25 + 0.02,
        Talk.DATAGRAM,
        since=family.since[bot],
        until=family.until[bot],
        hours=family.hours,
    )
