"""The keyed hash of the network in which a line lies (``line_net``)."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.ownership import v4_blocks
from hinomi.govern.pseudonym import LineCipher
from hinomi.model.address import V4_PREFIX

_V4_TAG: Final = np.uint64(0xFFFF)
_LOW_BITS: Final = np.uint64(32)
_V6_NETWORK: Final = np.uint64(0xFFFFFFFF << 32)  # /32
_BLOCKS: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class LineNetworks:
    """
    Hashes the networks of lines under one key.

    Notes:
        The networks of IPv4 are hashed once, all 65,536 of them.
    """

    cipher: LineCipher
    _v4: NDArray[np.int32] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        blocks = V4_PREFIX | (np.arange(_BLOCKS, dtype=np.int64) << 16)
        hashed = self.cipher.hash_networks(np.zeros(_BLOCKS, dtype=np.int64), blocks)
        object.__setattr__(self, "_v4", hashed)

    def of(self, hi: NDArray[np.int64], lo: NDArray[np.int64]) -> NDArray[np.int32]:
        """
        Hash the /16 (IPv4, without its port set) or /32 (IPv6) that each line key lies in.

        Args:
            hi: High halves of n line keys, shape (n,).
            lo: Low halves, shape (n,).
        """
        high, low = hi.view(np.uint64), lo.view(np.uint64)
        hashed: NDArray[np.int32] = self._v4.take(v4_blocks(low), mode="clip")
        v6 = np.flatnonzero((high != 0) | ((low >> _LOW_BITS) & _V4_TAG != _V4_TAG))
        if v6.size:
            network = (high[v6] & _V6_NETWORK).view(np.int64)
            hashed[v6] = self.cipher.hash_networks(network, np.zeros(v6.size, dtype=np.int64))
        return hashed
