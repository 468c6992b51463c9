"""What is true of the named services, and who was sampled with each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Ints, Mask
from hinomi.bench.communal.families import Family
from hinomi.bench.communal.kinds import DAY_MS, SECOND_MS
from hinomi.bench.communal.lines import Lines
from hinomi.bench.communal.register import NO_V6, TCP, Register
from hinomi.bench.communal.traffic import NOBODY, Packets
from hinomi.bench.exchange import ACK, RST
from hinomi.bench.truth import MIN_CLIENTS, MIN_FRONTS

SERVER: Final = "cc"
UNNAMED: Final = frozenset({"web", "niche", "community", "bt-peer", "dns", "ntp", "update"})
"""What goes without saying: named only where a list wrongly does."""

_UPPER: Final = 2
_LINES: Final = 32  # Bits for the identity of a line.
_PORTS: Final = 17  # Bits for port and protocol.


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One address, protocol and port of a service of which the truth is told."""

    service: int
    code: int
    proto: int
    port: int
    label: str
    family: str
    tier: int


@dataclass(frozen=True, slots=True)
class Counted:
    """Who was sampled with each row; arrays have shape (rows,)."""

    clients: Ints  # Distinct own lines.
    bots: Ints  # Those that belong to the family of the row.
    detectable: Mask
    services: frozenset[int] = field(default_factory=frozenset)
    """Numbers of the services of which a row is detectable."""


def name_services(register: Register, mistaken: Iterable[int]) -> list[Named]:
    """
    Name each address, protocol and port once; a C&C server comes before who shares it.

    Args:
        register: All services.
        mistaken: Services that are named although their label goes without saying.
    """
    known = register.columns
    wanted = {n for n, label in enumerate(register.labels) if label not in UNNAMED}
    order = sorted(wanted | set(mistaken), key=lambda n: (register.labels[n] != SERVER, n))
    rows: dict[tuple[int, int, int], Named] = {}
    for number in order:
        for code in (int(known.code[number]), int(known.code_v6[number])):
            proto, port = int(known.proto[number]), int(known.port[number])
            if code == NO_V6 or (code, proto, port) in rows:
                continue
            rows[code, proto, port] = Named(
                service=number,
                code=code,
                proto=proto,
                port=port,
                label=register.labels[number],
                family=register.families[number],
                tier=register.tiers[number] if register.labels[number] == SERVER else 0,
            )
    return list(rows.values())


def count_lines(
    rows: Sequence[Named], parts: Iterable[Packets], lines: Lines, families: Sequence[Family]
) -> Counted:
    """
    Count the lines that were sampled with each row, in packets that answer or are datagrams.

    Lines that share an address count as one: outside, nobody can tell them apart. A C&C server
    is detectable if at least five of its own bots were sampled with it, a second-tier server
    if three of its own fronts were (`bench.truth`).
    """
    codes = np.unique(np.array([row.code for row in rows], np.int64))
    key = _key(
        np.searchsorted(codes, [row.code for row in rows]),
        np.array([row.port for row in rows]),
        np.array([row.proto for row in rows]),
    )
    order = np.argsort(key)
    pairs = np.unique(np.concatenate([_meet(part, codes, key[order], lines) for part in parts]))
    place, line = order[pairs >> _LINES], pairs & ((1 << _LINES) - 1)
    numbers = {family.name: number for number, family in enumerate(families)}
    family = np.array([numbers.get(row.family, len(families)) for row in rows])
    members = [
        number << _LINES | np.unique(lines.identity(each.line))
        for number, each in enumerate(families)
    ]
    bot = np.isin(family[place] << _LINES | line, np.concatenate([*members, pairs[:0]]))
    clients = np.bincount(place, minlength=len(rows)).astype(np.int64)
    bots = np.bincount(place[bot], minlength=len(rows)).astype(np.int64)
    least = np.array([MIN_FRONTS if row.tier == _UPPER else MIN_CLIENTS for row in rows])
    detectable = (bots >= least) & np.array([row.label == SERVER for row in rows])
    found = frozenset(rows[number].service for number in np.flatnonzero(detectable).tolist())
    return Counted(clients, bots, detectable, found)


def calls_a_day(family: Family) -> float:
    """Give the packets a day that a bot exchanges with its server when it is there all day."""
    return DAY_MS / SECOND_MS / family.period_s * family.packets


def _meet(part: Packets, codes: Ints, keys: Ints, lines: Lines) -> Ints:
    """Give pairs of row and line, each once: the place of the row in ascending *keys*."""
    talking = (part.proto != TCP) | ((part.flags & ACK > 0) & (part.flags & RST == 0))
    mine = np.flatnonzero(talking & (part.line != NOBODY))
    up, line = part.up[mine], part.line[mine].astype(np.int64)
    code = np.where(up, part.dst[mine], part.src[mine])
    port = np.where(up, part.dst_port[mine], part.src_port[mine]).astype(np.int64)
    place = np.minimum(np.searchsorted(codes, code), codes.size - 1)
    key = _key(place, port, part.proto[mine].astype(np.int64))
    row = np.minimum(np.searchsorted(keys, key), keys.size - 1)
    met = (codes[place] == code) & (keys[row] == key)
    pairs: Ints = np.unique(row[met] << _LINES | lines.identity(line[met]))
    return pairs


def _key(place: Ints, port: Ints, proto: Ints) -> Ints:
    """Join address, port and protocol into one number; only TCP and UDP have services."""
    key: Ints = place << _PORTS | port << 1 | (proto == TCP)
    return key
