"""
Pseudonyms of subscriber lines: ipcrypt-deterministic under one key per key period.

Detection counts pseudonyms and never holds the key. No door turns a pseudonym back:
`LineCipher.reveal_all` serves the change to another key, which encrypts again at once.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from hinomi.errors import ConfigError
from hinomi.model.address import Address, from_packed, pack_columns, to_packed, unpack_columns

KEY_BYTES: Final = 32
"""Two AES-128 keys: the first for lines, the second for their networks."""


_BLOCK_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class LineCipher:
    """
    The key of one key period.

    Notes:
        AES-128 on single blocks, n x 16 bytes at once; the same line always gives the
        same pseudonym, which is what lets detection count lines.

    Source:
        draft-denis-ipcrypt, section "ipcrypt-deterministic".
    """

    key: bytes = field(repr=False)
    period: str = field(default="", compare=False)  # Its name, as in period-0001.

    def __post_init__(self) -> None:
        if len(self.key) != KEY_BYTES:
            raise ValueError(f"a line key has {KEY_BYTES} bytes")

    @classmethod
    def create(cls) -> Self:
        """Make a new random key."""
        return cls(os.urandom(KEY_BYTES))

    def tokenise(
        self, hi: NDArray[np.int64], lo: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """
        Turn line keys into pseudonyms.

        Args:
            hi: High halves of n line keys, shape (n,).
            lo: Low halves, shape (n,).

        Returns:
            The two halves of the n pseudonyms, shape (n,) each.
        """
        return unpack_columns(self._encrypt(self.key[:16], pack_columns(hi, lo)))

    def tokenise_one(self, line: Address) -> Address:
        """Turn one line key into its pseudonym."""
        return from_packed(bytes(self._encrypt(self.key[:16], to_packed(line))))

    def hash_networks(self, hi: NDArray[np.int64], lo: NDArray[np.int64]) -> NDArray[np.int32]:
        """
        Hash n network addresses (host bits already zero) to 32 bits under the second key.

        Notes:
            Two networks share a hash with a chance of 2^-32: detection counts networks
            by it and needs no more.
        """
        hashed = self._encrypt(self.key[16:], pack_columns(hi, lo))
        return np.frombuffer(hashed, dtype=">i4")[::4].astype(np.int32)

    def reveal_all(
        self, hi: NDArray[np.int64], lo: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """
        Turn n pseudonyms back, shape (n,) each half: for the change to another key alone.

        What comes out is encrypted again at once and leaves no memory but this process's.
        """
        decryptor = Cipher(algorithms.AES128(self.key[:16]), modes.ECB()).decryptor()  # noqa: S305 - one block a line: the draft's construction.
        return unpack_columns(decryptor.update(pack_columns(hi, lo)) + decryptor.finalize())

    @staticmethod
    def _encrypt(key: bytes, blocks: bytes | memoryview) -> memoryview:
        encryptor = Cipher(algorithms.AES128(key), modes.ECB()).encryptor()  # noqa: S305 - one block a line: the draft's construction.
        # The library asks for room for one block more, less a byte.
        encrypted = np.empty(len(blocks) + _BLOCK_BYTES - 1, dtype=np.uint8)
        number = encryptor.update_into(blocks, encrypted.data)
        encryptor.finalize()
        return encrypted.data[:number]


def read_key(path: Path) -> LineCipher:
    """
    Read the key at *path*.

    Raises:
        ConfigError: If it is missing or has a wrong length.
    """
    try:
        key = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"line key {path}: {error.strerror}; restore it from backup") from error
    if len(key) != KEY_BYTES:
        raise ConfigError(f"line key {path}: {len(key)} bytes where {KEY_BYTES} are expected")
    return LineCipher(key, path.stem)
