"""Arrow tables as numpy columns, and 128-bit keys that can be looked up at once."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_ODD: Final = np.uint64(0x9E3779B97F4A7C15)


def ints(table: pa.Table, name: str) -> NDArray[np.int64]:
    """Give column *name* as int64, shape (rows,)."""
    return np.asarray(table.column(name).to_numpy(), dtype=np.int64)


def floats(table: pa.Table, name: str) -> NDArray[np.float64]:
    """Give column *name* as float64, shape (rows,)."""
    return np.asarray(table.column(name).to_numpy(), dtype=np.float64)


def keys(table: pa.Table, names: Sequence[str]) -> NDArray[np.void]:
    """
    Give the columns *names* as one opaque key per row, shape (rows,).

    Equal rows have equal keys; the order of keys means nothing.
    """
    packed = np.empty((table.num_rows, len(names)), dtype=np.int64)
    for place, name in enumerate(names):
        packed[:, place] = ints(table, name)
    return packed.view(np.dtype((np.void, packed.itemsize * len(names)))).ravel()


def positions(wanted: NDArray[np.void], among: NDArray[np.void]) -> NDArray[np.int64]:
    """
    Find each of *wanted* in *among*, whose keys are distinct.

    Returns:
        Indices into *among*, shape of *wanted*; -1 where a key is absent.
    """
    if among.size == 0:
        return np.full(wanted.size, -1, dtype=np.int64)
    ranked = digests(among)
    order = np.argsort(ranked)
    ranked = ranked[order]
    if (ranked[1:] == ranked[:-1]).any():  # Two keys of one digest: compare the keys themselves.
        order = np.argsort(among)
        place = np.searchsorted(among, wanted, sorter=order)
    else:
        place = np.searchsorted(ranked, digests(wanted))
    found = order[np.minimum(place, among.size - 1)]
    return np.where(among[found] == wanted, found, -1)


def blocks(rows: int, most: int) -> Iterator[slice]:
    """Cut 0..*rows* into slices of *most* rows: what is worked out for all at once needs memory."""
    for first in range(0, rows, most):
        yield slice(first, first + most)


def numbered(rows: NDArray[np.void]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Number keys so that equal ones have one number.

    Args:
        rows: What `keys` gave, shape (n,).

    Returns:
        Where each number, from 0, is met first, shape (distinct,), and the number of each
        row, shape (n,). The order of numbers means nothing.
    """
    _, first, number = np.unique(digests(rows), return_index=True, return_inverse=True)
    if not np.array_equal(rows[first][number], rows):  # Two keys of one digest.
        _, first, number = np.unique(rows, return_index=True, return_inverse=True)
    return first.astype(np.int64), number.astype(np.int64)


def digests(rows: NDArray[np.void]) -> NDArray[np.uint64]:
    """
    Mix each key into one number, shape of *rows*: numbers sort much faster than keys.

    The same key has the same number in every table; two keys share one hardly ever.
    """
    words = np.ascontiguousarray(rows).view(np.uint64).reshape(rows.size, rows.itemsize // 8)
    mixed = np.zeros(rows.size, dtype=np.uint64)
    for word in words.T:
        mixed = (mixed ^ word) * _ODD
        mixed ^= mixed >> np.uint64(32)
    return mixed
