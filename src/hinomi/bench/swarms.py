"""Peer-to-peer programs of ordinary people: thousands of odd ports, both ends call."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from hinomi.bench.addressing import is_open
from hinomi.bench.benign import chance_batches, users_of
from hinomi.bench.exchange import Flows, Packets, Shape, sample_flows
from hinomi.bench.population import Scene, stream
from hinomi.bench.sampling import scatter_unit
from hinomi.bench.spec import Device, SwarmSpec

_HIGH_PORTS: Final = (10_000, 65_000)
_FRESH: Final = 0.3  # Share of the flows with a peer that nobody here met before; ours.
_SKEW: Final = 2.0  # Some peers stay for long and have much: they are met by many.


def share(scene: Scene) -> Iterator[Packets]:
    """Draw every swarm of the world."""
    for swarm in scene.spec.swarms:
        yield from _swarm(scene, swarm)


def _swarm(scene: Scene, swarm: SwarmSpec) -> Iterator[Packets]:
    spec, population = scene.spec, scene.population
    rng = stream(spec, f"swarm {swarm.name}")
    device = users_of(population, (Device.PC,), swarm.users, rng)
    peers = scene.allocation.strangers(swarm.peers, rng)
    ports = rng.integers(*_HIGH_PORTS, swarm.peers).astype(np.int32)
    if swarm.ports:
        ports = rng.choice(np.array(swarm.ports, np.int32), swarm.peers)
    shape = Shape(proto=swarm.proto, up_share=0.5, up_bytes=swarm.bytes, down_bytes=swarm.bytes)
    size = (swarm.packets, swarm.spread)
    for who, start_ms, packets in chance_batches(scene, device, swarm.flows_per_day, size, rng):
        line = population.v4[population.device_line[who]]
        span = _HIGH_PORTS[1] - _HIGH_PORTS[0]
        own_port = (_HIGH_PORTS[0] + scatter_unit(who, 11) * span).astype(np.int32)
        if swarm.ports:
            own_port = np.full(who.size, swarm.ports[0], np.int32)
        which = (rng.random(who.size) ** _SKEW * swarm.peers).astype(np.int64)
        peer, peer_port = peers[which], ports[which]
        fresh = rng.random(who.size) < _FRESH
        peer[fresh] = scene.allocation.strangers(int(fresh.sum()), rng)
        if not swarm.ports:
            peer_port[fresh] = rng.integers(*_HIGH_PORTS, int(fresh.sum())).astype(np.int32)
        called = (rng.random(who.size) < swarm.called) & is_open(line)
        flows = Flows(
            client=np.where(called, peer, line),
            server=np.where(called, line, peer),
            port=np.where(called, own_port, peer_port).astype(np.int32),
            start_ms=start_ms,
            duration_ms=rng.exponential(swarm.duration_s * 1_000, who.size).astype(np.int64),
            packets=packets,
        )
        yield sample_flows(flows, shape, spec.interval, rng, met=True)
