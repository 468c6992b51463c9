"""BitTorrent: swarms of peers on odd ports, ours among them, trackers and the DHT."""

from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance, Floats, Ints, popularity
from hinomi.bench.communal.hosts import Where
from hinomi.bench.communal.packets import Talk
from hinomi.bench.communal.register import TCP, UDP
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.traffic import Hours

_LEAST_PEERS: Final = 0.15  # Of the scale.
_FEWEST: Final = 20  # Swarms.
_OWN_PEERS: Final = 4  # Of the same provider, for each line.
_TRACKERS, _BOOTSTRAP = 30, 4


def swarm(scene: Scene) -> None:
    """Let lines share files."""
    chance = scene.chance("swarms")
    lines = scene.lines
    count = int(lines.count * scene.size.kind.swarming)
    sharing = chance.subset(lines.everyone, count)
    line, peer, rate = _meet(scene, sharing, chance)
    evening = chance.each(line.size, 0.5)
    for mine, hours, up_share in ((evening, Hours.AWAKE, 0.5), (~evening, Hours.ALWAYS, 0.7)):
        scene.traffic.relate(
            line[mine],
            0,
            peer[mine],
            rate[mine],
            Talk.DATAGRAM_BULK,
            hours=hours,
            up_share=up_share,
        )
    port = chance.some((6_969, 1_337, 80, 2_710, 451), _TRACKERS)
    trackers = scene.register.add(
        _TRACKERS, port, chance.some((UDP, UDP, TCP), _TRACKERS), "tracker"
    )
    asking = np.repeat(sharing, 4)
    tracker = trackers[chance.ranked(popularity(_TRACKERS, 0.9), asking.size)]
    scene.traffic.relate(asking, 0, tracker, chance.spread(0.25, 0.7, asking.size), Talk.DATAGRAM)
    table = scene.register.add(_BOOTSTRAP, 6_881, UDP, "tracker")
    scene.traffic.relate(sharing, 0, chance.some(table, sharing.size), 0.2, Talk.DATAGRAM)


def _meet(scene: Scene, sharing: Ints, chance: Chance) -> tuple[Ints, Ints, Floats]:
    """Give pairs of line and peer, with the sampled packets a week of each."""
    peers = scene.size.scaled(scene.size.kind.peers, _LEAST_PEERS)
    outside = scene.register.add(
        peers,
        chance.wholes(1_025, 65_535, peers),
        chance.some((UDP, UDP, TCP), peers),
        "bt-peer",
        where=Where.HOME,
        v6=0.1,
    )
    own = scene.register.add(
        sharing.size,
        chance.wholes(1_025, 65_535, sharing.size),
        UDP,
        "bt-peer",
        code=scene.lines.first[sharing],
    )
    count = max(_FEWEST, sharing.size // 6)
    swarms = [
        chance.some(outside, int(np.clip(chance.around(120, 1.0), 10, 1_500))) for _ in range(count)
    ]
    reach = popularity(count, 0.8)
    lines: list[Ints] = []
    met: list[Ints] = []
    rates: list[Floats] = []
    for line in sharing.tolist():
        for number in np.unique(chance.ranked(reach, 1 + chance.geometric(0.35))).tolist():
            some = chance.some(swarms[number], int(np.clip(chance.around(45, 0.8), 5, 400)))
            met.append(some)
            rates.append(np.minimum(chance.spread(0.28, 1.5, some.size), 40.0))
            lines.append(np.full(some.size, line))
        met.append(chance.some(own, _OWN_PEERS))
        rates.append(chance.spread(0.1, 1.0, _OWN_PEERS))
        lines.append(np.full(_OWN_PEERS, line))
    return np.concatenate(lines), np.concatenate(met), np.concatenate(rates)
