"""Exchanges of packets between two ends: sampled 1 in N, then metered into flow records."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.addressing import Codes, is_own
from hinomi.bench.sampling import sample_met, sample_within, scatter, scatter_unit
from hinomi.model.flow import UNKNOWN_FLAGS, Ingress
from hinomi.model.protocol import Protocol

FIN: Final = 0x01  # RFC 9293, section 3.1.
SYN: Final = 0x02
RST: Final = 0x04
PSH: Final = 0x08
ACK: Final = 0x10

ACTIVE_TIMEOUT_MS: Final = 60_000  # A router's usual active timeout (Cisco and Juniper guides).
MAX_BYTES: Final = 1_500  # Ethernet.
_HANDSHAKE_BYTES: Final = 60  # SYN with the usual options.
_EMPTY_BYTES: Final = 52  # An ACK with timestamps.
_PUSHED: Final = 0.3  # Share of data packets that carry PSH; ours.
_ROUND_TRIP_MS: Final = 40  # Between the packets of one exchange; ours.


@dataclass(frozen=True, slots=True, kw_only=True)
class Packets:
    """Sampled packets, one row each; every array has shape (n,)."""

    ts_ms: NDArray[np.int64]
    src: Codes
    dst: Codes
    src_port: NDArray[np.int32]
    dst_port: NDArray[np.int32]
    proto: NDArray[np.int16]
    flags: NDArray[np.int16]
    size: NDArray[np.int32]  # IP layer, bytes.
    ingress: NDArray[np.int16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How the packets of a flow look that comes and goes."""

    proto: int
    up_share: float  # Share of the packets that the client sends, 0..1.
    up_bytes: int  # Mean size of a data packet of the client.
    down_bytes: int  # Mean size of a data packet of the server.
    one_way_flags: int | None = None  # The client sends only such packets and gets no answer.


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """
    How the packets of a standing relation look: one exchange every period.

    Where a number may be an array, it is of shape (n,), one for each of the sessions.
    """

    proto: int
    per_tick: int | NDArray[np.int64]  # Packets of one exchange, at least 1.
    up_bytes: int | NDArray[np.int64]
    down_bytes: int | NDArray[np.int64]
    jitter: float | NDArray[np.float64] = 0.02  # Of the period.
    reconnects: bool = False  # Each exchange is a connection of its own.


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """Flows that come and go, client first; every array has shape (n,)."""

    client: Codes
    server: Codes
    port: NDArray[np.int32]  # Of the server.
    start_ms: NDArray[np.int64]
    duration_ms: NDArray[np.int64]
    packets: NDArray[np.int64]  # Before sampling, both directions.


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """Spans in which a client keeps in touch with a server; every array has shape (n,)."""

    client: Codes
    server: Codes
    port: NDArray[np.int32]
    start_ms: NDArray[np.int64]
    end_ms: NDArray[np.int64]
    period_ms: NDArray[np.int64]


def sample_flows(
    flows: Flows, shape: Shape, interval: int, rng: np.random.Generator, *, met: bool
) -> Packets:
    """
    Sample flows 1 in N; with *met*, of flows already known to be met at least once.

    The position of a taken packet in its flow decides what it is: SYN, SYN-ACK, ACK,
    request, the data, and at the end FIN.
    """
    sample = sample_met if met else sample_within
    flow, position = sample(flows.packets, interval, rng)
    count, total = flow.size, flows.packets[flow]
    place = (position + rng.random(count)) / total
    ts_ms = flows.start_ms[flow] + (place * flows.duration_ms[flow]).astype(np.int64)
    if shape.one_way_flags is not None:
        up = np.ones(count, np.bool_)
        flags = np.full(count, shape.one_way_flags, np.int16)
    else:
        up = np.where(position < 2, position == 0, rng.random(count) < shape.up_share)  # noqa: PLR2004 - SYN, SYN-ACK.
        flags = _flow_flags(position, total, rng)
    size = _sizes(up, flags, shape.proto, (shape.up_bytes, shape.down_bytes), rng)
    client_port = _ephemeral(scatter(flow, int(rng.integers(2**62))))
    return _arrange(
        (flows, flow),
        ts_ms,
        up=up,
        flags=flags,
        size=size,
        proto=shape.proto,
        client_port=client_port,
    )


def sample_sessions(
    sessions: Sessions, clock: Clock, interval: int, rng: np.random.Generator
) -> Packets:
    """Sample standing relations 1 in N: every exchange keeps to its clock, less its jitter."""
    span_ms = np.maximum(sessions.end_ms - sessions.start_ms, 0)
    ticks = -(-span_ms // sessions.period_ms)
    session, position = sample_within(ticks * clock.per_tick, interval, rng)
    per_tick, up_bytes, down_bytes, jitter = (
        np.broadcast_to(each, span_ms.shape)[session]
        for each in (clock.per_tick, clock.up_bytes, clock.down_bytes, clock.jitter)
    )
    tick, within = np.divmod(position, per_tick)
    salt = int(rng.integers(2**62))
    wander = scatter_unit(session, tick, salt) * jitter  # The same for all of one exchange.
    period_ms = sessions.period_ms[session]
    ts_ms = sessions.start_ms[session] + tick * period_ms + (wander * period_ms).astype(np.int64)
    ts_ms = np.minimum(ts_ms + within * _ROUND_TRIP_MS, sessions.end_ms[session] - 1)
    up = within % 2 == 0
    if clock.reconnects:
        flags = _flow_flags(within, per_tick, rng)
        client_port = _ephemeral(scatter(session, tick, salt + 1))
    else:
        flags = np.where(within < 2, PSH | ACK, ACK).astype(np.int16)  # noqa: PLR2004 - call, answer.
        flags[position == 0] = SYN
        flags[position == 1] = SYN | ACK
        client_port = _ephemeral(scatter(session, salt + 1))
    size = _sizes(up, flags, clock.proto, (up_bytes, down_bytes), rng)
    return _arrange(
        (sessions, session),
        ts_ms,
        up=up,
        flags=flags,
        size=size,
        proto=clock.proto,
        client_port=client_port,
    )


def lone_packets(
    *,
    ts_ms: NDArray[np.int64],
    src: Codes,
    dst: Codes,
    ports: tuple[NDArray[np.int32], NDArray[np.int32]],
    proto: int,
    flags: int,
    size: int,
    ingress: Ingress | None = None,
) -> Packets:
    """
    Build packets that belong to no exchange: probes, floods, their echoes.

    Args:
        ts_ms: Times, ms since the Unix epoch.
        src: Stated sources, forged or not.
        dst: Destinations.
        ports: Source and destination ports.
        proto: IANA protocol number.
        flags: TCP flags; ignored for other protocols.
        size: Bytes of each.
        ingress: Where they arrived, if the sources do not tell.
    """
    count = ts_ms.size
    ingress_column = _ingress(src) if ingress is None else np.full(count, ingress, np.int16)
    stated = flags if proto == Protocol.TCP else UNKNOWN_FLAGS
    return Packets(
        ts_ms=ts_ms,
        src=src,
        dst=dst,
        src_port=ports[0],
        dst_port=ports[1],
        proto=np.full(count, proto, np.int16),
        flags=np.full(count, stated, np.int16),
        size=np.full(count, size, np.int32),
        ingress=ingress_column,
    )


def ephemeral_ports(count: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """Draw client ports from the whole range that operating systems use."""
    return _ephemeral(rng.integers(0, 2**63, count).astype(np.uint64))


def join(parts: Sequence[Packets]) -> Packets:
    """Lay packets end to end."""
    return Packets(
        **{
            column.name: np.concatenate([getattr(part, column.name) for part in parts])
            for column in fields(Packets)
        }
    )


def select(packets: Packets, rows: NDArray[np.bool_] | NDArray[np.int64] | slice) -> Packets:
    """Keep some rows, by mask, by index, or from one to another."""
    return Packets(
        **{column.name: getattr(packets, column.name)[rows] for column in fields(Packets)}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """Flow records as a router exports them; every array has shape (n,), ascending by time."""

    first: Packets  # The first packet of each record; its flags are the OR over all.
    packets: NDArray[np.int64]
    octets: NDArray[np.int64]
    duration_ms: NDArray[np.int32]


def meter(packets: Packets, *, timeout_ms: int = ACTIVE_TIMEOUT_MS) -> Metered:
    """
    Gather the sampled packets of one 5-tuple within one timeout into one record.

    Notes:
        The cells of time are the same for all flows, where a router starts one with the
        first packet. At 1 in 10,000 nearly every packet is a record of its own anyway.
    """
    cell = packets.ts_ms // timeout_ms
    ports = packets.src_port.astype(np.int64) << 16 | packets.dst_port
    where = packets.proto.astype(np.int64) << 8 | packets.ingress
    key = scatter(packets.src, packets.dst, ports, where, cell)
    order = np.lexsort((packets.ts_ms, key))
    ordered = select(packets, order)
    starts = np.flatnonzero(np.diff(key[order], prepend=key[order][:1] ^ np.uint64(1)))
    counts = np.diff(starts, append=key.size)
    last_ms = ordered.ts_ms[starts + counts - 1]
    first = select(ordered, starts)
    # -1 (not TCP) stays -1 under OR.
    first.flags[:] = np.bitwise_or.reduceat(ordered.flags, starts) if starts.size else 0
    octets = np.add.reduceat(ordered.size.astype(np.int64), starts) if starts.size else counts
    by_time = np.argsort(first.ts_ms, kind="stable")
    return Metered(
        first=select(first, by_time),
        packets=counts[by_time].astype(np.int64),
        octets=octets[by_time],
        duration_ms=(last_ms - first.ts_ms)[by_time].astype(np.int32),
    )


def _flow_flags(
    position: NDArray[np.int64], total: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int16]:
    flags = np.where(rng.random(position.size) < _PUSHED, PSH | ACK, ACK).astype(np.int16)
    flags[position == 3] = PSH | ACK  # The request.  # noqa: PLR2004
    flags[position == total - 1] = FIN | ACK
    flags[position == 0] = SYN
    flags[position == 1] = SYN | ACK
    return flags


def _sizes(
    up: NDArray[np.bool_],
    flags: NDArray[np.int16],
    proto: int,
    means: tuple[int | NDArray[np.int64], int | NDArray[np.int64]],
    rng: np.random.Generator,
) -> NDArray[np.int32]:
    """Draw sizes: data packets spread by 15 % about their mean, empty ones fixed."""
    mean = np.where(up, means[0], means[1])
    drawn = np.clip(mean * rng.lognormal(0.0, 0.15, up.size), 40, MAX_BYTES).astype(np.int32)
    if proto == Protocol.TCP:
        drawn[(flags & SYN) != 0] = _HANDSHAKE_BYTES
        drawn[(flags & (FIN | RST)) != 0] = _EMPTY_BYTES
        bare = (flags == ACK) & (rng.random(up.size) < np.where(up, 0.8, 0.1))
        drawn[bare] = _EMPTY_BYTES
        drawn = np.maximum(drawn, 40).astype(np.int32)
    return drawn


def _arrange(
    ends: tuple[Flows | Sessions, NDArray[np.int64]],
    ts_ms: NDArray[np.int64],
    *,
    up: NDArray[np.bool_],
    flags: NDArray[np.int16],
    size: NDArray[np.int32],
    proto: int,
    client_port: NDArray[np.int32],
) -> Packets:
    table, row = ends
    client, server, port = table.client[row], table.server[row], table.port[row]
    src = np.where(up, client, server)
    if proto != Protocol.TCP:
        flags = np.full(row.size, UNKNOWN_FLAGS, np.int16)
    return Packets(
        ts_ms=ts_ms,
        src=src,
        dst=np.where(up, server, client),
        src_port=np.where(up, client_port, port).astype(np.int32),
        dst_port=np.where(up, port, client_port).astype(np.int32),
        proto=np.full(row.size, proto, np.int16),
        flags=flags,
        size=size,
        ingress=_ingress(src),
    )


def _ingress(src: Codes) -> NDArray[np.int16]:
    return np.where(is_own(src), Ingress.SUBSCRIBER, Ingress.TRANSIT).astype(np.int16)


def _ephemeral(mixed: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Map well-mixed numbers to 32768..60999 (Linux) or 49152..65535 (RFC 6335), half each."""
    draw = (mixed >> np.uint64(8)).astype(np.int64)
    linux = 32_768 + draw % 28_232
    iana = 49_152 + draw % 16_384
    return np.where((mixed & np.uint64(1)) == 0, linux, iana).astype(np.int32)
