"""IPv4 and IPv6 headers over columns."""

import struct
from collections.abc import Callable

import numpy as np
import pytest

from hinomi.collect.wire.datagrams import SPARE_BYTES
from hinomi.collect.wire.packets.network import COLUMNS, PacketHeaders, ipv4, ipv6
from hinomi.model.address import parse_address

V4 = bytes([192, 0, 2, 1, 198, 51, 100, 1])
V6 = bytes.fromhex("20010db8" + "00" * 11 + "01" + "20010db8" + "00" * 11 + "02")
UDP = struct.pack(">HHHH", 40000, 53, 8, 0)


def packet_v4(payload: bytes, proto: int = 17, fragment: int = 0) -> bytes:
    """Make an IPv4 packet."""
    total = 20 + len(payload)
    return struct.pack(">BBHHHBBH", 0x45, 0, total, 1, fragment, 64, proto, 0) + V4 + payload


def packet_v6(payload: bytes, proto: int = 17) -> bytes:
    """Make an IPv6 packet."""
    return struct.pack(">IHBB", 0x60000000, len(payload), proto, 64) + V6 + payload


def read(reader: Callable[..., PacketHeaders], packet: bytes) -> PacketHeaders:
    """Read one packet that is a whole frame."""
    buffer = np.frombuffer(packet + bytes(SPARE_BYTES), dtype=np.uint8)
    start, end = np.array([0]), np.array([len(packet)])
    return reader(buffer, start, start, end, end)


def test_addresses_are_two_signed_halves() -> None:
    """IPv4 in its mapped form."""
    v4, v6 = read(ipv4, packet_v4(UDP)), read(ipv6, packet_v6(UDP))

    assert (v4.src_hi[0], v4.src_lo[0]) == parse_address("192.0.2.1")
    assert (v4.dst_hi[0], v4.dst_lo[0]) == parse_address("198.51.100.1")
    assert (v6.src_hi[0], v6.src_lo[0]) == parse_address("2001:db8::1")
    assert (v6.dst_hi[0], v6.dst_lo[0]) == parse_address("2001:db8::2")


@pytest.mark.parametrize(
    ("reader", "packet", "proto"),
    [(ipv4, packet_v4(b"\x03\x01", 1), 1), (ipv6, packet_v6(b"\x03\x01", 58), 58)],
)
def test_icmp_type_and_code_stand_in_the_destination_port(
    reader: Callable[..., PacketHeaders], packet: bytes, proto: int
) -> None:
    """Type x 256 + code, source port 0."""
    found = read(reader, packet)

    assert found.proto.tolist() == [proto]
    assert (found.src_port[0], found.dst_port[0]) == (0, 0x0301)


def test_only_the_first_fragment_has_ports() -> None:
    """What follows carries no transport header, and nothing of it is missing."""
    first, later = read(ipv4, packet_v4(UDP, fragment=0x2000)), read(ipv4, packet_v4(UDP, 17, 185))
    chain = struct.pack(">BBHI", 17, 0, 8 << 3, 1)
    later_v6 = read(ipv6, packet_v6(chain + UDP, 44))

    assert first.dst_port.tolist() == [53]
    assert (later.dst_port[0], later.is_whole[0], later.used[0]) == (0, True, 20)
    assert (later_v6.proto[0], later_v6.dst_port[0], later_v6.is_whole[0]) == (17, 0, True)


def test_a_packet_of_the_other_version_is_not_read() -> None:
    """The version is believed before the ether type."""
    assert read(ipv4, packet_v6(UDP)).is_ip.tolist() == [False]
    assert read(ipv6, packet_v4(UDP)).is_ip.tolist() == [False]
    assert read(ipv4, packet_v6(UDP)).is_whole.tolist() == [True]


def test_options_that_are_cut_leave_the_packet() -> None:
    """Ports are unknown then; a protocol without ports misses nothing."""
    head = struct.pack(">BBHHHBBH", 0x4F, 0, 80, 1, 0, 64, 17, 0) + V4

    assert read(ipv4, head).is_ip.tolist() == [True]
    assert read(ipv4, head).is_whole.tolist() == [False]
    assert read(ipv4, head[:9] + b"\x2f" + head[10:]).is_whole.tolist() == [True]
    assert read(ipv4, head).used.tolist() == [20]


def test_parts_are_put_at_their_rows() -> None:
    """All columns of a part come to the rows named, the others stay empty."""
    found = PacketHeaders.nothing(np.ones(3, np.bool_))
    part = read(ipv4, packet_v4(UDP))
    found.put(np.array([1]), part)

    assert found.is_ip.tolist() == [False, True, False]
    for name in COLUMNS:
        assert getattr(found, name)[1] == getattr(part, name)[0]
    assert found.tcp_flags.tolist() == [-1, -1, -1]
    assert found.src_lo[[0, 2]].tolist() == [0, 0]
