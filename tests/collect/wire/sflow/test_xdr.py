"""Lists of tagged octets are walked in lock step, and none is believed beyond its end."""

import struct
from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.wire.datagrams import SPARE_BYTES
from hinomi.collect.wire.sflow.xdr import Walk, walk

Item = tuple[int, bytes]


def encode(*items: Item) -> bytes:
    """Lay items out, filled up to four bytes."""
    return b"".join(
        struct.pack(">II", tag, len(octets)) + octets + bytes(-len(octets) % 4)
        for tag, octets in items
    )


def walk_all(lists: list[bytes], counts: list[int], most: int = 64) -> tuple[bytes, Walk]:
    """Walk lists that lie end to end."""
    data = b"".join(lists) + b"\xff" * SPARE_BYTES
    length = np.array([len(one) for one in lists], np.int64)
    end = np.cumsum(length)
    buffer = np.frombuffer(data, np.uint8)
    return data, walk(buffer, end - length, end, np.array(counts, np.int64), most=most)


def found(data: bytes, walked: Walk) -> dict[int, list[Item]]:
    """Give the items of each list that has some."""
    items = walked.items
    by_row: defaultdict[int, list[Item]] = defaultdict(list)
    for row, tag, start, size in zip(
        items.row.tolist(),
        items.tag.tolist(),
        items.start.tolist(),
        items.size.tolist(),
        strict=True,
    ):
        by_row[row].append((tag, data[start : start + size]))
    return dict(by_row)


items_of = st.lists(st.tuples(st.integers(0, 2**32 - 1), st.binary(max_size=20)), max_size=8)


@given(st.lists(items_of, max_size=6))
def test_what_was_laid_out_is_found(drawn: list[list[Item]]) -> None:
    """Every item of every list, in the list's order."""
    data, walked = walk_all([encode(*one) for one in drawn], [len(one) for one in drawn])

    assert found(data, walked) == {row: one for row, one in enumerate(drawn) if one}
    assert not walked.broken.size
    assert not walked.crowded.size
    assert not walked.longer.size


@given(items_of, st.data())
def test_a_list_that_is_cut_keeps_what_came_before(drawn: list[Item], data: st.DataObject) -> None:
    """Items that are whole stay; the list is named once, and its neighbours are not hurt."""
    whole = encode(*drawn, (7, b"last"))
    kept = data.draw(st.integers(0, len(whole) - 1))
    beside = encode((1, b"beside"))
    octets, walked = walk_all([beside, whole[:kept], beside], [1, len(drawn) + 1, 1])
    got = found(octets, walked)

    assert got[0] == got[2] == [(1, b"beside")]
    assert got.get(1, []) == drawn[: len(got.get(1, []))]
    assert walked.broken.tolist() == [1]


@given(st.binary(max_size=64), st.integers(0, 2**32 - 1))
def test_no_bytes_break_the_walk(octets: bytes, count: int) -> None:
    """Whatever a list claims, its items lie inside of it and are bounded."""
    _, walked = walk_all([octets], [count], most=4)

    assert len(walked.items) <= 4
    assert (walked.items.start + walked.items.size <= len(octets)).all()
    assert (walked.items.size >= 0).all()


def test_the_last_filling_may_be_missing() -> None:
    """An agent that forgets the padding at the very end loses nothing."""
    data, walked = walk_all([encode((1, b"abc"), (2, b"de"))[:-2]], [2])

    assert found(data, walked) == {0: [(1, b"abc"), (2, b"de")]}
    assert not walked.broken.size


def test_lists_longer_or_more_crowded_than_they_may_be_are_named() -> None:
    """What stands behind the last item, or beyond the bound, is not looked at."""
    three = encode((1, b""), (2, b""), (3, b""))
    data, walked = walk_all([three, three, three], [2, 3, 1], most=2)

    assert found(data, walked) == {
        0: [(1, b""), (2, b"")], 1: [(1, b""), (2, b"")], 2: [(1, b"")],
    }  # fmt: skip
    assert sorted(walked.longer.tolist()) == [0, 2]
    assert walked.crowded.tolist() == [1]


def test_a_length_of_four_gigabytes_is_only_a_claim() -> None:
    """It breaks the list; nothing is allocated for it."""
    _, walked = walk_all([struct.pack(">II", 1, 2**32 - 1)], [2**32 - 1])

    assert len(walked.items) == 0
    assert walked.broken.tolist() == [0]
