"""The packet of a flow sample is read from whatever describes it, and all else is dropped."""

import struct
from ipaddress import ip_address
from typing import Final

import numpy as np
import pytest

from exporting import frame
from hinomi.collect.wire.datagrams import SPARE_BYTES
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.packets.network import PacketHeaders
from hinomi.collect.wire.sflow.sampled import (
    BYTES_DISCARDED,
    HEADERS_CUT,
    MALFORMED_FRAME,
    MALFORMED_RECORD,
    MOST_RECORDS,
    NO_HEADER,
    NOT_IP,
    PAYLOAD_DISCARDED,
    RECORDS_DISCARDED,
    RECORDS_OVER_LIMIT,
    TRANSPORT_CUT,
    read_packets,
)
from hinomi.collect.wire.sflow.samples import FlowSamples
from hinomi.model.address import Address, render_address

HEADER_BYTES: Final = 14 + 20 + 14  # Ethernet, IPv4, TCP as far as its flags.


def record(tag: int, body: bytes) -> bytes:
    """Put tag and length before a record."""
    return struct.pack(">II", tag, len(body)) + body


def header(
    octets: bytes,
    *,
    protocol: int = 1,
    frame_bytes: int | None = None,
    stated: int | None = None,
    stripped: int = 0,
) -> bytes:
    """Lay out a record of a packet's first bytes."""
    size = len(octets) if stated is None else stated
    whole = len(octets) if frame_bytes is None else frame_bytes
    fixed = struct.pack(">IIII", protocol, whole, stripped, size)
    return record(1, fixed + octets + bytes(-len(octets) % 4))


def apart(src: str, dst: str, *, proto: int = 6, length: int = 60, flags: int = 2) -> bytes:
    """Lay out a record of addresses and ports."""
    source, target = ip_address(src), ip_address(dst)
    ends = source.packed + target.packed
    fixed = struct.pack(">II", length, proto) + ends + struct.pack(">IIII", 40_000, 443, flags, 0)
    return record(3 if source.version == 4 else 4, fixed)


def read(*samples: bytes, counts: list[int] | None = None) -> tuple[PacketHeaders, dict[str, int]]:
    """Read samples given by their records; *counts* is what they claim, if not the truth."""
    size = np.array([len(one) for one in samples], np.int64)
    end = np.cumsum(size)
    zeros = np.zeros(size.size, np.int64)
    buffer = np.frombuffer(b"".join(samples) + b"\xff" * SPARE_BYTES, np.uint8)
    stated = [8] * len(samples) if counts is None else counts
    ledger = Ledger()
    found = read_packets(
        buffer,
        FlowSamples(
            row=np.arange(size.size),
            source_type=zeros,
            source_index=zeros,
            rate=zeros,
            drops=zeros,
            in_if=zeros,
            out_if=zeros,
            records=np.array(stated, np.int64),
            begin=end - size,
            end=end,
        ),
        np.zeros(size.size, np.int32),
        ledger,
    )
    return found, dict(ledger.counts[0])


def ends(found: PacketHeaders, row: int = 0) -> tuple[str, int, str, int, int, int, int]:
    """Give what identifies a packet."""
    return (
        render_address(Address(int(found.src_hi[row]), int(found.src_lo[row]))),
        int(found.src_port[row]),
        render_address(Address(int(found.dst_hi[row]), int(found.dst_lo[row]))),
        int(found.dst_port[row]),
        int(found.proto[row]),
        int(found.tcp_flags[row]),
        int(found.length[row]),
    )


def test_a_packet_is_read_from_its_first_bytes() -> None:
    """What stands behind the headers is counted as discarded."""
    octets = frame(payload=60)
    found, counted = read(header(octets), counts=[1])

    assert ends(found) == ("192.0.2.1", 40_000, "198.51.100.1", 443, 6, 0x18, 100)
    assert counted == {BYTES_DISCARDED: len(octets) - HEADER_BYTES}


@pytest.mark.parametrize("at", [0, 1, 2])
def test_the_header_may_stand_anywhere_among_the_records(at: int) -> None:
    """Switch and gateway are dropped unread; what carries content is counted apart."""
    others = [record(1001, bytes(16)), record(1005, b"\0\0\0\1\0\0\0\4/a/b")]
    others.insert(at, header(frame()))
    found, counted = read(b"".join(others), header(frame()), counts=[3, 1])

    assert found.is_ip.tolist() == [True, True]
    assert ends(found, 0) == ends(found, 1)
    assert (counted[RECORDS_DISCARDED], counted[PAYLOAD_DISCARDED]) == (1, 1)


def test_of_two_headers_the_first_counts() -> None:
    """One sample is one packet; beside a sample without any, nothing is mixed up."""
    two = header(frame(src="192.0.2.7")) + header(frame(src="192.0.2.8"))
    found, counted = read(two, record(1001, bytes(16)), header(frame()), counts=[2, 1, 1])

    assert found.is_ip.tolist() == [True, False, True]
    assert (ends(found, 0)[0], ends(found, 2)[0]) == ("192.0.2.7", "192.0.2.1")
    assert (counted[RECORDS_DISCARDED], counted[NO_HEADER]) == (2, 1)


def test_a_header_of_two_and_none_beside_keep_their_samples() -> None:
    """As many records as samples does not mean one for each."""
    found, _ = read(header(frame()) * 2, b"", counts=[2, 0])

    assert found.is_ip.tolist() == [True, False]


@pytest.mark.parametrize(
    ("src", "dst"), [("192.0.2.1", "198.51.100.1"), ("2001:db8::1", "2001:db8::2")]
)
def test_addresses_sent_apart_are_used_without_a_header(src: str, dst: str) -> None:
    """Ports where the protocol has them, flags where it is TCP."""
    sent = [apart(src, dst), apart(src, dst, proto=17), apart(src, dst, proto=47)]
    found, counted = read(*sent, header(frame()), counts=[1, 1, 1, 1])

    assert ends(found, 0) == (src, 40_000, dst, 443, 6, 2, 60)
    assert ends(found, 1) == (src, 40_000, dst, 443, 17, -1, 60)
    assert ends(found, 2) == (src, 0, dst, 0, 47, -1, 60)
    assert ends(found, 3)[0] == "192.0.2.1"
    assert set(counted) == {BYTES_DISCARDED}


def test_a_header_goes_before_addresses_sent_apart() -> None:
    """Unless it is of no use: of a link that is not read, or cut."""
    described = apart("192.0.2.9", "198.51.100.9")
    useless = header(bytes(30), protocol=4), header(frame()[:20])
    found, counted = read(
        header(frame()) + described, *(one + described for one in useless), counts=[2, 2, 2]
    )

    assert [ends(found, row)[0] for row in range(3)] == ["192.0.2.1", "192.0.2.9", "192.0.2.9"]
    assert counted[RECORDS_DISCARDED] == 1
    assert NOT_IP not in counted
    assert HEADERS_CUT not in counted


@pytest.mark.parametrize(
    "described",
    [
        apart("192.0.2.9", "198.51.100.9", proto=256),
        apart("192.0.2.9", "198.51.100.9", length=2**32 - 1),
        record(3, bytes(28)),
    ],
)
def test_addresses_apart_that_cannot_be_are_not_used(described: bytes) -> None:
    """A protocol beyond 255, a length beyond what IP can state, a record cut short."""
    found, counted = read(described, counts=[1])

    assert found.is_ip.tolist() == [False]
    assert counted[NO_HEADER] == 1


@pytest.mark.parametrize(
    ("protocol", "octets"),
    [
        (1, frame()),
        (7, b"\xff\x03\0\x21" + frame()[14:]),
        (10, frame()[14:]),
        (11, frame()[14:]),
        (12, frame(src="2001:db8::1", dst="2001:db8::2")[14:]),
        (13, b"\0\1\1\x40" + frame()[14:]),
        (14, b"\xff\x03\0\x21" + frame()[14:]),
    ],
)
def test_headers_begin_as_their_protocol_says(protocol: int, octets: bytes) -> None:
    """Ethernet, PPP, ATM with IP, IPv4, IPv6, MPLS, packet over SONET."""
    found, _ = read(header(octets, protocol=protocol), counts=[1])

    assert (found.dst_port[0], found.tcp_flags[0]) == (443, 0x18)


@pytest.mark.parametrize("protocol", [0, 2, 5, 15, 31, 32, 2**31, 2**32 - 1])
def test_headers_of_other_protocols_are_not_ip(protocol: int) -> None:
    """Token ring, frame relay, 802.11, and numbers that nobody has given out."""
    found, counted = read(header(frame(), protocol=protocol), counts=[1])

    assert found.is_ip.tolist() == [False]
    assert counted == {NOT_IP: 1, BYTES_DISCARDED: len(frame())}


def test_cut_headers_are_counted_by_where_they_end() -> None:
    """Before the addresses nothing is left; behind them a packet without ports."""
    found, counted = read(header(frame()[:30]), header(frame()[:36]), counts=[1, 1])

    assert found.is_ip.tolist() == [False, True]
    assert (counted[HEADERS_CUT], counted[TRANSPORT_CUT]) == (1, 1)


@pytest.mark.parametrize(
    ("frame_bytes", "stripped", "length"),
    [(1_518, 4, 1_500), (2**32 - 1, 0, 140), (10, 0, 140), (0, 2**32 - 1, 140)],
)
def test_a_length_left_open_is_the_frames_if_that_can_be(
    frame_bytes: int, stripped: int, length: int
) -> None:
    """Else what was captured; where IP states a length, the frame's says nothing."""
    octets = frame()
    unset = octets[:16] + b"\0\0" + octets[18:]
    found, _ = read(
        header(unset, frame_bytes=frame_bytes, stripped=stripped),
        header(octets, frame_bytes=frame_bytes, stripped=stripped),
        counts=[1, 1],
    )

    assert found.length.tolist() == [length, 140]


def test_a_header_that_claims_more_than_its_record_has_is_read_as_far_as_it_goes() -> None:
    """The bytes of its neighbour are never taken for its own."""
    found, counted = read(header(frame()[:36], stated=2**32 - 1), header(frame()), counts=[1, 1])

    assert (found.dst_port[0], found.is_whole[0]) == (0, False)
    assert counted[MALFORMED_FRAME] == 1


def test_records_that_break_a_sample_are_counted() -> None:
    """Too short for what they are, cut, fewer than claimed, more than are looked at."""
    many = record(1001, b"") * (MOST_RECORDS + 1)
    found, counted = read(
        record(1, bytes(12)), header(frame())[:-4], header(frame()), header(frame()) + many,
        counts=[1, 1, 2, MOST_RECORDS + 2],
    )  # fmt: skip

    assert found.is_ip.tolist() == [False, False, True, True]
    assert counted[MALFORMED_RECORD] == 3
    assert counted[RECORDS_OVER_LIMIT] == 1
    assert counted[RECORDS_DISCARDED] == MOST_RECORDS - 1
    assert counted[NO_HEADER] == 2


def test_records_of_vendors_are_dropped_whatever_their_number() -> None:
    """An enterprise's record of number 1 is no packet header."""
    found, counted = read(record(4413 << 12 | 1, header(frame())), counts=[1])

    assert found.is_ip.tolist() == [False]
    assert (counted[RECORDS_DISCARDED], counted[NO_HEADER]) == (1, 1)
