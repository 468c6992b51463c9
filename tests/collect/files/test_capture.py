"""Captures are metered into unidirectional flow records by the two timeouts."""

import gzip
import socket
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.files.capture import Meter, read, recognises
from hinomi.collect.files.packets import Packet
from hinomi.collect.files.reading import ReadOptions
from hinomi.errors import MalformedDocument
from readers import read_all, write

START_US = 1_767_268_800_000_000
SECOND_US = 1_000_000


def tcp(src: str, dst: str, ports: tuple[int, int], flags: int, *, length: int = 40) -> bytes:
    """Make an Ethernet frame with a TCP packet that states *length*."""
    ends = socket.inet_aton(src) + socket.inet_aton(dst)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, length, 1, 0, 64, 6, 0) + ends
    header = struct.pack(">HHIIBBHHH", *ports, 1, 1, 0x50, flags, 512, 0, 0)
    return bytes(12) + b"\x08\x00" + ip + header


def pcap(*packets: tuple[float, bytes], link: int = 1) -> bytes:
    """Make a pcap file of (seconds after the start, frame)."""
    parts = [struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 82, link)]
    for seconds, data in packets:
        time_us = START_US + round(seconds * SECOND_US)
        head = (time_us // SECOND_US, time_us % SECOND_US, len(data), 1500)
        parts.append(struct.pack("<IIII", *head) + data)
    return b"".join(parts)


OUT = tcp("192.0.2.1", "198.51.100.1", (40000, 443), 0x02, length=60)
ACK = tcp("192.0.2.1", "198.51.100.1", (40000, 443), 0x18, length=1500)
BACK = tcp("198.51.100.1", "192.0.2.1", (443, 40000), 0x12)
ARP = bytes(12) + b"\x08\x06" + bytes(46)


def test_packets_of_one_direction_become_one_record(tmp_path: Path) -> None:
    """Packets and stated lengths add up, flags are ORed, each way by itself."""
    path = write(tmp_path / "x.pcap", pcap((0, OUT), (0.1, BACK), (1.5, ACK), (2, ARP)))
    rows, tally = read_all(read, path, sampling_interval=1, exporter="tap")

    there = {
        "ts_ms": START_US // 1000, "exporter": "tap", "sampling_interval": 1, "counts_scaled": 0,
        "proto": 6, "src": "192.0.2.1", "dst": "198.51.100.1", "src_port": 40000, "dst_port": 443,
        "tcp_flags": 0x1A, "packets": 2, "bytes": 1560, "duration_ms": 1500, "ingress": 0,
    }  # fmt: skip
    back = there | {
        "ts_ms": START_US // 1000 + 100, "src": "198.51.100.1", "dst": "192.0.2.1",
        "src_port": 443, "dst_port": 40000, "tcp_flags": 0x12, "packets": 1, "bytes": 40,
        "duration_ms": 0,
    }  # fmt: skip
    assert sorted(rows, key=lambda row: str(row["ts_ms"])) == [there, back]
    assert tally.records == 2
    assert tally.dropped == {"not-ip": 1}


@pytest.mark.parametrize(
    ("seconds", "counts"),
    [
        ((0, 15), [2]),
        ((0, 15.000001), [1, 1]),
        ((0, 14, 28, 42, 56, 60), [6]),
        ((0, 14, 28, 42, 56, 61), [5, 1]),
        ((0, 14, 28, 42, 56, 61, 70), [5, 2]),
    ],
)
def test_timeouts_end_a_record(
    tmp_path: Path, seconds: tuple[float, ...], counts: list[int]
) -> None:
    """15 s of silence or 60 s of activity begin a new record."""
    path = write(tmp_path / "x.pcap.gz", pcap(*[(second, OUT) for second in seconds]))
    rows, _ = read_all(read, path)

    assert [row["packets"] for row in rows] == counts


times = st.lists(st.floats(0, 300), min_size=1, max_size=60)


@given(moments=times, ports=st.lists(st.integers(1, 4), min_size=60, max_size=60))
def test_no_packet_is_lost_or_counted_twice(moments: list[float], ports: list[int]) -> None:
    """In any order of times, the records add up to the packets; even a full cache loses none."""
    for most_flows in (1, 3, 1000):
        meter = Meter(ReadOptions(), most_flows=most_flows)
        for moment, port in zip(moments, ports, strict=False):
            packet = Packet(b"\x01" * 8, 17, port, 53, -1, 100, is_whole=True)
            meter.add(round(moment * SECOND_US), packet)
        meter.flush()

        assert sum(flow.packets for _, flow in meter.expired) == len(moments)
        assert sum(flow.octets for _, flow in meter.expired) == 100 * len(moments)
        for _, flow in meter.expired:
            assert flow.last_us >= flow.first_us


def test_a_full_cache_expires_the_longest_idle(tmp_path: Path) -> None:
    """Memory is bounded by flows, whatever a scan does; that it happened is counted."""
    meter = Meter(ReadOptions(), most_flows=4)
    for number in range(6):
        packet = Packet(b"\x01" * 8, 17, number, 53, -1, 100, is_whole=True)
        meter.add(number, packet)

    assert [key[2] for key, _ in meter.expired] == [0, 1]
    assert meter.expired_early == 2


def test_cut_headers_are_counted(tmp_path: Path) -> None:
    """A packet without its ports is metered; one without addresses cannot be."""
    path = write(tmp_path / "x.pcap", pcap((0, OUT[:36]), (0, OUT[:20])))
    rows, tally = read_all(read, path)

    assert [(row["src_port"], row["tcp_flags"], row["bytes"]) for row in rows] == [(0, -1, 60)]
    assert tally.notes == {"transport-headers-cut": 1, "ip-headers-cut": 1}


def test_ipv6_is_metered(tmp_path: Path) -> None:
    """Addresses of both versions go the same way."""
    ends = b"".join(socket.inet_pton(socket.AF_INET6, f"2001:db8::{n}") for n in (1, 2))
    udp = struct.pack(">IHBB", 0x60000000, 20, 17, 64) + ends + struct.pack(">HHHH", 9, 53, 20, 0)
    rows, _ = read_all(read, write(tmp_path / "x.pcap", pcap((0, udp), link=101)))

    assert [(row["src"], row["dst"], row["dst_port"], row["bytes"]) for row in rows] == [
        ("2001:db8::1", "2001:db8::2", 53, 60)
    ]


def test_the_last_moment_of_a_second_stays_in_it(tmp_path: Path) -> None:
    """A flow's start is cut to the millisecond: rounded, it would begin in the next hour."""
    path = write(tmp_path / "x.pcap", pcap((0.999_999, OUT)))
    rows, _ = read_all(read, path)

    assert [row["ts_ms"] for row in rows] == [START_US // 1000 + 999]


def test_a_link_that_is_not_read_is_refused(tmp_path: Path) -> None:
    """Radio captures are refused, not misread."""
    with pytest.raises(MalformedDocument, match="link type 127 are not read"):
        read_all(read, write(tmp_path / "x.pcap", pcap((0, OUT), link=127)))


def test_a_cut_capture_is_refused(tmp_path: Path) -> None:
    """Half a packet at the end means that the file was cut."""
    content = pcap((0, OUT), (1, BACK))

    with pytest.raises(MalformedDocument, match=r"x\.pcap: ends inside a packet"):
        read_all(read, write(tmp_path / "x.pcap", content[:-7]))


def test_a_packet_of_the_future_is_refused(tmp_path: Path) -> None:
    """A clock that is more than a day ahead is wrong."""
    path = write(tmp_path / "x.pcap", pcap((0, OUT), (90_000, BACK)))

    with pytest.raises(MalformedDocument, match="the time of a packet lies in the future"):
        read_all(read, path)
    rows, tally = read_all(read, path, keep_good=True)
    assert (len(rows), tally.malformed) == (1, 1)


def test_captures_are_recognised_by_their_magic() -> None:
    """Both formats, and no others."""
    assert recognises(Path("x"), pcap())
    assert recognises(Path("x"), b"\x0a\x0d\x0d\x0a")
    assert not recognises(Path("x.pcap"), gzip.compress(b""))
