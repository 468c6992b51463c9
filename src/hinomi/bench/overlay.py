"""
Synthetic botnets over real lines: the conversation records that sampling leaves of them.

Lines lend their pseudonym, the time in which they were seen and the way in which their
exporter records; packets are drawn at the line's own sampling interval. Servers and scanned
hosts have addresses of 240.0.0.0/4 (reserved, RFC 1112), which belong to nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.bench.addressing import OWN_LINE
from hinomi.bench.detectability import seen_chance
from hinomi.bench.drillplan import PlannedBotnet, seen_bound
from hinomi.bench.exchange import (
    SYN,
    Clock,
    Packets,
    Sessions,
    ephemeral_ports,
    join,
    lone_packets,
    meter,
    sample_sessions,
)
from hinomi.bench.sampling import sample_within
from hinomi.detect.limits import PACKETS_A_DAY
from hinomi.model.address import V4_PREFIX
from hinomi.model.flow import CONVERSATIONS, UNKNOWN_FLAGS, Direction
from hinomi.model.protocol import Protocol

DAY_MS: Final = 86_400_000
_WELL_KNOWN: Final = (443, 8_443, 80, 8_080, 6_667, 5_222)
_ODD_PORTS: Final = (1_100, 30_000)
_SCANNED: Final = ((23, 2_323), (22, 2_222), (7_547, 5_555), (37_215, 52_869))
"""Ports that bots look for open devices on (see `bench.blueprints`)."""

_SCAN_SPREAD: Final = 0.8  # Sigma of the log-normal of the members' scan rates (`bench.abuse`).
_PROBE_BYTES: Final = 40
_KEEP_ALIVE: Final = ((70, 160), (0.0, 0.1))  # Bytes of a packet; jitter: `bench.blueprints`.
_BEACON: Final = ((180, 600), (0.1, 0.4))


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTemplates:
    """Real lines that may play bots, and how they are recorded; every array has shape (n,)."""

    hi: NDArray[np.int64]
    lo: NDArray[np.int64]
    net: NDArray[np.int64]
    first_ms: NDArray[np.int64]  # Start of its first record.
    last_ms: NDArray[np.int64]
    exporter: NDArray[np.int64]
    interval: NDArray[np.int64]  # N of 1-in-N, at least 1.
    scaled: NDArray[np.int64]  # 1 if its counters arrive multiplied by N.
    ingress: NDArray[np.int64]  # Shape (n, 2): by `Direction`.
    flagged: NDArray[np.bool_]  # Whether its exporter tells TCP flags.

    def __len__(self) -> int:
        """Count them."""
        return int(self.hi.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One botnet over the lines that play it."""

    botnet: PlannedBotnet
    server: int  # IPv4 address as a number; its C&C server that no list names.
    twin: int | None  # The same of the one that the drill's own list names.
    port: int  # TCP, of both servers.
    bound: float  # Probability that enough of its bots are sampled, 0..1.


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """What is laid over the window of one round, in memory."""

    records: pa.Table  # `model.flow.CONVERSATIONS`.
    planted: tuple[Planted, ...]
    lines: int  # That play bots.


def lay(
    botnets: Sequence[PlannedBotnet],
    lines: LineTemplates,
    addresses: NDArray[np.int64],
    *,
    scan_pps: float,
    directions: frozenset[Direction],
    rng: np.random.Generator,
) -> Overlay:
    """
    Let lines chosen at random play *botnets*, each line in one of them at most.

    Args:
        botnets: What to plant; together no more lines than there are.
        lines: Who may play.
        addresses: Free IPv4 addresses as numbers, distinct: two for each botnet, then those
            that are scanned.
        scan_pps: Median probes per second of a bot that scans.
        directions: Those in which the window has records: the exporters' view.
        rng: Source of chance.

    Raises:
        ValueError: If lines or addresses do not suffice (the caller's bug).
    """
    total = sum(botnet.size for botnet in botnets)
    if total > len(lines) or addresses.size <= 2 * len(botnets):
        raise ValueError("too few lines or addresses for these botnets")
    chosen = rng.choice(len(lines), total, replace=False)
    targets = addresses[2 * len(botnets) :]
    planted, packets, first = [], [], 0
    for number, botnet in enumerate(botnets):
        bots = chosen[first : first + botnet.size]
        first += botnet.size
        servers = addresses[2 * number : 2 * number + 1 + botnet.twin]
        scanned = _SCANNED[int(rng.integers(len(_SCANNED)))]
        port = _port(scanned, rng)
        planted.append(
            Planted(
                botnet=botnet,
                server=int(servers[0]),
                twin=int(servers[1]) if botnet.twin else None,
                port=port,
                bound=_bound(botnet, lines, bots),
            )
        )
        clock = _clock(botnet, rng)
        for interval in np.unique(lines.interval[bots]).tolist():
            mine = bots[lines.interval[bots] == interval]
            for server in servers.tolist():
                calls = _sessions(botnet, lines, mine, (server, port), rng)
                packets.append(sample_sessions(calls, clock, interval, rng))
            if botnet.scans:
                packets.append(_scan(lines, mine, targets, (scanned, scan_pps), rng))
    records = _conversations(join(packets), lines) if packets else CONVERSATIONS.empty_table()
    seen = np.isin(records.column("direction").to_numpy(), [int(each) for each in directions])
    return Overlay(records=records.filter(pa.array(seen)), planted=tuple(planted), lines=total)


def _port(scanned: Sequence[int], rng: np.random.Generator) -> int:
    """Draw a port that the bots do not scan: half well known, half odd."""
    while True:
        usual = rng.random() < 0.5  # noqa: PLR2004 - half.
        port = int(rng.choice(_WELL_KNOWN) if usual else rng.integers(*_ODD_PORTS))
        if port not in scanned:
            return port


def _bound(botnet: PlannedBotnet, lines: LineTemplates, bots: NDArray[np.int64]) -> float:
    days = (lines.last_ms[bots] - lines.first_ms[bots]) / DAY_MS
    chance = np.zeros(bots.size)
    for interval in np.unique(lines.interval[bots]).tolist():
        mine = lines.interval[bots] == interval
        chance[mine] = seen_chance(PACKETS_A_DAY[botnet.pace.name], days[mine], interval)
    return seen_bound(chance)


def _clock(botnet: PlannedBotnet, rng: np.random.Generator) -> Clock:
    sizes, jitter = _BEACON if botnet.pace.reconnects else _KEEP_ALIVE
    up_bytes, down_bytes = rng.integers(*sizes, 2).tolist()
    return Clock(
        proto=Protocol.TCP,
        per_tick=botnet.pace.per_tick,
        up_bytes=up_bytes,
        down_bytes=down_bytes,
        jitter=float(rng.uniform(*jitter)),
        reconnects=botnet.pace.reconnects,
    )


def _sessions(
    botnet: PlannedBotnet,
    lines: LineTemplates,
    bots: NDArray[np.int64],
    service: tuple[int, int],
    rng: np.random.Generator,
) -> Sessions:
    """Let each bot call from a moment within its first period to the end of its span."""
    period_ms = botnet.pace.period_s * 1_000
    first_ms, last_ms = lines.first_ms[bots], lines.last_ms[bots]
    late_ms = (rng.random(bots.size) * np.minimum(period_ms, last_ms - first_ms)).astype(np.int64)
    return Sessions(
        client=OWN_LINE | bots,
        server=np.full(bots.size, service[0], np.int64),
        port=np.full(bots.size, service[1], np.int32),
        start_ms=first_ms + late_ms,
        end_ms=last_ms + 1,
        period_ms=np.full(bots.size, period_ms, np.int64),
    )


def _scan(
    lines: LineTemplates,
    bots: NDArray[np.int64],
    targets: NDArray[np.int64],
    how: tuple[Sequence[int], float],
    rng: np.random.Generator,
) -> Packets:
    """Let each bot probe hosts at random, at a rate of its own; nobody answers."""
    ports, pps = how
    rate = pps * rng.lognormal(0.0, _SCAN_SPREAD, bots.size)
    first_ms, span_ms = lines.first_ms[bots], lines.last_ms[bots] - lines.first_ms[bots]
    probes = (rate * span_ms / 1_000).astype(np.int64)
    member, position = sample_within(probes, int(lines.interval[bots[0]]), rng)
    port = rng.choice(np.array(ports, np.int32), member.size, p=[0.9, 0.1])  # Mirai's ten to one.
    return lone_packets(
        ts_ms=first_ms[member] + (position * span_ms[member] // probes[member]).astype(np.int64),
        src=OWN_LINE | bots[member],
        dst=rng.choice(targets, member.size),
        ports=(ephemeral_ports(member.size, rng), port),
        proto=Protocol.TCP,
        flags=SYN,
        size=_PROBE_BYTES,
    )


def _conversations(packets: Packets, lines: LineTemplates) -> pa.Table:
    """Record packets as each line's exporter would: the view of the line, under its pseudonym."""
    metered = meter(packets)
    first = metered.first
    out = (first.src & OWN_LINE) != 0
    line = np.where(out, first.src, first.dst) & ~OWN_LINE
    factor = np.where(lines.scaled[line] == 1, lines.interval[line], 1)
    direction = np.where(out, int(Direction.OUT), int(Direction.IN))
    columns = {
        "ts_ms": first.ts_ms,
        "exporter": lines.exporter[line],
        "sampling_interval": lines.interval[line],
        "counts_scaled": lines.scaled[line],
        "proto": first.proto,
        "direction": direction,
        "line_hi": lines.hi[line],
        "line_lo": lines.lo[line],
        "line_net": lines.net[line],
        "ingress": lines.ingress[line, direction],
        "line_port": np.where(out, first.src_port, first.dst_port),
        "remote_port": np.where(out, first.dst_port, first.src_port),
        "remote_hi": np.zeros(line.size, np.int64),
        "remote_lo": V4_PREFIX | np.where(out, first.dst, first.src),
        "remote_own": np.zeros(line.size, np.int64),
        "tcp_flags": np.where(lines.flagged[line], first.flags, UNKNOWN_FLAGS),
        "packets": metered.packets * factor,
        "bytes": metered.octets * factor,
        "duration_ms": metered.duration_ms,
    }
    arrays = [pa.array(columns[field.name]).cast(field.type) for field in CONVERSATIONS]
    return pa.Table.from_arrays(arrays, schema=CONVERSATIONS)
