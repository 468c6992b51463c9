"""What subscribers do besides being infected."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from hinomi.bench.addressing import INFRASTRUCTURE_V4, Codes, is_open, remote_v6_codes
from hinomi.bench.exchange import (
    Clock,
    Flows,
    Packets,
    Sessions,
    Shape,
    sample_flows,
    sample_sessions,
)
from hinomi.bench.population import Population, Scene, client_codes, draw_times, spans, stream
from hinomi.bench.sampling import meeting_probability, scatter_unit
from hinomi.bench.spec import TCP, AppSpec, Device, StandingSpec
from hinomi.bench.truth import NamedService

BATCH: Final = 500_000
"""So many flows or clients are drawn together: bounds memory, and is part of the world."""

_NAMED: Final = 12  # So many of the most used servers of each use stand in the truth.
_RESOLVERS: Final = 2  # Of the provider itself; they take most of the DNS.
_OWN_RESOLVER_SHARE: Final = 0.8
_ODD_PORTS: Final = (8_443, 8_080, 5_000, 9_443, 10_443, 2_083, 4_433, 8_000, 3_000, 7_443)
_ODD_SHARE: Final = 0.12
_SERVER_PORTS: Final = (443, 80, 22, 25_565, 8_096, 5_000, 1_194)
_MOST_NICHE: Final = 3_000_000  # Hosts; keeps the remote range from filling up.


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a world: sampled packets, and the services it can name."""

    packets: list[Packets] = field(default_factory=list)
    services: list[NamedService] = field(default_factory=list)


def live(scene: Scene, named: list[NamedService]) -> Iterator[Packets]:
    """
    Draw what comes and goes, what keeps in touch, the long tail, and own servers.

    Args:
        scene: The world.
        named: Is given the services that can be named.
    """
    for app in scene.spec.apps:
        yield from _app(scene, app, named)
    for standing in scene.spec.standing:
        yield from _standing(scene, standing, named)
    yield from _niche(scene)
    yield from _serving(scene)


def chance_flows(
    scene: Scene,
    device: NDArray[np.int64],
    per_day: float,
    size: tuple[float, float],
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """
    Draw the flows of a use of which at least one packet is sampled.

    Flows arrive by chance (Poisson), so those that are met are Poisson as well, and a
    flow's chance to be met grows with its size.

    Args:
        scene: The world.
        device: Indices of the devices that take part.
        per_day: Flows a day of a device on a line of activity 1.
        size: Median packets of a flow, and sigma of their log-normal.
        rng: Source of chance.

    Returns:
        Device index, start (ms since the Unix epoch) and packets of each flow.
    """
    batches = list(chance_batches(scene, device, per_day, size, rng))
    if not batches:
        empty = np.empty(0, np.int64)
        return empty, empty, empty
    who, start_ms, packets = (np.concatenate(column) for column in zip(*batches, strict=True))
    return who, start_ms, packets


def chance_batches(
    scene: Scene,
    device: NDArray[np.int64],
    per_day: float,
    size: tuple[float, float],
    rng: np.random.Generator,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """Draw flows as `chance_flows`, at most BATCH of them at a time."""
    spec, population = scene.spec, scene.population
    quantile = (np.arange(256) + 0.5) / 256
    sizes = np.maximum(np.rint(size[0] * np.exp(size[1] * ndtri(quantile))), 2)
    reach = meeting_probability(sizes.astype(np.int64), spec.interval)
    edges = np.cumsum(population.activity[population.device_line[device]])
    if not edges.size:
        return
    left = int(rng.poisson(edges[-1] * per_day * spec.days * spec.volume * reach.mean()))
    while left:
        count = min(left, BATCH)
        left -= count
        who = device[np.searchsorted(edges, rng.random(count) * edges[-1], side="right")]
        which = np.searchsorted(np.cumsum(reach), rng.random(count) * reach.sum(), side="right")
        shift_ms = population.shift_ms[population.device_line[who]]
        start_ms = draw_times(spec, count, shift_ms, rng)
        yield who, start_ms, sizes[np.minimum(which, 255)].astype(np.int64)


def popular(rank_chance: NDArray[np.float64], servers: int, zipf: float) -> NDArray[np.int64]:
    """Map numbers in 0..1 to ranks 0..servers-1 whose popularity falls by Zipf's law."""
    edges = np.cumsum((np.arange(servers) + 1.0) ** -zipf)
    rank: NDArray[np.int64] = np.searchsorted(edges, rank_chance * edges[-1], side="right")
    return np.minimum(rank, servers - 1)


def server_ports(ports: Sequence[int], count: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """Give each of *count* servers a port; each next port is a third as likely."""
    weight = 3.0 ** -np.arange(len(ports))
    drawn: NDArray[np.int32] = rng.choice(np.array(ports, np.int32), count, p=weight / weight.sum())
    return drawn


def users_of(
    population: Population, kinds: Sequence[Device], share: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw the devices of these kinds that use something."""
    device = population.devices(*kinds)
    return device[rng.random(device.size) < share]


def _app(scene: Scene, app: AppSpec, named: list[NamedService]) -> Iterator[Packets]:
    spec, population, allocation = scene.spec, scene.population, scene.allocation
    rng = stream(spec, f"app {app.name}")
    habit_salt = allocation.given
    servers = allocation.take(app.servers, app.home)
    ports = server_ports(app.ports, app.servers, rng)
    shape = Shape(
        proto=app.proto, up_share=app.up_share, up_bytes=app.up_bytes, down_bytes=app.down_bytes
    )
    device = users_of(population, app.devices, app.users, rng)
    size = (app.packets, app.spread)
    for who, start_ms, packets in chance_batches(scene, device, app.flows_per_day, size, rng):
        line = population.device_line[who]
        # A line goes back to about 30 servers of its own; which ones is fixed by its number.
        habit = scatter_unit(line, rng.integers(0, 30, who.size), habit_salt)
        chance = np.where(rng.random(who.size) < app.favourites, habit, rng.random(who.size))
        rank = popular(chance, app.servers, app.zipf)
        server = servers[rank]
        is_own = np.zeros(who.size, np.bool_)
        if app.label == "dns":
            is_own = rng.random(who.size) < _OWN_RESOLVER_SHARE
            server = np.where(is_own, INFRASTRUCTURE_V4 + 1 + line % _RESOLVERS, server)
        # The own resolvers are asked over IPv4.
        over_v6 = (rng.random(who.size) < app.v6) & population.has_v6[line] & ~is_own
        lasts = app.duration_s * 1_000 * rng.lognormal(0, 0.7, who.size)
        flows = Flows(
            client=client_codes(population, who, start_ms, over_v6),
            server=np.where(over_v6, remote_v6_codes(server), server),
            port=ports[rank],
            start_ms=start_ms,
            duration_ms=lasts.astype(np.int64),
            packets=packets,
        )
        yield sample_flows(flows, shape, spec.interval, rng, met=True)
    _name(named, servers, ports, app)


def _standing(scene: Scene, use: StandingSpec, named: list[NamedService]) -> Iterator[Packets]:
    spec, population = scene.spec, scene.population
    rng = stream(spec, f"standing {use.name}")
    servers = scene.allocation.take(use.servers, use.home)
    ports = server_ports(use.ports, use.servers, rng)
    period_ms = (rng.uniform(*use.period_s, use.servers) * 1_000).astype(np.int64)
    clock = Clock(
        proto=use.proto,
        per_tick=use.per_tick,
        up_bytes=use.up_bytes,
        down_bytes=use.down_bytes,
        reconnects=use.reconnects,
    )
    users = users_of(population, use.devices, use.users, rng)
    for first in range(0, users.size, BATCH // 8):
        device = users[first : first + BATCH // 8]
        rank = popular(rng.random(device.size), use.servers, use.zipf)
        shift_ms = population.shift_ms[population.device_line[device]]
        who, start_ms, end_ms = spans(spec, shift_ms, rng, office_hours=use.office_hours)
        sessions = Sessions(
            client=population.v4[population.device_line[device[who]]],
            server=servers[rank[who]],
            port=ports[rank[who]],
            start_ms=start_ms,
            end_ms=end_ms,
            period_ms=period_ms[rank[who]],
        )
        yield sample_sessions(sessions, clock, spec.interval, rng)
    _name(named, servers, ports, use)


def _name(
    named: list[NamedService], servers: Codes, ports: NDArray[np.int32], use: AppSpec | StandingSpec
) -> None:
    for code, port in zip(servers[:_NAMED].tolist(), ports[:_NAMED].tolist(), strict=True):
        named.append(
            NamedService(code=code, proto=use.proto, port=port, label=use.label, family=use.name)
        )


def _niche(scene: Scene) -> Iterator[Packets]:
    """Draw the long tail: hosts that one to a few dozen lines go back to, some on odd ports."""
    spec, population = scene.spec, scene.population
    rng = stream(spec, "niche")
    count = min(max(1, int(spec.lines * spec.niche_hosts)), _MOST_NICHE)
    hosts = scene.allocation.take(count)
    odd = rng.random(hosts.size) < _ODD_SHARE
    ports = np.where(odd, rng.choice(_ODD_PORTS, hosts.size), 443).astype(np.int32)
    device = population.devices(Device.PC, Device.PHONE)
    shape = Shape(proto=TCP, up_share=0.4, up_bytes=320, down_bytes=1_100)
    for who, start_ms, packets in chance_batches(
        scene, device, spec.niche_flows_per_day, (14, 1.2), rng
    ):
        line = population.device_line[who]
        habit = scatter_unit(line, rng.integers(0, spec.niche_per_line, who.size), 7)
        host = (habit**spec.niche_skew * hosts.size).astype(np.int64)
        flows = Flows(
            client=population.v4[line],
            server=hosts[host],
            port=ports[host],
            start_ms=start_ms,
            duration_ms=rng.exponential(8_000, who.size).astype(np.int64),
            packets=packets,
        )
        yield sample_flows(flows, shape, spec.interval, rng, met=True)


def _serving(scene: Scene) -> Iterator[Packets]:
    """Draw subscribers who run servers, met by clients from anywhere."""
    spec, population = scene.spec, scene.population
    rng = stream(spec, "serving")
    device = users_of(population, (Device.PC,), spec.server_share, rng)
    device = device[is_open(population.v4[population.device_line[device]])]
    ports = server_ports(_SERVER_PORTS, population.device_line.size, rng)
    shape = Shape(proto=TCP, up_share=0.4, up_bytes=320, down_bytes=1_100)
    for who, start_ms, packets in chance_batches(scene, device, 400, (18, 1.2), rng):
        flows = Flows(
            client=scene.allocation.strangers(who.size, rng),
            server=population.v4[population.device_line[who]],
            port=ports[who],
            start_ms=start_ms,
            duration_ms=rng.exponential(8_000, who.size).astype(np.int64),
            packets=packets,
        )
        yield sample_flows(flows, shape, spec.interval, rng, met=True)
