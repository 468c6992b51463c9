"""
Keys of a round, and what is drawn with them from elements.

Members hold one key of 32 bytes that the hub must never see. HKDF makes of it the keys of
a round, one for each use: no output says anything about another.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self, TypeAlias

import numpy as np
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from numpy.typing import NDArray

from hinomi.share.private import field as prime
from hinomi.share.private.rounds import Round

KEY_BYTES: Final = 32
BLOCK_BYTES: Final = 16
CHECK_BYTES: Final = 16

Blocks: TypeAlias = NDArray[np.uint8]
"""Elements under the round's key, shape (n, BLOCK_BYTES)."""


@dataclass(frozen=True, slots=True)
class RoundKeys:
    """
    The keys of one round: nobody who has them may give them, or what they draw, to the hub.

    Notes:
        An element is first put through HMAC-SHA-256 and cut to 16 bytes; AES-256 under a key for
        each use then draws bins, orders, coefficients and tokens from these blocks, n at once. Two
        elements of n share a block with a chance of n^2 2^-129.

    Source:
        RFC 5869 (HKDF).
    """

    root: bytes = field(repr=False)

    @classmethod
    def derive(cls, members_key: bytes, agreed: Round) -> Self:
        """
        Make the keys of a round from the key that all members share.

        Raises:
            ValueError: If the key has another length (the caller's bug).
        """
        if len(members_key) != KEY_BYTES:
            raise ValueError(f"the members' key has {KEY_BYTES} bytes")
        kdf = HKDF(hashes.SHA256(), KEY_BYTES, salt=agreed.digest, info=b"hinomi round")
        return cls(kdf.derive(members_key))

    def check_value(self) -> bytes:
        """Give 16 bytes that are the same for the same keys, and tell nothing else of them."""
        return self._key(b"check")[:CHECK_BYTES]

    def blocks(self, elements: Sequence[bytes]) -> Blocks:
        """Put n elements under the round's key, shape (n, BLOCK_BYTES)."""
        key = self._key(b"element")
        data = b"".join(hmac.digest(key, one, "sha256")[:BLOCK_BYTES] for one in elements)
        return np.frombuffer(data, np.uint8).reshape(-1, BLOCK_BYTES)

    def bins(self, blocks: Blocks, table: int, insertion: int, bins: int) -> NDArray[np.int64]:
        """Draw a bin for each block, shape (n,)."""
        drawn = np.frombuffer(self._draw(b"bin", bytes((table, insertion)), blocks), ">u8")[::2]
        return (drawn.astype(np.uint64) % np.uint64(bins)).astype(np.int64)

    def orders(self, blocks: Blocks, table: int) -> NDArray[np.uint64]:
        """Draw the order of each block in a table; odd tables reverse that of the even before."""
        drawn = np.frombuffer(self._draw(b"order", bytes((table // 2,)), blocks), ">u8")[::2]
        order = drawn.astype(np.uint64)
        return ~order if table % 2 else order

    def shares(
        self, blocks: Blocks, table: int, insertion: int, threshold: int, point: int
    ) -> prime.Elements:
        """
        Give the shares of zero of each block for the member with *point*, shape (n,).

        The polynomial of a block has no constant term and threshold - 1 coefficients.
        """
        drawn = [
            prime.from_bytes(self._draw(b"coefficient", bytes((table, insertion, power)), blocks))
            for power in range(1, threshold)
        ]
        return prime.evaluate(drawn, point)

    def tokens(self, blocks: Blocks, table: int, insertion: int, point: int) -> NDArray[np.uint32]:
        """Give the tokens of each block for the member with *point*, 32 bits, shape (n,)."""
        where = bytes((table, insertion)) + point.to_bytes(prime.POINT_BYTES, "big")
        drawn = self._draw(b"token", where, blocks)
        return np.frombuffer(drawn, ">u4")[::4].astype(np.uint32)

    def _draw(self, use: bytes, where: bytes, blocks: Blocks) -> bytes:
        key = self._key(use + where)
        # One block an element, no two alike: a pseudorandom function, not an encryption.
        encryptor = Cipher(algorithms.AES256(key), modes.ECB()).encryptor()  # noqa: S305 - see above.
        return encryptor.update(blocks.tobytes()) + encryptor.finalize()

    def _key(self, use: bytes) -> bytes:
        return HKDFExpand(hashes.SHA256(), KEY_BYTES, info=use).derive(self.root)
