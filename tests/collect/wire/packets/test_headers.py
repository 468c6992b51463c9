"""The headers of many frames at once are what the reader of single frames finds."""

import struct
from collections.abc import Sequence
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.files.packets import Packet, Refused, parse_frame
from hinomi.collect.wire.datagrams import SPARE_BYTES
from hinomi.collect.wire.packets.headers import MOST_BYTES, Link, parse
from hinomi.collect.wire.packets.network import PacketHeaders
from hinomi.model.address import Address, from_packed

LINKTYPES: Final = {Link.ETHERNET: 1, Link.PPP: 9, Link.IP: 101}

V4: Final = bytes([192, 0, 2, 1, 198, 51, 100, 1])
V6: Final = bytes.fromhex("20010db8" + "00" * 11 + "01" + "20010db8" + "00" * 11 + "02")
TCP: Final = struct.pack(">HHIIBBHHH", 40000, 443, 1, 2, 0x50, 0x12, 0, 0, 0)


def ipv4(payload: bytes = TCP, proto: int = 6, *, fragment: int = 0, options: int = 0) -> bytes:
    """Make an IPv4 packet with so many words of options."""
    total = 20 + 4 * options + len(payload)
    head = struct.pack(">BBHHHBBH", 0x45 + options, 0, total, 1, fragment, 64, proto, 0)
    return head + V4 + bytes(4 * options) + payload


def ipv6(payload: bytes = TCP, proto: int = 6) -> bytes:
    """Make an IPv6 packet."""
    return struct.pack(">IHBB", 0x60000000, len(payload), proto, 64) + V6 + payload


def ethernet(packet: bytes, *kinds: int) -> bytes:
    """Put a packet behind ether types, all but the last of them tags."""
    return bytes(12) + b"\0\5".join(struct.pack(">H", kind) for kind in kinds) + packet


def parse_all(
    frames: Sequence[bytes], links: Link | Sequence[Link] = Link.ETHERNET, fill: int = 0xFF
) -> PacketHeaders:
    """Parse frames that lie end to end in one buffer, with *fill* behind."""
    length = np.array([len(frame) for frame in frames], dtype=np.int64)
    buffer = np.frombuffer(b"".join(frames) + bytes([fill]) * SPARE_BYTES, dtype=np.uint8)
    start = np.cumsum(length) - length
    link = links if isinstance(links, Link) else np.array(links, dtype=np.int8)
    return parse(buffer, start, length, link)


def one(found: PacketHeaders, row: int) -> Packet | Refused:
    """Give one row as the reader of single frames does."""
    if not found.is_ip[row]:
        for name in ("proto", "src_hi", "src_lo", "dst_hi", "dst_lo", "src_port", "dst_port"):
            assert getattr(found, name)[row] == 0
        assert (found.tcp_flags[row], found.length[row], found.used[row]) == (-1, 0, 0)
        return Refused.NOT_IP if found.is_whole[row] else Refused.CUT
    source = Address(int(found.src_hi[row]), int(found.src_lo[row]))
    target = Address(int(found.dst_hi[row]), int(found.dst_lo[row]))
    return Packet(
        ends=repr((source, target)).encode(),
        proto=int(found.proto[row]),
        src_port=int(found.src_port[row]),
        dst_port=int(found.dst_port[row]),
        tcp_flags=int(found.tcp_flags[row]),
        length=int(found.length[row]),
        is_whole=bool(found.is_whole[row]),
    )


def expected(link: Link, frame: bytes) -> Packet | Refused:
    """Read a single frame, its ends in the form of `one`."""
    if link is Link.OTHER:
        return Refused.NOT_IP
    if link is Link.MPLS:  # What stands behind an Ethernet header.
        link, frame = Link.ETHERNET, ethernet(frame, 0x8847)
    found = parse_frame(LINKTYPES[link], frame)
    if isinstance(found, Refused):
        return found
    half = len(found.ends) // 2
    ends = from_packed(found.ends[:half]), from_packed(found.ends[half:])
    return found._replace(ends=repr(ends).encode())


@st.composite
def transports(draw: st.DrawFn) -> tuple[int, bytes]:
    """Draw a protocol and something like its header."""
    proto = draw(st.sampled_from([6, 6, 17, 1, 58, 132, 33, 136, 47, 41, 0, 43, 44, 51, 59, 60]))
    return proto, draw(st.sampled_from([TCP, TCP[:8]]) | st.binary(max_size=24))


@st.composite
def packets(draw: st.DrawFn) -> bytes:
    """Draw an IP packet: options, fragments, extension headers, lengths left open."""
    proto, payload = draw(transports())
    if draw(st.booleans()):
        fragment = draw(st.sampled_from([0, 0x4000, 0x2000, 185]))
        packet = ipv4(
            payload, proto, fragment=fragment, options=draw(st.sampled_from([0, 0, 1, 10]))
        )
        return packet[:2] + b"\0\0" + packet[4:] if draw(st.booleans()) else packet
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from([0, 43, 44, 51, 60]))
        units = draw(st.integers(0, 2))
        size = {44: 8, 51: 8 + 4 * units}.get(kind, 8 + 8 * units)
        offset = draw(st.sampled_from([0, 0, 1, 8])) if kind == 44 else 0
        payload = struct.pack(">BBH", proto, units, offset).ljust(size, b"\0") + payload
        proto = kind
    return ipv6(payload, proto)


@st.composite
def frames(draw: st.DrawFn) -> tuple[Link, bytes]:
    """Draw a frame of any link, cut anywhere, now and then with a wrong byte."""
    packet = draw(packets())
    link = draw(st.sampled_from(Link))
    if link is Link.MPLS:
        frame = (
            b"".join(draw(st.lists(st.just(b"\0\0\x10\x40"), max_size=3))) + b"\0\1\1\x40" + packet
        )
    elif link is Link.PPP:
        frame = (
            draw(st.sampled_from([b"\xff\x03", b""]))
            + draw(st.sampled_from([b"\0\x21", b"\0\x57"]))
            + packet
        )
    elif link is Link.ETHERNET:
        kinds = [0x0800 if packet[0] >> 4 == 4 else 0x86DD]
        kinds = draw(st.lists(st.sampled_from([0x8100, 0x88A8, 0x9100]), max_size=3)) + kinds
        below = draw(st.sampled_from([None, None, 0x8847, 0x8848, 0x8864, 0x0806]))
        if below is not None:
            kinds[-1] = below
            packet = {0x8864: b"\x11\0\0\1\0\x2a\0\x21", 0x0806: b""}.get(
                below, b"\0\1\1\x40"
            ) + packet
        frame = ethernet(packet, *kinds)
    else:
        frame = packet
    if draw(st.booleans()):
        at = draw(st.integers(0, len(frame) - 1))
        frame = frame[:at] + bytes([draw(st.integers(0, 255))]) + frame[at + 1 :]
    return link, frame[: draw(st.integers(0, len(frame)))] if draw(st.booleans()) else frame


@given(st.lists(frames(), min_size=1, max_size=12), st.sampled_from([0, 0x45, 0x60, 0xFF]))
def test_all_frames_are_read_as_each_alone(drawn: list[tuple[Link, bytes]], fill: int) -> None:
    """Whatever lies beside a frame, its headers are those the reader of single frames gives."""
    found = parse_all([frame for _, frame in drawn], [link for link, _ in drawn], fill)

    assert [one(found, row) for row in range(len(drawn))] == [
        expected(link, frame) for link, frame in drawn
    ]


@given(st.lists(frames(), min_size=1, max_size=12))
def test_no_more_is_used_than_there_is(drawn: list[tuple[Link, bytes]]) -> None:
    """The bytes that headers take are at most those captured."""
    found = parse_all([frame for _, frame in drawn], [link for link, _ in drawn])

    assert (found.used >= 0).all()
    assert (found.used <= [len(frame) for _, frame in drawn]).all()


@given(st.lists(st.binary(max_size=120), min_size=1, max_size=20), st.sampled_from(Link))
def test_no_bytes_break_the_parser(drawn: list[bytes], link: Link) -> None:
    """Random bytes give what the reader of single frames gives."""
    found = parse_all(drawn, link)

    assert [one(found, row) for row in range(len(drawn))] == [
        expected(link, frame) for frame in drawn
    ]


@pytest.mark.parametrize(
    ("link", "before"),
    [
        (Link.ETHERNET, ethernet(b"", 0x0800)),
        (Link.ETHERNET, ethernet(b"", 0x8100, 0x0800)),
        (Link.ETHERNET, ethernet(b"", 0x88A8, 0x8100, 0x0800)),
        (Link.ETHERNET, ethernet(b"\x11\0\0\1\0\x2a\0\x21", 0x8864)),
        (Link.ETHERNET, ethernet(b"\0\1\0\x40\0\1\1\x40", 0x8847)),
        (Link.ETHERNET, ethernet(b"\0\1\1\x40", 0x8100, 0x8847)),
        (Link.PPP, b"\xff\x03\0\x21"),
        (Link.PPP, b"\0\x21"),
        (Link.IP, b""),
        (Link.MPLS, b"\0\1\0\x40\0\1\1\x40"),
    ],
)
def test_ip_is_found_below_every_link(link: Link, before: bytes) -> None:
    """The packet is read, and the bytes up to the TCP flags are counted as used."""
    found = parse_all([before + ipv4()], link)

    assert one(found, 0) == expected(Link.IP, ipv4())
    assert found.is_ip.all()
    assert found.used.tolist() == [len(before) + 34]


def test_the_outer_header_of_a_tunnel_counts() -> None:
    """VXLAN is UDP to port 4789, whoever speaks inside."""
    inner = ethernet(ipv4(), 0x0800)
    outer = struct.pack(">HHHH", 50000, 4789, 16 + len(inner), 0) + bytes(8) + inner
    found = parse_all([ethernet(ipv4(outer, 17), 0x0800)])

    assert (found.proto[0], found.src_port[0], found.dst_port[0]) == (17, 50000, 4789)


def test_a_length_left_open_is_that_of_the_frame_on_the_wire() -> None:
    """Segmentation offload leaves it 0: what the frame measured less its link header."""
    frame = ethernet(ipv4(), 0x0800)
    frame = frame[:16] + b"\0\0" + frame[18:]
    buffer = np.frombuffer(frame + bytes(SPARE_BYTES), dtype=np.uint8)
    start, length = np.array([0]), np.array([len(frame)])

    assert parse(buffer, start, length, Link.ETHERNET).length.tolist() == [40]
    assert parse(buffer, start, length, Link.ETHERNET, whole=np.array([9014])).length.tolist() == [
        9000
    ]


def test_tags_without_end_are_cut() -> None:
    """A frame of tags alone takes a bounded number of rounds."""
    found = parse_all([ethernet(ipv4(), *[0x8100] * 16_000, 0x0800), ethernet(ipv4(), 0x0800)])

    assert one(found, 0) is Refused.CUT
    assert found.is_ip.tolist() == [False, True]


def test_headers_behind_the_bound_are_cut() -> None:
    """What stands further inside a frame than is looked at is not believed."""
    chain = struct.pack(">BB", 6, 63).ljust(512, b"\0")
    found = parse_all([ipv6(chain + TCP, 60)], Link.IP)

    assert 40 + len(chain) > MOST_BYTES
    assert found.is_ip.tolist() == [True]
    assert found.is_whole.tolist() == [False]
    assert found.dst_port.tolist() == [0]


def test_no_frames_give_no_headers() -> None:
    """An empty batch is no special case."""
    assert parse_all([]).is_ip.size == 0
    assert parse_all([], []).is_ip.size == 0
