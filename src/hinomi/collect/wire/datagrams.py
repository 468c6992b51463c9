"""
A batch of UDP payloads in one buffer, and reading numbers out of it at many places at once.

Whoever reads past the end of a datagram reads its neighbour's bytes, never outside of the
buffer: decoders compare every place with the datagram's end before they believe it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

SPARE_BYTES: Final = 64
"""Bytes of the buffer behind the last datagram: whatever is read at its end stays inside."""

Places = NDArray[np.int64]
"""Places in the buffer, bytes from its beginning, shape (n,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Datagrams:
    """n datagrams in the order of their arrival."""

    buffer: NDArray[np.uint8]  # At least `SPARE_BYTES` longer than the end of the last datagram.
    start: Places  # Where each payload begins, shape (n,).
    length: NDArray[np.int64]  # Bytes of each payload, shape (n,); 0..65535.
    source: NDArray[np.int32]  # Number of the address it came from, shape (n,); see `sources`.
    arrived_ms: NDArray[np.int64]  # Ms since the Unix epoch, shape (n,).

    @classmethod
    def pack(
        cls, payloads: Sequence[bytes], sources: Sequence[int], arrived_ms: Sequence[int]
    ) -> Self:
        """Lay *payloads* into one new buffer."""
        length = np.array([len(payload) for payload in payloads], dtype=np.int64)
        start = np.concatenate([[0], np.cumsum(length)[:-1]]) if len(payloads) else length
        buffer = np.frombuffer(b"".join(payloads) + bytes(SPARE_BYTES), dtype=np.uint8)
        return cls(
            buffer=buffer,
            start=start.astype(np.int64),
            length=length,
            source=np.array(sources, dtype=np.int32),
            arrived_ms=np.array(arrived_ms, dtype=np.int64),
        )

    @property
    def end(self) -> Places:
        """Where each payload ends, exclusive, shape (n,)."""
        return self.start + self.length

    def __len__(self) -> int:
        return self.start.size

    def take(self, rows: NDArray[np.int64]) -> "Datagrams":
        """Give some of the datagrams, in the order of *rows*, over the same buffer."""
        return Datagrams(
            buffer=self.buffer,
            start=self.start[rows],
            length=self.length[rows],
            source=self.source[rows],
            arrived_ms=self.arrived_ms[rows],
        )

    def payload(self, row: int) -> bytes:
        """Copy one payload."""
        start = int(self.start[row])
        return self.buffer[start : start + int(self.length[row])].tobytes()


def read_u8(buffer: NDArray[np.uint8], at: Places) -> NDArray[np.int64]:
    """Read an unsigned byte at each place."""
    return buffer[at].astype(np.int64)


def read_u16(buffer: NDArray[np.uint8], at: Places) -> NDArray[np.int64]:
    """Read an unsigned big-endian number of 2 bytes at each place."""
    return _view(buffer, ">u2")[at].astype(np.int64)


def read_u32(buffer: NDArray[np.uint8], at: Places) -> NDArray[np.int64]:
    """Read an unsigned big-endian number of 4 bytes at each place."""
    return _view(buffer, ">u4")[at].astype(np.int64)


def read_u64(buffer: NDArray[np.uint8], at: Places) -> NDArray[np.uint64]:
    """Read an unsigned big-endian number of 8 bytes at each place."""
    return _view(buffer, ">u8")[at].astype(np.uint64)


def read_rows(buffer: NDArray[np.uint8], at: Places, dtype: np.dtype) -> NDArray[np.void]:
    """
    Copy the bytes at each place out as a structured row.

    Args:
        buffer: The batch's buffer.
        at: Places, shape (n,); each is at most the buffer's size less the row's.
        dtype: A structured type of any length, its fields at offsets of their own.

    Returns:
        Rows of *dtype*, shape (n,), contiguous.
    """
    width = dtype.itemsize
    view = np.ndarray((buffer.size - width + 1,), f"V{width}", buffer, strides=(1,))
    return view[at].view(dtype)


def _view(buffer: NDArray[np.uint8], code: str) -> NDArray[np.generic]:
    """Look at the buffer as overlapping numbers, one at each byte."""
    width = np.dtype(code).itemsize
    return np.ndarray((buffer.size - width + 1,), code, buffer, strides=(1,))
