"""Equal rows of columns."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hinomi.collect.wire.meaning.grouping import grouped, last_of_each

small = st.integers(-2, 6)
wide = st.sampled_from([-(2**63), -1, 0, 5, 300_000, 2**40, 2**63 - 1])


@given(rows=st.lists(st.tuples(small, wide, small | wide), max_size=40), used=st.integers(1, 3))
def test_rows_are_together_where_all_columns_are_equal(
    rows: list[tuple[int, int, int]], used: int
) -> None:
    """Whatever lies how far apart: as if each row were a key of a dictionary."""
    columns: list[NDArray[np.int64]] = [
        np.array([row[place] for row in rows], np.int64) for place in range(used)
    ]
    keys = [row[:used] for row in rows]

    groups = grouped(columns)
    spread = groups.spread([int(row) for row in groups.rows], np.int64)

    assert len(groups.rows) == len(set(keys))
    if len(groups.rows) == 1:
        assert spread.size == 1
    else:
        assert [keys[row] for row in spread] == keys


def test_narrow_columns_stay_narrow() -> None:
    """A sampler id of one byte is its own key: nothing is widened or sorted."""
    column = np.array([0, 2, 0, 2], np.uint8)

    groups = grouped([np.zeros(4, np.int32), column])

    assert groups.key is column
    assert groups.spread([7, 9], np.int32).tolist() == [7, 9, 7, 9]


def test_the_last_of_equal_rows_is_given_in_the_order_of_the_rows() -> None:
    """Rows that are left out do not count."""
    table = np.array([[1, 1], [2, 2], [1, 1], [3, 3], [2, 2]])

    assert last_of_each(table, np.array([0, 1, 2, 3])) == [1, 2, 3]
    assert last_of_each(table, np.arange(5)) == [2, 3, 4]
    assert last_of_each(table, np.arange(0)) == []
