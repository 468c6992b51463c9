"""
IP addresses as two signed 64-bit halves, the form in which columns hold them.

IPv4 a.b.c.d is held as ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2).
"""

import ipaddress
import socket
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

V4_PREFIX: Final = 0xFFFF << 32
"""The low half of ::ffff:0.0.0.0."""

_SIGN: Final = 1 << 63
_WRAP: Final = 1 << 64


class Address(NamedTuple):
    """A 128-bit address in two signed halves."""

    hi: int
    lo: int


def parse_address(text: str) -> Address:
    """
    Parse the text form of an IPv4 or IPv6 address.

    Raises:
        ValueError: If *text* is no address, or carries a zone (RFC 4007), which has
            a meaning on one host only. The message does not repeat the address.
    """
    try:
        packed = socket.inet_pton(socket.AF_INET, text)
    except OSError:
        try:
            packed = socket.inet_pton(socket.AF_INET6, text)
        except (OSError, UnicodeEncodeError, ValueError):
            raise ValueError("not an IP address") from None
    except (UnicodeEncodeError, ValueError):
        raise ValueError("not an IP address") from None
    return from_packed(packed)


def from_packed(packed: bytes) -> Address:
    """Take an address from its 4 or 16 bytes in network order."""
    if len(packed) == 4:  # noqa: PLR2004 - an IPv4 address has 4 bytes.
        return Address(0, V4_PREFIX | int.from_bytes(packed, "big"))
    return Address(
        int.from_bytes(packed[:8], "big", signed=True),
        int.from_bytes(packed[8:], "big", signed=True),
    )


def to_packed(address: Address) -> bytes:
    """Give the 16 bytes of *address* in network order (IPv4 in its mapped form)."""
    return address.hi.to_bytes(8, "big", signed=True) + address.lo.to_bytes(8, "big", signed=True)


def is_v4(address: Address) -> bool:
    """Tell whether *address* holds an IPv4 address in its mapped form."""
    return address.hi == 0 and address.lo >> 32 == 0xFFFF  # noqa: PLR2004 - RFC 4291.


def render_address(address: Address) -> str:
    """Render the usual text form: dotted for IPv4, RFC 5952 for IPv6."""
    if is_v4(address):
        return str(ipaddress.IPv4Address(address.lo & 0xFFFFFFFF))
    return str(ipaddress.IPv6Address(to_packed(address)))


def from_int(value: int) -> Address:
    """Split an unsigned 128-bit number into two signed halves."""
    return Address(_signed(value >> 64), _signed(value & (_WRAP - 1)))


def to_int(address: Address) -> int:
    """Join the halves to an unsigned 128-bit number."""
    return ((address.hi % _WRAP) << 64) | (address.lo % _WRAP)


def pack_columns(hi: NDArray[np.int64], lo: NDArray[np.int64]) -> memoryview:
    """Lay n addresses end to end as n x 16 bytes in network order."""
    packed = np.empty((hi.size, 2), dtype=">i8")
    packed[:, 0] = hi
    packed[:, 1] = lo
    return packed.view(np.uint8).reshape(-1).data


def unpack_columns(packed: bytes | memoryview) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Take n addresses from n x 16 bytes in network order."""
    halves = np.frombuffer(packed, dtype=">i8").reshape(-1, 2)
    return halves[:, 0].astype(np.int64), halves[:, 1].astype(np.int64)


def _signed(half: int) -> int:
    return half - _WRAP if half >= _SIGN else half
