"""Packets come out of pcap and pcapng files as they were put in."""

import gzip
import io
import struct
from pathlib import Path

import dpkt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.files.framing import Frame, frames
from hinomi.collect.files.reading import Tally
from hinomi.errors import MalformedDocument
from readers import write

TIME_US = 1_767_268_800_123_456


def pcap(*packets: tuple[int, bytes], order: str = "<", nano: bool = False, link: int = 1) -> bytes:
    """Make a pcap file of (time in microseconds, bytes)."""
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    parts = [struct.pack(f"{order}IHHIIII", magic, 2, 4, 0, 0, 65535, link)]
    for time_us, data in packets:
        fraction = time_us % 1_000_000 * (1000 if nano else 1)
        head = (time_us // 1_000_000, fraction, len(data), len(data) + 100)
        parts.append(struct.pack(f"{order}IIII", *head) + data)
    return b"".join(parts)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """Make a block of pcapng."""
    body += bytes(-len(body) % 4)
    length = struct.pack(f"{order}I", 12 + len(body))
    return struct.pack(f"{order}I", kind) + length + body + length


def section(order: str = "<") -> bytes:
    """Make a section header."""
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link: int = 1, order: str = "<", options: bytes = b"") -> bytes:
    """Make an interface description."""
    return block(1, struct.pack(f"{order}HHI", link, 0, 65535) + options, order)


def enhanced(number: int, ticks: int, data: bytes, order: str = "<") -> bytes:
    """Make an enhanced packet block."""
    head = (number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(6, struct.pack(f"{order}IIIII", *head) + data, order)


def read(path: Path) -> list[Frame]:
    """Read all packets of a file."""
    return list(frames(path, Tally()))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nano", [False, True])
@pytest.mark.parametrize("name", ["x.pcap", "x.pcap.gz"])
def test_pcap_is_read_in_every_byte_order(
    tmp_path: Path, order: str, name: str, *, nano: bool
) -> None:
    """Micro- and nanosecond files of both byte orders give the same packets."""
    content = pcap((TIME_US, b"abc"), (TIME_US + 7, b"defg"), order=order, nano=nano, link=101)

    assert read(write(tmp_path / name, content)) == [
        Frame(TIME_US, 101, b"abc"),
        Frame(TIME_US + 7, 101, b"defg"),
    ]


@pytest.mark.parametrize("order", ["<", ">"])
def test_nanoseconds_are_cut_to_the_microsecond_they_lie_in(tmp_path: Path, order: str) -> None:
    """The last nanosecond of a second is not the next second; nor in pcapng."""
    head = struct.pack(f"{order}IHHIIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)
    old = head + struct.pack(f"{order}IIII", 1_767_268_800, 999_999_999, 3, 3) + b"abc"
    nano = struct.pack(f"{order}HHBxxxHH", 9, 1, 9, 0, 0)
    new = section(order) + interface(1, order, nano)
    new += enhanced(0, 1_767_268_800_999_999_999, b"abc", order)

    for content in (old, new):
        (frame,) = read(write(tmp_path / "x", content))
        assert frame.time_us == 1_767_268_800_999_999


packets = st.lists(st.tuples(st.integers(0, 2**51), st.binary(min_size=1, max_size=60)), max_size=9)


@given(packets=packets)
def test_dpkt_reads_the_same(
    tmp_path_factory: pytest.TempPathFactory, packets: list[tuple[int, bytes]]
) -> None:
    """The same file through dpkt alone gives the same bytes and times."""
    content = pcap(*packets)
    path = write(tmp_path_factory.mktemp("pcap") / "x.pcap", content)
    expected = [(round(time * 1e6), data) for time, data in dpkt.pcap.Reader(io.BytesIO(content))]

    assert [(frame.time_us, frame.data) for frame in read(path)] == expected


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_keeps_interfaces_apart(tmp_path: Path, order: str) -> None:
    """Each packet has the link and the clock of its own interface."""
    nano = struct.pack(f"{order}HHBxxx", 9, 1, 9)
    offset = struct.pack(f"{order}HHq", 14, 8, 1_000_000)
    end = struct.pack(f"{order}HH", 0, 0)
    content = (
        section(order)
        + interface(1, order)
        + interface(101, order, nano + offset + end)
        + block(5, bytes(12), order)
        + enhanced(1, (TIME_US - 1_000_000 * 1_000_000) * 1000, b"abcde", order)
        + enhanced(0, TIME_US, b"xyz", order)
        + block(3, struct.pack(f"{order}I", 2) + b"st", order)
    )

    assert read(write(tmp_path / "x.pcapng", content)) == [
        Frame(TIME_US, 101, b"abcde"),
        Frame(TIME_US, 1, b"xyz"),
        Frame(TIME_US, 1, b"st"),
    ]


def test_a_new_section_begins_its_own_interfaces(tmp_path: Path) -> None:
    """Files put one after the other are read on, in whatever byte order."""
    content = section() + interface(1) + enhanced(0, TIME_US, b"a")
    content += section(">") + interface(101, ">") + enhanced(0, TIME_US, b"b", ">")

    assert [frame.link for frame in read(write(tmp_path / "x.pcapng", content))] == [1, 101]


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_cut_file_is_refused_wherever_it_was_cut(tmp_path: Path, suffix: str) -> None:
    """Only the end of a packet is an end of the file."""
    for content in (
        pcap((TIME_US, b"abcdef"), (TIME_US, b"ghijklm")),
        section() + interface() + enhanced(0, TIME_US, b"abc") + enhanced(0, TIME_US, b"defgh"),
    ):
        ends = _ends(content)
        for kept in range(5, len(content)):
            path = write(tmp_path / f"x{suffix}", content[:kept])
            if kept in ends:
                read(path)
                continue
            with pytest.raises(MalformedDocument, match=r"cut|damaged"):
                read(path)


def _ends(content: bytes) -> set[int]:
    """Find the offsets at which a packet, or the header, ends."""
    if content[:4] == b"\x0a\x0d\x0d\x0a":
        at, ends = 0, set()
        while at < len(content):
            at += struct.unpack_from("<I", content, at + 4)[0]
            ends.add(at)
        return ends
    return {24, 24 + 22, 24 + 22 + 23}


def test_a_cut_gzip_stream_is_refused(tmp_path: Path) -> None:
    """A capture that was compressed while it was written ends too early."""
    raw = gzip.compress(pcap((TIME_US, bytes(range(256)))))
    path = tmp_path / "x.pcap.gz"
    path.write_bytes(raw[:-20])

    with pytest.raises(MalformedDocument, match="gzip stream is cut or damaged"):
        read(path)


@pytest.mark.parametrize(
    "content",
    [
        section() + struct.pack("<II", 6, 0),
        section() + struct.pack("<II", 6, 13) + bytes(5),
        section() + struct.pack("<II", 6, 0xFFFFFFF0) + bytes(99),
        section() + enhanced(0, TIME_US, b"no interface"),
        section() + interface() + enhanced(3, TIME_US, b"abc"),
        section() + block(1, b"ab"),
        pcap() + struct.pack("<IIII", 1, 1, 0xFFFFFFFF, 1) + bytes(99),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """Lengths and numbers that cannot be end the reading, not the memory."""
    with pytest.raises(MalformedDocument, match="damaged"):
        read(write(tmp_path / "x", content))


@pytest.mark.parametrize("content", [b"", b"abc", b"GIF89a" * 20, b"\xa1\xb2\xc3\xd5" * 9])
def test_what_is_no_capture_is_refused(tmp_path: Path, content: bytes) -> None:
    """The magic tells."""
    with pytest.raises(MalformedDocument, match="is neither pcap nor pcapng"):
        read(write(tmp_path / "x.pcap", content))


def test_bytes_read_reach_the_size_of_the_file(tmp_path: Path) -> None:
    """The progress bar ends where the file ends."""
    path = write(tmp_path / "x.pcap.gz", pcap(*[(TIME_US, bytes(60))] * 10_000))
    tally = Tally()

    assert len(list(frames(path, tally))) == 10_000
    assert tally.bytes_read == path.stat().st_size
