"""
The headers of one packet: link layer, IPv4 or IPv6, and the start of the transport header.

Lengths are those that the IP header states: captures are cut to some bytes a packet.
Tunnels are not opened: what is inside GRE or IP-in-IP is somebody else's header.

Source: RFC 791, 8200, 9293, 768, 792, 4443; IEEE 802.1Q; RFC 2516 (PPPoE), 3032 (MPLS);
tcpdump.org's list of link types.
"""

import struct
from enum import Enum
from typing import Final, NamedTuple

from hinomi.model.flow import UNKNOWN_FLAGS
from hinomi.model.protocol import Protocol

_NULL, _ETHERNET, _PPP, _PPP_HDLC, _LOOP, _SLL, _SLL2 = 0, 1, 9, 50, 108, 113, 276
_RAW: Final = frozenset({12, 14, 101, 228, 229})

SUPPORTED_LINKS: Final = _RAW | {_NULL, _ETHERNET, _PPP, _PPP_HDLC, _LOOP, _SLL, _SLL2}

_TYPED: Final = {_ETHERNET: (12, 14), _SLL: (14, 16), _SLL2: (0, 20)}
"""Links with an ether type: where it stands, and where the network layer begins."""

IPV4, IPV6 = 0x0800, 0x86DD
VLANS: Final = frozenset({0x8100, 0x88A8, 0x9100})
PPPOE, MPLS, MPLS_MULTICAST = 0x8864, 0x8847, 0x8848
PPP_IPS: Final = {0x0021: IPV4, 0x0057: IPV6}
_FAMILIES: Final = {2: IPV4, 10: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}

WITH_PORTS: Final = frozenset({Protocol.TCP, Protocol.UDP, 33, 132, 136})
EXTENSIONS: Final = frozenset({0, 43, 60, 135, 139, 140})  # Hop-by-hop, routing, options ...
FRAGMENT, AUTHENTICATION = 44, 51
MOST_EXTENSIONS: Final = 16


class Refused(Enum):
    """Why a frame gave no packet."""

    NOT_IP = "not-ip"
    CUT = "ip-headers-cut"


class Packet(NamedTuple):
    """What metering needs of one packet."""

    ends: bytes  # Source and destination address, 8 or 32 bytes.
    proto: int
    src_port: int
    dst_port: int  # ICMP: type x 256 + code.
    tcp_flags: int
    length: int  # Of the IP packet, as its header states.
    is_whole: bool  # The transport header was captured as far as needed.


def parse_frame(link: int, data: bytes) -> Packet | Refused:
    """
    Read the headers of one captured frame.

    Args:
        link: One of `SUPPORTED_LINKS`.
        data: The frame as far as it was captured.

    Returns:
        The packet; or why there is none: no IP inside, or cut before the IP header's end.
    """
    try:
        kind, start = network_layer(link, data)
        if kind == IPV4:
            return _ipv4(data, start)
        if kind == IPV6:
            return _ipv6(data, start)
    except (struct.error, IndexError):
        return Refused.CUT
    return Refused.NOT_IP


def network_layer(link: int, data: bytes) -> tuple[int, int]:
    """
    Give the ether type of the network layer and where it begins.

    Raises:
        struct.error, IndexError: If the frame was cut before it.
    """
    if link in _TYPED:
        at, start = _TYPED[link]
        return _ethernet(data, (data[at] << 8) | data[at + 1], start)
    if link in _RAW:
        return _by_version(data, 0)
    if link == _NULL:  # In the byte order of whoever captured: the value is below 256.
        return _FAMILIES.get(data[0] or data[3], 0), 4
    if link == _LOOP:
        return _FAMILIES.get(data[3], 0), 4
    start = 2 if data[:2] == b"\xff\x03" else 0  # PPP with address and control (RFC 1662).
    return _ppp(data, start)


def _ethernet(data: bytes, kind: int, start: int) -> tuple[int, int]:
    while kind in VLANS:
        kind, start = (data[start + 2] << 8) | data[start + 3], start + 4
    if kind == PPPOE:
        return _ppp(data, start + 6)
    if kind in (MPLS, MPLS_MULTICAST):
        while not data[start + 2] & 1:  # Bottom of the stack.
            start += 4
        return _by_version(data, start + 4)
    return kind, start


def _ppp(data: bytes, start: int) -> tuple[int, int]:
    (protocol,) = struct.unpack_from(">H", data, start)
    return PPP_IPS.get(protocol, 0), start + 2


def _by_version(data: bytes, start: int) -> tuple[int, int]:
    return {4: IPV4, 6: IPV6}.get(data[start] >> 4, 0), start


def _ipv4(data: bytes, start: int) -> Packet | Refused:
    if data[start] >> 4 != 4 or data[start] & 0xF < 5:  # noqa: PLR2004 - RFC 791, section 3.1.
        return Refused.NOT_IP
    total, fragment, proto = struct.unpack_from(">2xH2xHxB", data, start)
    ends = data[start + 12 : start + 20]
    if len(ends) < 8:  # noqa: PLR2004 - two addresses.
        return Refused.CUT
    length = total or len(data) - start  # 0: left to the network card to fill in.
    if fragment & 0x1FFF:
        return Packet(ends, proto, 0, 0, UNKNOWN_FLAGS, length, is_whole=True)
    return _transport(data, start + 4 * (data[start] & 0xF), ends, proto, length)


def _ipv6(data: bytes, start: int) -> Packet | Refused:
    if data[start] >> 4 != 6:  # noqa: PLR2004 - RFC 8200, section 3.
        return Refused.NOT_IP
    payload, proto = struct.unpack_from(">4xHB", data, start)
    ends = data[start + 8 : start + 40]
    if len(ends) < 32:  # noqa: PLR2004 - two addresses.
        return Refused.CUT
    length = payload + 40 if payload else len(data) - start  # 0: a jumbogram.
    at = start + 40
    for _ in range(MOST_EXTENSIONS):
        if at + 8 > len(data) and (proto in EXTENSIONS or proto in (FRAGMENT, AUTHENTICATION)):
            return Packet(ends, proto, 0, 0, UNKNOWN_FLAGS, length, is_whole=False)
        if proto in EXTENSIONS:
            proto, at = data[at], at + 8 + 8 * data[at + 1]
        elif proto == AUTHENTICATION:
            proto, at = data[at], at + 8 + 4 * data[at + 1]
        elif proto == FRAGMENT:
            is_first = ((data[at + 2] << 8) | data[at + 3]) & 0xFFF8 == 0
            proto, at = data[at], at + 8
            if not is_first:
                return Packet(ends, proto, 0, 0, UNKNOWN_FLAGS, length, is_whole=True)
        else:
            break
    return _transport(data, at, ends, proto, length)


def _transport(data: bytes, at: int, ends: bytes, proto: int, length: int) -> Packet:
    try:
        if proto == Protocol.TCP:
            source, target = struct.unpack_from(">HH", data, at)
            flags = data[at + 13] if at + 13 < len(data) else UNKNOWN_FLAGS
            return Packet(ends, proto, source, target, flags, length, flags != UNKNOWN_FLAGS)
        if proto in WITH_PORTS:
            source, target = struct.unpack_from(">HH", data, at)
            return Packet(ends, proto, source, target, UNKNOWN_FLAGS, length, is_whole=True)
        if proto in (Protocol.ICMP, Protocol.ICMPV6):
            (type_code,) = struct.unpack_from(">H", data, at)
            return Packet(ends, proto, 0, type_code, UNKNOWN_FLAGS, length, is_whole=True)
    except struct.error:
        return Packet(ends, proto, 0, 0, UNKNOWN_FLAGS, length, is_whole=False)
    return Packet(ends, proto, 0, 0, UNKNOWN_FLAGS, length, is_whole=True)
