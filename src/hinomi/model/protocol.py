"""IANA protocol numbers and the names hinomi shows for them."""

from enum import IntEnum
from typing import Final


class Protocol(IntEnum):
    """Protocols that the code itself must know (IANA protocol numbers)."""

    ICMP = 1
    TCP = 6
    UDP = 17
    ICMPV6 = 58


WITH_PORTS: Final = frozenset({6, 17, 33, 132, 136})
"""TCP, UDP, DCCP, SCTP and UDP-Lite: a port names a service by these alone."""

PORT_MOST: Final = 65_535
"""Ports have 16 bits."""

_NAMES: Final = {
    0: "hopopt", 1: "icmp", 2: "igmp", 4: "ipv4", 6: "tcp", 8: "egp", 17: "udp", 27: "rdp",
    33: "dccp", 41: "ipv6", 43: "ipv6-route", 44: "ipv6-frag", 46: "rsvp", 47: "gre", 50: "esp",
    51: "ah", 58: "ipv6-icmp", 59: "ipv6-nonxt", 60: "ipv6-opts", 88: "eigrp", 89: "ospfigp",
    94: "ipip", 97: "etherip", 103: "pim", 112: "vrrp", 115: "l2tp", 132: "sctp", 136: "udplite",
}  # fmt: skip
_NUMBERS: Final = {name: number for number, name in _NAMES.items()} | {
    "icmp6": 58, "icmpv6": 58, "icmp-v6": 58, "ospf": 89, "ipv6-icmp": 58, "ipv6icmp": 58,
    "ipnip": 94, "ipip": 94, "udplite": 136, "unas": 255,
}  # fmt: skip


def render_protocol(number: int) -> str:
    """Name a protocol in lower case, or give its number as text where it has no name here."""
    return _NAMES.get(number, str(number))


def parse_protocol(text: str) -> int:
    """
    Read a protocol's name (any case) or number, 0..255.

    Raises:
        ValueError: If it is neither.
    """
    name = text.strip().lower()
    if name in _NUMBERS:
        return _NUMBERS[name]
    if name.isascii() and name.isdigit() and int(name) <= 255:  # noqa: PLR2004 - 8 bits.
        return int(name)
    raise ValueError("not an IP protocol")
