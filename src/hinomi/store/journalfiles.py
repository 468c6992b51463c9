"""The files of a journal: bodies, bundles of leaves and tiles, and how lost ones are made anew."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from hinomi.govern import merkle
from hinomi.govern.checkpoint import Checkpoint
from hinomi.govern.edge import Edge, Tile
from hinomi.govern.journal import Altered, Body
from hinomi.govern.tiles import (
    ENTRIES,
    WIDTH,
    BadTile,
    decode_bundle,
    place_name,
    split,
    stored_in,
    tile_name,
)
from hinomi.store.durable import replace_durably, sync_folder

BODIES: Final = "bodies"
MODE: Final = 0o600

LEVELS: Final = 8
"""More than any journal will have: 256 to the power of that many entries."""


class JournalFiles:
    """
    The files in a journal's folder.

    Notes:
        Bodies and full tiles are on the disk for good once they are written; partial tiles
        are not, since bodies tell what is in them.
    """

    def __init__(self, folder: Path) -> None:
        """Look at the journal in *folder*."""
        self.folder = folder

    def edge(self, head: Checkpoint) -> Edge:
        """
        Give the right edge of the tree that was signed.

        Raises:
            Altered: If what is there is not what was signed.
        """
        try:
            edge = self._read_edge(head.size)
        except (Altered, BadTile):
            edge = Edge()
        is_of_leaves = [merkle.leaf_hash(each) for each in edge.leaves] == edge.levels[0]
        if not is_of_leaves or (edge.size, edge.root()) != (head.size, head.root):
            edge = self._rebuilt_edge(head)
            for tile in edge.partial_tiles():
                self.put(tile)
        return edge

    def _read_edge(self, size: int) -> Edge:
        edge = Edge(size)
        number, within = divmod(size, WIDTH)
        if within:
            edge.leaves = decode_bundle(self.read(tile_name(ENTRIES, number, within)), within)
        edge.levels = []
        for level in range(LEVELS):
            number, within = divmod(size >> (8 * level), WIDTH)
            hashes = self.read(tile_name(level, number, within)) if within else b""
            edge.levels.append(split(hashes, within))
            if number == 0:
                break
        return edge

    def _rebuilt_edge(self, head: Checkpoint) -> Edge:
        """
        Make the edge anew where the power failed before its tiles were on the disk.

        Bodies and full tiles always are. Where bodies are deleted, partial tiles are as well.
        """
        number, within = divmod(head.size, WIDTH)
        leaves = self._partial_bundle(number, within)
        known = {each.index: each for each in self.bodies(number)}
        try:
            for index in range(number * WIDTH + len(leaves), head.size):
                leaves.append(known[index].leaf().encode())
            edge = Edge(head.size, leaves, [[merkle.leaf_hash(each) for each in leaves]])
            for level in range(1, LEVELS):
                tile, count = divmod(head.size >> (8 * level), WIDTH)
                below = (
                    self.read(tile_name(level - 1, tile * WIDTH + each)) for each in range(count)
                )
                edge.levels.append([merkle.tree_hash(split(each, WIDTH)) for each in below])
                if tile == 0:
                    break
        except (KeyError, Altered, BadTile):
            edge = Edge()
        if (edge.size, edge.root()) != (head.size, head.root):
            raise Altered(
                f"journal {self.folder}: what is there is not what was signed; nothing is written "
                "to it; see `hinomi journal verify`, and put it back from a backup"
            )
        return edge

    def _partial_bundle(self, number: int, within: int) -> list[bytes]:
        """Give the leaves of the widest partial bundle that is sound, at most *within*."""
        for width in range(within, 0, -1):
            path = self.folder / tile_name(ENTRIES, number, width)
            if path.exists():
                with suppress(BadTile, OSError):
                    return decode_bundle(path.read_bytes(), width)
        return []

    def add_bodies(self, first: int, bodies: Sequence[Body]) -> None:
        """Put bodies on the disk: from here on they are written."""
        for number in sorted({each.index // WIDTH for each in bodies}):
            path = self.body_path(number)
            _make_folder(path.parent)
            new = b"".join(each.encode() for each in bodies if each.index // WIDTH == number)
            is_new = not path.exists()
            with opened(path, os.O_APPEND) as file:
                if number == first // WIDTH and not is_new:
                    file.truncate(_whole_lines(path))
                file.write(new)
                file.flush()
                os.fsync(file.fileno())
            if is_new:
                sync_folder(path.parent)

    def put_durably(self, tiles: Sequence[Tile]) -> None:
        """Put on the disk for good what could be made anew from bodies, before those go."""
        for tile in tiles:
            replace_durably(self.folder / tile.name, tile.content, mode=MODE)

    def sweep(self, before: int, after: int) -> None:
        """Remove the partial tiles of tiles that are full by now."""
        level, first, end = 0, before // WIDTH, after // WIDTH
        while end > first:
            for number in range(first, end):
                for each in (level, ENTRIES) if level == 0 else (level,):
                    partial = self.folder / f"{tile_name(each, number)}.p"
                    shutil.rmtree(partial, ignore_errors=True)
            level, first, end = level + 1, first // WIDTH, end // WIDTH

    def put(self, tile: Tile) -> None:
        """Write a tile: a full one durably, since nothing makes it anew."""
        path = self.folder / tile.name
        _make_folder(path.parent)
        if tile.is_full:
            replace_durably(path, tile.content, mode=MODE)
        else:
            with opened(path, os.O_TRUNC) as file:
                file.write(tile.content)

    def stored(self, size: int) -> merkle.Stored:
        """Give the hashes of the tree of the first *size* leaves; each tile is read once."""
        read: dict[tuple[int, int, int], bytes] = {}

        def tile(level: int, number: int, width: int) -> bytes:
            place = level, number, width
            if place not in read:
                read[place] = self._tile(level, number, width)
            return read[place]

        return stored_in(tile, size)

    def _tile(self, level: int, number: int, width: int) -> bytes:
        """Read a tile of hashes; a partial one out of the full tile where that is there."""
        if width < WIDTH and (self.folder / (full := tile_name(level, number))).exists():
            return self.read(full)[: width * merkle.HASH_BYTES]
        return self.read(tile_name(level, number, width))

    def read(self, name: str) -> bytes:
        """
        Read a file.

        Raises:
            Altered: If it is not there.
        """
        path = self.folder / name
        try:
            return path.read_bytes()
        except OSError as error:
            raise Altered(
                f"journal {path}: {error.strerror}; it was there when it was signed"
            ) from error

    def bodies(self, number: int) -> Iterator[Body]:
        """Read the bodies of a bundle; half a line at the end was never acknowledged."""
        try:
            content = self.body_path(number).read_bytes()
        except FileNotFoundError:
            return
        yield from (Body.decode(line + b"\n") for line in content.split(b"\n")[:-1])

    def body_path(self, number: int) -> Path:
        """Name the file of the bodies of a bundle."""
        return self.folder / BODIES / place_name(number)


def _whole_lines(path: Path) -> int:
    """Tell where the last whole line ends: a killed writer may have left half a one."""
    return path.read_bytes().rfind(b"\n") + 1


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, durable."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)


def opened(path: Path, how: int) -> BinaryIO:
    """Open a file to write, made readable by its owner alone."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | how, MODE), "wb")
