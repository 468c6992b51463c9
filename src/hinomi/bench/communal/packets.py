"""How single sampled packets look: flags and sizes of each way of talking."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance, Floats, Ints, Mask
from hinomi.bench.communal.kinds import INTERVAL, SECOND_MS, WEEK_MS
from hinomi.bench.communal.register import TCP
from hinomi.bench.exchange import ACK, FIN, MAX_BYTES, PSH, RST, SYN
from hinomi.model.flow import UNKNOWN_FLAGS

PUSH: Final = PSH | ACK
GREET: Final = SYN | ACK
REFUSE: Final = RST | ACK
LEAST_BYTES: Final = 28  # IPv4 and UDP headers.
_HEADERS: Final = 40  # IPv4 and TCP without options.
_TIMESTAMPS: Final = 12  # RFC 7323.
_WITH_TIMESTAMPS: Final = 0.75


class Talk(Enum):
    """A way of talking over TCP; over UDP the last three."""

    KEEP = "one connection kept alive"
    SHORT = "short connections"
    BULK_DOWN = "much data to the client"
    BULK_UP = "much data from the client"
    UNANSWERED = "SYNs that nobody answers, or are refused"
    DATAGRAM = "datagrams"
    QUIC = "QUIC"
    DATAGRAM_BULK = "datagrams full of data"


@dataclass(frozen=True, slots=True)
class _Mix:
    """Flags and their cumulated shares, ours, after captures of such connections."""

    flags: tuple[int, ...]
    reach: tuple[float, ...]


_UP: Final = {
    Talk.KEEP: _Mix((PUSH, ACK, SYN, FIN | ACK, RST), (0.52, 0.965, 0.985, 0.995, 1)),
    Talk.SHORT: _Mix((SYN, ACK, PUSH, FIN | ACK, RST), (0.1, 0.52, 0.86, 0.97, 1)),
    Talk.BULK_DOWN: _Mix((ACK, PUSH, SYN, FIN | ACK), (0.94, 0.985, 0.993, 1)),
    Talk.BULK_UP: _Mix((ACK, PUSH, SYN, FIN | ACK), (0.86, 0.985, 0.993, 1)),
    Talk.UNANSWERED: _Mix((SYN,), (1,)),
}
_DOWN: Final = {
    Talk.KEEP: _Mix((PUSH, ACK, GREET, FIN | ACK, RST), (0.5, 0.965, 0.985, 0.997, 1)),
    Talk.SHORT: _Mix((GREET, ACK, PUSH, FIN | ACK, REFUSE), (0.1, 0.5, 0.88, 0.985, 1)),
    Talk.BULK_DOWN: _Mix((ACK, PUSH, GREET, FIN | ACK), (0.9, 0.99, 0.995, 1)),
    Talk.BULK_UP: _Mix((ACK, PUSH, GREET, FIN | ACK), (0.93, 0.985, 0.993, 1)),
    Talk.UNANSWERED: _Mix((REFUSE, RST), (0.9, 1)),
}
_BY_DATAGRAM: Final = frozenset({Talk.DATAGRAM, Talk.QUIC, Talk.DATAGRAM_BULK})


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of packets before their looks; every array has shape (n,)."""

    up: Mask  # Sent by the client.
    payload: Ints  # Bytes that the sender says at a time.
    proto: Ints
    service: Ints


def look(talk: Talk, said: Said, chance: Chance) -> tuple[Ints, Ints]:
    """Draw flags (-1 where not TCP) and IP bytes of packets."""
    if talk in _BY_DATAGRAM:
        return np.full(said.up.size, UNKNOWN_FLAGS, np.int64), _datagrams(talk, said, chance)
    flags = _flags(talk, said.up, chance)
    octets = np.where(said.proto == TCP, _octets(talk, said, flags, chance), 28 + said.payload)
    flags = np.where(said.proto == TCP, flags, UNKNOWN_FLAGS)
    return flags, np.clip(octets, LEAST_BYTES, MAX_BYTES).astype(np.int64)


def _flags(talk: Talk, up: Mask, chance: Chance) -> Ints:
    flags = np.zeros(up.size, np.int64)
    for mix, mine in ((_UP[talk], up), (_DOWN[talk], ~up)):
        draw = np.searchsorted(np.array(mix.reach), chance.unit(int(mine.sum())))
        flags[mine] = np.array(mix.flags)[np.minimum(draw, len(mix.flags) - 1)]
    return flags


def _datagrams(talk: Talk, said: Said, chance: Chance) -> Ints:
    count = said.up.size
    some = chance.unit(count)
    if talk is Talk.QUIC:
        # Clients pad their first packet (RFC 9000, section 14.1); servers fill theirs.
        sent = np.where(some < 0.08, 1_278, chance.wholes(55, 110, count))  # noqa: PLR2004
        full = 1_256 + said.service % 130
        got = np.where(some < 0.85, full, chance.wholes(60, 1_300, count))  # noqa: PLR2004
        octets = np.where(said.up, sent, got)
    elif talk is Talk.DATAGRAM_BULK:
        full, part = chance.wholes(900, 1_450, count), chance.wholes(60, 500, count)
        octets = np.where(some < 0.6, full, part)  # noqa: PLR2004 - the three shares are ours.
    else:
        more = np.where(chance.each(count, 0.3), chance.wholes(0, 40, count), 0)
        octets = LEAST_BYTES + said.payload + more
    return np.clip(octets, LEAST_BYTES, MAX_BYTES).astype(np.int64)


def _octets(talk: Talk, said: Said, flags: Ints, chance: Chance) -> Ints:
    count = flags.size
    headers = _HEADERS + _TIMESTAMPS * chance.each(count, _WITH_TIMESTAMPS)
    greeting = np.where(chance.each(count, 0.7), 60, 52)
    octets = np.where((flags == SYN) | (flags == GREET), greeting, headers).astype(np.int64)
    shape = _SHAPES.get(talk)
    return octets if shape is None else shape(said, flags, octets, chance)


def _keep(said: Said, flags: Ints, octets: Ints, chance: Chance) -> Ints:
    more = np.where(chance.each(flags.size, 0.25), chance.wholes(0, 30, flags.size), 0)
    return octets + np.where(flags == PUSH, said.payload + more, 0)


def _short(said: Said, flags: Ints, octets: Ints, chance: Chance) -> Ints:
    count, some = flags.size, chance.unit(flags.size)
    asked = 90 + 2 * said.payload + chance.wholes(0, 350, count)
    small = 80 + 3 * said.payload + chance.wholes(0, 400, count)
    answered = np.where(some < 0.35, MAX_BYTES, small)  # noqa: PLR2004 - full pages; ours.
    octets = np.where(flags == PUSH, np.where(said.up, asked, answered), octets)
    full = (flags == ACK) & ~said.up & (some < 0.5)  # noqa: PLR2004 - same.
    return np.where(full, MAX_BYTES, octets)


def _bulk(said: Said, flags: Ints, octets: Ints, chance: Chance, forth: Mask) -> Ints:
    """Fill the packets of the side that sends."""
    full = forth & ((flags == ACK) | chance.each(flags.size, 0.4))
    segment = MAX_BYTES - 20 * (said.service % 3)  # Tunnels take their share.
    part = chance.wholes(80, 900, flags.size)
    filled: Ints = np.where(full, segment, np.where(flags == PUSH, part, octets))
    return filled


def _bulk_down(said: Said, flags: Ints, octets: Ints, chance: Chance) -> Ints:
    return _bulk(said, flags, octets, chance, ~said.up)


def _bulk_up(said: Said, flags: Ints, octets: Ints, chance: Chance) -> Ints:
    return _bulk(said, flags, octets, chance, said.up)


_SHAPES: Final[dict[Talk, Callable[[Said, Ints, Ints, Chance], Ints]]] = {
    Talk.KEEP: _keep,
    Talk.SHORT: _short,
    Talk.BULK_DOWN: _bulk_down,
    Talk.BULK_UP: _bulk_up,
}


def contacts(period_s: float | Floats, packets: float | Ints) -> Floats:
    """
    Give the sampled packets a week of somebody who calls every so many seconds.

    Args:
        period_s: Seconds between two calls.
        packets: Packets of each, both ways, before sampling.
    """
    rate: Floats = WEEK_MS / SECOND_MS / np.asarray(period_s, np.float64) * packets / INTERVAL
    return rate
