"""Small services that a few lines keep in touch with, just as bots do with a C&C server."""

from typing import Final

import numpy as np

from hinomi.bench.addressing import Codes
from hinomi.bench.ground.book import Service
from hinomi.bench.ground.draws import Draws, Wholes
from hinomi.bench.profiled.devices import Households, expected
from hinomi.bench.profiled.hours import DAYS, Habit
from hinomi.bench.profiled.scene import Scene, new_hosts, odd_port
from hinomi.bench.profiled.sheet import Relations
from hinomi.model.protocol import Protocol

_LEAST_SCALE: Final = 0.1  # Services shrink with the root of the scale, down to this.
_KINDS: Final = (
    "telemetry", "alarm-central", "point-of-sale", "remote-maintenance", "home-server",
    "game-guild", "niche-vpn", "chat", "club-radio", "niche-tracker",
)  # fmt: skip
_HUMAN: Final = frozenset({"game-guild", "chat", "club-radio", "niche-vpn"})
_CLIENTS: Final = (5, 300)
_CLIENTS_MOST: Final = 20  # One line in so many at most.
_MODEL_OWNERS: Final = 20  # Lines that own a model, for a service of its own.

# Whose lines the clients are, and how probable that is: what these have in common misleads.
_POOLS: Final = ("business", "model", "vulnerable", "region", "anyone")
_POOL_ODDS: Final = (0.22, 0.14, 0.10, 0.10, 0.44)

_ADDRESSES: Final = (1, 1, 1, 2, 3)
_INSIDE: Final = 0.04  # At a line of ours,
_ON_SHARED: Final = 0.08  # or beside others on one host.
_USUAL_PORT: Final = 0.12
_USUAL_PORTS: Final = (443, 443, 80, 22)
_PERIOD_S: Final = (20, 600)
_NEW: Final = 0.1  # Services that begin within the window,
_NEW_BEFORE: Final = 5.0  # by this day.


def tend(scene: Scene, homes: Households) -> list[Service]:
    """Let small services live; give them."""
    draws = scene.draws("niches")
    count = int(scene.size.niches * max(scene.scale, _LEAST_SCALE) ** 0.5)
    pools = _gather(scene, homes)
    services: list[Service] = []
    for number in range(count):
        services += _serve(scene, draws, number, pools)
    return services


def _gather(scene: Scene, homes: Households) -> dict[str, list[Wholes]]:
    """Give the groups of lines from which a kind of clients may come."""
    owners = [each.owners for each in homes.models if each.owners.size > _MODEL_OWNERS]
    weak = [each.owners for each in homes.vulnerable if each.owners.size > _MODEL_OWNERS]
    regions = [
        np.flatnonzero(scene.lines.block == number) for number in range(scene.lines.blocks.size)
    ]
    business = [np.flatnonzero(scene.lines.business)]
    return {"business": business, "model": owners, "vulnerable": weak, "region": regions}


def _clients(scene: Scene, draws: Draws, pools: dict[str, list[Wholes]]) -> Wholes:
    count = min(int(draws.number(*_CLIENTS)), scene.lines.count // _CLIENTS_MOST)
    groups = pools.get(draws.pick(_POOLS, _POOL_ODDS), [])
    group = groups[draws.whole(0, len(groups))] if groups else np.empty(0, np.int64)
    if group.size:
        return np.unique(draws.some(group, count))
    if draws.happens(0.5):
        return np.unique(draws.wholes(0, scene.lines.count, count))
    return np.unique(scene.lines.pick(count, draws))


def _addresses(scene: Scene, draws: Draws) -> Codes:
    count = draws.pick(_ADDRESSES)
    if draws.happens(_ON_SHARED):
        return scene.some_hosts(draws, count)
    if draws.happens(_INSIDE):
        return scene.lines.codes(scene.lines.pick(count, draws))
    return new_hosts(draws, count, 0.04)


def _serve(
    scene: Scene, draws: Draws, number: int, pools: dict[str, list[Wholes]]
) -> list[Service]:
    """Draw one service and what it exchanges with its clients."""
    kind, line = draws.pick(_KINDS), _clients(scene, draws, pools)
    code = _addresses(scene, draws)
    port = draws.pick(_USUAL_PORTS) if draws.happens(_USUAL_PORT) else odd_port(draws)
    udp = port > 1_024 and draws.happens(0.2)  # noqa: PLR2004 - RFC 6335, section 6.
    proto = int(Protocol.UDP if udp else Protocol.TCP)
    server = code[scene.below(code.size, line, number, 63)]
    reached = scene.lines.reaches(server, line)
    line, server = line[reached], server[reached]
    keeps = draws.happens(0.8)
    shape = scene.shapes.keep_alive(draws) if keeps else scene.shapes.polling(draws)
    starts = draws.between(0, _NEW_BEFORE) if draws.happens(_NEW) else 0.0
    habit = _habit(draws, kind)
    rate = expected(draws.number(*_PERIOD_S), draws.between(2, 4.5))
    rates = rate * draws.rng.beta(3, 1, line.size) * draws.spread(0, 0.4, line.size)
    rates *= scene.hours.share(habit, starts, DAYS)
    scene.sheet.relate(draws, Relations(
        client=scene.lines.codes(line, server), server=server, port=port, proto=proto,
        shape=shape, up=rates / 2, down=rates / 2, line=line, habit=habit, starts=starts,
        life=draws.number(0.02, 7),
    ))  # fmt: skip
    scene.book.name_all(code, proto, port, kind, f"app{number}")
    return [(each, proto, port) for each in code.tolist()]


def _habit(draws: Draws, kind: str) -> Habit:
    if kind in _HUMAN:
        return Habit.HOME
    if kind == "point-of-sale":
        return Habit.BUSINESS
    return draws.pick((Habit.FLAT, Habit.FLAT, Habit.SEMI))
