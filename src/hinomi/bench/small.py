"""
Small services that keep in touch with a few lines: nothing in their packets acquits them.

Telemetry of small businesses, alarm centres, remote maintenance, what installers put up
beside one model of device, servers that speak with servers: each draws a port, a period,
sizes and clients of its own.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.access import Access
from hinomi.bench.benign import server_ports
from hinomi.bench.census import distinct_pairs
from hinomi.bench.devices import keep_in_touch
from hinomi.bench.exchange import Clock, Packets, sample_sessions
from hinomi.bench.population import Population, Scene, stream
from hinomi.bench.spec import TCP, UDP, Device, Reach, SmallSpec
from hinomi.bench.truth import NamedService

_HIGH_PORTS = (1_024, 65_000)
_AT_ONCE = 100_000  # Relations drawn together.


def attend(scene: Scene, named: list[NamedService]) -> Iterator[Packets]:
    """Draw the small services of the world, and name each."""
    for kind in scene.spec.small:
        count = round(scene.spec.telemetry * kind.share)
        if count:
            yield from _attend(scene, kind, count, named)


def _attend(
    scene: Scene, kind: SmallSpec, count: int, named: list[NamedService]
) -> Iterator[Packets]:
    rng = stream(scene.spec, f"small {kind.name}")
    hosts = scene.allocation.take(count, "business")
    ports = server_ports(kind.ports, count, rng)
    own_choice = rng.random(count) < kind.odd
    ports[own_choice] = rng.integers(*_HIGH_PORTS, int(own_choice.sum()))
    proto = np.where(rng.random(count) < kind.udp, UDP, TCP)
    reconnects = rng.random(count) < kind.reconnects
    rests = rng.random(count) < kind.office_hours
    # Low periods are as frequent as high ones on a scale of orders of magnitude.
    low, high = np.log(kind.period_s)
    period_ms = (np.exp(rng.uniform(low, high, count)) * 1_000).astype(np.int64)
    per_tick = rng.integers(kind.per_tick[0], kind.per_tick[1] + 1, count)
    up_bytes, down_bytes = rng.integers(kind.bytes[0], kind.bytes[1] + 1, (2, count))
    jitter = rng.choice([0.005, 0.02, 0.1, 0.3], count)
    owner, device = _clients(scene.population, kind, count, rng)
    for protocol, connects, by_day in np.ndindex(2, 2, 2):
        chosen = (proto == (UDP if protocol else TCP)) & (reconnects == connects)
        rows = np.flatnonzero((chosen & (rests == by_day))[owner])
        for first in range(0, rows.size, _AT_ONCE):
            row = rows[first : first + _AT_ONCE]
            mine = owner[row]
            # Of each session the service is needed again: its number stands in for the code.
            sessions = keep_in_touch(
                scene, device[row], (mine, ports[mine], period_ms[mine]), rng,
                office_hours=bool(by_day),
            )  # fmt: skip
            service = sessions.server.copy()
            sessions.server[:] = hosts[service]
            clock = Clock(
                proto=UDP if protocol else TCP,
                per_tick=per_tick[service],
                up_bytes=up_bytes[service],
                down_bytes=down_bytes[service],
                jitter=jitter[service],
                reconnects=bool(connects),
            )
            yield sample_sessions(sessions, clock, scene.spec.interval, rng)
    named.extend(
        NamedService(code=code, proto=number, port=port, label=kind.name, family=kind.name)
        for code, number, port in zip(hosts.tolist(), proto.tolist(), ports.tolist(), strict=True)
    )


def _clients(
    population: Population, kind: SmallSpec, count: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw which devices keep in touch with which service: one row a relation."""
    median, sigma, most = kind.clients
    wanted = np.clip(median * rng.lognormal(0, sigma, count), 1, most).astype(np.int64)
    if kind.reach == Reach.ONE_MODEL:
        order = np.argsort(population.device_model, kind="stable")
        models = population.device_model[order]
        model = rng.integers(0, max(int(models[-1]), 0) + 1, count)
        first, last = (np.searchsorted(models, model, side=side) for side in ("left", "right"))
    else:
        order = _pool(population, kind.reach)
        first, last = np.zeros(count, np.int64), np.full(count, order.size)
    wanted = np.minimum(wanted, (last - first) // 2)  # Nobody serves all there are.
    owner = np.repeat(np.arange(count), wanted)
    spread = rng.random(owner.size) * (last - first)[owner]
    pairs = distinct_pairs(owner, order[first[owner] + spread.astype(np.int64)])
    return pairs[0], pairs[1]


def _pool(population: Population, reach: Reach) -> NDArray[np.int64]:
    if reach == Reach.BUSINESSES:
        static = population.plan.access[population.device_line] == Access.STATIC
        return np.flatnonzero(static & (population.device_kind == Device.PC))
    if reach == Reach.PCS:
        return population.devices(Device.PC)
    return np.arange(population.device_line.size)
