"""
Packets out of capture files: pcap and pcapng, plain or gzip.

dpkt decodes pcap files and pcapng's interface descriptions. The blocks of pcapng are walked
here, because dpkt's own reader knows one interface a file; and every read is watched,
because dpkt takes half a packet at the end of a cut file for a whole one.

Source: draft-ietf-opsawg-pcap; draft-ietf-opsawg-pcapng.
"""

import gzip
import math
import struct
import zlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import IO, Final, NamedTuple

import dpkt

from hinomi.collect.files.reading import Tally
from hinomi.collect.files.text import GZIP_MAGIC
from hinomi.errors import MalformedDocument

PCAP_MAGICS: Final = frozenset(
    bytes.fromhex(magic)
    for magic in ("a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1", "a1b2cd34", "34cdb2a1")
)
PCAPNG_MAGIC: Final = bytes.fromhex("0a0d0d0a")

_MOST_BLOCK: Final = 16 << 20
"""No packet or block is larger; a length above it means a damaged file."""

_SECTION, _INTERFACE, _PACKET, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
_BYTE_ORDER_MAGIC: Final = 0x1A2B3C4D
_LINK_MASK: Final = 0xFFFF  # The high bits of pcap's link field tell of frame checksums.


class Frame(NamedTuple):
    """One captured packet."""

    time_us: int  # Microseconds since the Unix epoch.
    link: int  # LINKTYPE_ value.
    data: bytes


class _Watched:
    """A file that notices when it ends inside what was asked for."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file = file
        self._path = path
        self.name = str(path)
        self.is_cut = False

    def read(self, size: int) -> bytes:
        """Read *size* bytes, fewer only at the end of the file."""
        if not 0 <= size <= _MOST_BLOCK:
            raise MalformedDocument("has a block of impossible length; it is damaged", self.name)
        data = self._file.read(size)
        self.is_cut = self.is_cut or 0 < len(data) < size
        return data

    def whole(self, size: int) -> bytes:
        """Read *size* bytes or say that the file was cut."""
        data = self.read(size)
        if len(data) < size:
            raise _cut(self._path)
        return data


def frames(path: Path, tally: Tally) -> Iterator[Frame]:
    """
    Yield the packets of a capture in the file's order.

    Raises:
        MalformedDocument: If the file is no capture, was cut, or is damaged.
    """
    with path.open("rb") as raw:
        zipped = raw.read(2) == GZIP_MAGIC
        raw.seek(0)
        file: IO[bytes] = gzip.GzipFile(fileobj=raw) if zipped else raw  # type: ignore[assignment]
        try:
            magic = file.read(4)
            file.seek(0)
            if magic not in PCAP_MAGICS and magic != PCAPNG_MAGIC:
                raise MalformedDocument("is neither pcap nor pcapng", str(path))
            walk = _pcapng if magic == PCAPNG_MAGIC else _pcap
            for number, frame in enumerate(walk(_Watched(file, path), path)):
                if number & 0xFFF == 0:
                    tally.bytes_read = raw.tell()
                yield frame
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise MalformedDocument("the gzip stream is cut or damaged", str(path)) from None
        tally.bytes_read = raw.tell()


def _cut(path: Path) -> MalformedDocument:
    return MalformedDocument("ends inside a packet; the file was cut", str(path))


def _pcap(file: _Watched, path: Path) -> Iterator[Frame]:
    try:
        reader = dpkt.pcap.Reader(file)
        link = reader.datalink() & _LINK_MASK
        for seconds, data in reader:
            if file.is_cut or not data:
                raise _cut(path)
            yield Frame(_whole_us(seconds), link, data)
    except (dpkt.Error, ValueError):
        raise _cut(path) from None


def _whole_us(seconds: float | Decimal) -> int:
    """Give the microsecond a packet lies in; dpkt gives nanoseconds exactly, as a Decimal."""
    if isinstance(seconds, Decimal):
        return math.floor(seconds * 1_000_000)
    return round(seconds * 1_000_000)


class _Interface(NamedTuple):
    link: int
    ticks: int  # A second.
    offset_us: int


def _pcapng(file: _Watched, path: Path) -> Iterator[Frame]:
    order = "<"
    interfaces: list[_Interface] = []
    last_us = 0
    while head := file.read(8):
        if len(head) < 8:  # noqa: PLR2004 - type and length of a block.
            raise _cut(path)
        kind = struct.unpack(f"{order}I", head[:4])[0]
        if kind == _SECTION:
            mark = file.whole(4)
            order = "<" if struct.unpack("<I", mark)[0] == _BYTE_ORDER_MAGIC else ">"
            _rest(file, order, head, done=12, path=path)
            interfaces = []
            continue
        body = _rest(file, order, head, done=8, path=path)
        if kind == _INTERFACE:
            interfaces.append(_interface(order, head + body, path))
            continue
        if kind not in (_ENHANCED, _PACKET, _SIMPLE):
            continue
        frame = _frame(order, kind, body, interfaces, last_us, path=path)
        last_us = frame.time_us
        yield frame


def _rest(file: _Watched, order: str, head: bytes, *, done: int, path: Path) -> bytes:
    (length,) = struct.unpack(f"{order}I", head[4:])
    if length < 12 or length % 4:  # noqa: PLR2004 - type, length twice, in words.
        raise MalformedDocument("has a block of impossible length; it is damaged", str(path))
    return file.whole(length - done)


def _interface(order: str, block: bytes, path: Path) -> _Interface:
    decode = (
        dpkt.pcapng.InterfaceDescriptionBlockLE
        if order == "<"
        else dpkt.pcapng.InterfaceDescriptionBlock
    )
    try:
        described = decode(block)
    except (dpkt.Error, struct.error, ValueError):
        raise MalformedDocument("an interface description is damaged", str(path)) from None
    ticks, offset_s = 1_000_000, 0
    for option in described.opts:
        if option.code == dpkt.pcapng.PCAPNG_OPT_IF_TSRESOL and option.data:
            power = option.data[0] & 0x7F
            ticks = 2**power if option.data[0] & 0x80 else 10**power
        elif option.code == dpkt.pcapng.PCAPNG_OPT_IF_TSOFFSET and len(option.data) == 8:  # noqa: PLR2004 - 64 bits.
            (offset_s,) = struct.unpack(f"{order}q", option.data)
    return _Interface(described.linktype, ticks, offset_s * 1_000_000)


def _frame(
    order: str, kind: int, body: bytes, interfaces: list[_Interface], last_us: int, *, path: Path
) -> Frame:
    """Read a packet block; a simple one has no time and takes that of the packet before."""
    try:
        if kind == _SIMPLE:
            (length,) = struct.unpack_from(f"{order}I", body)
            return Frame(last_us, interfaces[0].link, body[4 : min(4 + length, len(body) - 4)])
        layout = "IIII" if kind == _ENHANCED else "HxxIII"
        number, high, low, captured = struct.unpack_from(order + layout, body)
        interface = interfaces[number]
    except (struct.error, IndexError):
        raise MalformedDocument("a packet block is damaged", str(path)) from None
    data = body[20 : 20 + captured]
    if len(data) < captured:
        raise _cut(path)
    ticks = (high << 32) | low
    return Frame(ticks * 1_000_000 // interface.ticks + interface.offset_us, interface.link, data)
