"""Floods: attacks by real bots and under forged addresses; their victims look like servers."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.addressing import Codes, random_own
from hinomi.bench.benign import Part
from hinomi.bench.exchange import (
    ACK,
    SYN,
    Flows,
    Packets,
    Shape,
    ephemeral_ports,
    join,
    lone_packets,
    sample_flows,
)
from hinomi.bench.herds import Herd
from hinomi.bench.population import Scene, stream
from hinomi.bench.sampling import sample_within, skip_positions
from hinomi.bench.spec import HOUR_MS, TCP, UDP
from hinomi.bench.truth import NamedService
from hinomi.model.flow import Ingress

LABEL: Final = "ddos-victim"

_BACKSCATTER: Final = 0.3  # Share of the flood's SYNs that the victim still answers.
_EACH_ROUND: Final = 4  # Attacking families that make one round of floods together.
_VICTIMS: Final = (("ack", "", 0), ("forged", "web", 10), ("udp", "game", 5), ("syn", "", 0),
                   ("http", "", 0), ("carpet", "", 0))  # fmt: skip
"""Kind of flood; then use and rank of a popular victim, or none for a small shop's server."""

_CARPET: Final = 64  # Addresses of one network that a carpet attack is spread over.
_CARPET_PORT: Final = 443
_HTTP_SHARE: Final = 0.2  # Connections carry so much of what bare packets would.
_HTTP_CONNECTIONS: Final = 40  # Of one bot.
_SIZES: Final = {"ack": 552, "udp": 1_052, "carpet": 1_052, "syn": 60}
_REFLECTORS: Final = 300
_REFLECTED_PPS: Final = 30_000
_REFLECTION_S: Final = 600
_FORGED_INBOUND_PPS: Final = 5_000


def flood(scene: Scene, herds: Sequence[Herd], services: list[NamedService], part: Part) -> None:
    """
    Let the attacking botnets flood benign servers: ACK, forged and true SYN, UDP, HTTP, carpet.

    Args:
        scene: The world.
        herds: Its botnets.
        services: What is named so far; victims that were popular are relabelled there.
        part: Takes the packets and the small victims.
    """
    spec = scene.spec
    rng = stream(spec, "floods")
    attackers = [herd for herd in herds if herd.spec.attacks]
    rounds = -(-len(attackers) // _EACH_ROUND)
    for number in range(rounds):
        for kind, use, rank in _VICTIMS:
            victims = _victims(scene, services, kind, (use, rank + number), part)
            if not victims:
                continue
            begin_ms = int(spec.starts_ms + rng.integers(0, spec.length_ms - HOUR_MS))
            if kind == "forged":
                part.packets.append(_forged(scene, victims[0], begin_ms, rng))
                continue
            address = np.concatenate([
                herd.address[(herd.onset_ms <= begin_ms) & (herd.cleaned_ms > begin_ms)]
                for herd in attackers[number::rounds]
            ])  # fmt: skip
            send = _connect if kind == "http" else _send
            part.packets.append(send(scene, kind, (address, victims, begin_ms), rng))


def reflect(scene: Scene) -> Packets:
    """Hit one own line by DNS reflection, and by SYNs that bear own addresses from outside."""
    spec = scene.spec
    rng = stream(spec, "reflection")
    victim = int(rng.choice(scene.population.v4))
    begin_ms = int(spec.starts_ms + rng.integers(0, spec.length_ms - HOUR_MS))
    reflectors = scene.allocation.take(_REFLECTORS, "people")
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


def _victims(
    scene: Scene,
    services: list[NamedService],
    kind: str,
    popular: tuple[str, int],
    part: Part,
) -> list[NamedService]:
    """
    Name the victims of one flood; none if no such server is named.

    A small shop is hardly met by anyone but the bots; a popular server is called a victim
    from now on.
    """
    use, rank = popular
    if not use:
        port = {"http": 443, "carpet": _CARPET_PORT}.get(kind, 80)
        small = [
            NamedService(code=code, proto=UDP if kind == "carpet" else TCP, port=port, label=LABEL)
            for code in scene.allocation.take(_CARPET if kind == "carpet" else 1).tolist()
        ]
        part.services.extend(small)
        return small
    places = [place for place, service in enumerate(services) if service.family == use]
    if len(places) <= rank:
        return []
    services[places[rank]] = replace(services[places[rank]], label=LABEL)
    return [services[places[rank]]]


def _send(
    scene: Scene,
    kind: str,
    attack: tuple[Codes, list[NamedService], int],
    rng: np.random.Generator,
) -> Packets:
    """Let bots send packets without end, each to any of the victims; none is answered."""
    spec = scene.spec
    address, victims, begin_ms = attack
    sent = np.full(address.size, int(spec.flood_pps * spec.flood_s), np.int64)
    bot, position = sample_within(sent, spec.interval, rng)
    codes = np.array([victim.code for victim in victims], np.int64)
    return lone_packets(
        ts_ms=begin_ms + (position / max(spec.flood_pps, 1e-9) * 1_000).astype(np.int64),
        src=address[bot],
        dst=codes[rng.integers(0, codes.size, bot.size)],
        ports=(ephemeral_ports(bot.size, rng), _filled(bot.size, victims[0].port)),
        proto=victims[0].proto,
        flags=SYN if kind == "syn" else ACK,
        size=_SIZES[kind],
    )


def _connect(
    scene: Scene,
    _kind: str,
    attack: tuple[Codes, list[NamedService], int],
    rng: np.random.Generator,
) -> Packets:
    """Let bots ask for pages over connections that the victim answers."""
    spec = scene.spec
    address, victims, begin_ms = attack
    client = np.repeat(address, _HTTP_CONNECTIONS)
    each = int(spec.flood_pps * spec.flood_s * _HTTP_SHARE / _HTTP_CONNECTIONS)
    flows = Flows(
        client=client,
        server=np.full(client.size, victims[0].code, np.int64),
        port=_filled(client.size, victims[0].port),
        start_ms=np.full(client.size, begin_ms, np.int64),
        duration_ms=np.full(client.size, spec.flood_s * 1_000, np.int64),
        packets=np.full(client.size, each, np.int64),
    )
    shape = Shape(proto=TCP, up_share=0.5, up_bytes=350, down_bytes=900)
    return sample_flows(flows, shape, spec.interval, rng, met=False)


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
        ports = (ephemeral_ports(position.size, rng), _filled(position.size, victim.port))
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


def _filled(count: int, port: int) -> NDArray[np.int32]:
    return np.full(count, port, np.int32)
