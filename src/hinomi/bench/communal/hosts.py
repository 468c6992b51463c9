"""Where everybody outside lives: hosting blocks, blocks of careless hosters, scattered homes."""

from enum import Enum
from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance, Ints
from hinomi.bench.communal.places import REMOTE_BITS, REMOTE_V4, REMOTE_V6

_BLOCKS: Final = 7_000  # /24s of hosters.
_CARELESS: Final = 14  # /24s of hosters that do not care what their customers do.
_BLOCK: Final = 256
_STRIDE: Final = 0x9E3779B1  # Odd: visits every address of the range once.


class Where(Enum):
    """Where a host stands."""

    HOSTING = "hosting"
    CARELESS = "careless"
    HOME = "home"


class Hosts:
    """Gives out addresses, each once; a home may by chance lie in a hoster's block."""

    def __init__(self, chance: Chance) -> None:
        blocks = chance.rng.permutation(1 << (REMOTE_BITS - 8))[: _BLOCKS + _CARELESS]
        self._free = {
            Where.HOSTING: _places(blocks[:_BLOCKS], chance),
            Where.CARELESS: _places(blocks[_BLOCKS:], chance),
        }
        self._taken = dict.fromkeys(Where, 0)
        self._salt = chance.whole(0, 1 << REMOTE_BITS)
        self._v6 = 0

    def take(self, count: int, where: Where = Where.HOSTING) -> Ints:
        """
        Take addresses that nobody has yet.

        Raises:
            ValueError: If there are no more.
        """
        first = self._taken[where]
        self._taken[where] = first + count
        if where is Where.HOME:
            number = np.arange(first, first + count, dtype=np.int64)
            homes: Ints = REMOTE_V4 + (number * _STRIDE + self._salt) % (1 << REMOTE_BITS)
            return homes
        if first + count > self._free[where].size:
            raise ValueError("so large a world does not fit into the synthetic ranges")
        return self._free[where][first : first + count]

    def take_v6(self, count: int) -> Ints:
        """Take IPv6 addresses that nobody has yet."""
        self._v6 += count
        return REMOTE_V6 + np.arange(self._v6 - count, self._v6, dtype=np.int64)


def _places(blocks: Ints, chance: Chance) -> Ints:
    number = chance.rng.permutation(blocks.size * _BLOCK)
    places: Ints = REMOTE_V4 + blocks[number // _BLOCK] * _BLOCK + number % _BLOCK
    return places
