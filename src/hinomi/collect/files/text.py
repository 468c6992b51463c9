"""Files of text, plain or gzip, as blocks of whole lines: memory stays bounded."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from hinomi.collect.files.reading import Tally
from hinomi.errors import MalformedDocument

GZIP_MAGIC: Final = b"\x1f\x8b"

_READ_BYTES: Final = 1 << 18
_BLOCK_BYTES: Final = 4 << 20
"""Text held at once; a flow log has about 150 bytes a line, so some 30,000 rows."""

_LONGEST_LINE: Final = 1 << 20
_GZIP_WINDOW: Final = 31  # zlib's code for "with a gzip header".


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of a file and where they stand in it."""

    text: bytes  # Ends with a newline, save perhaps at the end of the file.
    first_line: int  # Number of its first line in the file, from 1.

    def lines(self) -> list[bytes]:
        """Split into lines without their ends."""
        lines = self.text.split(b"\n")
        if not lines[-1]:
            lines.pop()
        return [line.removesuffix(b"\r") for line in lines]


def read_blocks(path: Path, tally: Tally) -> Iterator[Block]:
    """
    Yield the text of *path* in blocks of whole lines, decompressed where it is gzip.

    Args:
        path: A plain or gzip file.
        tally: Its *bytes_read* grows by the bytes as they lie on disk.

    Raises:
        MalformedDocument: If the gzip stream is cut or damaged, or the file holds no lines
            of text (a zero byte, or a line above 1 MiB).
    """
    line = 1
    rest = b""
    for chunk in pieces(path, tally):
        if b"\0" in chunk:
            raise MalformedDocument(
                "is not UTF-8 text: binary or in another encoding",
                str(path),
                line + (rest + chunk.split(b"\0", 1)[0]).count(b"\n"),
            )
        text = rest + chunk
        end = text.rfind(b"\n") + 1
        if end == 0 or len(text) < _BLOCK_BYTES:
            rest = text
            if len(text) - end > _LONGEST_LINE:
                raise MalformedDocument(
                    "a line is longer than 1 MiB: no flow log", str(path), line + text.count(b"\n")
                )
            continue
        rest = text[end:]
        yield Block(text[:end], line)
        line += text.count(b"\n", 0, end)
    if rest:
        yield Block(rest, line)


def read_start(path: Path, size: int) -> bytes:
    """
    Give the first bytes of *path*, decompressed where it is gzip, for telling formats apart.

    A damaged gzip stream gives what could be decompressed before the damage.
    """
    with path.open("rb") as file:
        raw = file.read(size)
    if not raw.startswith(GZIP_MAGIC):
        return raw
    try:
        return zlib.decompressobj(_GZIP_WINDOW).decompress(raw, size)
    except zlib.error:
        return b""


def refuse_encoding(block: Block, path: Path) -> None:
    """
    Raise `MalformedDocument` with the line if the block is not UTF-8.

    Raises:
        MalformedDocument: If it is not.
    """
    fault = encoding_fault(block.text)
    if fault is not None:
        line = block.first_line + block.text.count(b"\n", 0, fault)
        raise MalformedDocument("is not UTF-8 text", str(path), line)


def encoding_fault(text: bytes) -> int | None:
    """Find the first byte that is not UTF-8, None if there is none."""
    if text.isascii():
        return None
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


def pieces(path: Path, tally: Tally) -> Iterator[bytes]:
    """
    Yield the bytes of *path* as they come, decompressed where it is gzip.

    Raises:
        MalformedDocument: If the gzip stream is cut or damaged.
    """
    with path.open("rb") as file:
        start = file.read(2)
        file.seek(0)
        if start == GZIP_MAGIC:
            yield from _gunzip(file, path, tally)
            return
        while chunk := file.read(_READ_BYTES):
            tally.bytes_read += len(chunk)
            yield chunk


def _gunzip(file: BinaryIO, path: Path, tally: Tally) -> Iterator[bytes]:
    """Decompress one gzip member after the other (RFC 1952, section 2.2)."""
    member = zlib.decompressobj(_GZIP_WINDOW)
    fed = False
    while raw := file.read(_READ_BYTES):
        tally.bytes_read += len(raw)
        while raw:
            if member.eof:
                raw = raw.lstrip(b"\0")  # Padding of tapes and block devices.
                if not raw:
                    break
                member = zlib.decompressobj(_GZIP_WINDOW)
            try:
                yield member.decompress(raw, _BLOCK_BYTES)
            except zlib.error:
                raise MalformedDocument("the gzip stream is damaged", str(path)) from None
            fed = True
            raw = member.unused_data if member.eof else member.unconsumed_tail
    while fed and not member.eof and (left := member.decompress(b"", _BLOCK_BYTES)):
        yield left
    if fed and not member.eof:
        raise MalformedDocument("the gzip stream ends too early; the file was cut", str(path))
