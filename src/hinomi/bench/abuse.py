"""Abuse: what members do to others besides attacks: scanning for victims, and spam."""

from typing import Final

import numpy as np

from hinomi.bench.addressing import random_remote
from hinomi.bench.benign import Part, chance_flows, popular
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
from hinomi.bench.herds import Herd, while_infected
from hinomi.bench.population import Scene, stream
from hinomi.bench.sampling import sample_within
from hinomi.bench.spec import HOUR_MS, TCP
from hinomi.bench.truth import NamedService

_FIRST_PORT: Final = 0.9  # Share of the probes to the first port: Mirai's ten to one.
_SCAN_SPREAD: Final = 0.8  # Sigma of the log-normal of the members' scan rates.
_PROBE_BYTES: Final = 40  # A bare SYN.
_REFUSED: Final = 0.015  # Share of the probes that a RST answers; the most get nothing.
_MX_SERVERS: Final = 3_000
_MX_NAMED: Final = 12
_SMTP: Final = 25


def scan(scene: Scene, herd: Herd) -> Packets:
    """Let every member probe random addresses while it is infected; few answer."""
    spec, botnet = scene.spec, herd.spec
    rng = stream(spec, f"scan {botnet.family}")
    rate = botnet.scan_pps * rng.lognormal(0.0, _SCAN_SPREAD, herd.device.size)
    span_ms = herd.cleaned_ms - herd.onset_ms
    if botnet.scan_for_h:  # Who was infected before the window has done with it.
        most_ms = int(botnet.scan_for_h * HOUR_MS)
        span_ms = np.where(herd.onset_ms > spec.starts_ms, np.minimum(span_ms, most_ms), 0)
    probes = np.maximum((rate * span_ms / 1_000).astype(np.int64), span_ms > 0)
    weight = np.full(len(botnet.scan_ports), (1 - _FIRST_PORT) / max(len(botnet.scan_ports) - 1, 1))
    weight[0] = 1 - weight[1:].sum()
    parts = []
    for count, flags in ((probes, SYN), ((probes * _REFUSED).astype(np.int64), RST | ACK)):
        member, position = sample_within(count, spec.interval, rng)
        target = random_remote(member.size, rng)
        port = rng.choice(np.array(botnet.scan_ports, np.int32), member.size, p=weight)
        ends, ports = (herd.address[member], target), (ephemeral_ports(member.size, rng), port)
        if flags != SYN:  # The answer comes the other way.
            ends, ports = ends[::-1], ports[::-1]
        parts.append(
            lone_packets(
                ts_ms=herd.onset_ms[member] + position * span_ms[member] // count[member],
                src=ends[0],
                dst=ends[1],
                ports=ports,
                proto=TCP,
                flags=flags,
                size=_PROBE_BYTES,
            )
        )
    return join(parts)


def spam(scene: Scene, herd: Herd, part: Part) -> None:
    """Let the members deliver mail to the mail servers of the world."""
    spec, botnet = scene.spec, herd.spec
    rng = stream(spec, f"spam {botnet.family}")
    servers = scene.allocation.take(_MX_SERVERS)
    who, start_ms, packets = chance_flows(scene, herd.device, botnet.mails_per_day, (24, 0.5), rng)
    rank = popular(rng.random(who.size), servers.size, 0.9)
    rows = while_infected(herd, who, start_ms)
    flows = Flows(
        client=scene.population.v4[scene.population.device_line[who]][rows],
        server=servers[rank][rows],
        port=np.full(rows.size, _SMTP, np.int32),
        start_ms=start_ms[rows],
        duration_ms=np.full(rows.size, 3_000, np.int64),
        packets=packets[rows],
    )
    shape = Shape(proto=TCP, up_share=0.6, up_bytes=700, down_bytes=90)
    part.packets.append(sample_flows(flows, shape, spec.interval, rng, met=True))
    part.services.extend(
        NamedService(code=code, proto=TCP, port=_SMTP, label="mail-server", family="spam-target")
        for code in servers[:_MX_NAMED].tolist()
    )
