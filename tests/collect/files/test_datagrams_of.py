"""UDP payloads come out of captures as they were sent, fragments put together."""

import socket
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.files.datagrams_of import MOST_DATAGRAMS, read_datagrams, read_payloads
from hinomi.collect.files.reading import Tally
from hinomi.collect.wire.sources import Sources
from hinomi.errors import MalformedDocument
from readers import write

TIME_US = 1_767_268_800_123_456
V4 = socket.inet_aton("203.0.113.1") + socket.inet_aton("192.0.2.9")
V6 = socket.inet_pton(socket.AF_INET6, "2001:db8::1") + socket.inet_pton(
    socket.AF_INET6, "2001:db8::2"
)
MAPPED = bytes(10) + b"\xff\xff" + V4[:4]


def udp(payload: bytes, length: int | None = None) -> bytes:
    """Put a UDP header before a payload."""
    stated = 8 + len(payload) if length is None else length
    return struct.pack(">HHHH", 5000, 2055, stated, 0) + payload


def ipv4(body: bytes, proto: int = 17, fragment: int = 0, ident: int = 7) -> bytes:
    """Put an IPv4 header before what *proto* made."""
    head = (0x45, 0, 20 + len(body), ident, fragment, 64, proto, 0)
    return struct.pack(">BBHHHBBH", *head) + V4 + body


def ipv6(body: bytes, proto: int = 17) -> bytes:
    """Put an IPv6 header before what *proto* made."""
    return struct.pack(">IHBB", 0x60000000, len(body), proto, 64) + V6 + body


def ethernet(packet: bytes, kind: int = 0x0800) -> bytes:
    """Put a packet into an Ethernet frame, padded to its least length."""
    return (bytes(12) + struct.pack(">H", kind) + packet).ljust(60, b"\0")


def capture(tmp_path: Path, *frames: bytes, link: int = 1) -> Path:
    """Write frames to a pcap file, a millisecond apart."""
    parts = [struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)]
    for number, frame in enumerate(frames):
        time_us = TIME_US + 1000 * number
        head = (time_us // 10**6, time_us % 10**6, len(frame), len(frame))
        parts.append(struct.pack("<IIII", *head) + frame)
    return write(tmp_path / "export.pcap", b"".join(parts))


def fragments(body: bytes, size: int) -> list[bytes]:
    """Cut what UDP made into IPv4 packets of *size* bytes, a multiple of 8."""
    return [
        ipv4(body[at : at + size], fragment=at // 8 | (0x2000 if at + size < len(body) else 0))
        for at in range(0, len(body), size)
    ]


def payloads(path: Path) -> tuple[list[bytes], Tally]:
    """Read all payloads."""
    tally = Tally()
    return [found.data for found in read_payloads(path, tally)], tally


def test_each_datagram_has_its_bytes_its_sender_and_its_time(tmp_path: Path) -> None:
    """Both versions of IP, the padding of Ethernet left out."""
    path = capture(tmp_path, ethernet(ipv4(udp(b"one"))), ethernet(ipv6(udp(b"second")), 0x86DD))
    sources = Sources.allowing(["::/0"])
    (batch,) = read_datagrams(path, Tally(), sources)

    assert [batch.payload(row) for row in range(len(batch))] == [b"one", b"second"]
    assert [sources.text(number) for number in batch.source] == ["203.0.113.1", "2001:db8::1"]
    assert list(batch.arrived_ms) == [TIME_US // 1000, TIME_US // 1000 + 1]


def test_batches_are_as_long_as_those_of_a_socket(tmp_path: Path) -> None:
    """A batch ends at 1,024 datagrams."""
    path = capture(tmp_path, *[ethernet(ipv4(udp(b"x")))] * (MOST_DATAGRAMS + 1))

    lengths = [len(batch) for batch in read_datagrams(path, Tally(), Sources.allowing(["::/0"]))]

    assert lengths == [MOST_DATAGRAMS, 1]


def test_who_may_not_send_is_counted(tmp_path: Path) -> None:
    """The allow-list of the collector holds here too."""
    path = capture(tmp_path, ethernet(ipv4(udp(b"x"))), ethernet(ipv6(udp(b"y")), 0x86DD))
    tally, sources = Tally(), Sources.allowing(["2001:db8::/32"])
    (batch,) = read_datagrams(path, tally, sources)

    assert batch.payload(0) == b"y"
    assert tally.notes == {"datagrams-of-others": 1}
    assert sources.refused == {MAPPED: 1}


@given(body=st.binary(min_size=1, max_size=3000), size=st.integers(30, 180), data=st.data())
def test_fragments_are_put_together_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, size: int, data: st.DataObject
) -> None:
    """The payload of a fragmented datagram is what was sent, whatever order it came in."""
    packets = fragments(udp(body), 8 * size)
    mixed = data.draw(st.permutations(packets))
    path = capture(tmp_path_factory.mktemp("x"), *[ethernet(packet) for packet in mixed])

    assert payloads(path) == ([body], Tally(bytes_read=path.stat().st_size))


def test_a_datagram_with_a_missing_fragment_is_counted(tmp_path: Path) -> None:
    """Neither is half a datagram given, nor does it hold up the next."""
    first, _, last = fragments(udp(bytes(3000)), 1200)
    path = capture(tmp_path, ethernet(first), ethernet(last), ethernet(ipv4(udp(b"x"), ident=8)))
    found, tally = payloads(path)

    assert found == [b"x"]
    assert tally.notes == {"fragments-incomplete": 1}


def test_waiting_fragments_are_bounded(tmp_path: Path) -> None:
    """Of a thousand first fragments 64 wait; every one is counted."""
    starts = [ethernet(ipv4(udp(bytes(80)), fragment=0x2000, ident=n)) for n in range(1000)]
    found, tally = payloads(capture(tmp_path, *starts))

    assert found == []
    assert tally.notes == {"fragments-incomplete": 1000}


def test_fragments_beyond_the_greatest_datagram_are_refused(tmp_path: Path) -> None:
    """An offset near the end cannot make a datagram of more than 65,535 bytes."""
    path = capture(tmp_path, ethernet(ipv4(bytes(1000), fragment=0x1FFF)))

    assert payloads(path)[1].notes == {"fragments-incomplete": 1}


def test_fragments_of_ipv6_are_put_together(tmp_path: Path) -> None:
    """Behind the fragment header and what stands before it."""
    body = udp(bytes(range(200)))
    hop = struct.pack(">BB6x", 44, 0)
    parts = [
        ipv6(hop + struct.pack(">BBHI", 17, 0, at | (at == 0), 99) + body[at : at + 104], 0)
        for at in (0, 104)
    ]
    path = capture(tmp_path, *[ethernet(part, 0x86DD) for part in parts])

    assert payloads(path)[0] == [bytes(range(200))]


@pytest.mark.parametrize(
    ("frame", "note"),
    [
        (ethernet(ipv4(bytes(40), proto=6)), "frames-not-udp"),
        (ethernet(ipv6(bytes(40), proto=58), 0x86DD), "frames-not-udp"),
        (ethernet(bytes(40), 0x0806), "frames-not-udp"),
        (ethernet(ipv4(udp(bytes(100))))[:82], "datagrams-cut-by-capture"),
        (ethernet(ipv6(udp(bytes(100))), 0x86DD)[:82], "datagrams-cut-by-capture"),
        (ethernet(ipv4(udp(b"x")))[:20], "datagrams-cut-by-capture"),
        (ethernet(ipv4(udp(b"x", length=9000))), "datagrams-cut-by-capture"),
        (ethernet(ipv4(udp(b"x", length=3))), "datagrams-cut-by-capture"),
        (ethernet(ipv4(b"\1\2\3")), "datagrams-cut-by-capture"),
    ],
)
def test_what_gives_no_payload_is_counted(tmp_path: Path, frame: bytes, note: str) -> None:
    """Other protocols, and datagrams that the capture cut or that state a wrong length."""
    found, tally = payloads(capture(tmp_path, frame, ethernet(ipv4(udp(b"good")))))

    assert found == [b"good"]
    assert tally.notes == {note: 1}


@given(st.lists(st.binary(max_size=120), max_size=5))
def test_no_frame_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, tails: list[bytes]
) -> None:
    """Whatever follows the ether type, each frame is a payload or counted."""
    frames = [bytes(12) + b"\x08\x00" + tail for tail in tails]
    frames += [bytes(12) + b"\x86\xdd" + tail for tail in tails]
    found, tally = payloads(capture(tmp_path_factory.mktemp("x"), *frames))

    assert len(found) + sum(tally.notes.values()) == len(frames)


def test_links_that_are_not_read_are_told(tmp_path: Path) -> None:
    """Nothing is guessed about radio frames."""
    with pytest.raises(MalformedDocument, match="link type 105"):
        payloads(capture(tmp_path, b"x", link=105))
