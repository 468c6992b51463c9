"""Loaders: servers from which devices fetch the binary when they are infected."""

from typing import Final

import numpy as np

from hinomi.bench.benign import Part
from hinomi.bench.exchange import Flows, Shape, sample_flows
from hinomi.bench.herds import Herd
from hinomi.bench.population import Scene, stream
from hinomi.bench.spec import DAY_MS, TCP
from hinomi.bench.truth import NamedService

_PACKETS: Final = 1_200  # Binaries for a dozen kinds of processor, of 100 kB each.
_SHAPE: Final = Shape(proto=TCP, up_share=0.35, up_bytes=70, down_bytes=1_400)


def load(scene: Scene, herd: Herd, part: Part) -> None:
    """Let members fetch the binary at their infection, and whenever they are infected anew."""
    spec, botnet = scene.spec, herd.spec
    rng = stream(spec, f"load {botnet.family}")
    servers = scene.allocation.take(botnet.loaders, "cc")
    fresh = np.flatnonzero(herd.onset_ms > spec.starts_ms)
    days = (herd.cleaned_ms - herd.onset_ms) / DAY_MS
    again = np.repeat(np.arange(herd.device.size), rng.poisson(botnet.loads_per_day * days))
    left_ms = herd.cleaned_ms[again] - herd.onset_ms[again]
    later_ms = herd.onset_ms[again] + (rng.random(again.size) * left_ms).astype(np.int64)
    member = np.concatenate([fresh, again])
    flows = Flows(
        client=herd.address[member],
        server=servers[rng.integers(0, servers.size, member.size)],
        port=np.full(member.size, botnet.loader_port, np.int32),
        start_ms=np.concatenate([herd.onset_ms[fresh], later_ms]),
        duration_ms=np.full(member.size, 20_000, np.int64),
        packets=np.maximum(rng.poisson(_PACKETS, member.size), 4).astype(np.int64),
    )
    part.packets.append(sample_flows(flows, _SHAPE, spec.interval, rng, met=False))
    part.services.extend(
        NamedService(
            code=code,
            proto=TCP,
            port=botnet.loader_port,
            label="loader",
            family=botnet.family,
            design=botnet.design,
            members=herd.address,
        )
        for code in servers.tolist()
    )
