"""
How own lines get their addresses: of their own, shared by port set, and for how long.

Lines go by number until records are made; then the plan says which address, and which
port behind a shared one, a line had at that moment.

=============  ==========================================================================
dynamic        an IPv4 address of its own, leased anew now and then; then it is someone
               else's soon
static         an IPv4 address of its own for good; businesses
MAP-E          a fixed set of ports of a shared address (RFC 7597)
port block     a fixed block of ports of a shared address (RFC 7422)
crowd          a shared address whose ports say nothing (CGNAT, RFC 6888)
=============  ==========================================================================
"""

from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.addressing import (
    INFRASTRUCTURE_V4,
    LARGE_V4,
    LINE_MASK,
    OWN_LINE,
    OWN_PLACE,
    OWN_V4,
    OWN_V6,
    OWN_V6_PREFIX,
    Codes,
    render_code,
)
from hinomi.bench.sampling import scatter

NetworkRow = tuple[str, str, int, str]
"""Own prefix, kind, line bits, customer (`collect.networks`)."""

_SPARE: Final = 1.12  # Addresses of a pool of leases for each line that draws from it; ours.
_SMALL: Final = 1 << 16  # Lines up to which all fits into 198.18.0.0/15.
_ROW_BITS: Final = 16  # Pools are written as prefixes of at most this size.
_STRIDE: Final = 0x9E3779B1  # Odd: visits every place of a power of two once.
_FIRST_PORT: Final = 1_024


class Access(IntEnum):
    """How a line comes to its IPv4 address."""

    DYNAMIC = 0
    STATIC = 1
    MAP_E = 2
    PORT_BLOCK = 3
    CROWD = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSpec:
    """How an access network is laid out."""

    static_share: float = 0.03  # Lines of businesses [own].
    map_e_share: float = 0.0  # Japanese IPoE providers share IPv4 so; the rest is [own].
    port_block_share: float = 0.0
    crowd_share: float = 0.04
    map_e_bits: int = 6  # Of the port-set identifier: 6 leaves 1,008 ports, 8 leaves 240.
    map_e_offset: int = 6  # RFC 7597, section 5.1; one large provider uses 4.
    port_block_bits: int = 5  # 31 lines with 2,048 ports each (RFC 7422 calls for such sizes).
    crowd_lines: int = 64  # Lines on one shared address [own].
    releases_per_day: float = 0.0  # Leases of dynamic lines that change, a day [own].

    @property
    def shares(self) -> tuple[float, ...]:
        """The share of lines of each `Access`, in its order."""
        others = (self.static_share, self.map_e_share, self.port_block_share, self.crowd_share)
        return (1.0 - sum(others), *others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The addresses that the lines of one access have among them: a power of two."""

    base: int
    bits: int  # Length in bits: 2**bits addresses.
    kind: str
    line_bits: int
    customer: str

    def place(self, number: NDArray[np.int64]) -> Codes:
        """Scatter numbers over the pool, each to a place of its own."""
        return self.base + ((number + 1) * _STRIDE & ((1 << self.bits) - 1))

    def rows(self) -> list[NetworkRow]:
        """Give the pool as own networks of moderate size."""
        bits = min(self.bits, _ROW_BITS)
        return [
            (f"{render_code(base)}/{32 - bits}", self.kind, self.line_bits, self.customer)
            for base in range(self.base, self.base + (1 << self.bits), 1 << bits)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leases:
    """Changes of address, ascending by line, then time; every array has shape (n,)."""

    key: NDArray[np.int64]  # Line x (length + 1) + time since the window's start.
    address: Codes  # From then on.
    changes: NDArray[np.bool_]  # Of each line, shape (lines,): whether it has any.


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPlan:
    """Which address every line has when; per-line arrays have shape (lines,)."""

    starts_ms: int
    length_ms: int
    access: NDArray[np.int8]  # `Access`.
    home: Codes  # IPv4 address at the window's start.
    port_set: NDArray[np.int64]  # Number of its port set or block; 0 where it has none.
    leases: Leases
    pools: tuple[Pool, ...]
    spec: AccessSpec

    @property
    def networks(self) -> tuple[NetworkRow, ...]:
        """Own networks as the provider would state them."""
        rows = [row for pool in self.pools for row in pool.rows()]
        infrastructure = (f"{render_code(INFRASTRUCTURE_V4)}/24", "infrastructure", 32, "unknown")
        return (*rows, infrastructure, (OWN_V6_PREFIX, "ipoe", 56, "private"))

    @property
    def steady(self) -> NDArray[np.bool_]:
        """Which lines can be called from outside at one address all the time."""
        alone = (self.access == Access.DYNAMIC) | (self.access == Access.STATIC)
        steady: NDArray[np.bool_] = alone & ~self.leases.changes
        return steady

    def locate(
        self, codes: Codes, ports: NDArray[np.int32], ts_ms: NDArray[np.int64]
    ) -> tuple[Codes, NDArray[np.int32]]:
        """
        Give the address and the port that each end has on the outside at its time.

        Args:
            codes: Shape (n,); those that are addresses already stay as they are.
            ports: Of the same end.
            ts_ms: Ms since the Unix epoch.
        """
        codes, ports = codes.copy(), ports.copy()
        places = np.flatnonzero((codes & OWN_PLACE != 0) & (codes < OWN_LINE))
        codes[places] = self._anywhere(codes[places] & 0xFFFFFFFF)
        rows = np.flatnonzero((codes & OWN_LINE != 0) & (codes < OWN_V6))
        line = codes[rows] & LINE_MASK
        codes[rows] = self._address(line, ts_ms[rows])
        access = self.access[line]
        for kind, translate in (
            (Access.MAP_E, self._map_e_port),
            (Access.PORT_BLOCK, self._block_port),
            (Access.CROWD, _crowd_port),
        ):
            chosen = np.flatnonzero(access == kind)
            ports[rows[chosen]] = translate(line[chosen], ports[rows[chosen]])
        return codes, ports

    def counted(self, codes: Codes) -> Codes:
        """
        Give each own end the code by which detection can count it at best.

        A line is one whatever addresses it had; a crowd behind one address is one; an IPv6
        line is one whatever its hosts.
        """
        counted = codes.copy()
        is_v6 = codes >> 61 == 1
        counted[is_v6] &= ~np.int64(0xFFFFFFFF)
        rows = np.flatnonzero((codes & OWN_LINE != 0) & (codes < OWN_V6))
        line = codes[rows] & LINE_MASK
        crowded = self.access[line] == Access.CROWD
        counted[rows[crowded]] = self.home[line[crowded]]
        return counted

    def _address(self, line: NDArray[np.int64], ts_ms: NDArray[np.int64]) -> Codes:
        address = self.home[line]
        moved = np.flatnonzero(self.leases.changes[line])
        offset_ms = np.clip(ts_ms[moved] - self.starts_ms, 0, self.length_ms)
        key = line[moved] * (self.length_ms + 1) + offset_ms
        place = np.searchsorted(self.leases.key, key, side="right") - 1
        later = (place >= 0) & (self.leases.key[place] // (self.length_ms + 1) == line[moved])
        address[moved[later]] = self.leases.address[place[later]]
        return address

    def _anywhere(self, share: NDArray[np.int64]) -> Codes:
        """Map 32-bit shares to places in all pools together."""
        ends = np.cumsum([1 << pool.bits for pool in self.pools])
        place = share * ends[-1] >> 32
        pool = np.searchsorted(ends, place, side="right")
        base = np.array([pool.base for pool in self.pools]) - ends
        sizes = np.array([1 << pool.bits for pool in self.pools])
        address: Codes = place + base[pool] + sizes[pool]
        return address

    def _map_e_port(self, line: NDArray[np.int64], port: NDArray[np.int32]) -> NDArray[np.int32]:
        """Move ports into the line's set: offset, port-set identifier, rest (RFC 7597, 5.1)."""
        offset, bits = self.spec.map_e_offset, self.spec.map_e_bits
        rest = 16 - offset - bits
        number = _mixed(line, port) % (((1 << offset) - 1) << rest)
        first, last = (number >> rest) + 1, number & ((1 << rest) - 1)
        moved = first << (16 - offset) | self.port_set[line] << rest | last
        return moved.astype(np.int32)

    def _block_port(self, line: NDArray[np.int64], port: NDArray[np.int32]) -> NDArray[np.int32]:
        rest = 16 - self.spec.port_block_bits
        moved = self.port_set[line] << rest | _mixed(line, port) & ((1 << rest) - 1)
        return moved.astype(np.int32)


def plan_access(
    spec: AccessSpec, lines: int, window_ms: tuple[int, int], rng: np.random.Generator
) -> AddressPlan:
    """
    Give every line its access, its address, and its changes of address.

    Args:
        spec: The layout.
        lines: How many.
        window_ms: Start and length of the window.
        rng: Source of chance.
    """
    shares = spec.shares
    access = rng.choice(len(shares), lines, p=np.array(shares) / sum(shares)).astype(np.int8)
    number = np.zeros(lines, np.int64)  # Of each line among those of its access.
    for kind in Access:
        rows = np.flatnonzero(access == kind)
        number[rows] = np.arange(rows.size)
    pools = _lay_out(spec, np.bincount(access, minlength=len(Access)), large=lines > _SMALL)
    home, port_set = np.zeros(lines, np.int64), np.zeros(lines, np.int64)
    for kind, pool in zip(Access, pools, strict=True):
        rows = np.flatnonzero(access == kind)
        sharing = _sharing(spec, kind)
        home[rows] = pool.place(number[rows] // sharing)
        if kind in {Access.MAP_E, Access.PORT_BLOCK}:  # Block 0 has the well-known ports.
            port_set[rows] = number[rows] % sharing + (kind == Access.PORT_BLOCK)
    leases = _lease(spec, access, home, (pools[Access.DYNAMIC], window_ms[1]), rng)
    return AddressPlan(
        starts_ms=window_ms[0],
        length_ms=window_ms[1],
        access=access,
        home=home,
        port_set=port_set,
        leases=leases,
        pools=pools,
        spec=spec,
    )


def _sharing(spec: AccessSpec, kind: Access) -> int:
    """Tell how many lines share one address."""
    return {
        Access.MAP_E: 1 << spec.map_e_bits,
        Access.PORT_BLOCK: (1 << spec.port_block_bits) - 1,
        Access.CROWD: spec.crowd_lines,
    }.get(kind, 1)


def _lay_out(spec: AccessSpec, counts: NDArray[np.int64], *, large: bool) -> tuple[Pool, ...]:
    """Lay pools of a power of two each into the own range, the largest first."""
    described = {
        Access.DYNAMIC: ("ppp", 32, "private"),
        Access.STATIC: ("ppp", 32, "corporate"),
        Access.MAP_E: (f"map-e:{spec.map_e_offset}", 32 + spec.map_e_bits, "private"),
        Access.PORT_BLOCK: ("cgnat", 32 + spec.port_block_bits, "private"),
        Access.CROWD: ("cgnat", 32, "private"),
    }
    bits = {}
    for kind in Access:
        needed = -(-int(counts[kind]) // _sharing(spec, kind))
        spare = _SPARE if kind == Access.DYNAMIC else 1.0
        bits[kind] = max(8, int(np.ceil(np.log2(max(needed * spare, 1) + 1))))
    base, pools = LARGE_V4 if large else OWN_V4, {}
    for kind in sorted(Access, key=lambda kind: -bits[kind]):
        access_kind, line_bits, customer = described[kind]
        pools[kind] = Pool(
            base=base, bits=bits[kind], kind=access_kind, line_bits=line_bits, customer=customer
        )
        base += 1 << bits[kind]
    return tuple(pools[kind] for kind in Access)


def _lease(
    spec: AccessSpec,
    access: NDArray[np.int8],
    home: Codes,
    pool: tuple[Pool, int],
    rng: np.random.Generator,
) -> Leases:
    """
    Draw when dynamic lines change their address, and to which.

    The address that has been free for longest is given next, as DHCP and PPP servers do.
    """
    addresses, length_ms = pool
    dynamic = np.flatnonzero(access == Access.DYNAMIC)
    days = length_ms / 86_400_000
    count = int(rng.poisson(dynamic.size * spec.releases_per_day * days)) if dynamic.size else 0
    line = np.sort(rng.choice(dynamic, count)) if count else np.empty(0, np.int64)
    at_ms = rng.integers(1, length_ms, count)
    order = np.argsort(at_ms, kind="stable")
    spare = addresses.place(np.arange(dynamic.size, (1 << addresses.bits) - 1))
    free = deque(rng.permutation(spare).tolist())
    has: dict[int, int] = {}
    given = np.empty(count, np.int64)
    for event in order.tolist():  # Over changes, not over records.
        mover = int(line[event])
        free.append(has.get(mover, int(home[mover])))
        has[mover] = given[event] = free.popleft()
    key = line * (length_ms + 1) + at_ms
    by_key = np.argsort(key, kind="stable")
    changes = np.zeros(access.size, np.bool_)
    changes[line] = True
    return Leases(key=key[by_key], address=given[by_key], changes=changes)


def _crowd_port(line: NDArray[np.int64], port: NDArray[np.int32]) -> NDArray[np.int32]:
    return (_FIRST_PORT + _mixed(line, port) % (65_536 - _FIRST_PORT)).astype(np.int32)


def _mixed(line: NDArray[np.int64], port: NDArray[np.int32]) -> NDArray[np.int64]:
    return (scatter(line, port.astype(np.int64)) >> np.uint64(24)).astype(np.int64)
