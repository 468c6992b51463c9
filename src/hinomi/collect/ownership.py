"""
Which addresses are our own, and of which line: whole columns at a time.

Prefixes may nest and may begin to hold on a day; the longest prefix that holds wins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from hinomi.model.address import V4_PREFIX, from_int, is_v4, to_int
from hinomi.model.network import OwnNetwork

NOT_OWN: Final = -1

Halves = tuple[NDArray[np.int64], NDArray[np.int64]]

_ALL: Final = 1 << 128
_V4_LENGTH: Final = 96
_V4_BITS: Final = 32
_HALF: Final = (1 << 64) - 1
_PORT_BITS: Final = 16
_PORT_SET_SHIFT: Final = np.uint64(48)  # Bytes 8 and 9 of the key.
_V4_TAG: Final = np.uint64(0xFFFF)
_LOW_BITS: Final = np.uint64(32)
_V4_FIRST: Final = np.uint64(V4_PREFIX)
_V4_LAST: Final = np.uint64(V4_PREFIX | 0xFFFFFFFF)
_BLOCK_SHIFT: Final = np.uint64(16)
_BLOCK_MASK: Final = np.uint64(0xFFFF)
_DIVIDED: Final = -2
"""Owner of a /16 block that several networks share."""

_WITH_PORTS: Final = np.isin(np.arange(256), (6, 17, 33, 132, 136))  # TCP UDP DCCP SCTP UDP-Lite.


class OwnTable:
    """
    Longest-prefix match over the own networks, compiled once.

    Notes:
        A prefix of IPv6 never covers IPv4, though columns hold IPv4 as ::ffff:a.b.c.d.
        One table is compiled for each span of time in which no network begins to hold, of
        256 KiB, when it is first asked. An IPv4 address costs a look into it; one in a /16
        that several networks share, and one of IPv6, a binary search.
    """

    def __init__(self, networks: Sequence[OwnNetwork]) -> None:
        """Compile *networks*; `find` answers with their indices."""
        self.networks = tuple(networks)
        begins = sorted({n.valid_from_ms for n in self.networks if n.valid_from_ms > 0})
        self._begins_ms = np.array(begins, dtype=np.int64)
        self._spans = tuple(_Span(self.networks, begin) for begin in [0, *begins])
        self._masks = _LineMasks.compile(self.networks)

    def find(
        self, hi: NDArray[np.int64], lo: NDArray[np.int64], ts_ms: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        """
        Find the own network of each address at its time.

        Args:
            hi: High halves of n addresses, shape (n,).
            lo: Low halves, shape (n,).
            ts_ms: When each was used, ms since the Unix epoch, shape (n,).

        Returns:
            Indices into `networks`, shape (n,); `NOT_OWN` where the address is not ours.
        """
        high, low = hi.view(np.uint64), lo.view(np.uint64)
        if not self._begins_ms.size:
            return self._spans[0].find(high, low)
        found = np.full(hi.size, NOT_OWN, dtype=np.int32)
        span = np.searchsorted(self._begins_ms, ts_ms, side="right")
        for number in np.unique(span):
            rows = np.flatnonzero(span == number)
            found[rows] = self._spans[number].find(high[rows], low[rows])
        return found

    def holds(self, addresses: NDArray[np.uint8], at_ms: int) -> NDArray[np.bool_]:
        """
        Tell which addresses are ours.

        Args:
            addresses: Shape (n, 16), bytes in network order, IPv4 as ::ffff:a.b.c.d.
            at_ms: When, ms since the Unix epoch.
        """
        halves = np.ascontiguousarray(addresses).view(">i8").astype(np.int64).reshape(-1, 2)
        hi, lo = np.ascontiguousarray(halves.T)
        is_own: NDArray[np.bool_] = self.find(hi, lo, np.full(hi.size, at_ms)) != NOT_OWN
        return is_own

    def line_keys(
        self,
        network: NDArray[np.int32],
        hi: NDArray[np.int64],
        lo: NDArray[np.int64],
        port: NDArray[np.int32],
        proto: NDArray[np.int16],
    ) -> Halves:
        """
        Give the 16-byte key of the line behind each address, before it is made a pseudonym.

        The key is the address with its host bits zero. Where lines share an IPv4 address,
        bytes 8 and 9 hold the number of the port set plus 1; they stay 0 where no port
        set can be told: protocols without ports, and ports below the offset, which belong
        to no set.

        Args:
            network: Indices as `find` gives them, shape (n,). `NOT_OWN` takes lines of
                the default size: an IPv4 address or an IPv6 /56.
            hi: High halves of the addresses, shape (n,).
            lo: Low halves, shape (n,).
            port: The line's own port, 0..65535, shape (n,).
            proto: IANA protocol numbers, 0..255, shape (n,).

        Source:
            RFC 7597, section 5.1: offset, port-set identifier, rest.
        """
        return self._masks.apply(network, hi, lo, port, proto)


class _Span:
    """The networks that hold in one span of time, laid out for IPv4 and for IPv6."""

    def __init__(self, networks: Sequence[OwnNetwork], now_ms: int) -> None:
        self._networks, self._now_ms = networks, now_ms

    def find(self, hi: NDArray[np.uint64], lo: NDArray[np.uint64]) -> NDArray[np.int32]:
        if is_all_v4(hi, lo):
            return self._v4.find(lo)
        # All rows are looked up as IPv4, which costs less than to pick those that are.
        found = self._v4.find(lo)
        v6 = np.flatnonzero((hi != 0) | (lo >> _LOW_BITS != _V4_TAG))
        found[v6] = self._intervals.find(hi[v6], lo[v6])
        return found

    # Compiled at first use: many dated networks make many spans, of which few are asked.

    @cached_property
    def _intervals(self) -> "_Intervals":
        return _Intervals.compile(_flatten(self._networks, self._now_ms))

    @cached_property
    def _v4(self) -> "_V4Blocks":
        return _V4Blocks.compile(_flatten(self._networks, self._now_ms))


@dataclass(frozen=True, slots=True)
class _V4Blocks:
    """IPv4: a table of the 65,536 /16 blocks, and intervals for blocks with more than one owner."""

    owner: NDArray[np.int32]  # Of each block: network, NOT_OWN, or _DIVIDED.
    start: NDArray[np.uint32]  # Of each interval, ascending; the first is 0.
    interval_owner: NDArray[np.int32]

    @classmethod
    def compile(cls, starts: Mapping[int, int]) -> Self:
        inside = {start: owner for start, owner in starts.items() if start >> _V4_BITS == _V4_TAG}
        start = np.array([value & 0xFFFFFFFF for value in inside], dtype=np.uint32)
        owner = np.array(list(inside.values()), dtype=np.int32)
        first = np.arange(1 << 16, dtype=np.uint32) << np.uint32(16)
        at_first = np.searchsorted(start, first, side="right") - 1
        at_last = np.searchsorted(start, first | np.uint32(0xFFFF), side="right") - 1
        blocks = np.where(at_first == at_last, owner[at_first], np.int32(_DIVIDED))
        return cls(blocks, start, owner)

    def find(self, lo: NDArray[np.uint64]) -> NDArray[np.int32]:
        found: NDArray[np.int32] = self.owner.take(v4_blocks(lo), mode="clip")
        rows = np.flatnonzero(found == _DIVIDED)
        if rows.size:
            position = np.searchsorted(self.start, lo[rows].astype(np.uint32), side="right") - 1
            found[rows] = self.interval_owner[position]
        return found


@dataclass(frozen=True, slots=True)
class _Intervals:
    """Disjoint intervals in ascending order, grouped by the high half of their start."""

    group_hi: NDArray[np.uint64]  # Distinct high halves, ascending; the first is 0.
    first: NDArray[np.int64]  # Where each group begins in *lo*, and the end of the last.
    lo: NDArray[np.uint64]
    owner: NDArray[np.int32]  # Network, or NOT_OWN, from this start to the next.
    is_whole: NDArray[np.bool_]  # Groups of one interval, which begins at low half 0.

    @classmethod
    def compile(cls, starts: Mapping[int, int]) -> Self:
        hi = np.array([start >> 64 for start in starts], dtype=np.uint64)
        lo = np.array([start & _HALF for start in starts], dtype=np.uint64)
        group_hi, first = np.unique(hi, return_index=True)
        owner = np.array(list(starts.values()), dtype=np.int32)
        ends = np.append(first, hi.size).astype(np.int64)
        return cls(group_hi, ends, lo, owner, (np.diff(ends) == 1) & (lo[first] == 0))

    def find(self, hi: NDArray[np.uint64], lo: NDArray[np.uint64]) -> NDArray[np.int32]:
        group = np.searchsorted(self.group_hi, hi, side="right") - 1
        end = self.first[group + 1]
        position = end - 1  # Past the group's own high half its last interval goes on.
        rows = np.flatnonzero((self.group_hi[group] == hi) & ~self.is_whole[group])
        if not rows.size:
            return self.owner[position]
        # Binary search for the last start <= lo, all rows in step.
        wanted, left, right = lo[rows], self.first[group[rows]], end[rows]
        for _ in range(int(np.diff(self.first).max()).bit_length()):
            middle = np.minimum((left + right) >> 1, self.lo.size - 1)
            go_right = (left < right) & (self.lo[middle] <= wanted)
            right = np.where(go_right, right, np.minimum(middle, right))
            left = np.where(go_right, middle + 1, left)
        position[rows] = left - 1
        return self.owner[position]


def is_all_v4(hi: NDArray[np.uint64], lo: NDArray[np.uint64]) -> bool:
    """Tell whether there are addresses, and all of them IPv4."""
    if not hi.size or hi.any():
        return False
    return bool(lo.min() >= _V4_FIRST and lo.max() <= _V4_LAST)


def v4_blocks(lo: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Give the number of the /16 block, 0..65535, that each IPv4 address lies in."""
    return ((lo >> _BLOCK_SHIFT) & _BLOCK_MASK).view(np.int64)


def _flatten(networks: Sequence[OwnNetwork], now_ms: int) -> dict[int, int]:
    """Give each start of an interval and the network that holds from there, ascending."""
    # IPv6 prefixes must not cover mapped IPv4: a network of nobody lies between.
    holding: dict[tuple[int, int], tuple[int, int]] = {
        (V4_PREFIX, _V4_LENGTH): (-1, NOT_OWN),
    }
    for index, network in enumerate(networks):
        if network.valid_from_ms > max(now_ms, 0):
            continue
        key = (to_int(network.base), network.length)
        holding[key] = max(holding.get(key, (-1, NOT_OWN)), (network.valid_from_ms, index))
    starts = {0: NOT_OWN}
    around: list[tuple[int, int]] = [(_ALL, NOT_OWN)]  # End and owner, outermost first.

    def close(until: int) -> None:
        while around[-1][0] <= until and len(around) > 1:
            end, _ = around.pop()
            starts[end] = around[-1][1]

    for (start, length), (_, index) in sorted(holding.items()):
        close(start)
        starts[start] = index
        around.append((start + (1 << (128 - length)), index))
    close(_ALL)
    starts.pop(_ALL, None)
    return starts


@dataclass(frozen=True, slots=True)
class _LineMasks:
    """What of an address makes its line, for each network; the last two rows: not ours."""

    hi: NDArray[np.uint64]
    lo: NDArray[np.uint64]
    set_bits: NDArray[np.int32]  # Length of the port-set identifier; 0: address not shared.
    offset: NDArray[np.int32]
    is_v4_whole: bool  # Every line of IPv4 has one whole address.

    @classmethod
    def compile(cls, networks: Sequence[OwnNetwork]) -> Self:
        lengths = [
            _V4_LENGTH + min(n.line_bits, _V4_BITS) if is_v4(n.base) else n.line_bits
            for n in networks
        ]
        lengths += [56, 128]  # NOT_OWN: IPv6 delegations, IPv4 addresses.
        masks = [from_int(_ALL - (1 << (128 - length))) for length in lengths]
        shared = [max(n.line_bits - _V4_BITS, 0) if is_v4(n.base) else 0 for n in networks]
        return cls(
            np.array([mask.hi for mask in masks], dtype=np.int64).view(np.uint64),
            np.array([mask.lo for mask in masks], dtype=np.int64).view(np.uint64),
            np.array([*shared, 0, 0], dtype=np.int32),
            np.array([*(n.port_offset for n in networks), 0, 0], dtype=np.int32),
            all(n.line_bits == _V4_BITS for n in networks if is_v4(n.base)),
        )

    def apply(
        self,
        network: NDArray[np.int32],
        hi: NDArray[np.int64],
        lo: NDArray[np.int64],
        port: NDArray[np.int32],
        proto: NDArray[np.int16],
    ) -> Halves:
        high, low = hi.view(np.uint64), lo.view(np.uint64)
        if self.is_v4_whole and is_all_v4(high, low):
            return hi, lo
        v4 = (high == 0) & (low >> _LOW_BITS == _V4_TAG)
        mine = np.where(network == NOT_OWN, self.hi.size - np.where(v4, 1, 2), network)
        key_hi = high & self.hi[mine]
        key_lo = low & self.lo[mine]
        if self.set_bits.any():
            bits = self.set_bits[mine]
            rows = np.flatnonzero((bits > 0) & _WITH_PORTS[proto & 0xFF])
            numbers = _port_sets(port[rows], bits[rows], self.offset[mine[rows]])
            key_lo[rows] |= numbers << _PORT_SET_SHIFT
        return key_hi.view(np.int64), key_lo.view(np.int64)


def _port_sets(
    port: NDArray[np.int32], bits: NDArray[np.int32], offset: NDArray[np.int32]
) -> NDArray[np.uint64]:
    """Give the number of each port's set plus 1, or 0 where it belongs to none."""
    number = (port >> (_PORT_BITS - offset - bits)) & ((1 << bits) - 1)
    # Under an offset the ports whose first bits are zero are left out (RFC 7597, 5.1).
    outside = (offset > 0) & (port >> (_PORT_BITS - offset) == 0)
    return np.where(outside, 0, number + 1).astype(np.uint64)
