"""Keys of several columns are looked up as a dictionary would."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.detect import columns
from hinomi.detect.columns import blocks, floats, ints, keys, numbered, positions

HALF = st.sampled_from([0, 1, -1, 256, -(2**63), 2**63 - 1]) | st.integers(-(2**63), 2**63 - 1)
ROWS = st.lists(st.tuples(HALF, HALF), max_size=40)


def table(rows: list[tuple[int, int]]) -> pa.Table:
    """Lay pairs out as columns `hi` and `lo`."""
    return pa.table(
        {
            "hi": pa.array([row[0] for row in rows], pa.int64()),
            "lo": pa.array([row[1] for row in rows], pa.int64()),
        }
    )


@given(wanted=ROWS, among=ROWS)
def test_positions_are_those_of_a_dictionary(
    wanted: list[tuple[int, int]], among: list[tuple[int, int]]
) -> None:
    """Each key is found at its place, absent ones give -1."""
    distinct = list(dict.fromkeys(among))
    places = {row: place for place, row in enumerate(distinct)}
    asked = wanted + distinct[:3]

    found = positions(keys(table(asked), ["hi", "lo"]), keys(table(distinct), ["hi", "lo"]))

    assert found.tolist() == [places.get(row, -1) for row in asked]


def test_keys_that_share_a_digest_are_told_apart() -> None:
    """Keys made to collide are still found at their own places."""
    odd, mask = 0x9E3779B97F4A7C15, 2**64 - 1

    def mixed(number: int) -> int:
        product = number * odd & mask
        return product ^ (product >> 32)

    def signed(number: int) -> int:
        return number - 2**64 if number >= 2**63 else number

    rows = [(1, 5), (2, signed(mixed(1) ^ 5 ^ mixed(2))), (3, 7)]
    found = positions(keys(table(rows[::-1]), ["hi", "lo"]), keys(table(rows), ["hi", "lo"]))

    assert found.tolist() == [2, 1, 0]
    assert mixed(mixed(1) ^ rows[0][1]) == mixed(mixed(2) ^ (rows[1][1] & mask))


def test_the_order_of_columns_is_part_of_the_key() -> None:
    """(1, 2) and (2, 1) are two keys."""
    one, other = keys(table([(1, 2)]), ["hi", "lo"]), keys(table([(1, 2)]), ["lo", "hi"])

    assert one != other


@pytest.mark.parametrize("kind", [pa.int16(), pa.int32(), pa.int64()])
def test_columns_of_any_width_become_one(kind: pa.DataType) -> None:
    """Narrow columns and chunks come out as one int64 or float64 array."""
    narrow = pa.table({"n": pa.chunked_array([[1, -2], [3]], kind)})

    assert ints(narrow, "n").tolist() == [1, -2, 3]
    assert floats(narrow, "n").dtype == float
    assert keys(narrow, ["n"]).tolist() == keys(pa.table({"n": [1, -2, 3]}), ["n"]).tolist()


@given(rows=ROWS)
def test_equal_keys_have_one_number(rows: list[tuple[int, int]]) -> None:
    """From 0, without a gap; each number is met first where it says."""
    first, number = numbered(keys(table(rows), ["hi", "lo"]))

    assert first.size == len(set(rows)) == len(set(number.tolist()))
    assert [rows[first[each]] for each in number.tolist()] == rows
    assert sorted(set(number.tolist())) == list(range(first.size))


def test_numbers_tell_keys_that_share_a_digest_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """However badly keys are mixed."""
    monkeypatch.setattr(columns, "digests", lambda rows: np.zeros(rows.size, dtype=np.uint64))

    _, number = numbered(keys(table([(1, 2), (2, 1), (1, 2)]), ["hi", "lo"]))

    assert number[0] == number[2] != number[1]


@given(rows=st.integers(0, 50), most=st.integers(1, 60))
def test_blocks_hold_every_row_once(rows: int, most: int) -> None:
    """In order, none longer than asked."""
    cut = [np.arange(rows)[block] for block in blocks(rows, most)]

    assert [row for block in cut for row in block.tolist()] == list(range(rows))
    assert all(0 < block.size <= most for block in cut)
