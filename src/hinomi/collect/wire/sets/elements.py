"""
The information elements that are read; every other one is counted and left where it is (R2).

Source: the IANA registry "IP Flow Information Export (IPFIX) Entities"; RFC 3954, section 8;
Cisco's guide to NetFlow Secure Event Logging.
"""

from collections.abc import Iterable
from enum import Enum
from typing import Final

from hinomi.collect.wire.sets.groups import REVERSE_PEN, V9_SCOPE, V9_VENDOR, element

VARIABLE: Final = 65535
"""Length of a field that carries its length in each record (RFC 7011, section 7)."""


class Kind(Enum):
    """How a field is read."""

    NUMBER = "number"  # 1 to so many bytes, unsigned.
    IPV4 = "ipv4"  # 4 bytes as a number.
    IPV6 = "ipv6"  # 16 bytes as two signed halves.
    FRAME = "frame"  # Octets that begin with packet headers; of any length.


_MOST_BYTES: Final[dict[int, int]] = {
    1: 8, 2: 8, 3: 8,  # Octets, packets, flows that were aggregated; deltas.
    4: 1, 6: 2, 7: 2, 11: 2,  # Protocol, TCP flags, ports.
    10: 4, 14: 4, 252: 4, 253: 4,  # Interfaces, logical and physical.
    21: 8, 22: 8,  # Last and first by sysUptime; 4 bytes but for a few exporters.
    23: 8, 24: 8,  # Octets and packets after a middlebox; at some vendors of the way back.
    32: 2, 139: 2, 176: 1, 177: 1, 178: 1, 179: 1,  # ICMP type and code.
    34: 8, 35: 1, 48: 8, 49: 1, 50: 8,  # Sampling as NetFlow v9 states it.
    60: 1, 61: 1, 239: 1,  # IP version, direction, direction of a biflow.
    85: 8, 86: 8,  # Octets and packets, totals.
    102: 2, 103: 2, 409: 2, 410: 2,  # Place and size of a packet section.
    138: 8, 141: 4, 142: 4, 143: 4, 144: 4, 145: 2, 149: 4,  # What options speak of.
    150: 8, 151: 8, 152: 8, 153: 8, 154: 8, 155: 8, 156: 8, 157: 8, 158: 4, 159: 4,
    160: 8, 161: 4, 162: 4, 163: 8,  # Times in all units, start of the exporter, durations.
    180: 2, 181: 2, 182: 2, 183: 2,  # Ports by protocol.
    224: 8, 312: 2, 352: 8, 353: 8, 408: 2,  # Lengths of packet and frame, kind of frame.
    230: 1, 233: 1, 323: 8,  # Events of NAT and firewalls, and when.
    231: 8, 232: 8, 298: 8, 299: 8,  # Octets and packets by who began.
    301: 8, 302: 8, 304: 2, 305: 8, 306: 8, 307: 8, 308: 8, 309: 8, 310: 8, 311: 8,
    390: 2,  # Sampling as PSAMP states it (RFC 5477).
    322: 8, 324: 8, 325: 8,  # Time of observation.
}  # fmt: skip
"""Elements of IANA that are numbers, and the widest that each may be, in bytes."""

_IPV4: Final = (8, 12, 130)
_IPV6: Final = (27, 28, 131)
_FRAMES: Final = (104, 313, 314, 315)

_REVERSED: Final = (
    1, 2, 3, 6, 10, 14, 21, 22, 23, 24, 32, 61, 85, 86, 139, 150, 151, 152, 153, 154, 155, 156,
    157, 158, 159, 160, 161, 162, 176, 177, 178, 179, 231, 232, 298, 299, 352, 353,
)  # fmt: skip
"""Elements that are also read of the way back (RFC 5103)."""

_VENDORS_IN_V9: Final[dict[int, int]] = {
    33_002: 2,  # Extended event of a firewall, Cisco ASA.
    40_005: 1,  # Its event, in older releases.
}

_SCOPES_IN_V9: Final = (1, 2, 3, 4, 5)

_NAME_LIKE: Final = frozenset({
    82, 83, 84, 94, 95, 96, 104, 147, 203, 236, 300, 313, 314, 315, 316, 317, 318, 335, 337, 339,
    341, 342, 344, 363, 368, 371, 372, 373, 374, 375, 376, 431, 432, 433, 434, 457, 459, 460, 461,
    462, 468, 469, 470, 487,
})  # fmt: skip
"""Elements of IANA that hold octets of packets, names, users or addresses of pages."""

_LONGEST_NUMBER: Final = 16


def _keyed(numbers: Iterable[int], enterprise: int = 0) -> Iterable[int]:
    return (element(number, enterprise) for number in numbers)


WANTED: Final[dict[int, tuple[Kind, int]]] = (
    {element(number): (Kind.NUMBER, most) for number, most in _MOST_BYTES.items()}
    | dict.fromkeys(_keyed(_IPV4), (Kind.IPV4, 4))
    | dict.fromkeys(_keyed(_IPV6), (Kind.IPV6, 16))
    | dict.fromkeys(_keyed(_FRAMES), (Kind.FRAME, VARIABLE))
    | {element(number, REVERSE_PEN): (Kind.NUMBER, _MOST_BYTES[number]) for number in _REVERSED}
    | {element(number, V9_VENDOR): (Kind.NUMBER, most) for number, most in _VENDORS_IN_V9.items()}
    | dict.fromkeys(_keyed(_SCOPES_IN_V9, V9_SCOPE), (Kind.NUMBER, 8))
)
"""By `element` key: how it is read, and the widest that it may be, in bytes."""


def is_possible(key: int, length: int) -> bool:
    """
    Tell whether a wanted element can be as wide as a template says.

    Args:
        key: A key of `WANTED`.
        length: Bytes, 0..65535; 65535 stands for a length in each record.

    Notes:
        Numbers may be narrower than their type (RFC 7011, section 6.2) and never wider.
    """
    kind, most = WANTED[key]
    if kind in {Kind.IPV4, Kind.IPV6}:
        return length == most
    return 0 < length <= most


def is_payload_like(key: int, length: int) -> bool:
    """
    Tell whether an element that is not read may hold payload, a name or the address of a page.

    Notes:
        Of vendors' elements only the width is known: what is longer than an address, or as
        long as each record pleases, is taken for such octets.
    """
    if 0 <= key < 1 << 16:
        return key in _NAME_LIKE
    return length > _LONGEST_NUMBER
