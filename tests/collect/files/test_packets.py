"""Headers of packets are read from every supported link, as dpkt writes them."""

import socket
import struct

import dpkt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.files.packets import SUPPORTED_LINKS, Packet, Refused, parse_frame

ETHERNET, RAW = 1, 101
V4 = socket.inet_aton("192.0.2.1") + socket.inet_aton("198.51.100.1")
V6 = socket.inet_pton(socket.AF_INET6, "2001:db8::1") + socket.inet_pton(
    socket.AF_INET6, "2001:db8::2"
)
TCP = bytes(dpkt.tcp.TCP(sport=40000, dport=443, flags=0x12))
UDP = struct.pack(">HHHH", 40000, 53, 8, 0)


def ipv4(
    payload: bytes = TCP, proto: int = 6, fragment: int = 0, total: int | None = None
) -> bytes:
    """Make an IPv4 packet."""
    length = 20 + len(payload) if total is None else total
    return struct.pack(">BBHHHBBH", 0x45, 0, length, 1, fragment, 64, proto, 0) + V4 + payload


def ipv6(payload: bytes = TCP, proto: int = 6, length: int | None = None) -> bytes:
    """Make an IPv6 packet."""
    stated = len(payload) if length is None else length
    return struct.pack(">IHBB", 0x60000000, stated, proto, 64) + V6 + payload


def ethernet(packet: bytes, kind: int = 0x0800) -> bytes:
    """Put a packet into an Ethernet frame."""
    return bytes(12) + struct.pack(">H", kind) + packet


FOUND = Packet(V4, 6, 40000, 443, 0x12, 40, is_whole=True)
FOUND_V6 = Packet(V6, 6, 40000, 443, 0x12, 60, is_whole=True)

FRAMES = {
    "ethernet": (1, ethernet(ipv4())),
    "vlan": (1, ethernet(struct.pack(">HH", 5, 0x0800) + ipv4(), 0x8100)),
    "qinq": (1, ethernet(struct.pack(">HHHH", 5, 0x8100, 6, 0x0800) + ipv4(), 0x88A8)),
    "pppoe": (1, ethernet(struct.pack(">BBHHH", 0x11, 0, 1, 42, 0x0021) + ipv4(), 0x8864)),
    "mpls": (1, ethernet(struct.pack(">II", 16 << 12, 17 << 12 | 0x100) + ipv4(), 0x8847)),
    "sll": (113, bytes(14) + struct.pack(">H", 0x0800) + ipv4()),
    "sll2": (276, struct.pack(">H", 0x0800) + bytes(18) + ipv4()),
    "raw": (101, ipv4()),
    "raw of OpenBSD": (14, ipv4()),
    "ipv4": (228, ipv4()),
    "null": (0, struct.pack("<I", 2) + ipv4()),
    "null, big endian": (0, struct.pack(">I", 2) + ipv4()),
    "loop": (108, struct.pack(">I", 2) + ipv4()),
    "ppp": (9, b"\xff\x03\x00\x21" + ipv4()),
    "ppp without address": (9, b"\x00\x21" + ipv4()),
}
FRAMES_V6 = {
    "ethernet": (1, ethernet(ipv6(), 0x86DD)),
    "sll": (113, bytes(14) + struct.pack(">H", 0x86DD) + ipv6()),
    "raw": (101, ipv6()),
    "ipv6": (229, ipv6()),
    "null of macOS": (0, struct.pack("<I", 30) + ipv6()),
    "null of FreeBSD": (0, struct.pack("<I", 28) + ipv6()),
    "ppp": (50, b"\xff\x03\x00\x57" + ipv6()),
}


@pytest.mark.parametrize(("link", "frame"), FRAMES.values(), ids=FRAMES)
def test_ipv4_is_found_below_every_link(link: int, frame: bytes) -> None:
    """The same packet is read, whatever carried it."""
    assert link in SUPPORTED_LINKS
    assert parse_frame(link, frame) == FOUND


@pytest.mark.parametrize(("link", "frame"), FRAMES_V6.values(), ids=FRAMES_V6)
def test_ipv6_is_found_below_every_link(link: int, frame: bytes) -> None:
    """The same packet is read, whatever carried it."""
    assert link in SUPPORTED_LINKS
    assert parse_frame(link, frame) == FOUND_V6


@pytest.mark.parametrize(
    ("link", "frame"),
    [
        (1, ethernet(bytes(46), 0x0806)),
        (1, ethernet(bytes(46), 0x0026)),
        (1, ethernet(b"\x65" + bytes(45), 0x0800)),
        (1, ethernet(b"\x44" + bytes(45), 0x0800)),
        (1, ethernet(b"\x45" + bytes(45), 0x86DD)),
        (101, b"\x10" + bytes(45)),
        (113, bytes(16) + bytes(46)),
        (0, struct.pack("<I", 7) + bytes(40)),
        (9, b"\xc0\x21" + bytes(40)),
    ],
)
def test_what_is_not_ip_is_told(link: int, frame: bytes) -> None:
    """ARP, LLC, LCP and headers of another version are no IP packets."""
    assert parse_frame(link, frame) is Refused.NOT_IP


@pytest.mark.parametrize("kept", range(1, 34))
def test_a_frame_cut_before_the_end_of_its_addresses_is_told(kept: int) -> None:
    """Without both addresses there is nothing to meter."""
    assert parse_frame(ETHERNET, FRAMES["ethernet"][1][:kept]) is Refused.CUT


def test_a_transport_header_that_is_cut_leaves_the_packet() -> None:
    """Ports are unknown then, but the packet counts."""
    assert parse_frame(RAW, ipv4()[:22]) == Packet(V4, 6, 0, 0, -1, 40, is_whole=False)
    assert parse_frame(RAW, ipv4()[:30]) == Packet(V4, 6, 40000, 443, -1, 40, is_whole=False)
    assert parse_frame(RAW, ipv6(bytes([6, 9]), 0)[:42]) == Packet(
        V6, 0, 0, 0, -1, 42, is_whole=False
    )


def test_lengths_are_those_of_the_ip_header() -> None:
    """Neither Ethernet padding nor a cut changes them; 0 means: as captured."""
    padded = parse_frame(ETHERNET, ethernet(ipv4(UDP, 17)) + bytes(18))
    cut = parse_frame(RAW, ipv4(total=1500))
    unset = parse_frame(RAW, ipv4(total=0))

    assert isinstance(padded, Packet)
    assert isinstance(cut, Packet)
    assert isinstance(unset, Packet)
    assert (padded.length, cut.length, unset.length) == (28, 1500, 40)


def test_only_the_first_fragment_has_ports() -> None:
    """What follows carries no transport header."""
    assert parse_frame(RAW, ipv4(UDP, 17, fragment=0x2000)) == Packet(
        V4, 17, 40000, 53, -1, 28, is_whole=True
    )
    assert parse_frame(RAW, ipv4(UDP, 17, fragment=185)) == Packet(
        V4, 17, 0, 0, -1, 28, is_whole=True
    )
    later = struct.pack(">BBHI", 17, 0, 8 << 3, 1) + UDP
    assert parse_frame(RAW, ipv6(later, 44)) == Packet(V6, 17, 0, 0, -1, 56, is_whole=True)


def test_extension_headers_are_passed() -> None:
    """Hop-by-hop, routing, fragment, authentication and destination options."""
    chain = struct.pack(">BB6x", 43, 0) + struct.pack(">BB14x", 44, 1)
    chain += struct.pack(">BBHI", 51, 0, 1, 9) + struct.pack(">BB10x", 60, 1)
    chain += struct.pack(">BB6x", 6, 0) + TCP
    found = parse_frame(RAW, ipv6(chain, 0))

    assert found == FOUND_V6._replace(length=40 + len(chain))


@pytest.mark.parametrize(("proto", "packet"), [(1, ipv4), (58, ipv6)])
def test_icmp_type_and_code_stand_in_the_destination_port(proto: int, packet: object) -> None:
    """Type x 256 + code, source port 0."""
    assert callable(packet)
    found = parse_frame(RAW, packet(b"\x03\x01\x00\x00", proto))

    assert isinstance(found, Packet)
    assert (found.src_port, found.dst_port, found.tcp_flags) == (0, 0x0301, -1)


@pytest.mark.parametrize("proto", [2, 41, 47, 50, 89])
def test_protocols_without_ports_have_none(proto: int) -> None:
    """Tunnels are not opened."""
    assert parse_frame(RAW, ipv4(ipv4(), proto)) == Packet(V4, proto, 0, 0, -1, 60, is_whole=True)


@given(link=st.sampled_from(sorted(SUPPORTED_LINKS)), data=st.binary(max_size=120))
def test_no_bytes_break_the_parser(link: int, data: bytes) -> None:
    """Whatever was captured gives a packet or a reason."""
    found = parse_frame(link, data)

    assert isinstance(found, Packet | Refused)
    if isinstance(found, Packet):
        assert len(found.ends) in {8, 32}
        assert 0 <= found.length <= 65_575


@given(head=st.sampled_from([ethernet(ipv4()), ethernet(ipv6(), 0x86DD)]), data=st.data())
def test_a_changed_byte_does_not_break_the_parser(head: bytes, data: st.DataObject) -> None:
    """A packet with any one byte changed gives a packet or a reason."""
    at = data.draw(st.integers(12, len(head) - 1))
    changed = head[:at] + bytes([data.draw(st.integers(0, 255))]) + head[at + 1 :]

    assert isinstance(parse_frame(ETHERNET, changed), Packet | Refused)
