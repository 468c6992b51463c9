"""Columns of unsigned numbers, as elements come, to the signed ones that flow records have."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.sets.groups import RecordGroup, element

Numbers = Mapping[int, NDArray[Any]]
"""Columns of unsigned integers by `element` key, shape (n,) each."""


def signed(values: NDArray[Any]) -> NDArray[np.int64]:
    """Give *values* as int64; unsigned ones from 2^63 come out negative and look absurd."""
    if values.dtype == np.uint64:
        return values.view(np.int64)
    return values.astype(np.int64)


def narrowed(values: NDArray[Any], kind: type[np.unsignedinteger[Any]]) -> NDArray[Any]:
    """Give *values* as *kind*: the low bits where an exporter sent more than the element has."""
    return values if values.dtype == kind else values.astype(kind)


def first_of(numbers: Numbers, *elements: int, enterprise: int = 0) -> NDArray[Any] | None:
    """Give the column of the first of *elements* that the layout has; None if it has none."""
    for number in elements:
        found = numbers.get(element(number, enterprise))
        if found is not None:
            return found
    return None


def constant(rows: int, value: int, kind: type[np.signedinteger[Any]]) -> NDArray[Any]:
    """Give a column of *rows* equal numbers that takes no memory; not to be written into."""
    return np.broadcast_to(np.array(value, kind), (rows,))


def some_of(group: RecordGroup, rows: NDArray[np.int64]) -> RecordGroup:
    """Give some records of *group*, in the order of *rows*."""
    return replace(
        group,
        datagram=group.datagram[rows],
        numbers={key: values[rows] for key, values in group.numbers.items()},
        addresses={key: (hi[rows], lo[rows]) for key, (hi, lo) in group.addresses.items()},
        frames={key: (at[rows], size[rows]) for key, (at, size) in group.frames.items()},
    )
