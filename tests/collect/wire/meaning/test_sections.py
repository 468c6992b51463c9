"""Records that carry the beginning of a packet."""

import struct
from ipaddress import ip_address

import numpy as np

from hinomi.collect.wire.datagrams import SPARE_BYTES
from hinomi.collect.wire.meaning.sections import has_sections, read_sections
from hinomi.collect.wire.sets.groups import element
from recordgroups import group

_UDP = 17


def packet(length: int = 128, source_port: int = 5_353) -> bytes:
    """Give the headers of an IPv4 packet with UDP."""
    addresses = ip_address("192.0.2.1").packed + ip_address("198.51.100.1").packed
    header = struct.pack(">BBHHHBBH", 0x45, 0, length, 0, 0, 64, _UDP, 0) + addresses
    return header + struct.pack(">HHHH", source_port, 53, length - 20, 0)


def frame(inside: bytes, ether_type: int = 0x0800) -> bytes:
    """Put *inside* into an Ethernet frame."""
    return bytes(12) + struct.pack(">H", ether_type) + inside


def laid(
    *pieces: bytes,
) -> tuple[np.ndarray[tuple[int], np.dtype[np.uint8]], list[tuple[int, int]]]:
    """Lay octets into a buffer; give it, and place and length of each."""
    places, at = [], 7
    for piece in pieces:
        places.append((at, len(piece)))
        at += len(piece)
    return np.frombuffer(bytes(7) + b"".join(pieces) + bytes(SPARE_BYTES), np.uint8), places


def test_frames_become_flows_of_one_packet() -> None:
    """Elements 315 and 104 hold frames, 313 packets: ends, one packet and its IP bytes."""
    for number, piece in ((315, frame(packet())), (104, frame(packet())), (313, packet())):
        buffer, places = laid(piece, piece)
        carrying = group({}, frames={number: places})

        read, ends = read_sections(buffer, carrying)

        assert has_sections(carrying)
        assert ends.proto.tolist() == [_UDP] * 2
        assert ends.src_port.tolist() == [5_353] * 2
        assert ends.dst_port.tolist() == [53] * 2
        assert ends.named is None
        assert read.numbers[element(2)].tolist() == [1, 1]
        assert read.numbers[element(1)].tolist() == [128, 128]


def test_what_the_record_counts_itself_is_kept() -> None:
    """A flow record may carry its first packet beside its counters."""
    buffer, places = laid(frame(packet()))

    read, _ = read_sections(buffer, group({1: [9_000], 2: [7]}, frames={315: places}))

    assert read.numbers[element(2)].tolist() == [7]
    assert read.numbers[element(1)].tolist() == [9_000]


def test_other_frames_are_told_apart() -> None:
    """ARP is no flow, nor is a section that begins inside of a packet."""
    buffer, places = laid(frame(packet()), frame(bytes(28), 0x0806), frame(packet()))

    _, ends = read_sections(buffer, group({409: [0, 0, 14]}, frames={315: places}))

    assert ends.named is not None
    assert ends.named.tolist() == [True, False, False]


def test_what_follows_the_headers_is_not_read() -> None:
    """Element 314 holds payload: nothing to know an end by, and nothing to look at."""
    assert not has_sections(group({}, frames={314: [(0, 12)]}))
