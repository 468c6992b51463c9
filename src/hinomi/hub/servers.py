"""Servers as columns: many of them at once, each a row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from hinomi.model.address import Address
from hinomi.model.statement import Endpoint

Ints = NDArray[np.int64]
Keys = NDArray[np.bytes_]

_KEY_BYTES: Final = 24
_ADDRESS_BYTES: Final = 16
_SIGN: Final = np.uint64(1 << 63)
_PORT_BITS: Final = 16


@dataclass(frozen=True, slots=True)
class Columns:
    """Endpoints as four columns, all of shape (n,), in any order."""

    hi: Ints
    lo: Ints
    proto: Ints
    port: Ints

    @classmethod
    def of(cls, endpoints: Iterable[Endpoint]) -> Self:
        """Lay out *endpoints* in their order."""
        rows = [(each.address.hi, each.address.lo, each.proto, each.port) for each in endpoints]
        return cls(*np.array(rows, dtype=np.int64).reshape(-1, 4).T.copy())

    @classmethod
    def joined(cls, parts: Iterable[Self]) -> Self:
        """Lay columns end to end."""
        kept = [cls.of(()), *parts]
        names = ("hi", "lo", "proto", "port")
        return cls(*(np.concatenate([getattr(each, name) for each in kept]) for name in names))

    @property
    def size(self) -> int:
        """How many rows there are."""
        return int(self.hi.size)

    def taken(self, rows: Ints) -> "Columns":
        """Give some of the rows."""
        return Columns(self.hi[rows], self.lo[rows], self.proto[rows], self.port[rows])

    def keys(self) -> Keys:
        """Give a text of bytes for each row that sorts as endpoints do, shape (n,)."""
        packed = np.empty((self.size, 3), dtype=">u8")
        packed[:, 0] = _ordered(self.hi)
        packed[:, 1] = _ordered(self.lo)
        packed[:, 2] = self.proto << _PORT_BITS | self.port
        return packed.view(f"S{_KEY_BYTES}").ravel()

    def address_keys(self) -> Keys:
        """Give a text of bytes for the address of each row alone, shape (n,)."""
        packed = np.empty((self.size, 2), dtype=">u8")
        packed[:, 0] = _ordered(self.hi)
        packed[:, 1] = _ordered(self.lo)
        return packed.view(f"S{_ADDRESS_BYTES}").ravel()


class Servers:
    """
    All servers that somebody speaks of, by endpoint, each once.

    Args:
        columns: Endpoints, in any order, some of them several times.
    """

    def __init__(self, columns: Columns) -> None:
        """Sort them, once."""
        self._keys, first = np.unique(columns.keys(), return_index=True)
        self.columns = columns.taken(first)
        self._addresses = self.columns.address_keys()

    @property
    def size(self) -> int:
        """How many there are."""
        return self.columns.size

    def rows_of(self, columns: Columns) -> Ints:
        """Give the row of each of *columns*, -1 where it is none of these servers, shape (n,)."""
        if not self.size:
            return np.full(columns.size, -1, dtype=np.int64)
        wanted = columns.keys()
        place = np.minimum(np.searchsorted(self._keys, wanted), self.size - 1)
        return np.where(self._keys[place] == wanted, place, -1).astype(np.int64)

    def at_addresses(self, columns: Columns) -> tuple[Ints, Ints]:
        """
        Give the servers at the addresses of *columns*, whatever their ports.

        Returns:
            Rows of servers, and the row of *columns* that each was found by, both shape (m,).
        """
        wanted = columns.address_keys()
        first = np.searchsorted(self._addresses, wanted, side="left")
        counts = np.searchsorted(self._addresses, wanted, side="right") - first
        found = np.repeat(np.arange(wanted.size), counts)
        within = np.arange(found.size) - np.repeat(np.cumsum(counts) - counts, counts)
        return (np.repeat(first, counts) + within).astype(np.int64), found.astype(np.int64)

    def endpoint(self, row: int) -> Endpoint:
        """Give the server of one row."""
        own = self.columns
        return Endpoint(
            Address(int(own.hi[row]), int(own.lo[row])), int(own.proto[row]), int(own.port[row])
        )

    def endpoints(self, rows: Sequence[int] | Ints) -> list[Endpoint]:
        """Give the servers of some rows, in their order."""
        return [self.endpoint(int(row)) for row in rows]


def _ordered(halves: Ints) -> NDArray[np.uint64]:
    """Turn signed halves into unsigned ones that sort alike."""
    return halves.view(np.uint64) ^ _SIGN
