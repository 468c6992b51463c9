"""What looks like a C&C server, or like a bot, and is neither (design.md, section 3)."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from hinomi.bench.benign import Part
from hinomi.bench.exchange import Flows, Shape, sample_flows
from hinomi.bench.floods import flood, reflect
from hinomi.bench.herds import Herd
from hinomi.bench.loading import load
from hinomi.bench.lookalikes import set_lookalikes
from hinomi.bench.population import Scene, stream
from hinomi.bench.probes import hostile, research
from hinomi.bench.spec import TCP
from hinomi.bench.truth import NamedService

_TARGETS: Final = 3  # Honeypots and open devices that many bots break into, for each port.
_TARGET_VISITS_PER_DAY: Final = 4.0
_TARGET_PACKETS: Final = 120  # Passwords tried one after the other.


def set_traps(scene: Scene, herds: Sequence[Herd], services: list[NamedService]) -> Part:
    """
    Draw loaders, scan targets, floods, lookalikes and scanners.

    Args:
        scene: The world.
        herds: Its botnets.
        services: What is named so far; victims of floods are relabelled there.
    """
    part = Part()
    for herd in herds:
        if herd.spec.loaders:
            load(scene, herd, part)
    for port in sorted({herd.spec.scan_ports[0] for herd in herds if herd.spec.scans}):
        _target(scene, [herd for herd in herds if port in herd.spec.scan_ports], port, part)
    flood(scene, herds, services, part)
    set_lookalikes(scene, herds, part)
    part.packets.append(reflect(scene))
    research(scene, part)
    part.packets.append(hostile(scene))
    return part


def _target(scene: Scene, scanning: Sequence[Herd], port: int, part: Part) -> None:
    """Let scanning bots break into a few hosts that answer: ACK-bearing, on the scan port."""
    spec = scene.spec
    rng = stream(spec, f"targets {port}")
    address = np.concatenate([herd.address for herd in scanning])
    onset_ms = np.concatenate([herd.onset_ms for herd in scanning])
    span_ms = np.concatenate([herd.cleaned_ms for herd in scanning]) - onset_ms
    for code in scene.allocation.take(_TARGETS, "people").tolist():
        visits = rng.poisson(_TARGET_VISITS_PER_DAY * spec.days * span_ms / spec.length_ms)
        bot = np.repeat(np.arange(address.size), visits)
        flows = Flows(
            client=address[bot],
            server=np.full(bot.size, code, np.int64),
            port=np.full(bot.size, port, np.int32),
            start_ms=onset_ms[bot] + (rng.random(bot.size) * span_ms[bot]).astype(np.int64),
            duration_ms=np.full(bot.size, 60_000, np.int64),
            packets=np.maximum(rng.poisson(_TARGET_PACKETS, bot.size), 4).astype(np.int64),
        )
        shape = Shape(proto=TCP, up_share=0.5, up_bytes=60, down_bytes=70)
        part.packets.append(sample_flows(flows, shape, spec.interval, rng, met=False))
        part.services.append(NamedService(code=code, proto=TCP, port=port, label="scan-target"))
