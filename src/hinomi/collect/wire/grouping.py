"""Equal rows of columns found without sorting where their values lie close together."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_DENSE: Final = 1 << 18
"""So many different keys are looked up in a table of this size, more of them are sorted."""


def grouped(columns: list[NDArray[Any]]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """
    Group equal rows of *columns*, shape (n,) each.

    Returns:
        The group of each row, shape (n,), and one row of each group.
    """
    key, span = np.zeros(columns[0].size, np.int64), 1
    for column in columns:
        least, most = (int(column.min()), int(column.max())) if column.size else (0, 0)
        if least == most:
            continue
        width = most - least + 1
        if span * width > _DENSE:
            numbers, column = np.unique(column, return_inverse=True)  # noqa: PLW2901 - renamed.
            least, width = 0, numbers.size
        if span * width > _DENSE:
            _, key = np.unique(key, return_inverse=True)
            span = int(key.max()) + 1
        key = key * width + (column - least)
        span *= width
    if span == 1:
        return np.zeros(key.size, np.int64), np.arange(min(key.size, 1))
    if span <= _DENSE:
        row = np.full(span, -1, np.int64)
        row[key] = np.arange(key.size)
        present = row >= 0
        return (np.cumsum(present) - 1)[key], row[present]
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    return place, first


def last_of_each(table: NDArray[np.int64], rows: NDArray[np.int64]) -> list[int]:
    """Give the last of equal rows of *table* among *rows*, in their order."""
    if not rows.size:
        return []
    _, last = np.unique(table[rows][::-1], axis=0, return_index=True)
    return sorted((rows[rows.size - 1 - last]).tolist())
