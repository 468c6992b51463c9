"""Who talks to whom: relations become sampled packets, each with its place in the records."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.communal.chance import Chance, Floats, Ints, Mask
from hinomi.bench.communal.kinds import DAY_MS, HOUR_MS, WEEK_MS
from hinomi.bench.communal.lines import EDGES, Lines
from hinomi.bench.communal.packets import PUSH, Said, Talk, look
from hinomi.bench.communal.places import REMOTE_V6, is_own_v4, own_v6
from hinomi.bench.communal.register import NO_V6, TCP, Register
from hinomi.bench.sampling import scatter
from hinomi.model.flow import UNKNOWN_FLAGS, Ingress

BORDERS: Final = 3  # Routers towards others, behind the edges in number.
NOBODY: Final = -1  # Line of a packet that none of ours sent or got knowingly.

_V6_HEADER: Final = 20  # Bytes longer than that of IPv4.
_MERGED: Final = 0.004  # Share of records that hold more than one sampled packet; ours.
_USES_V6: Final = 4  # One in so many pairs stays with IPv4 where both have both.
_THINGS: Final = 16
_SLOTS, _PORTS_EACH = 250, 256  # Port blocks of a shared address (RFC 6888, REQ-14).
_FIRST_PORT: Final = 1_024


class Hours(Enum):
    """When a relation is alive."""

    ALWAYS = "machines"
    AWAKE = "people"


Smalls = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packets:
    """Sampled packets, one record each; every array has shape (n,)."""

    ts_ms: Ints
    src: Ints
    dst: Ints
    src_port: Smalls
    dst_port: Smalls
    proto: Smalls
    flags: Smalls
    octets: Smalls
    packets: Smalls
    duration_ms: Smalls
    ingress: Smalls
    router: Smalls
    line: Smalls  # Whose, or `NOBODY`.
    up: Mask  # Sent by that line.


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Packets between lines and others, before the lines have addresses; shape (n,) each."""

    line: Ints
    device: Ints
    other: Ints  # Code.
    ts_ms: Ints
    up: Mask
    line_port: Ints
    other_port: Ints
    proto: Ints
    flags: Ints
    octets: Ints


class Traffic:
    """Draws the packets of the world and keeps them."""

    def __init__(self, lines: Lines, register: Register, chance: Chance) -> None:
        self._lines, self._register, self._chance = lines, register, chance
        self.parts: list[Packets] = []

    def relate(
        self,
        line: Ints,
        device: int | Ints,
        service: int | Ints,
        rate: float | Floats,
        talk: Talk,
        *,
        since: int | Ints = -1,
        until: int | Ints = WEEK_MS,
        hours: Hours = Hours.ALWAYS,
        up_share: float = 0.5,
        connection_ms: int = 6 * HOUR_MS,
    ) -> None:
        """
        Let lines talk to services for the week.

        Args:
            line: Number of each line, shape (n,).
            device: Which of its devices; 16 and above are things.
            service: Number of each service.
            rate: Expected sampled packets a week, both ways together.
            talk: How.
            since: Nothing before, ms from the start.
            until: Nothing from then on.
            hours: When.
            up_share: Share of the packets that the line sends, 0..1.
            connection_ms: How long a port of the line stays the same.
        """
        sampled = self._chance.poisson(np.broadcast_to(np.asarray(rate, np.float64), line.shape))
        who = np.repeat(np.arange(line.size), sampled)
        ts_ms = self._times(line[who], hours)
        inside = (ts_ms >= _each(since, line.size)[who]) & (ts_ms < _each(until, line.size)[who])
        who, ts_ms = who[inside], ts_ms[inside]
        self._converse(
            line[who], _each(device, line.size)[who], _each(service, line.size)[who], ts_ms, talk,
            up_share=up_share, connection_ms=connection_ms,
        )  # fmt: skip

    def visit(
        self,
        line: Ints,
        device: int | Ints,
        service: Ints,
        rate: Floats,
        talk: Talk,
        *,
        lasting_ms: int | Ints,
        up_share: float,
    ) -> None:
        """Let each line visit a service once, for *lasting_ms*, at *rate* sampled packets."""
        sampled = self._chance.poisson(rate)
        who = np.repeat(np.arange(line.size), sampled)
        begins_ms = self._lines.times(line, self._chance)
        within = self._chance.unit(who.size) * _each(lasting_ms, line.size)[who]
        ts_ms = begins_ms[who] + within.astype(np.int64)
        self._converse(
            line[who], _each(device, line.size)[who], service[who], ts_ms, talk, up_share=up_share
        )

    def serve(
        self,
        line: Ints,
        port: int | Ints,
        caller: Ints,
        rate: float | Floats,
        talk: Talk,
        *,
        proto: int = TCP,
        hours: Hours = Hours.ALWAYS,
    ) -> None:
        """Let others, *caller*, talk to servers on lines, at *rate* sampled packets a week."""
        chance = self._chance
        sampled = chance.poisson(np.broadcast_to(np.asarray(rate, np.float64), line.shape))
        who = np.repeat(np.arange(line.size), sampled)
        ts_ms = self._times(line[who], hours)
        up, mine = chance.each(who.size, 0.5), _each(port, line.size)[who]
        none = np.zeros(who.size, np.int64)
        said = Said(up=~up, payload=none, proto=none + proto, service=none)
        flags, octets = look(talk, said, chance)
        pushed = flags == PUSH
        octets = np.where(pushed, 112 + chance.wholes(0, 40, who.size), octets)
        theirs = _FIRST_PORT + _draw(64_000, caller[who], mine, ts_ms // HOUR_MS)
        self.exchange(
            Exchange(
                line=line[who],
                device=none + 1,
                other=caller[who],
                ts_ms=ts_ms,
                up=up,
                line_port=mine,
                other_port=theirs,
                proto=said.proto,
                flags=flags,
                octets=octets,
            )
        )

    def exchange(self, some: Exchange) -> None:
        """Give packets of lines their addresses and routers; those of absent lines are lost."""
        lines = self._lines
        there = (some.ts_ms >= lines.begins_ms[some.line]) & (some.ts_ms < WEEK_MS)
        there &= (some.ts_ms < lines.ends_ms[some.line]) & (some.ts_ms >= 0)
        kept = Exchange(**{name: getattr(some, name)[there] for name in Exchange.__slots__})
        line, up, other = kept.line, kept.up, kept.other
        by_v6 = other >= REMOTE_V6
        place = np.where(
            by_v6,
            own_v6(line, kept.device, kept.ts_ms // DAY_MS),
            lines.at(line, kept.ts_ms),
        )
        port = self._translated(line, kept.line_port, by_v6)
        near = up | is_own_v4(other)
        packets, duration_ms = self._merged(line.size)
        flags = np.where(kept.proto == TCP, kept.flags, UNKNOWN_FLAGS)
        ingress = np.where(near, Ingress.SUBSCRIBER.value, Ingress.TRANSIT.value)
        router = np.where(near, lines.edge[line], EDGES + _draw(BORDERS, other))
        self.parts.append(
            Packets(
                ts_ms=kept.ts_ms,
                src=np.where(up, place, other),
                dst=np.where(up, other, place),
                src_port=_small(np.where(up, port, kept.other_port)),
                dst_port=_small(np.where(up, kept.other_port, port)),
                proto=_small(kept.proto),
                flags=_small(flags),
                octets=_small((kept.octets + _V6_HEADER * by_v6) * packets),
                packets=_small(packets),
                duration_ms=_small(duration_ms),
                ingress=_small(ingress),
                router=_small(router),
                line=_small(line),
                up=up,
            )
        )

    def inject(
        self,
        src: Ints,
        dst: Ints,
        ts_ms: Ints,
        *,
        ports: tuple[int | Ints, int | Ints],
        flags: int | Ints,
        octets: int | Ints,
        router: Ints,
        ingress: Ingress = Ingress.TRANSIT,
    ) -> None:
        """Record TCP packets whose source nobody vouches for: probes, forged floods."""
        count = ts_ms.size
        self.parts.append(
            Packets(
                ts_ms=ts_ms,
                src=src,
                dst=dst,
                src_port=_small(_each(ports[0], count)),
                dst_port=_small(_each(ports[1], count)),
                proto=_small(_each(TCP, count)),
                flags=_small(_each(flags, count)),
                octets=_small(_each(octets, count)),
                packets=_small(_each(1, count)),
                duration_ms=_small(_each(0, count)),
                ingress=_small(_each(ingress.value, count)),
                router=_small(router),
                line=_small(_each(NOBODY, count)),
                up=np.zeros(count, np.bool_),
            )
        )

    def _times(self, line: Ints, hours: Hours) -> Ints:
        if hours is Hours.AWAKE:
            return self._lines.times(line, self._chance)
        return self._chance.wholes(0, WEEK_MS, line.size)

    def _converse(
        self,
        line: Ints,
        device: Ints,
        service: Ints,
        ts_ms: Ints,
        talk: Talk,
        *,
        up_share: float,
        connection_ms: int = 6 * HOUR_MS,
    ) -> None:
        known = self._register.columns
        up = self._chance.each(line.size, up_share)
        said = Said(
            up=up,
            payload=np.where(up, known.up[service], known.down[service]),
            proto=known.proto[service],
            service=service,
        )
        flags, octets = look(talk, said, self._chance)
        also = known.code_v6[service]
        by_v6 = (also != NO_V6) & self._lines.has_v6[line]
        by_v6 &= _draw(_USES_V6, line, service) != 0
        # Things, and each make of people's devices, choose their ports from ranges of their own.
        person = np.where(device % 3 == 0, 49_152, _FIRST_PORT + 9_000 * (device % 3))
        lowest = np.where(device >= _THINGS, 32_768, person)
        port = lowest + _draw(16_000, line, service, device, ts_ms // connection_ms)
        self.exchange(
            Exchange(
                line=line,
                device=device,
                other=np.where(by_v6, also, known.code[service]),
                ts_ms=ts_ms,
                up=up,
                line_port=port,
                other_port=known.port[service],
                proto=said.proto,
                flags=flags,
                octets=octets,
            )
        )

    def _translated(self, line: Ints, port: Ints, by_v6: Mask) -> Ints:
        """Map ports of lines behind a shared address into the block of each."""
        lines = self._lines
        shared = (lines.group[line] >= 0) & ~by_v6 & (port >= _FIRST_PORT)
        block = _FIRST_PORT + lines.slot[line] % _SLOTS * _PORTS_EACH + port % _PORTS_EACH
        translated: Ints = np.where(shared, block, port)
        return translated

    def _merged(self, count: int) -> tuple[Ints, Ints]:
        """Let a few records hold more than one packet; give packets and duration."""
        merged = np.flatnonzero(self._chance.each(count, _MERGED))
        packets, duration_ms = np.ones(count, np.int64), np.zeros(count, np.int64)
        packets[merged] = 1 + self._chance.rng.geometric(0.6, merged.size)
        duration_ms[merged] = self._chance.rng.exponential(2_500, merged.size).astype(np.int64)
        return packets, duration_ms


def _each(value: int | Ints, count: int) -> Ints:
    """Give a number, or one for each, as one for each."""
    return np.broadcast_to(np.asarray(value, np.int64), (count,))


def _draw(below: int, *keys: Ints) -> Ints:
    """Choose a number below *below* by keys, always the same for the same."""
    return (scatter(*keys) % np.uint64(below)).astype(np.int64)


def _small(column: Ints) -> Smalls:
    return column.astype(np.int32)
