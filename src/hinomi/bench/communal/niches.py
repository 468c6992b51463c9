"""The tail: services of a handful of lines, on ports of every sort, and whole communities."""

from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance
from hinomi.bench.communal.kinds import DAY_MS, WEEK_MS
from hinomi.bench.communal.packets import Talk
from hinomi.bench.communal.register import TCP, UDP
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.traffic import Hours

_PORTS: Final = (
    8_080, 8_443, 8_000, 8_888, 9_001, 4_443, 5_000, 7_777, 22, 21, 3_389, 5_222, 6_667, 1_935,
    2_083, 2_096, 10_000, 5_060, 23, 81, 8_081, 5_555, 1_433, 3_306,
)  # fmt: skip
"""Ports of panels, games, chats and shells: many are those of C&C servers."""
_MOST_CLIENTS: Final = 12
_CLIENTS_EXPONENT: Final = 2.1  # Most have one or two.
_WAYS: Final = (
    (Talk.KEEP, Hours.ALWAYS),
    (Talk.KEEP, Hours.AWAKE),
    (Talk.SHORT, Hours.AWAKE),
    (Talk.SHORT, Hours.ALWAYS),
)
_COMMUNITY_PORTS: Final = (443, 1_194, 500, 4_500, 8_443, 993, 10_443, 7_777, 27_015, 8_080, 5_061)
_COMMUNITY_ODD: Final = 3 / 14  # Share of communities on a port of their own.


def fill_niches(scene: Scene) -> None:
    """Let lines use what hardly anybody else uses."""
    chance = scene.chance("niches")
    _niche(scene, chance)
    for _ in range(scene.size.scaled(scene.size.kind.communities)):
        _community(scene, chance)


def _niche(scene: Scene, chance: Chance) -> None:
    count = scene.size.scaled(scene.size.kind.niche)
    odd = chance.wholes(1_025, 65_535, count)
    port = np.where(chance.each(count, 0.5), odd, chance.some(_PORTS, count))
    proto = np.where(chance.each(count, 0.22), UDP, TCP)
    service = scene.register.add(count, port, proto, "niche", v6=0.04)
    scene.shared["niche"] = service
    clients = np.minimum(chance.rng.zipf(_CLIENTS_EXPONENT, count), _MOST_CLIENTS)
    of = np.repeat(np.arange(count), clients)
    line = scene.anyone(chance, of.size)
    rate = np.minimum(chance.spread(float(np.exp(-0.3)), 1.2, count), 14.0)[of]
    rate = rate * chance.spread(1.0, 0.4, of.size)
    coming, going = chance.each(of.size, 0.12), chance.each(of.size, 0.1)
    since = np.where(coming, chance.wholes(0, WEEK_MS, of.size), 0)
    until = np.where(going, chance.wholes(0, WEEK_MS, of.size), WEEK_MS)
    device, way = chance.wholes(0, 30, of.size), chance.wholes(0, len(_WAYS), count)[of]
    for number, (talk, hours) in enumerate(_WAYS):
        mine = np.flatnonzero(way == number)
        scene.traffic.relate(
            line[mine],
            device[mine],
            service[of[mine]],
            rate[mine],
            talk,
            since=since[mine],
            until=until[mine],
            hours=hours,
            connection_ms=DAY_MS // 2,
        )


def _community(scene: Scene, chance: Chance) -> None:
    """Let the lines of an employer, a school, a club or a small game share small services."""
    pool = scene.lines.offices if chance.happens(0.35) else scene.lines.everyone
    member = chance.subset(pool, int(np.clip(chance.around(14, 0.9), 4, 220)))
    count = 1 + chance.geometric(0.4)
    odd = chance.happens(_COMMUNITY_ODD)
    port = chance.whole(1_025, 65_000) if odd else chance.one(_COMMUNITY_PORTS)
    proto = UDP if chance.happens(0.25) else TCP
    service = scene.register.add(count, port, proto, "community", v6=0.05)
    talk = Talk.KEEP if chance.happens(0.6) else Talk.SHORT
    met = np.flatnonzero(chance.each(member.size * count, 0.7))
    often = chance.around(float(np.exp(-0.4)), 0.9)
    scene.traffic.relate(
        np.repeat(member, count)[met],
        0,
        np.tile(service, member.size)[met],
        np.minimum(chance.spread(often, 0.5, met.size), 12.0),
        talk,
        hours=Hours.AWAKE if chance.happens(0.7) else Hours.ALWAYS,
        connection_ms=DAY_MS // 3,
    )
