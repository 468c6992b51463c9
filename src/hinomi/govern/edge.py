"""
The right edge of a journal's tree: all that is needed to let it grow.

Of each level it knows the hashes that fill no tile yet. Full tiles are not looked at again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hinomi.govern.merkle import EMPTY_ROOT, leaf_hash, tree_hash
from hinomi.govern.tiles import ENTRIES, WIDTH, encode_bundle, tile_name


@dataclass(frozen=True, slots=True)
class Tile:
    """One file of the tree, a bundle of leaves or a tile of hashes."""

    level: int | str  # `ENTRIES` for a bundle.
    number: int
    width: int
    content: bytes

    @property
    def name(self) -> str:
        """The name of its file."""
        return tile_name(self.level, self.number, self.width)

    @property
    def is_full(self) -> bool:
        """Tell whether it will never change again."""
        return self.width == WIDTH


@dataclass(slots=True)
class Edge:
    """A tree of *size* leaves, as far as it still grows."""

    size: int = 0
    leaves: list[bytes] = field(default_factory=list)  # Of the last bundle, if it is not full.
    levels: list[list[bytes]] = field(default_factory=lambda: [[]])  # Hashes by level, likewise.

    def root(self) -> bytes:
        """Give the root of the tree."""
        right: list[bytes] = []
        for hashes in self.levels:
            beside = [*hashes, *right]
            right = [tree_hash(beside)] if beside else []
        return right[0] if right else EMPTY_ROOT

    def add(self, leaves: Sequence[bytes]) -> list[Tile]:
        """
        Add leaves at the end.

        Returns:
            The tiles that are new: full ones first, then what does not fill one yet.
        """
        grown: list[Tile] = []
        touched = {0} if leaves else set[int]()
        start = 0
        while start < len(leaves):
            taken = leaves[start : start + WIDTH - len(self.leaves)]
            start += len(taken)
            self.size += len(taken)
            self.leaves += taken
            self.levels[0] += map(leaf_hash, taken)
            if len(self.leaves) == WIDTH:
                grown.append(self._bundle())
                self.leaves = []
                grown += self._carry(touched)
        if self.leaves and leaves:
            grown.append(self._bundle())
        grown += [self._tile(level) for level in sorted(touched) if self.levels[level]]
        return grown

    def partial_tiles(self) -> list[Tile]:
        """Give the tiles that are not full, as `add` gave them when they were new."""
        tiles = [self._bundle()] if self.leaves else []
        return tiles + [self._tile(level) for level, each in enumerate(self.levels) if each]

    def _carry(self, touched: set[int]) -> list[Tile]:
        """Close every level whose tile is full, from the lowest on."""
        closed, level = [], 0
        while len(self.levels[level]) == WIDTH:
            closed.append(self._tile(level))
            above = tree_hash(self.levels[level])
            self.levels[level] = []
            if level + 1 == len(self.levels):
                self.levels.append([])
            level += 1
            self.levels[level].append(above)
            touched.add(level)
        return closed

    def _bundle(self) -> Tile:
        number = (self.size - 1) // WIDTH
        return Tile(ENTRIES, number, len(self.leaves), encode_bundle(self.leaves))

    def _tile(self, level: int) -> Tile:
        hashes = self.levels[level]
        number = ((self.size >> (8 * level)) - 1) // WIDTH
        return Tile(level, number, len(hashes), b"".join(hashes))
