"""What looks like a C&C server, or like a bot, and is neither (design.md, section 3)."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from hinomi.bench.addressing import Codes, random_own
from hinomi.bench.benign import Part
from hinomi.bench.botnets import Herd
from hinomi.bench.exchange import (
    ACK,
    RST,
    SYN,
    Flows,
    Packets,
    Shape,
    ephemeral_ports,
    join,
    lone_packets,
    sample_flows,
)
from hinomi.bench.population import Scene, stream
from hinomi.bench.sampling import sample_within, skip_positions
from hinomi.bench.spec import HOUR_MS, TCP, UDP
from hinomi.bench.truth import NamedService
from hinomi.model.flow import Ingress

_LOADS_PER_DAY: Final = 1.0  # A reboot cleans the device; it is taken again.
_LOADER_PACKETS: Final = 1_200  # Binaries for a dozen kinds of processor, of 100 kB each.
_TARGETS: Final = 3  # Telnet honeypots and open devices that many bots break into.
_TARGET_VISITS_PER_DAY: Final = 4.0
_TARGET_PACKETS: Final = 120  # Passwords tried one after the other.
_BACKSCATTER: Final = 0.3  # Share of the flood's SYNs that the victim still answers.
_REFLECTORS: Final = 300
_REFLECTED_PPS: Final = 30_000
_REFLECTION_S: Final = 600
_FORGED_INBOUND_PPS: Final = 5_000
_RESEARCH_PORTS: Final = (22, 23, 80, 443, 3_389, 445, 8_080, 5_900, 21, 25)
_FIXED_SOURCE_PORT: Final = 61_000  # Some scanners send from one port.
_ANSWERED: Final = 0.2  # Share of the probes that a subscriber's line refuses.
_HOSTILE_SOURCES: Final = 400
_VICTIMS: Final = (("web", 10), ("game", 5))  # Use and rank of those who are popular.


def set_traps(scene: Scene, herds: Sequence[Herd], services: list[NamedService]) -> Part:
    """
    Draw loaders, scan targets, floods with and without forged sources, and scanners.

    Args:
        scene: The world.
        herds: Its botnets.
        services: What is named so far; victims of floods are relabelled there.
    """
    part = Part()
    for herd in herds:
        if herd.spec.scan_ports and not herd.spec.dead:
            _load(scene, herd, part)
    _targets(scene, herds, part)
    _floods(scene, herds, services, part)
    part.packets.append(_reflection(scene))
    _research(scene, part)
    part.packets.append(_hostile(scene))
    return part


def _load(scene: Scene, herd: Herd, part: Part) -> None:
    """Let members fetch the binary whenever they are infected anew, over TCP port 80."""
    spec = scene.spec
    rng = stream(spec, f"load {herd.spec.family}")
    server = scene.allocation.take(1)
    loads = 1 + rng.poisson(_LOADS_PER_DAY * spec.days, herd.device.size)
    member = np.repeat(np.arange(herd.device.size), loads)
    left_ms = spec.starts_ms + spec.length_ms - herd.onset_ms[member]
    flows = Flows(
        client=herd.address[member],
        server=np.repeat(server, member.size),
        port=np.full(member.size, 80, np.int32),
        start_ms=herd.onset_ms[member] + (rng.random(member.size) * left_ms).astype(np.int64),
        duration_ms=np.full(member.size, 20_000, np.int64),
        packets=np.maximum(rng.poisson(_LOADER_PACKETS, member.size), 4).astype(np.int64),
    )
    shape = Shape(proto=TCP, up_share=0.35, up_bytes=70, down_bytes=1_400)
    part.packets.append(sample_flows(flows, shape, spec.interval, rng, met=False))
    part.services.append(
        NamedService(
            code=int(server[0]),
            proto=TCP,
            port=80,
            label="loader",
            family=herd.spec.family,
            members=herd.address,
        )
    )


def _targets(scene: Scene, herds: Sequence[Herd], part: Part) -> None:
    """Let all scanning bots break into a few hosts that answer: ACK-bearing, on the scan port."""
    spec = scene.spec
    rng = stream(spec, "targets")
    scanning = [herd for herd in herds if herd.spec.scan_ports]
    if not scanning:
        return
    address = np.concatenate([herd.address for herd in scanning])
    onset_ms = np.concatenate([herd.onset_ms for herd in scanning])
    for code in scene.allocation.take(_TARGETS).tolist():
        visits = rng.poisson(_TARGET_VISITS_PER_DAY * spec.days, address.size)
        bot = np.repeat(np.arange(address.size), visits)
        left_ms = spec.starts_ms + spec.length_ms - onset_ms[bot]
        flows = Flows(
            client=address[bot],
            server=np.full(bot.size, code, np.int64),
            port=np.full(bot.size, 23, np.int32),
            start_ms=onset_ms[bot] + (rng.random(bot.size) * left_ms).astype(np.int64),
            duration_ms=np.full(bot.size, 60_000, np.int64),
            packets=np.maximum(rng.poisson(_TARGET_PACKETS, bot.size), 4).astype(np.int64),
        )
        shape = Shape(proto=TCP, up_share=0.5, up_bytes=60, down_bytes=70)
        part.packets.append(sample_flows(flows, shape, spec.interval, rng, met=False))
        part.services.append(NamedService(code=code, proto=TCP, port=23, label="scan-target"))


def _floods(scene: Scene, herds: Sequence[Herd], services: list[NamedService], part: Part) -> None:
    """Let the attacking botnets flood benign servers: ACK, forged SYN, UDP."""
    spec = scene.spec
    rng = stream(spec, "floods")
    attackers = [herd for herd in herds if herd.spec.attacks]
    if not attackers:
        return
    # One is a small shop that hardly anyone but the bots meets, the others are popular.
    small = NamedService(
        code=int(scene.allocation.take(1)[0]), proto=TCP, port=80, label="ddos-victim"
    )
    part.services.append(small)
    victims = [small, *(_victim(services, use, rank) for use, rank in _VICTIMS)]
    for kind, victim in enumerate(victims):
        if victim is None:
            continue
        begin_ms = int(spec.starts_ms + rng.integers(0, spec.length_ms - HOUR_MS))
        if kind == 1:
            part.packets.append(_forged(scene, victim, begin_ms, rng))
            continue
        address = np.concatenate([herd.address[herd.onset_ms <= begin_ms] for herd in attackers])
        sent = np.full(address.size, int(spec.flood_pps * spec.flood_s), np.int64)
        bot, position = sample_within(sent, spec.interval, rng)
        ts_ms = begin_ms + (position / max(spec.flood_pps, 1e-9) * 1_000).astype(np.int64)
        part.packets.append(
            lone_packets(
                ts_ms=ts_ms,
                src=address[bot],
                dst=np.full(bot.size, victim.code, np.int64),
                ports=(ephemeral_ports(bot.size, rng), np.full(bot.size, victim.port, np.int32)),
                proto=victim.proto,
                flags=ACK,
                size=552 if victim.proto == TCP else 1_052,
            )
        )


def _victim(services: list[NamedService], use: str, rank: int) -> NamedService | None:
    """Choose a named benign server as victim, and call it so from now on."""
    places = [place for place, service in enumerate(services) if service.family == use]
    if len(places) <= rank:
        return None
    service = services[places[rank]]
    services[places[rank]] = NamedService(
        code=service.code, proto=service.proto, port=service.port, label="ddos-victim", family=use
    )
    return service


def _forged(scene: Scene, victim: NamedService, begin_ms: int, rng: np.random.Generator) -> Packets:
    """
    Flood with SYNs under the addresses of innocent own lines, and let the victim answer them.

    The packets really leave through subscriber-facing interfaces: nothing but their shape
    tells that their sources are forged.
    """
    spec = scene.spec
    sent = int(spec.forged_pps * spec.flood_s)
    parts = []
    for total, flags in ((sent, SYN), (int(sent * _BACKSCATTER), SYN | ACK)):
        position = skip_positions(total, spec.interval, rng)
        source = np.where(
            rng.random(position.size) < 0.5,  # noqa: PLR2004 - half of them are in use.
            rng.choice(scene.population.v4, position.size),
            random_own(position.size, rng),
        )
        ends: tuple[Codes, Codes] = (source, np.full(position.size, victim.code, np.int64))
        ports = (
            ephemeral_ports(position.size, rng),
            np.full(position.size, victim.port, np.int32),
        )
        if flags != SYN:
            ends, ports = ends[::-1], ports[::-1]
        parts.append(
            lone_packets(
                ts_ms=begin_ms + position * spec.flood_s * 1_000 // max(total, 1),
                src=ends[0],
                dst=ends[1],
                ports=ports,
                proto=TCP,
                flags=flags,
                size=60,
            )
        )
    return join(parts)


def _reflection(scene: Scene) -> Packets:
    """Hit one own line by DNS reflection, and by SYNs that bear own addresses from outside."""
    spec = scene.spec
    rng = stream(spec, "reflection")
    victim = int(rng.choice(scene.population.v4))
    begin_ms = int(spec.starts_ms + rng.integers(0, spec.length_ms - HOUR_MS))
    reflectors = scene.allocation.take(_REFLECTORS)
    scale = spec.flood_pps / 400.0  # As small as the other floods of a small world.
    parts = []
    for forged, rate in ((False, _REFLECTED_PPS), (True, _FORGED_INBOUND_PPS)):
        total = int(rate * scale * _REFLECTION_S)
        position = skip_positions(total, spec.interval, rng)
        source = random_own(position.size, rng) if forged else rng.choice(reflectors, position.size)
        from_port = ephemeral_ports(position.size, rng)
        to_port = np.full(position.size, 80, np.int32)
        parts.append(
            lone_packets(
                ts_ms=begin_ms + position * _REFLECTION_S * 1_000 // max(total, 1),
                src=source,
                dst=np.full(position.size, victim, np.int64),
                ports=(from_port, to_port) if forged else (np.full_like(to_port, 53), from_port),
                proto=TCP if forged else UDP,
                flags=SYN,
                size=60 if forged else 1_400,
                ingress=Ingress.TRANSIT,
            )
        )
    return join(parts)


def _research(scene: Scene, part: Part) -> None:
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


def _hostile(scene: Scene) -> Packets:
    """Let bots elsewhere probe the own prefixes for open devices."""
    spec = scene.spec
    rng = stream(spec, "hostile")
    sources = scene.allocation.take(_HOSTILE_SOURCES)
    rate = spec.researcher_pps * spec.researchers / _HOSTILE_SOURCES
    total = (rate * rng.lognormal(0, 1, sources.size) * spec.length_ms / 1_000).astype(np.int64)
    return _probe(scene, sources, total, (23, 2_323, 445, 22, 5_555), rng, fixed=False)


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
