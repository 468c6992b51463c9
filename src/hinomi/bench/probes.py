"""Probes from outside: research scanners, and bots elsewhere that look for open devices."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from hinomi.bench.addressing import Codes, random_own
from hinomi.bench.benign import Part
from hinomi.bench.exchange import ACK, RST, SYN, Packets, ephemeral_ports, join, lone_packets
from hinomi.bench.population import Scene, stream
from hinomi.bench.sampling import sample_within
from hinomi.bench.spec import TCP
from hinomi.bench.truth import NamedService

_RESEARCH_PORTS: Final = (22, 23, 80, 443, 3_389, 445, 8_080, 5_900, 21, 25)
_HOSTILE_PORTS: Final = (23, 2_323, 445, 22, 5_555)
_FIXED_SOURCE_PORT: Final = 61_000  # Some scanners send from one port.
_ANSWERED: Final = 0.2  # Share of the probes that a subscriber's line refuses.
_HOSTILE_SOURCES: Final = 400


def research(scene: Scene, part: Part) -> None:
    """Let research scanners probe the own prefixes all week; some send from one port."""
    spec = scene.spec
    rng = stream(spec, "research")
    scanners = scene.allocation.take(spec.researchers)
    seconds = spec.length_ms // 1_000
    total = np.full(scanners.size, int(spec.researcher_pps * seconds), np.int64)
    part.packets.append(_probe(scene, scanners, total, _RESEARCH_PORTS, rng))
    part.services.extend(
        NamedService(
            code=code,
            proto=TCP,
            port=_FIXED_SOURCE_PORT,
            label="research-scanner",
            family="research",
        )
        for code in scanners[::2].tolist()
    )


def hostile(scene: Scene) -> Packets:
    """Let bots elsewhere probe the own prefixes for open devices."""
    spec = scene.spec
    rng = stream(spec, "hostile")
    sources = scene.allocation.take(_HOSTILE_SOURCES, "people")
    rate = spec.researcher_pps * spec.researchers / _HOSTILE_SOURCES
    total = (rate * rng.lognormal(0, 1, sources.size) * spec.length_ms / 1_000).astype(np.int64)
    return _probe(scene, sources, total, _HOSTILE_PORTS, rng, fixed=False)


def _probe(
    scene: Scene,
    sources: Codes,
    total: Codes,
    ports: Sequence[int],
    rng: np.random.Generator,
    *,
    fixed: bool = True,
) -> Packets:
    """Probe random own addresses; every second source sends from one port if *fixed*."""
    spec = scene.spec
    parts = []
    for sent, flags in ((total, SYN), ((total * _ANSWERED).astype(np.int64), RST | ACK)):
        source, position = sample_within(sent, spec.interval, rng)
        from_port = ephemeral_ports(source.size, rng)
        if fixed:
            from_port[source % 2 == 0] = _FIXED_SOURCE_PORT
        target = random_own(source.size, rng)
        to_port = rng.choice(np.array(ports, np.int32), source.size)
        ends, both = (sources[source], target), (from_port, to_port)
        if flags != SYN:
            ends, both = ends[::-1], both[::-1]
        parts.append(
            lone_packets(
                ts_ms=spec.starts_ms + position * spec.length_ms // np.maximum(sent[source], 1),
                src=ends[0],
                dst=ends[1],
                ports=both,
                proto=TCP,
                flags=flags,
                size=40,
            )
        )
    return join(parts)
