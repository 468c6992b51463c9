"""
Who talked with whom: addresses, protocol, ports, ICMP type and code, TCP flags.

Source: RFC 3954, section 8; RFC 7125 (tcpControlBits); IANA IPFIX information elements 4 to
12, 27, 28, 32, 139 and 176 to 183.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.files.icmp import answer_ports
from hinomi.collect.wire.meaning.columns import Numbers, constant, first_of, narrowed
from hinomi.collect.wire.sets.groups import REVERSE_PEN, RecordGroup, element
from hinomi.model.address import V4_PREFIX
from hinomi.model.flow import UNKNOWN_FLAGS
from hinomi.model.protocol import Protocol

FLAG_BITS: Final = 0x1FF
"""The nine control bits; what stands above them is the data offset or reserved."""

_WITH_PORTS: Final = (33, 132, 136)  # DCCP, SCTP, UDP-Lite: beside TCP and UDP.
_SRC4, _DST4 = element(8), element(12)
_SRC6, _DST6 = element(27), element(28)
_IMPLIED: Final = (
    (Protocol.TCP, (182, 183)),
    (Protocol.UDP, (180, 181)),
    (Protocol.ICMP, (32, 176)),
    (Protocol.ICMPV6, (139, 178)),
)
"""Protocols of layouts that do not name one, told by their elements."""

Ints = NDArray[np.int64]
_Halves = tuple[Ints, Ints, Ints, Ints]


class Ends(NamedTuple):
    """Both ends of n records, shape (n,) each; as in `model.flow.RECORDS`."""

    proto: NDArray[np.int16]
    src_hi: Ints
    src_lo: Ints
    dst_hi: Ints
    dst_lo: Ints
    src_port: NDArray[np.int32]
    dst_port: NDArray[np.int32]
    tcp_flags: NDArray[np.int16]
    named: NDArray[np.bool_] | None  # Where there are addresses at all; None: everywhere.

    def take(self, rows: Ints) -> "Ends":
        """Give some of the records."""
        named = None if self.named is None else self.named[rows]
        return Ends(
            self.proto[rows], self.src_hi[rows], self.src_lo[rows], self.dst_hi[rows],
            self.dst_lo[rows], self.src_port[rows], self.dst_port[rows], self.tcp_flags[rows],
            named,
        )  # fmt: skip

    def turned(self, tcp_flags: NDArray[np.int16]) -> "Ends":
        """Give the way back, with its own flags."""
        source, target = self.dst_port, self.src_port
        icmp = np.flatnonzero((self.proto == Protocol.ICMP) | (self.proto == Protocol.ICMPV6))
        if icmp.size:
            source, target = source.copy(), target.copy()
            target[icmp] = answer_ports(self.dst_port[icmp].astype(np.int64))
            source[icmp] = 0
        return Ends(
            self.proto, self.dst_hi, self.dst_lo, self.src_hi, self.src_lo, source, target,
            tcp_flags, self.named,
        )  # fmt: skip


def read_ends(group: RecordGroup) -> Ends | None:
    """Read both ends of each record; None if the layout has no addresses or no protocol."""
    sides = _sides(group)
    proto = _protocols(group)
    if sides is None or proto is None:
        return None
    is_tcp = proto == Protocol.TCP
    source, target = _ports(group.numbers, proto, is_tcp)
    flags = _flags(first_of(group.numbers, 6), is_tcp)
    halves, named = sides
    return Ends(proto.astype(np.int16), *halves, source, target, flags, named)


def reverse_flags(group: RecordGroup, proto: NDArray[np.int16]) -> NDArray[np.int16]:
    """Give the TCP flags of the way back (RFC 5103), shape (n,)."""
    stated = first_of(group.numbers, 6, enterprise=REVERSE_PEN)
    return _flags(stated, proto == Protocol.TCP)


def has_addresses(group: RecordGroup) -> bool:
    """Tell whether the layout names both ends."""
    return (_SRC4 in group.numbers and _DST4 in group.numbers) or (
        _SRC6 in group.addresses and _DST6 in group.addresses
    )


def _sides(group: RecordGroup) -> tuple[_Halves, NDArray[np.bool_] | None] | None:
    """
    Give the halves of source and destination, and where they are not all 0.

    A layout with both versions has one of them empty in each record: where the IPv4
    addresses are both 0, those of IPv6 count.
    """
    if not has_addresses(group):
        return None
    numbers, addresses = group.numbers, group.addresses
    has_six = _SRC6 in addresses and _DST6 in addresses
    six = (*addresses[_SRC6], *addresses[_DST6]) if has_six else None
    if _SRC4 not in numbers or _DST4 not in numbers:
        assert six is not None  # noqa: S101 - there are addresses.
        return six, _named(six)
    source, target = narrowed(numbers[_SRC4], np.uint32), narrowed(numbers[_DST4], np.uint32)
    zero: Ints = constant(len(group), 0, np.int64)
    four = (zero, _mapped(source), zero, _mapped(target))
    is_empty = (source | target) == 0
    if not is_empty.any():
        return four, None
    if six is None:
        return four, ~is_empty
    first, second, third, fourth = (
        np.where(is_empty, wide, short) for wide, short in zip(six, four, strict=True)
    )
    named = _named(six)
    return (first, second, third, fourth), None if named is None else named | ~is_empty


def _named(six: _Halves) -> NDArray[np.bool_] | None:
    src_hi, src_lo, dst_hi, dst_lo = six
    named: NDArray[np.bool_] = (src_hi | dst_hi) != 0
    if named.all():
        return None
    named |= (src_lo | dst_lo) != 0
    return named


def _mapped(values: NDArray[np.uint32]) -> Ints:
    return np.bitwise_or(values, V4_PREFIX, dtype=np.int64, casting="safe")


def _protocols(group: RecordGroup) -> NDArray[np.uint8] | None:
    stated = first_of(group.numbers, 4)
    if stated is not None:
        return narrowed(stated, np.uint8)
    for protocol, elements in _IMPLIED:
        if first_of(group.numbers, *elements) is not None:
            return np.full(len(group), protocol, np.uint8)
    return None


def _ports(
    numbers: Numbers, proto: NDArray[np.uint8], is_tcp: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Give both ports: 0 where the protocol has none; ICMP: type x 256 + code in the second."""
    source = _port(numbers, 7, 182, 180, is_tcp)
    target = _port(numbers, 11, 183, 181, is_tcp)
    others = np.flatnonzero(~(is_tcp | (proto == Protocol.UDP)))
    if not others.size:
        return source, target
    which = proto[others]
    is_icmp = (which == Protocol.ICMP) | (which == Protocol.ICMPV6)
    bare = others[~is_icmp & ~np.isin(which, _WITH_PORTS)]
    source[bare] = target[bare] = 0
    icmp = others[is_icmp]
    if icmp.size:
        source[icmp] = 0
        target[icmp] = _type_codes(numbers, icmp, target)
    return source, target


def _port(
    numbers: Numbers, plain: int, of_tcp: int, of_udp: int, is_tcp: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Give one port of each record: its own element, else that of its protocol."""
    stated = first_of(numbers, plain)
    if stated is not None:
        return narrowed(stated, np.uint16).astype(np.int32)
    tcp, udp = first_of(numbers, of_tcp), first_of(numbers, of_udp)
    given = np.zeros(is_tcp.size, np.int32)
    if tcp is not None:
        given = np.where(is_tcp, narrowed(tcp, np.uint16), given)
    if udp is not None:
        given = np.where(is_tcp, given, narrowed(udp, np.uint16))
    return given.astype(np.int32)


def _type_codes(numbers: Numbers, rows: Ints, port: NDArray[np.int32]) -> NDArray[np.int32]:
    """
    Give type x 256 + code of the ICMP records *rows*.

    It stands in an element of its own, in two, or (Cisco) in the destination port: the first
    that is not 0 counts, for exporters fill one and leave the others empty.
    """
    found = np.zeros(rows.size, np.int32)
    for whole, kind, code in ((32, 176, 177), (139, 178, 179)):
        for values in (_whole(numbers, whole, rows), _halves(numbers, kind, code, rows)):
            if values is not None:
                found = np.where(found == 0, values, found)
    return np.where(found == 0, port[rows], found)


def _whole(numbers: Numbers, number: int, rows: Ints) -> NDArray[np.int32] | None:
    values = first_of(numbers, number)
    return None if values is None else narrowed(values[rows], np.uint16).astype(np.int32)


def _halves(numbers: Numbers, kind: int, code: int, rows: Ints) -> NDArray[np.int32] | None:
    types, codes = first_of(numbers, kind), first_of(numbers, code)
    if types is None:
        return None
    high = narrowed(types[rows], np.uint8).astype(np.int32) << 8
    return high if codes is None else high | narrowed(codes[rows], np.uint8)


def _flags(stated: NDArray[Any] | None, is_tcp: NDArray[np.bool_]) -> NDArray[np.int16]:
    """Give the TCP flags, shape (n,); `UNKNOWN_FLAGS` where there are none."""
    if stated is None:
        return constant(is_tcp.size, UNKNOWN_FLAGS, np.int16)
    flags = narrowed(stated, np.uint16).astype(np.int16)
    if stated.dtype.itemsize > 1:
        flags &= FLAG_BITS
    flags |= is_tcp.view(np.int8) - np.int8(1)  # All bits, which is unknown, where not TCP.
    return flags
