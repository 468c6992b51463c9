"""Arrow tables as numpy columns, and 128-bit keys that can be looked up at once."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


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
    order = np.argsort(among)
    place = np.searchsorted(among, wanted, sorter=order)
    found = order[np.minimum(place, among.size - 1)]
    return np.where(among[found] == wanted, found, -1)
