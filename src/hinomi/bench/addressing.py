"""
The addresses of a synthetic world, as one whole number each.

Nothing real can be named: own lines lie in 198.18.0.0/15 (benchmarking, RFC 2544) and
2001:db8:1000::/36 (documentation, RFC 3849), everyone else in 240.0.0.0/4 (reserved,
RFC 1112) and 2001:db8:f000::/36. The documentation ranges for IPv4 are too small.

A code is the IPv4 address as a number; for IPv6 it has bit 61 (own: line number, then 32
bits for the host) or bit 62 (remote: host number) set.
"""

import socket
import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.bench.sampling import scatter

Codes = NDArray[np.int64]

OWN_V4: Final = 0xC6120000  # 198.18.0.0/15.
REMOTE_V4: Final = 0xF0000000  # 240.0.0.0/4.
OWN_V6: Final = 1 << 61
REMOTE_V6: Final = 1 << 62

LINES_V4: Final = 0x18000  # 198.18.0.0/16 and 198.19.0.0/17.
CGNAT_V4: Final = 0xC613F000  # 198.19.240.0/24.
INFRASTRUCTURE_V4: Final = 0xC613FF00  # 198.19.255.0/24.

OWN_NETWORKS: Final = (
    ("198.18.0.0/16", "ppp", 32, "private"),
    ("198.19.0.0/17", "ppp", 32, "private"),
    ("198.19.240.0/24", "cgnat", 32, "private"),
    ("198.19.255.0/24", "infrastructure", 32, "unknown"),
    ("2001:db8:1000::/36", "ipoe", 56, "private"),
)
"""Own prefixes: prefix, kind, line bits, customer (design.md, section 2)."""

_OWN_V6_HI: Final = 0x20010DB8_10000000
_REMOTE_V6_HI: Final = 0x20010DB8_F0000000
_REMOTE_BITS: Final = 28
_REMOTE_MASK: Final = (1 << _REMOTE_BITS) - 1
_LINE_STRIDE: Final = 40_507  # Odd, no multiple of 3: visits every one of LINES_V4 places.
_HOST_STRIDE: Final = 0x9E3779B1  # Odd: visits every remote address once.
_CGNAT_ADDRESSES: Final = 250


@dataclass(slots=True)
class Allocation:
    """Hands out remote addresses, each once, scattered over 240.0.0.0/4."""

    salt: int
    given: int = 0

    def take(self, count: int) -> Codes:
        """Give *count* IPv4 codes that nobody has yet."""
        numbers = np.arange(self.given, self.given + count, dtype=np.int64)
        self.given += count
        hosts: Codes = (numbers * _HOST_STRIDE + self.salt) & _REMOTE_MASK
        return np.minimum(REMOTE_V4 + hosts, REMOTE_V4 + _REMOTE_MASK - 1)


def line_codes(count: int) -> Codes:
    """
    Give each line its own IPv4 code, scattered over the prefixes of the lines.

    Raises:
        ValueError: If the prefixes are too small for *count* lines.
    """
    if count > LINES_V4 - 1:
        raise ValueError(f"a world holds at most {LINES_V4 - 1} lines with their own IPv4 address")
    places = (np.arange(1, count + 1, dtype=np.int64) * _LINE_STRIDE) % LINES_V4
    return OWN_V4 + places


def shared_codes(groups: NDArray[np.int64]) -> Codes:
    """Give groups of lines that share one address (CGNAT) their common IPv4 code."""
    if groups.size and int(groups.max()) >= _CGNAT_ADDRESSES:
        raise ValueError(f"a world holds at most {_CGNAT_ADDRESSES} shared addresses")
    return CGNAT_V4 + 1 + groups.astype(np.int64)


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
    hosts: Codes = REMOTE_V4 + rng.integers(0, _REMOTE_MASK, count, dtype=np.int64)
    return hosts


def random_own(count: int, rng: np.random.Generator) -> Codes:
    """Draw IPv4 codes anywhere in the prefixes of the lines, occupied or not."""
    return OWN_V4 + rng.integers(1, LINES_V4, count, dtype=np.int64)


def is_own(codes: Codes) -> NDArray[np.bool_]:
    """Tell which codes lie in the own networks."""
    own: NDArray[np.bool_] = ((codes & OWN_V6) != 0) | ((codes >> 17) == OWN_V4 >> 17)
    return own


def render_code(code: int) -> str:
    """Render one code as address text."""
    if code & REMOTE_V6:
        packed = struct.pack(">QQ", _REMOTE_V6_HI | (code & _REMOTE_MASK), 1)
        return socket.inet_ntop(socket.AF_INET6, packed)
    if code & OWN_V6:
        line, host = (code & ~OWN_V6) >> 32, code & 0xFFFFFFFF
        packed = struct.pack(">QQ", _OWN_V6_HI | line << 8, host << 32 | host)
        return socket.inet_ntop(socket.AF_INET6, packed)
    return socket.inet_ntop(socket.AF_INET, struct.pack(">I", code))


def render_codes(codes: Codes) -> pa.DictionaryArray:
    """Render a column of codes as text, each distinct address once."""
    distinct, index = np.unique(codes, return_inverse=True)
    texts = pa.array([render_code(code) for code in distinct.tolist()], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(index.astype(np.int32)), texts)
