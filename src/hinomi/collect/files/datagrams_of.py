"""
UDP payloads out of capture files, as batches of datagrams for the decoders of exports.

Fragments of IP are put together again, within bounds: exporters send datagrams of up to
9,000 bytes. A datagram of which the capture kept only a part is left out and counted.

Source: RFC 768; RFC 791, section 3.2 (reassembly); RFC 8200, sections 4 and 4.5.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from hinomi.collect.files.framing import frames
from hinomi.collect.files.packets import IPV4, IPV6, SUPPORTED_LINKS, network_layer
from hinomi.collect.files.reading import Tally
from hinomi.collect.wire.datagrams import Datagrams
from hinomi.collect.wire.sources import REFUSED, Sources
from hinomi.errors import MalformedDocument
from hinomi.model.protocol import Protocol

MOST_DATAGRAMS: Final = 1024
"""Datagrams of one batch, as the collector takes them from a socket."""

NOT_UDP: Final = "frames-not-udp"
CUT: Final = "datagrams-cut-by-capture"
INCOMPLETE: Final = "fragments-incomplete"
NOT_ALLOWED: Final = "datagrams-of-others"

_MOST_BYTES: Final = 4 << 20
"""Bytes of one batch; whichever of the two bounds is reached first."""

_MOST_PENDING: Final = 64
"""Datagrams of which some fragments are awaited; the oldest gives way."""

_MOST_FRAGMENTS: Final = 128
"""Of one datagram; at the smallest packet every IPv4 host takes (576 bytes) there are 119."""

_MOST_LENGTH: Final = 65_535
_MAPPED: Final = b"\0" * 10 + b"\xff\xff"  # RFC 4291, section 2.5.5.2.
_UDP_HEADER: Final = 8
_FRAGMENT: Final = 44
_SKIPPED: Final = frozenset({0, 43, 60})  # Hop-by-hop, routing, destination options.
_MOST_EXTENSIONS: Final = 8


class Payload(NamedTuple):
    """What one UDP datagram carried."""

    time_us: int  # When its last fragment was captured, microseconds since the Unix epoch.
    address: bytes  # Who sent it, 16 bytes.
    data: bytes


class _Piece(NamedTuple):
    """The IP payload of one packet, whole or a fragment."""

    source: bytes  # 16 bytes.
    key: bytes  # Of the datagram that a fragment belongs to.
    offset: int  # Bytes.
    is_last: bool
    data: bytes


@dataclass(slots=True)
class _Awaited:
    parts: dict[int, bytes] = field(default_factory=dict)  # By offset.
    held: int = 0  # Bytes in them.
    end: int = -1  # Length of the whole; -1 until the last fragment is there.

    def add(self, piece: _Piece) -> bytes | None:
        """Add a fragment and give the whole once nothing is missing."""
        if piece.offset not in self.parts and len(self.parts) < _MOST_FRAGMENTS:
            self.parts[piece.offset] = piece.data
            self.held += len(piece.data)
        if piece.is_last:
            self.end = piece.offset + len(piece.data)
        if not 0 <= self.end <= self.held:
            return None
        whole, at = [], 0
        for offset, data in sorted(self.parts.items()):
            if offset != at:  # A gap, or an overlap, which nobody honest sends.
                return None
            whole.append(data)
            at += len(data)
        return b"".join(whole) if at == self.end else None


def read_datagrams(path: Path, tally: Tally, sources: Sources) -> Iterator[Datagrams]:
    """
    Yield the UDP datagrams of a capture in the file's order, up to `MOST_DATAGRAMS` a batch.

    Args:
        path: A pcap or pcapng file, plain or gzip.
        tally: Its notes count what was no UDP, cut, incomplete, or of no allowed sender.
        sources: Gives each sender its number.

    Raises:
        MalformedDocument: If the file is no capture, was cut, is damaged, or of a link type
            that is not read.
    """
    payloads: list[bytes] = []
    numbers: list[int] = []
    arrived_ms: list[int] = []
    size = 0
    for payload in read_payloads(path, tally):
        number = sources.number(payload.address)
        if number == REFUSED:
            tally.notes[NOT_ALLOWED] += 1
            continue
        payloads.append(payload.data)
        numbers.append(number)
        arrived_ms.append(payload.time_us // 1000)
        size += len(payload.data)
        if len(payloads) >= MOST_DATAGRAMS or size >= _MOST_BYTES:
            yield Datagrams.pack(payloads, numbers, arrived_ms)
            payloads, numbers, arrived_ms, size = [], [], [], 0
    if payloads:
        yield Datagrams.pack(payloads, numbers, arrived_ms)


def read_payloads(path: Path, tally: Tally) -> Iterator[Payload]:
    """
    Yield what each UDP datagram of a capture carried, whatever that is.

    Raises:
        MalformedDocument: As `read_datagrams` says.
    """
    awaited: dict[bytes, _Awaited] = {}
    for time_us, link, frame in frames(path, tally):
        if link not in SUPPORTED_LINKS:
            raise MalformedDocument(f"packets of link type {link} are not read", str(path))
        try:
            piece = _piece(link, frame)
        except (struct.error, IndexError):
            tally.notes[CUT] += 1
            continue
        if piece is None:
            tally.notes[NOT_UDP] += 1
            continue
        whole = _assemble(piece, awaited, tally)
        if whole is None:
            continue
        data = _unwrap(whole)
        if data is None:
            tally.notes[CUT] += 1
        else:
            yield Payload(time_us, piece.source, data)
    tally.note(INCOMPLETE, len(awaited))


def _assemble(piece: _Piece, awaited: dict[bytes, _Awaited], tally: Tally) -> bytes | None:
    if piece.offset == 0 and piece.is_last:
        return piece.data
    if piece.offset + len(piece.data) > _MOST_LENGTH:
        tally.notes[INCOMPLETE] += 1
        return None
    if piece.key not in awaited and len(awaited) >= _MOST_PENDING:
        del awaited[next(iter(awaited))]
        tally.notes[INCOMPLETE] += 1
    whole = awaited.setdefault(piece.key, _Awaited()).add(piece)
    if whole is not None:
        del awaited[piece.key]
    return whole


def _unwrap(segment: bytes) -> bytes | None:
    """Take the UDP header off; None if the payload is not there as far as it says."""
    if len(segment) < _UDP_HEADER:
        return None
    length = (segment[4] << 8) | segment[5]
    if not _UDP_HEADER <= length <= len(segment):
        return None
    return segment[_UDP_HEADER:length]


def _piece(link: int, frame: bytes) -> _Piece | None:
    """Give what a frame holds of a UDP datagram, None if it holds something else."""
    kind, start = network_layer(link, frame)
    if kind == IPV4:
        return _ipv4(frame, start)
    return _ipv6(frame, start) if kind == IPV6 else None


def _ipv4(frame: bytes, start: int) -> _Piece | None:
    head, total, ident, fragment, proto = struct.unpack_from(">BxHHHxB", frame, start)
    if head >> 4 != 4 or proto != Protocol.UDP:  # noqa: PLR2004 - RFC 791, section 3.1.
        return None
    ends = frame[start + 12 : start + 20]
    begin = start + 4 * (head & 0xF)
    end = start + total if total else len(frame)  # 0: left to the network card to fill in.
    if end > len(frame) or begin > end:
        raise IndexError  # The capture kept less.
    return _Piece(
        _MAPPED + ends[:4],
        ends + struct.pack(">H", ident),
        8 * (fragment & 0x1FFF),
        not fragment & 0x2000,
        frame[begin:end],
    )


def _ipv6(frame: bytes, start: int) -> _Piece | None:
    head, length, kind = struct.unpack_from(">B3xHB", frame, start)
    if head >> 4 != 6:  # noqa: PLR2004 - RFC 8200, section 3.
        return None
    ends = frame[start + 8 : start + 40]
    at, end = start + 40, start + 40 + length
    if end > len(frame):
        raise IndexError  # The capture kept less.
    key, offset, is_last = b"", 0, True
    for _ in range(_MOST_EXTENSIONS):
        if kind in _SKIPPED:
            kind, at = frame[at], at + 8 + 8 * frame[at + 1]
        elif kind == _FRAGMENT:
            kind, place, ident = struct.unpack_from(">BxHI", frame, at)
            key, offset = ends + struct.pack(">I", ident), place & 0xFFF8
            is_last, at = not place & 1, at + 8
            break  # What follows stands in the first fragment only.
        else:
            break
    if kind != Protocol.UDP:
        return None
    return _Piece(ends[:16], key, offset, is_last, frame[at:end])
