"""
Tiles: the hashes of a Merkle tree in files of 256, named so that any static server can serve them.

Source:
    C2SP tlog-tiles.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from hinomi.errors import HinomiError
from hinomi.govern.merkle import HASH_BYTES, Stored, tree_hash

WIDTH: Final = 256
"""Hashes in a full tile, and entries in a full bundle."""

ENTRIES: Final = "entries"
"""Stands in place of the level in the names of bundles."""

_HEIGHT: Final = 8
_LENGTH_BYTES: Final = 2
_NAME: Final = re.compile(r"tile/(\d{1,2}|entries)/((?:x\d{3}/)*\d{3})(?:\.p/(\d{1,3}))?")


class BadTile(HinomiError):
    """A tile or bundle that is missing or is not what it should be."""

    exit_code = 65  # EX_DATAERR


def place_name(index: int) -> str:
    """Name the place of a tile in its level: 1234067 is ``x001/x234/067``."""
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.append(f"x{index % 1000:03d}")
    return "/".join(reversed(parts))


def tile_name(level: int | str, index: int, width: int = WIDTH) -> str:
    """Name the file of a tile or, at level `ENTRIES`, of a bundle."""
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{place_name(index)}{partial}"


def parse_name(name: str) -> tuple[int | str, int, int] | None:
    """Read level, index and width out of a file's name; None if it is no tile's."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    level = found[1] if found[1] == ENTRIES else int(found[1])
    index = int(found[2].replace("/", "").replace("x", ""))
    width = int(found[3]) if found[3] else WIDTH
    is_right = width > 0 and tile_name(level, index, width) == name
    return (level, index, width) if is_right else None


def widths(size: int) -> Iterator[tuple[int, int, int]]:
    """Give level, index and width of the last tile of each level of a tree of *size* leaves."""
    level = 0
    while size > 0:
        yield level, (size - 1) // WIDTH, (size - 1) % WIDTH + 1
        level, size = level + 1, size // WIDTH


def stored_in(tile: Callable[[int, int, int], bytes], size: int) -> Stored:
    """
    Give the hashes of a tree of *size* leaves out of its tiles.

    Args:
        tile: Gives the bytes of a tile by level, index and width in that tree.
        size: Number of leaves.
    """

    def stored(height: int, index: int) -> bytes:
        level, within = divmod(height, _HEIGHT)
        count = 1 << within
        number, start = divmod(index * count, WIDTH)
        width = min(WIDTH, (size >> (_HEIGHT * level)) - number * WIDTH)
        hashes = split(tile(level, number, width), width)
        return tree_hash(hashes[start : start + count])

    return stored


def split(tile: bytes, width: int) -> list[bytes]:
    """
    Cut a tile into its hashes.

    Raises:
        BadTile: If it has not *width* of them.
    """
    if len(tile) != width * HASH_BYTES:
        raise BadTile(f"a tile of the journal has {len(tile)} bytes, not {width * HASH_BYTES}")
    return [tile[start : start + HASH_BYTES] for start in range(0, len(tile), HASH_BYTES)]


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Write entries one after the other, each behind its length."""
    return b"".join(len(each).to_bytes(_LENGTH_BYTES) + each for each in entries)


def decode_bundle(bundle: bytes, width: int) -> list[bytes]:
    """
    Cut a bundle into its entries.

    Raises:
        BadTile: If it has not *width* of them.
    """
    entries, place = [], 0
    while place + _LENGTH_BYTES <= len(bundle):
        start = place + _LENGTH_BYTES
        place = start + int.from_bytes(bundle[place:start])
        entries.append(bundle[start:place])
    if place != len(bundle) or len(entries) != width:
        raise BadTile(f"a bundle of the journal does not hold {width} entries")
    return entries
