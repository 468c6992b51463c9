"""
The addresses of a communal world, as one whole number each.

Nothing real can be named: own lines lie in 248.0.0.0/5 (reserved, RFC 1112), in the shared
addresses of 198.19.0.0/16 (benchmarking, RFC 2544) and in 2001:db8:1000::/36 (documentation,
RFC 3849); the provider's own machines in 198.18.0.0/17; everybody else in 240.0.0.0/5 and
2001:db8:8000::/33. A code below 2**32 is an IPv4 address; bit 60 marks own, bit 61 others'
IPv6 addresses.
"""

import socket
import struct
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hinomi.bench.communal.chance import Ints, Mask
from hinomi.bench.sampling import scatter

Halves = NDArray[np.uint64]

LINES_V4: Final = 0xF8000000  # 248.0.0.0/5.
SHARED_V4: Final = 0xC6130100  # 198.19.1.0, in 198.19.0.0/16.
MACHINES_V4: Final = 0xC612000A  # 198.18.0.10, in 198.18.0.0/17.
REMOTE_V4: Final = 0xF0000000  # 240.0.0.0/5.
REMOTE_BITS: Final = 27
SHARED: Final = "198.19.0.0/16"
MACHINES: Final = "198.18.0.0/17"
LINES_V6: Final = "2001:db8:1000::/36"
MACHINE_BITS: Final = 15

OWN_V6: Final = 1 << 60
REMOTE_V6: Final = 1 << 61
_OWN_HI: Final = 0x20010DB8_10000000
_REMOTE_HI: Final = 0x20010DB8_80000000
_LINE_SHIFT, _DEVICE_SHIFT = 20, 8
_PREFIXES: Final = 1 << 20  # /56s in a /36.
_THINGS: Final = 16  # Device numbers from here on are things; below, people's devices.
_FIXED: Final = 7  # In place of the day: the address is made of the hardware's.


def own_v6(line: Ints, device: Ints, day: Ints) -> Ints:
    """
    Give devices the IPv6 code they use on that day.

    Things keep one made of their hardware address (RFC 4291, appendix A); people's devices
    change theirs each day (RFC 8981).
    """
    part = np.where(device >= _THINGS, _FIXED, day)
    codes: Ints = OWN_V6 + (line << _LINE_SHIFT) + ((device & 0xFF) << _DEVICE_SHIFT) + part
    return codes


def is_own_v4(code: Ints) -> Mask:
    """Tell which codes are IPv4 addresses in the own networks."""
    own: Mask = (code < REMOTE_V4) | ((code >= LINES_V4) & (code < 1 << 32))
    return own


def render_place(code: int) -> str:
    """Render one code as address text."""
    text: str = render_places(np.array([code], np.int64))[0].as_py()
    return text


def render_places(codes: Ints) -> pa.Array:
    """Render codes as address text, shape (n,); the fastest where they ascend."""
    split = int(np.searchsorted(codes, OWN_V6)) if (np.diff(codes) >= 0).all() else 0
    v4, rest = codes[:split], codes[split:]
    octets = [pa.array((v4 >> shift) & 0xFF).cast(pa.string()) for shift in (24, 16, 8, 0)]
    others = [
        socket.inet_ntop(socket.AF_INET, struct.pack(">I", code))
        if code < OWN_V6
        else socket.inet_ntop(socket.AF_INET6, struct.pack(">QQ", hi, lo))
        for code, hi, lo in zip(rest.tolist(), *_halves(rest), strict=True)
    ]
    joined = pc.binary_join_element_wise(*octets, ".")
    return pa.concat_arrays([joined, pa.array(others, pa.string())])


def _halves(code: Ints) -> tuple[list[int], list[int]]:
    """Give the upper and lower half of IPv6 addresses; of IPv4 codes nothing of use."""
    own, other = _own_halves(code & ~OWN_V6), _remote_halves(code & ~REMOTE_V6)
    far = code >= REMOTE_V6
    hi, lo = (np.where(far, b, a).tolist() for a, b in zip(own, other, strict=True))
    return hi, lo


def _own_halves(code: Ints) -> tuple[Halves, Halves]:
    line, part = code >> _LINE_SHIFT, code & 0xFF
    device = code >> _DEVICE_SHIFT & 0xFFF
    mixed = scatter(line, device, part)
    prefix = (line * 7_919 + 13) % _PREFIXES  # Odd: visits every prefix once.
    network = prefix << 8 | device & 1  # Two networks behind each line.
    hi = np.uint64(_OWN_HI) | network.astype(np.uint64)
    # EUI-64: the local bit set, ff:fe in the middle.
    hardware = mixed & np.uint64(0xFDFFFF_0000_FFFFFF) | np.uint64(0x020000_FFFE_000000)
    return hi, np.where(part == _FIXED, hardware, mixed)


def _remote_halves(number: Ints) -> tuple[Halves, Halves]:
    mixed = scatter(number, 31)
    block = (number * 40_503 & 0x7FFF).astype(np.uint64) << np.uint64(16)
    hi = np.uint64(_REMOTE_HI) | block | mixed & np.uint64(0xFFFF)
    rack = (mixed >> np.uint64(16) & np.uint64(0xFF)) << np.uint64(16)
    return hi, rack | ((number >> 15) + 1).astype(np.uint64)
