"""Botnets: their members, their C&C servers, and what the members do."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.addressing import CGNAT_V4, Codes, random_remote
from hinomi.bench.benign import Part, chance_flows, popular
from hinomi.bench.designs import BotnetSpec
from hinomi.bench.exchange import (
    ACK,
    RST,
    SYN,
    Clock,
    Flows,
    Packets,
    Sessions,
    Shape,
    ephemeral_ports,
    join,
    lone_packets,
    sample_flows,
    sample_sessions,
)
from hinomi.bench.population import Scene, spans, stream
from hinomi.bench.sampling import sample_within
from hinomi.bench.spec import TCP, Device
from hinomi.bench.truth import NamedService

_FIRST_MODEL: Final = 0.7  # Share of the members on the first vulnerable model.
_FIRST_PORT: Final = 0.9  # Share of the probes to the first port: Mirai's ten to one.
_SCAN_SPREAD: Final = 0.8  # Sigma of the log-normal of the members' scan rates.
_PROBE_BYTES: Final = 40  # A bare SYN.
_REFUSED: Final = 0.015  # Share of the probes that a RST answers; the most get nothing.
_MX_SERVERS: Final = 3_000
_MX_NAMED: Final = 12
_RETRIES: Final = 3  # SYNs of one call that nobody answers.
_UPPER_PERIOD_MS: Final = 10_000
_UPPER_PORT: Final = 38_800


@dataclass(frozen=True, slots=True, kw_only=True)
class Herd:
    """A botnet as it lives in one world."""

    spec: BotnetSpec
    device: NDArray[np.int64]  # Members on own lines, one a line.
    onset_ms: NDArray[np.int64]  # When each was infected; the window's start if before.
    address: Codes  # IPv4 of each member.
    servers: Codes  # First-tier C&C servers: remote, then own fronts.


def infest(scene: Scene) -> tuple[Part, list[Herd]]:
    """Draw every botnet of the world and what its members do, attacks excepted."""
    part, herds = Part(), []
    infected = np.zeros(scene.spec.lines, np.bool_)
    for botnet in scene.spec.botnets:
        herd = _gather(scene, botnet, infected)
        infected[scene.population.device_line[herd.device]] = True
        herds.append(herd)
        _report(scene, herd, part)
        if botnet.scan_ports:
            part.packets.append(_scan(scene, herd))
        if botnet.mails_per_day:
            _spam(scene, herd, part)
        if botnet.relays_per_day:
            _relay(scene, herd, part)
    return part, herds


def after_onset(herd: Herd, who: NDArray[np.int64], start_ms: NDArray[np.int64]) -> Codes:
    """Give the rows whose device *who* was already infected at *start_ms*."""
    order = np.argsort(herd.device)
    place = order[np.searchsorted(herd.device[order], who)]
    return np.flatnonzero(start_ms >= herd.onset_ms[place])


def _gather(scene: Scene, botnet: BotnetSpec, infected: NDArray[np.bool_]) -> Herd:
    """Choose members: some from already infected lines, the rest by vulnerability."""
    spec, population = scene.spec, scene.population
    rng = stream(spec, f"herd {botnet.family}")
    names = [model.name for model in spec.models]
    wanted = [names.index(name) for name in botnet.models]
    if wanted:
        pool = np.flatnonzero(np.isin(population.device_model, wanted))
        first = population.device_model[pool] == wanted[0]
        share = np.where(first, _FIRST_MODEL / max(int(first.sum()), 1), 0.0)
        others = (1 - _FIRST_MODEL) / max(int((~first).sum()), 1)
        weight = np.where(first, share, others)
    else:
        pool = population.devices(Device.PC)
        weight = np.ones(pool.size)
    _, one_a_line = np.unique(population.device_line[pool], return_index=True)
    pool, weight = pool[one_a_line], weight[one_a_line]
    # Exponential races: the smallest arrivals are a weighted draw without replacement.
    arrival = rng.exponential(1.0, pool.size) / weight
    already = infected[population.device_line[pool]]
    count = min(botnet.bots, pool.size)
    again = np.flatnonzero(already)[np.argsort(arrival[already])][: int(count * spec.coinfected)]
    arrival[again] = -1.0
    device = pool[np.argsort(arrival, kind="stable")[:count]]
    fresh = rng.random(device.size) < botnet.fresh
    onset_ms = spec.starts_ms + (rng.random(device.size) * spec.length_ms * fresh).astype(np.int64)
    open_lines = np.flatnonzero(population.v4 < CGNAT_V4)
    fronts = population.v4[rng.choice(open_lines, botnet.own_fronts, replace=False)]
    return Herd(
        spec=botnet,
        device=device,
        onset_ms=onset_ms,
        address=population.v4[population.device_line[device]],
        servers=np.concatenate([scene.allocation.take(botnet.servers), fronts]),
    )


def _report(scene: Scene, herd: Herd, part: Part) -> None:
    """Let the members keep in touch with their C&C servers, and own fronts with theirs."""
    botnet, spec = herd.spec, scene.spec
    rng = stream(spec, f"report {botnet.family}")
    sessions = _calls(scene, herd, rng)
    clock = Clock(
        proto=botnet.proto,
        per_tick=botnet.per_tick,
        up_bytes=botnet.up_bytes,
        down_bytes=botnet.down_bytes,
        jitter=botnet.jitter,
        reconnects=botnet.reconnects,
    )
    if botnet.dead:
        part.packets.append(_unanswered(sessions, spec.interval, rng))
    else:
        part.packets.append(sample_sessions(sessions, clock, spec.interval, rng))
    label = "sinkhole" if botnet.sinkholed else "dead-cc" if botnet.dead else "cc"
    part.services.extend(
        NamedService(
            code=code,
            proto=botnet.proto,
            port=botnet.port,
            label=label,
            family=botnet.family,
            tier=1 if label != "sinkhole" else None,
            known=index < botnet.listed,
            members=herd.address,
        )
        for index, code in enumerate(herd.servers.tolist())
    )
    if botnet.own_fronts:
        _serve(scene, herd, clock, part)


def _calls(scene: Scene, herd: Herd, rng: np.random.Generator) -> Sessions:
    """Lay out who is in touch with which server when."""
    spec, botnet = scene.spec, herd.spec
    each = min(botnet.servers_each, herd.servers.size)
    # Every member has *each* neighbouring servers of the list, from a place of its own.
    place = rng.integers(0, herd.servers.size, herd.device.size)
    member = np.tile(np.arange(herd.device.size), each)
    which = (place[member] + np.repeat(np.arange(each), herd.device.size)) % herd.servers.size
    line = scene.population.device_line[herd.device[member]]
    who, start_ms, end_ms = spans(
        spec, scene.population.shift_ms[line], rng, office_hours=not botnet.models
    )
    which, member = which[who], member[who]
    start_ms = np.maximum(start_ms, herd.onset_ms[member])
    if botnet.moves:  # All speak with the first until the middle, then with the second.
        middle_ms = spec.starts_ms + spec.length_ms // 2
        member = np.tile(member, 2)
        which = np.repeat([0, 1], who.size)
        end_ms = np.concatenate([np.minimum(end_ms, middle_ms), end_ms])
        start_ms = np.concatenate([start_ms, np.maximum(start_ms, middle_ms)])
    kept = end_ms > start_ms
    return Sessions(
        client=herd.address[member][kept],
        server=herd.servers[which][kept],
        port=np.full(int(kept.sum()), botnet.port, np.int32),
        start_ms=start_ms[kept],
        end_ms=end_ms[kept],
        period_ms=np.full(int(kept.sum()), int(botnet.period_s * 1_000), np.int64),
    )


def _serve(scene: Scene, herd: Herd, clock: Clock, part: Part) -> None:
    """Let own fronts serve members elsewhere, and report to the upper tier if there is one."""
    spec, botnet = scene.spec, herd.spec
    rng = stream(spec, f"serve {botnet.family}")
    fronts = herd.servers[botnet.servers :]
    abroad = scene.allocation.take(botnet.remote_bots)
    relations = [(abroad, fronts[rng.integers(0, fronts.size, abroad.size)], botnet.port, clock)]
    if botnet.upper:
        server = scene.allocation.take(1)
        upper = Clock(proto=TCP, per_tick=6, up_bytes=600, down_bytes=500, jitter=0.2)
        relations.append((fronts, np.repeat(server, fronts.size), _UPPER_PORT, upper))
        part.services.append(
            NamedService(
                code=int(server[0]),
                proto=TCP,
                port=_UPPER_PORT,
                label="cc",
                family=botnet.family,
                tier=2,
                members=fronts,
            )
        )
    for client, server, port, beat in relations:
        period_ms = _UPPER_PERIOD_MS if port == _UPPER_PORT else int(botnet.period_s * 1_000)
        sessions = Sessions(
            client=client,
            server=server,
            port=np.full(client.size, port, np.int32),
            start_ms=np.full(client.size, spec.starts_ms, np.int64),
            end_ms=np.full(client.size, spec.starts_ms + spec.length_ms, np.int64),
            period_ms=np.full(client.size, period_ms, np.int64),
        )
        part.packets.append(sample_sessions(sessions, beat, spec.interval, rng))


def _unanswered(sessions: Sessions, interval: int, rng: np.random.Generator) -> Packets:
    """Call a server that is gone: SYNs only, retried, none answered."""
    span_ms = sessions.end_ms - sessions.start_ms
    syns = -(-span_ms // sessions.period_ms) * _RETRIES
    row, position = sample_within(syns, interval, rng)
    return lone_packets(
        ts_ms=sessions.start_ms[row] + (position * span_ms[row]) // syns[row],
        src=sessions.client[row],
        dst=sessions.server[row],
        ports=(ephemeral_ports(row.size, rng), sessions.port[row]),
        proto=TCP,
        flags=SYN,
        size=60,
    )


def _scan(scene: Scene, herd: Herd) -> Packets:
    """Let every member probe random addresses from its infection on; few answer."""
    spec, botnet = scene.spec, herd.spec
    rng = stream(spec, f"scan {botnet.family}")
    rate = botnet.scan_pps * rng.lognormal(0.0, _SCAN_SPREAD, herd.device.size)
    span_ms = spec.starts_ms + spec.length_ms - herd.onset_ms
    probes = np.maximum((rate * span_ms / 1_000).astype(np.int64), 1)
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


def _spam(scene: Scene, herd: Herd, part: Part) -> None:
    """Let the members deliver mail to the mail servers of the world."""
    spec, botnet = scene.spec, herd.spec
    rng = stream(spec, f"spam {botnet.family}")
    servers = scene.allocation.take(_MX_SERVERS)
    who, start_ms, packets = chance_flows(scene, herd.device, botnet.mails_per_day, (24, 0.5), rng)
    rank = popular(rng.random(who.size), servers.size, 0.9)
    rows = after_onset(herd, who, start_ms)
    flows = Flows(
        client=scene.population.v4[scene.population.device_line[who]][rows],
        server=servers[rank][rows],
        port=np.full(rows.size, 25, np.int32),
        start_ms=start_ms[rows],
        duration_ms=np.full(rows.size, 3_000, np.int64),
        packets=packets[rows],
    )
    shape = Shape(proto=TCP, up_share=0.6, up_bytes=700, down_bytes=90)
    part.packets.append(sample_flows(flows, shape, spec.interval, rng, met=True))
    part.services.extend(
        NamedService(code=code, proto=TCP, port=25, label="mail-server", family="spam-target")
        for code in servers[:_MX_NAMED].tolist()
    )


def _relay(scene: Scene, herd: Herd, part: Part) -> None:
    """Let the members carry others' connections: in from the C&C server, out to anywhere."""
    spec, botnet = scene.spec, herd.spec
    rng = stream(spec, f"relay {botnet.family}")
    shape = Shape(proto=TCP, up_share=0.5, up_bytes=600, down_bytes=800)
    for inward in (True, False):
        who, start_ms, packets = chance_flows(
            scene, herd.device, botnet.relays_per_day, (150, 1.2), rng
        )
        rows = after_onset(herd, who, start_ms)
        anywhere = random_remote(rows.size, rng)
        server = herd.servers[rng.integers(0, herd.servers.size, rows.size)]
        flows = Flows(
            client=scene.population.v4[scene.population.device_line[who]][rows],
            server=server if inward else anywhere,
            port=np.full(rows.size, botnet.port if inward else 443, np.int32),
            start_ms=start_ms[rows],
            duration_ms=rng.exponential(20_000, rows.size).astype(np.int64),
            packets=packets[rows],
        )
        part.packets.append(sample_flows(flows, shape, spec.interval, rng, met=True))
