"""Calls: which member is in touch with which C&C server when, and calls that nobody answers."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.designs import BotnetSpec, Schedule
from hinomi.bench.exchange import (
    SYN,
    Clock,
    Packets,
    Sessions,
    ephemeral_ports,
    lone_packets,
    sample_sessions,
)
from hinomi.bench.herds import Herd
from hinomi.bench.population import Scene, spans, stream
from hinomi.bench.sampling import sample_within, scatter
from hinomi.bench.spec import DAY_MS, HOUR_MS, TCP, WorldSpec

_RETRIES: Final = 3  # SYNs of one call that nobody answers: Linux sends more, malware cuts it.
_BACK_OFF: Final = 10  # A member whose other servers live tries the dead one so much more rarely.
_TURN_SPREAD: Final = 0.2  # Of a turn: how far the moment of a move strays from even turns.


def beat_of(herd: Herd) -> Clock:
    """Give the way in which members keep in touch."""
    botnet = herd.spec
    return Clock(
        proto=botnet.proto,
        per_tick=botnet.per_tick,
        up_bytes=botnet.up_bytes,
        down_bytes=botnet.down_bytes,
        jitter=botnet.jitter,
        reconnects=botnet.reconnects,
    )


def call(scene: Scene, herd: Herd) -> list[Packets]:
    """Sample what members and their first-tier servers say to each other, or fail to."""
    botnet, interval = herd.spec, scene.spec.interval
    rng = stream(scene.spec, f"report {botnet.family}")
    parts = []
    if herd.servers.size:
        parts.append(sample_sessions(lay_out(scene, herd, rng), beat_of(herd), interval, rng))
    for server in herd.gone.tolist():
        period_s = botnet.period_s * (_BACK_OFF if herd.servers.size else 1)
        parts.append(
            _unanswered(_in_vain(scene, herd, server, period_s, rng), botnet, interval, rng)
        )
    return parts


def lay_out(scene: Scene, herd: Herd, rng: np.random.Generator) -> Sessions:
    """Lay out who is in touch with which server when, by the family's schedule."""
    botnet, servers = herd.spec, herd.servers.size
    each = min(botnet.servers_each, servers)
    # Every member has *each* neighbouring servers of the list, from a place of its own.
    place = rng.integers(0, servers, herd.device.size)
    edges = _edges(scene.spec, herd, rng)
    member, start_ms, end_ms = _present(scene, herd, rng)
    row, turn = _cut(edges, member, start_ms, end_ms)
    own_edges = edges[np.minimum(member[row], edges.shape[0] - 1)]
    rows = np.arange(row.size)
    start_ms = np.maximum(start_ms[row], own_edges[rows, turn])
    end_ms = np.minimum(end_ms[row], own_edges[rows, turn + 1])
    member = member[row]
    if botnet.schedule in {Schedule.TURNS, Schedule.DAILY}:
        first = turn
    elif botnet.schedule == Schedule.ROTATING:
        first = (scatter(member, turn, place[member]) % np.uint64(servers)).astype(np.int64)
    else:
        first = place[member]
    which = np.concatenate([(first + step) % servers for step in range(each)])
    return _sessions(
        herd,
        (np.tile(member, each), np.tile(start_ms, each), np.tile(end_ms, each)),
        herd.servers[which],
        botnet.period_s,
    )


def _present(
    scene: Scene, herd: Herd, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Give the spans in which each member is infected and switched on: member, start, end."""
    line = scene.population.device_line[herd.device]
    shift_ms = scene.population.shift_ms[line]
    member, start_ms, end_ms = spans(scene.spec, shift_ms, rng, office_hours=not herd.spec.models)
    start_ms = np.maximum(start_ms, herd.onset_ms[member])
    end_ms = np.minimum(end_ms, herd.cleaned_ms[member])
    kept = end_ms > start_ms
    return member[kept], start_ms[kept], end_ms[kept]


def _edges(spec: WorldSpec, herd: Herd, rng: np.random.Generator) -> NDArray[np.int64]:
    """Give the moments of change, ascending: one row for all members, or one for each."""
    botnet, ends_ms = herd.spec, spec.starts_ms + spec.length_ms
    if botnet.schedule == Schedule.TURNS:
        turns = np.arange(1, herd.servers.size) + rng.uniform(
            -_TURN_SPREAD, _TURN_SPREAD, herd.servers.size - 1
        )
        inner = (spec.starts_ms + turns / herd.servers.size * spec.length_ms).astype(np.int64)
    elif botnet.schedule == Schedule.DAILY:
        inner = spec.starts_ms + np.arange(1, spec.days, dtype=np.int64) * DAY_MS
    elif botnet.schedule == Schedule.ROTATING:
        hop_ms = int(botnet.hop_h * HOUR_MS)
        phase_ms = (rng.random((herd.device.size, 1)) * hop_ms).astype(np.int64)
        hops = np.arange(-1, spec.length_ms // hop_ms + 2, dtype=np.int64)
        return spec.starts_ms + phase_ms + hops[None, :] * hop_ms
    else:
        inner = np.empty(0, np.int64)
    return np.concatenate([[spec.starts_ms], inner, [ends_ms]])[None, :]


def _cut(
    edges: NDArray[np.int64],
    member: NDArray[np.int64],
    start_ms: NDArray[np.int64],
    end_ms: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cut spans at the edges: give the span and the turn of each piece."""
    own = edges[np.minimum(member, edges.shape[0] - 1)]
    first = (own <= start_ms[:, None]).sum(axis=1) - 1
    last = (own < end_ms[:, None]).sum(axis=1) - 1
    pieces = last - first + 1
    row = np.repeat(np.arange(member.size), pieces)
    within = np.arange(row.size) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    return row, first[row] + within


def _sessions(
    herd: Herd,
    spans_of: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    server: NDArray[np.int64],
    period_s: float,
) -> Sessions:
    member, start_ms, end_ms = spans_of
    return Sessions(
        client=herd.address[member],
        server=server,
        port=np.full(member.size, herd.spec.port, np.int32),
        start_ms=start_ms,
        end_ms=end_ms,
        period_ms=np.full(member.size, int(period_s * 1_000), np.int64),
    )


def _in_vain(
    scene: Scene, herd: Herd, server: int, period_s: float, rng: np.random.Generator
) -> Sessions:
    present = _present(scene, herd, rng)
    return _sessions(herd, present, np.full(present[0].size, server, np.int64), period_s)


def _unanswered(
    sessions: Sessions, botnet: BotnetSpec, interval: int, rng: np.random.Generator
) -> Packets:
    """Call a server that is gone, with retries: over TCP SYNs only, and nothing comes back."""
    span_ms = sessions.end_ms - sessions.start_ms
    syns = -(-span_ms // sessions.period_ms) * _RETRIES
    row, position = sample_within(syns, interval, rng)
    return lone_packets(
        ts_ms=sessions.start_ms[row] + (position * span_ms[row]) // syns[row],
        src=sessions.client[row],
        dst=sessions.server[row],
        ports=(ephemeral_ports(row.size, rng), sessions.port[row]),
        proto=botnet.proto,
        flags=SYN,
        size=60 if botnet.proto == TCP else botnet.up_bytes,
    )
