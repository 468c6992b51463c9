"""
IPv4 and IPv6 headers of many packets at once, and the start of the transport headers.

The same rules as `collect.files.packets`, over columns: lengths are those that the IP header
states, and tunnels are not opened.

Source: RFC 791, 8200, 9293, 768, 792, 4443, 4302.
"""

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.files.packets import (
    AUTHENTICATION,
    EXTENSIONS,
    FRAGMENT,
    MOST_EXTENSIONS,
    WITH_PORTS,
)
from hinomi.collect.wire.datagrams import Places, read_rows, read_u8, read_u16
from hinomi.model.address import V4_PREFIX
from hinomi.model.flow import UNKNOWN_FLAGS
from hinomi.model.protocol import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketHeaders:
    """What the headers of n frames say, shape (n,) each; zeros where there is no IP header."""

    is_ip: NDArray[np.bool_]  # An IP header was read as far as its addresses.
    is_whole: NDArray[np.bool_]  # Nothing was cut off that would have been read: a frame with
    # neither this nor `is_ip` ended inside its link or IP header.
    proto: NDArray[np.int16]
    src_hi: NDArray[np.int64]
    src_lo: NDArray[np.int64]
    dst_hi: NDArray[np.int64]
    dst_lo: NDArray[np.int64]
    src_port: NDArray[np.int32]
    dst_port: NDArray[np.int32]  # ICMP: type x 256 + code.
    tcp_flags: NDArray[np.int16]  # -1 unknown or not TCP.
    length: NDArray[np.int64]  # Bytes of the IP packet, as its header states.
    used: NDArray[np.int64]  # Bytes of the frame up to the end of what was read; 0 if not IP.

    @classmethod
    def nothing(cls, is_whole: NDArray[np.bool_]) -> "PacketHeaders":
        """Give frames of which none is IP; *is_whole* becomes that column."""
        columns: dict[str, Any] = {
            name: np.zeros(is_whole.size, dtype) for name, dtype in _DTYPES.items()
        }
        columns["tcp_flags"] += UNKNOWN_FLAGS
        return cls(is_whole=is_whole, **columns)

    def put(self, rows: NDArray[np.int64], part: "PacketHeaders") -> None:
        """Write the headers of some frames to the places *rows*."""
        for name in COLUMNS:
            getattr(self, name)[rows] = getattr(part, name)


_DTYPES: Final = {
    "is_ip": np.bool_, "proto": np.int16, "src_hi": np.int64, "src_lo": np.int64,
    "dst_hi": np.int64, "dst_lo": np.int64, "src_port": np.int32, "dst_port": np.int32,
    "tcp_flags": np.int16, "length": np.int64, "used": np.int64,
}  # fmt: skip

COLUMNS: Final = tuple(field.name for field in fields(PacketHeaders))
"""Names of all columns, in their order."""

_V4_BYTES, _V6_BYTES = 20, 40
_TCP_BYTES: Final = 14  # As far as the flags.
_NO_OPTIONS: Final = 0x45  # Version 4, five words.
_MOST_WORDS: Final = 10  # Of options, 4 bytes each.

_V4: Final = np.dtype(
    {
        "names": ["head", "total", "fragment", "proto", "src", "dst", "ports", "flags"],
        "formats": ["u1", ">u2", ">u2", "u1", ">u4", ">u4", ">u4", "u1"],
        "offsets": [0, 2, 6, 9, 12, 16, 20, 33],
        "itemsize": 40,
    }
)
_V6: Final = np.dtype(
    {
        "names": [
            *("head", "payload", "proto"),
            *("src_hi", "src_lo", "dst_hi", "dst_lo"),
            *("ports", "flags"),
        ],
        "formats": ["u1", ">u2", "u1", ">i8", ">i8", ">i8", ">i8", ">u4", "u1"],
        "offsets": [0, 4, 6, 8, 16, 24, 32, 40, 53],
        "itemsize": 56,
    }
)
_TRANSPORT: Final = np.dtype(
    {"names": ["ports", "flags"], "formats": [">u4", "u1"], "offsets": [0, 13], "itemsize": 16}
)


_NOTHING, _TYPE_CODE, _PORTS, _TCP = range(4)
"""How the header of a protocol begins. Plain numbers: NumPy compares members of an enum slowly."""

_KINDS: Final = np.zeros(256, np.int8)
_KINDS[list(WITH_PORTS)] = _PORTS
_KINDS[[Protocol.ICMP, Protocol.ICMPV6]] = _TYPE_CODE
_KINDS[Protocol.TCP] = _TCP

_NEEDED: Final = np.array([-_MOST_WORDS * 4, 2, 4, 4])
"""Bytes without which a header of each kind says nothing."""

_READ: Final = np.array([0, 2, 4, _TCP_BYTES])
"""Bytes that are read of a header of each kind."""

_CHAIN: Final = np.zeros(256, np.bool_)
_CHAIN[[*EXTENSIONS, FRAGMENT, AUTHENTICATION]] = True


def ipv4(
    buffer: NDArray[np.uint8], start: Places, at: Places, end: Places, size: NDArray[np.int64]
) -> PacketHeaders:
    """
    Read n IPv4 packets.

    Args:
        buffer: Where the frames are.
        start: Where each frame begins, shape (n,).
        at: Where its IP header begins, shape (n,); at most *end*.
        end: Where the captured bytes end, shape (n,).
        size: Bytes from *at* on before the frame was cut, shape (n,).
    """
    rows = read_rows(buffer, at, _V4)
    head = rows["head"].copy()
    is_v4 = (head - np.uint8(_NO_OPTIONS)) <= _MOST_WORDS  # Unsigned: below is far above.
    room = end - at
    is_ip = is_v4 & (room >= _V4_BYTES)
    total = rows["total"].astype(np.int64)
    transport = at + ((head & 0xF).astype(np.int64) << 2)
    ports, flags = rows["ports"].astype(np.int64), rows["flags"].astype(np.int16)
    has_options = np.flatnonzero(is_ip & (head != _NO_OPTIONS))
    if has_options.size:
        place = np.minimum(transport[has_options], end[has_options])
        ports[has_options], flags[has_options] = _transport(buffer, place)
    proto = rows["proto"].astype(np.int16)
    kinds = _KINDS.take(proto)
    kinds[(rows["fragment"] & 0x1FFF) != 0] = _NOTHING
    return _headers(
        is_ip=is_ip,
        is_whole=is_ip | (~is_v4 & (room > 0)),
        proto=proto,
        ends=(
            np.zeros(at.size, np.int64),
            V4_PREFIX | rows["src"].astype(np.int64),
            np.zeros(at.size, np.int64),
            V4_PREFIX | rows["dst"].astype(np.int64),
        ),
        length=np.where(total == 0, size, total),
        kinds=kinds,
        room=end - transport,
        ports=ports,
        flags=flags,
        before=transport - start,
    )


def ipv6(
    buffer: NDArray[np.uint8], start: Places, at: Places, end: Places, size: NDArray[np.int64]
) -> PacketHeaders:
    """Read n IPv6 packets; see `ipv4`."""
    rows = read_rows(buffer, at, _V6)
    is_v6 = (rows["head"] >> 4) == 6  # noqa: PLR2004 - RFC 8200, section 3.
    room = end - at
    is_ip = is_v6 & (room >= _V6_BYTES)
    payload = rows["payload"].astype(np.int64)
    proto, transport = rows["proto"].astype(np.int16), at + _V6_BYTES
    ports, flags = rows["ports"].astype(np.int64), rows["flags"].astype(np.int16)
    is_whole, is_later = is_ip | (~is_v6 & (room > 0)), np.zeros(at.size, np.bool_)
    chained = np.flatnonzero(is_ip & _CHAIN.take(proto))
    if chained.size:
        proto[chained], place, is_later[chained], is_cut = _chain(
            buffer, proto[chained], transport[chained], end[chained]
        )
        transport[chained] = place
        is_whole[chained[is_cut]] = False
        ports[chained], flags[chained] = _transport(buffer, place)
    kinds = _KINDS.take(proto)
    kinds[is_later] = _NOTHING
    return _headers(
        is_ip=is_ip,
        is_whole=is_whole,
        proto=proto,
        ends=tuple(
            rows[name].astype(np.int64) for name in ("src_hi", "src_lo", "dst_hi", "dst_lo")
        ),
        length=np.where(payload == 0, size, payload + _V6_BYTES),
        kinds=kinds,
        room=end - transport,
        ports=ports,
        flags=flags,
        before=transport - start,
    )


def _chain(
    buffer: NDArray[np.uint8], first: NDArray[np.int16], start: Places, end: Places
) -> tuple[NDArray[np.int16], Places, NDArray[np.bool_], NDArray[np.bool_]]:
    """
    Follow the extension headers of IPv6.

    Returns:
        The protocol behind them, where it begins (at most *end*), whether the packet is a
        later fragment, whether the chain was cut; shape (n,) each.
    """
    proto, at = first.copy(), start.copy()
    is_later, is_cut = np.zeros(at.size, np.bool_), np.zeros(at.size, np.bool_)
    rows = np.arange(at.size)
    for _ in range(MOST_EXTENSIONS):
        rows = rows[_CHAIN.take(proto[rows])]
        cut = at[rows] + 8 > end[rows]
        is_cut[rows[cut]] = True
        rows = rows[~cut]
        if not rows.size:
            break
        place, kind = at[rows], proto[rows]
        step = np.where(kind == AUTHENTICATION, 4, 8) * read_u8(buffer, place + 1)
        step[kind == FRAGMENT] = 0
        proto[rows] = buffer[place]
        at[rows] = np.minimum(place + 8 + step, end[rows])
        later = (kind == FRAGMENT) & ((read_u16(buffer, place + 2) & 0xFFF8) != 0)
        is_later[rows[later]] = True
        rows = rows[~later]
    return proto, at, is_later, is_cut


def _transport(
    buffer: NDArray[np.uint8], at: Places
) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """Read the first 4 bytes at each place, and the 14th, where TCP has its flags."""
    rows = read_rows(buffer, at, _TRANSPORT)
    return rows["ports"].astype(np.int64), rows["flags"].astype(np.int16)


def _headers(
    *,
    is_ip: NDArray[np.bool_],
    is_whole: NDArray[np.bool_],
    proto: NDArray[np.int16],
    ends: tuple[NDArray[np.int64], ...],
    length: NDArray[np.int64],
    kinds: NDArray[np.int8],
    room: NDArray[np.int64],
    ports: NDArray[np.int64],
    flags: NDArray[np.int16],
    before: NDArray[np.int64],
) -> PacketHeaders:
    """
    Take from the transport header what was captured of it.

    Args:
        is_ip: Rows that count; all else becomes zero.
        is_whole: False where something was cut already.
        proto: Protocol numbers.
        ends: Halves of source and destination.
        length: Of the packet.
        kinds: How each transport header begins.
        room: Captured bytes of it, negative if even the IP header is cut.
        ports: Its first 4 bytes.
        flags: Its 14th byte.
        before: Bytes of the frame in front of it.
    """
    is_short = room < _NEEDED.take(kinds)
    is_tcp = kinds == _TCP
    has_flags = is_tcp & (room >= _TCP_BYTES)
    kinds[is_short] = _NOTHING
    src_port, dst_port = (ports >> 16).astype(np.int32), (ports & 0xFFFF).astype(np.int32)
    typed = np.flatnonzero(kinds == _TYPE_CODE)
    dst_port[typed], src_port[typed] = src_port[typed], 0
    tcp_flags = np.where(has_flags, flags, np.int16(UNKNOWN_FLAGS))
    used = before + np.minimum(_READ.take(kinds), room)
    is_whole &= ~is_ip | (~is_short & (has_flags | ~is_tcp))
    without = np.flatnonzero(kinds == _NOTHING)
    src_port[without], dst_port[without] = 0, 0
    if not is_ip.all():
        without = np.flatnonzero(~is_ip)
        tcp_flags[without] = UNKNOWN_FLAGS
        for column in (proto, *ends, src_port, dst_port, length, used):
            column[without] = 0
    src_hi, src_lo, dst_hi, dst_lo = ends
    return PacketHeaders(
        is_ip=is_ip,
        is_whole=is_whole,
        proto=proto,
        src_hi=src_hi,
        src_lo=src_lo,
        dst_hi=dst_hi,
        dst_lo=dst_lo,
        src_port=src_port,
        dst_port=dst_port,
        tcp_flags=tcp_flags,
        length=length,
        used=used,
    )
