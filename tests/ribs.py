"""RIB dumps built byte by byte as RFC 6396 says, in documentation ranges."""

import ipaddress
import struct
from collections.abc import Sequence

DUMPED_S = 1_735_689_600
"""2025-01-01T00:00:00Z."""

SEQUENCE, SET, CONFEDERATION = 2, 1, 3
IPV4, IPV6, IPV4_PATHS, IPV6_PATHS = 2, 4, 8, 10
"""Subtypes of TABLE_DUMP_V2 for unicast; the last two carry path identifiers (RFC 8050)."""


def mrt(kind: int, subtype: int, body: bytes, moment_s: int = DUMPED_S) -> bytes:
    """Put the common header (section 2) before a record."""
    return struct.pack(">IHHI", moment_s, kind, subtype, len(body)) + body


def peer_table() -> bytes:
    """Give a PEER_INDEX_TABLE with one IPv4 peer of a four-byte AS (section 4.3.1)."""
    collector, name = bytes([192, 0, 2, 1]), b"view"
    peer = bytes([2]) + bytes([192, 0, 2, 2]) * 2 + struct.pack(">I", 64496)
    return mrt(13, 1, collector + struct.pack(">H", len(name)) + name + b"\0\1" + peer)


def segment(kind: int, *numbers: int) -> bytes:
    """Give one segment of an AS_PATH with four-byte AS numbers (section 4.3.4)."""
    return bytes([kind, len(numbers)]) + b"".join(struct.pack(">I", each) for each in numbers)


def attributes(*segments: bytes, extended: bool = False) -> bytes:
    """Give ORIGIN, AS_PATH and NEXT_HOP (RFC 4271, section 4.3)."""
    path = b"".join(segments)
    length = struct.pack(">H", len(path)) if extended else bytes([len(path)])
    head = bytes([0x50 if extended else 0x40, 2]) + length
    return b"\x40\x01\x01\x00" + head + path + b"\x40\x03\x04" + bytes([192, 0, 2, 2])


def rib(prefix: str, routes: Sequence[bytes], *, subtype: int = IPV4) -> bytes:
    """Give the RIB record of *prefix* (section 4.3.2), one entry for each route's attributes."""
    network = ipaddress.ip_network(prefix)
    octets = network.network_address.packed[: (network.prefixlen + 7) // 8]
    path_id = b"\0\0\0\7" if subtype in {IPV4_PATHS, IPV6_PATHS} else b""
    entries = b"".join(
        struct.pack(">HI", 0, DUMPED_S) + path_id + struct.pack(">H", len(each)) + each
        for each in routes
    )
    body = struct.pack(">I", 0) + bytes([network.prefixlen]) + octets
    return mrt(13, subtype, body + struct.pack(">H", len(routes)) + entries)


def route(*path: int) -> bytes:
    """Give the attributes of a route whose path is one AS_SEQUENCE."""
    return attributes(segment(SEQUENCE, *path))


def dump(*records: bytes) -> bytes:
    """Give a whole dump: the peer table, then the records."""
    return b"".join((peer_table(), *records))
