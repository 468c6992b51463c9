"""Proxy networks: members that carry others' connections, own fronts, and their upper tier."""

from typing import Final

import numpy as np

from hinomi.bench.addressing import Codes
from hinomi.bench.benign import Part, chance_flows
from hinomi.bench.calls import beat_of
from hinomi.bench.exchange import Clock, Flows, Packets, Sessions, Shape, sample_flows
from hinomi.bench.exchange import sample_sessions as sample
from hinomi.bench.herds import Herd, while_infected
from hinomi.bench.population import Scene, stream
from hinomi.bench.spec import TCP
from hinomi.bench.truth import NamedService

_UPPER_BEAT: Final = Clock(proto=TCP, per_tick=6, up_bytes=600, down_bytes=500, jitter=0.2)
_RELAYED: Final = (150, 1.2)  # Packets of a carried connection: log-normal median, its sigma.
_RELAY_SHAPE: Final = Shape(proto=TCP, up_share=0.5, up_bytes=600, down_bytes=800)


def serve(scene: Scene, herd: Herd, part: Part) -> None:
    """Let own fronts serve members elsewhere, and report to the upper tier if there is one."""
    spec, botnet, fronts = scene.spec, herd.spec, herd.fronts
    rng = stream(spec, f"serve {botnet.family}")
    abroad = scene.allocation.take(botnet.remote_bots, "people")
    chosen = fronts[rng.integers(0, fronts.size, abroad.size)]
    standing = _always(scene, (abroad, chosen), botnet.port, botnet.period_s)
    part.packets.append(sample(standing, beat_of(herd), spec.interval, rng))
    for server in scene.allocation.take(botnet.uppers, "cc").tolist():
        ends = (fronts, np.full(fronts.size, server, np.int64))
        standing = _always(scene, ends, botnet.upper_port, botnet.upper_period_s)
        part.packets.append(sample(standing, _UPPER_BEAT, spec.interval, rng))
        part.services.append(
            NamedService(
                code=server,
                proto=TCP,
                port=botnet.upper_port,
                label="cc",
                family=botnet.family,
                design=botnet.design,
                tier=2,
                members=fronts,
            )
        )


def relay(scene: Scene, herd: Herd) -> list[Packets]:
    """Let the members carry connections: in from the first-tier server, out to anywhere."""
    spec, botnet = scene.spec, herd.spec
    rng = stream(spec, f"relay {botnet.family}")
    parts = []
    for inward in (True, False):
        who, start_ms, packets = chance_flows(
            scene, herd.device, botnet.relays_per_day, _RELAYED, rng
        )
        rows = while_infected(herd, who, start_ms)
        anywhere = scene.allocation.strangers(rows.size, rng, "service")
        server = herd.servers[rng.integers(0, herd.servers.size, rows.size)]
        flows = Flows(
            client=scene.population.v4[scene.population.device_line[who]][rows],
            server=server if inward else anywhere,
            port=np.full(rows.size, botnet.port if inward else 443, np.int32),
            start_ms=start_ms[rows],
            duration_ms=rng.exponential(20_000, rows.size).astype(np.int64),
            packets=packets[rows],
        )
        parts.append(sample_flows(flows, _RELAY_SHAPE, spec.interval, rng, met=True))
    return parts


def _always(scene: Scene, ends: tuple[Codes, Codes], port: int, period_s: float) -> Sessions:
    """Keep n clients in touch with their servers for the whole window."""
    spec, count = scene.spec, ends[0].size
    return Sessions(
        client=ends[0],
        server=ends[1],
        port=np.full(count, port, np.int32),
        start_ms=np.full(count, spec.starts_ms, np.int64),
        end_ms=np.full(count, spec.starts_ms + spec.length_ms, np.int64),
        period_ms=np.full(count, int(period_s * 1_000), np.int64),
    )
