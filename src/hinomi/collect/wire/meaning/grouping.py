"""Equal rows of columns, found without sorting where their values lie close together."""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

_DENSE: Final = 1 << 18
"""Up to so many possible keys are marked in a table, more of them are sorted."""


class Groups(NamedTuple):
    """Which of n rows are equal."""

    key: NDArray[Any] | None  # Of each row, shape (n,), 0..span-1; None: all rows are equal.
    span: int
    keys: NDArray[np.int64]  # Those that occur, shape (m,).
    rows: NDArray[Any]  # A row of each of those.

    def spread(self, values: list[int], dtype: type[np.generic]) -> NDArray[Any]:
        """Give each row the value of its group: *values* has one for each of `keys`."""
        table = np.zeros(self.span, dtype)
        table[self.keys] = values
        return table if self.key is None else table[self.key]


def grouped(columns: list[NDArray[Any]]) -> Groups:
    """
    Group equal rows of *columns*, integers of shape (n,) each.

    Where all rows are equal, what `Groups.spread` gives has shape (1,), or (0,) without rows.
    """
    key: NDArray[Any] | None = None
    span = min(columns[0].size, 1)
    for column in columns:
        least, most = (int(column.min()), int(column.max())) if span else (0, 0)
        if least == most:
            continue
        width = most - least + 1
        if key is None and width <= _DENSE:
            key = column if least == 0 else column - column.dtype.type(least)
            span = width
            continue
        if span * width > _DENSE:
            numbers, column = np.unique(column, return_inverse=True)  # noqa: PLW2901 - renamed.
            least, width = 0, numbers.size
        if key is not None and span * width > _DENSE:
            occurring, key = np.unique(key, return_inverse=True)
            span = occurring.size
        offset = column.astype(np.int64) - least
        key = offset if key is None else key.astype(np.int64) * width + offset
        span *= width
    if key is None:
        only = np.arange(span)
        return Groups(None, span, only, only)
    if span > _DENSE:
        _, first, key = np.unique(key, return_index=True, return_inverse=True)
        return Groups(key, first.size, np.arange(first.size), first)
    row = np.full(span, -1, np.int32)
    row[key] = np.arange(key.size, dtype=np.int32)
    keys = np.flatnonzero(row >= 0)
    return Groups(key, span, keys, row[keys])


def last_of_each(table: NDArray[np.int64], rows: NDArray[np.int64]) -> list[int]:
    """Give the last of equal rows of *table* among *rows*, in their order."""
    # A few hundred rows at most, and few distinct: cheaper than to sort rows of numbers.
    return sorted(dict(zip(map(tuple, table[rows].tolist()), rows.tolist(), strict=True)).values())
