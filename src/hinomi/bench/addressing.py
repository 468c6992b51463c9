"""
The addresses of a synthetic world, as one whole number each.

Nothing real can be named: own lines lie in 198.18.0.0/15 (benchmarking, RFC 2544), in
248.0.0.0/5 where a world is too large for that, and in 3fff:800::/24 (documentation,
RFC 9637); everyone else in 240.0.0.0/5 (reserved, RFC 1112) and 2001:db8:f000::/36
(documentation, RFC 3849).

A code is the IPv4 address as a number, or has one of these bits set:

======  ===============================================================================
bit 59  somewhere in the own IPv4 prefixes of lines: a 32-bit share of all of them
bit 60  an own line, by its number, whatever IPv4 address it has at the time
bit 61  an own IPv6 address: line number, then 32 bits for the host
bit 62  a remote IPv6 address: the host number
======  ===============================================================================

Bits 59 and 60 become addresses when records are made (`bench.access`): only then it
matters that lines move to other addresses, or share one.
"""

import socket
import struct
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hinomi.bench.sampling import scatter

Codes = NDArray[np.int64]

OWN_V4: Final = 0xC6120000  # 198.18.0.0/15.
LARGE_V4: Final = 0xF8000000  # 248.0.0.0/5.
REMOTE_V4: Final = 0xF0000000  # 240.0.0.0/5.
REMOTE_BITS: Final = 27
INFRASTRUCTURE_V4: Final = 0xC613FF00  # 198.19.255.0/24.

OWN_PLACE: Final = 1 << 59
OWN_LINE: Final = 1 << 60
OWN_V6: Final = 1 << 61
REMOTE_V6: Final = 1 << 62
LINE_MASK: Final = (1 << 28) - 1
CLOSED: Final = 1 << 40  # Of the code of a line that nobody can call from outside.
MAX_LINES: Final = 1 << 24  # More would not fit into 248.0.0.0/5 beside the pools.

OWN_V6_PREFIX: Final = "3fff:800::/24"

_OWN_V6_HI: Final = 0x3FFF0800_00000000
_REMOTE_V6_HI: Final = 0x20010DB8_F0000000
_REMOTE_MASK: Final = (1 << REMOTE_BITS) - 1


def line_codes(count: int, closed: NDArray[np.bool_] | None = None) -> Codes:
    """
    Give each line its code, the same whatever address it has at a time.

    Args:
        count: Number of lines.
        closed: Which of them share an address or move to another within the window.

    Raises:
        ValueError: If there are more lines than a world can hold.
    """
    if count > MAX_LINES:
        raise ValueError(f"a world holds at most {MAX_LINES} lines")
    codes = OWN_LINE | np.arange(count, dtype=np.int64)
    return codes if closed is None else codes | np.where(closed, CLOSED, 0)


def is_open(codes: Codes) -> NDArray[np.bool_]:
    """Tell which own lines can be called from outside, at one address all the time."""
    open_line: NDArray[np.bool_] = (codes & CLOSED) == 0
    return open_line


def own_v6_codes(
    line: NDArray[np.int64], device: NDArray[np.int64], day: NDArray[np.int64]
) -> Codes:
    """Give devices the IPv6 code they use on that day (privacy addresses, RFC 8981)."""
    host = (scatter(line, device, day) >> np.uint64(32)).astype(np.int64)
    return OWN_V6 | (line.astype(np.int64) << 32) | host


def remote_v6_codes(v4: Codes) -> Codes:
    """Give remote hosts the IPv6 code that goes with their IPv4 code."""
    return REMOTE_V6 | (v4 & _REMOTE_MASK)


def random_remote(count: int, rng: np.random.Generator) -> Codes:
    """Draw IPv4 codes anywhere in the remote range, as a scanner chooses its targets."""
    hosts: Codes = REMOTE_V4 + rng.integers(0, 1 << REMOTE_BITS, count, dtype=np.int64)
    return hosts


def random_own(count: int, rng: np.random.Generator) -> Codes:
    """Draw codes anywhere in the own IPv4 prefixes of lines, occupied or not."""
    return OWN_PLACE | rng.integers(0, 1 << 32, count, dtype=np.int64)


def is_own(codes: Codes) -> NDArray[np.bool_]:
    """Tell which codes lie in the own networks."""
    own: NDArray[np.bool_] = (
        ((codes & (OWN_PLACE | OWN_LINE | OWN_V6)) != 0)
        | ((codes >> 17) == OWN_V4 >> 17)
        | ((codes >> REMOTE_BITS) == LARGE_V4 >> REMOTE_BITS)
    )
    own &= (codes & REMOTE_V6) == 0
    return own


def render_code(code: int) -> str:
    """
    Render one code as address text.

    Raises:
        ValueError: If the code names a line instead of an address (the caller's bug).
    """
    if code & REMOTE_V6:
        packed = struct.pack(">QQ", _REMOTE_V6_HI | (code & _REMOTE_MASK), 1)
        return socket.inet_ntop(socket.AF_INET6, packed)
    if code & OWN_V6:
        line, host = (code & ~OWN_V6) >> 32, code & 0xFFFFFFFF
        packed = struct.pack(">QQ", _OWN_V6_HI | line << 8, host << 32 | host)
        return socket.inet_ntop(socket.AF_INET6, packed)
    if code >> 32:
        raise ValueError("the code names a line, which has an address only at a time")
    return socket.inet_ntop(socket.AF_INET, struct.pack(">I", code))


def render_codes(codes: Codes) -> pa.DictionaryArray:
    """Render a column of codes as text, each distinct address once."""
    distinct, index = np.unique(codes, return_inverse=True)
    split = int(np.searchsorted(distinct, 1 << 32))  # IPv4 codes are the smaller ones.
    texts = pa.concat_arrays([
        _render_v4(distinct[:split]),
        pa.array([render_code(code) for code in distinct[split:].tolist()], pa.string()),
    ])  # fmt: skip
    return pa.DictionaryArray.from_arrays(pa.array(index.astype(np.int32)), texts)


def _render_v4(codes: Codes) -> pa.Array:
    octets = [pa.array((codes >> shift) & 0xFF).cast(pa.string()) for shift in (24, 16, 8, 0)]
    return pc.binary_join_element_wise(*octets, ".")
