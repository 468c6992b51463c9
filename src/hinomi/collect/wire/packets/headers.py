"""
The headers of many frames at once: link layer, IP, and the start of the transport header.

sFlow samples and the packet sections of IPFIX come through here. The link layer is read in
this module, with the rules of `collect.files.packets`; what is above it in `network`.

Source: IEEE 802.1Q; RFC 2516 (PPPoE), 3032 (MPLS), 1662 (PPP).
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.files.packets import (
    IPV4,
    IPV6,
    MPLS,
    MPLS_MULTICAST,
    PPP_IPS,
    PPPOE,
    VLANS,
)
from hinomi.collect.wire.datagrams import Places, read_u8, read_u16
from hinomi.collect.wire.packets.network import PacketHeaders, ipv4, ipv6

MOST_BYTES: Final = 512
"""So much of a frame is looked at: what stands behind it counts as cut."""


class Link(IntEnum):
    """What a frame begins with."""

    OTHER = 0  # Nothing that is read here: such frames are not IP.
    ETHERNET = 1
    PPP = 2  # With or without address and control.
    IP = 3  # Version 4 or 6, as its first half byte says.
    MPLS = 4  # A label stack.


_Layer = tuple[NDArray[np.int64], Places]
"""The ether type of the network layer (0: not IP, or `_CUT`), and where it begins."""

_CUT: Final = -1
"""Stands for the ether type of a frame that ends before its network layer begins."""


_OTHER, _IP, _VLAN, _SESSION, _STACK = range(5)
"""What follows an ether type. Plain numbers: NumPy compares members of an enum slowly."""

_KINDS: Final = np.zeros(1 << 16, np.int8)
_KINDS[[IPV4, IPV6]] = _IP
_KINDS[list(VLANS)] = _VLAN
_KINDS[PPPOE] = _SESSION
_KINDS[[MPLS, MPLS_MULTICAST]] = _STACK

_LAST_LABEL: Final = 1  # In the third byte of a label.
_PPP_START: Final = 0xFF03


def parse(
    buffer: NDArray[np.uint8],
    start: Places,
    length: NDArray[np.int64],
    link: Link | NDArray[np.int8],
    *,
    whole: NDArray[np.int64] | None = None,
) -> PacketHeaders:
    """
    Read the headers of n frames.

    Args:
        buffer: Where the frames are; at least `datagrams.SPARE_BYTES` longer than their ends.
        start: Where each frame begins, shape (n,).
        length: Bytes of each frame as far as it was captured, shape (n,), 0 or greater.
        link: What they begin with: one for all, or values of `Link`, shape (n,).
        whole: Bytes of each frame before it was cut, shape (n,): gives the length of packets
            whose header leaves it open (segmentation offload, jumbograms). None: *length*.

    Returns:
        The headers of each frame, in the order given.

    Notes:
        Nothing behind start + length is believed. A batch takes at most `MOST_BYTES` / 4
        rounds, whatever the frames claim.
    """
    end = start + np.minimum(length, MOST_BYTES)
    kind, at = _network(buffer, start, end, link)
    size = (length if whole is None else whole) - (at - start)
    v4, v6 = np.flatnonzero(kind == IPV4), np.flatnonzero(kind == IPV6)
    for rows, read in ((v4, ipv4), (v6, ipv6)):
        if rows.size == start.size:  # One version only: nothing to put together.
            return read(buffer, start, at, end, size)
    found = PacketHeaders.nothing(kind != _CUT)
    for rows, read in ((v4, ipv4), (v6, ipv6)):
        if rows.size:
            found.put(rows, read(buffer, start[rows], at[rows], end[rows], size[rows]))
    return found


def _network(
    buffer: NDArray[np.uint8], start: Places, end: Places, link: Link | NDArray[np.int8]
) -> _Layer:
    """Find the network layer."""
    if isinstance(link, Link):
        return _READERS[link](buffer, start, end)
    if link.size and (link == link[0]).all():
        return _READERS[Link(int(link[0]))](buffer, start, end)
    kind, at = np.zeros(start.size, np.int64), start.copy()
    for one, read in _READERS.items():
        rows = np.flatnonzero(link == one)
        if rows.size:
            kind[rows], at[rows] = read(buffer, start[rows], end[rows])
    return kind, at


def _other(_buffer: NDArray[np.uint8], start: Places, _end: Places) -> _Layer:
    return np.zeros(start.size, np.int64), start


def _ethernet(buffer: NDArray[np.uint8], start: Places, end: Places) -> _Layer:
    kind, at = read_u16(buffer, start + 12), start + 14
    kind[at > end] = _CUT
    kinds = _KINDS.take(kind)  # `_CUT` takes the last of the table, which is `_OTHER`.
    tagged = np.flatnonzero(kinds == _VLAN)
    while tagged.size:
        place, limit = at[tagged], end[tagged]
        inner = np.where(place + 4 <= limit, read_u16(buffer, place + 2), _CUT)
        kind[tagged], at[tagged] = inner, np.minimum(place + 4, limit)
        kinds[tagged] = _KINDS.take(inner)
        tagged = tagged[kinds[tagged] == _VLAN]
    if (kinds > _VLAN).any():
        for name, read, skip in ((_SESSION, _ppp, 6), (_STACK, _labels, 0)):
            rows = np.flatnonzero(kinds == name)
            below = np.minimum(at[rows] + skip, end[rows])
            kind[rows], at[rows] = read(buffer, below, end[rows])
    return kind, at


def _framed_ppp(buffer: NDArray[np.uint8], start: Places, end: Places) -> _Layer:
    is_framed = (read_u16(buffer, start) == _PPP_START) & (start + 2 <= end)
    return _ppp(buffer, start + 2 * is_framed, end)


def _ppp(buffer: NDArray[np.uint8], start: Places, end: Places) -> _Layer:
    protocol = read_u16(buffer, start)
    kind = np.zeros(start.size, np.int64)
    for number, name in PPP_IPS.items():
        kind[protocol == number] = name
    kind[start + 2 > end] = _CUT
    return kind, np.minimum(start + 2, end)


def _labels(buffer: NDArray[np.uint8], start: Places, end: Places) -> _Layer:
    at, more = start.copy(), np.arange(start.size)
    while more.size:
        place, limit = at[more], end[more]
        is_last = (read_u8(buffer, place + 2) & _LAST_LABEL) != 0
        at[more] = np.minimum(place + 4, limit)  # A cut label leaves no version to be read.
        more = more[~is_last & (place + 4 <= limit)]
    return _by_version(buffer, at, end)


def _by_version(buffer: NDArray[np.uint8], start: Places, end: Places) -> _Layer:
    kind = np.zeros(start.size, np.int64)
    version = buffer[start] >> 4
    kind[version == 4] = IPV4  # noqa: PLR2004 - RFC 791, section 3.1.
    kind[version == 6] = IPV6  # noqa: PLR2004 - RFC 8200, section 3.
    kind[start >= end] = _CUT
    return kind, start


_READERS: Final[dict[Link, Callable[[NDArray[np.uint8], Places, Places], _Layer]]] = {
    Link.OTHER: _other,
    Link.ETHERNET: _ethernet,
    Link.PPP: _framed_ppp,
    Link.IP: _by_version,
    Link.MPLS: _labels,
}
