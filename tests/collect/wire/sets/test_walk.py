"""Sets of many datagrams, found in lock step."""

import struct
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporting import flow_set
from hinomi.collect.wire.datagrams import Datagrams
from hinomi.collect.wire.sets.walk import MOST_IN_BATCH, MOST_SETS, Walk, walk


def walked(*bodies: bytes) -> tuple[Walk, list[tuple[int, int, bytes]]]:
    """Walk datagrams without headers; give row, number and body of each set."""
    batch = Datagrams.pack(bodies, [0] * len(bodies), [0] * len(bodies))
    found = walk(batch.buffer, batch.start, batch.end)
    sets = found.sets
    places = zip(
        sets.row.tolist(), sets.number.tolist(), sets.start.tolist(), sets.end.tolist(), strict=True
    )
    return found, [(row, number, batch.buffer[a:b].tobytes()) for row, number, a, b in places]


def straight(bodies: Sequence[bytes]) -> tuple[list[tuple[int, int, bytes]], list[int]]:
    """Walk one datagram after the other, as the specification reads."""
    sets, broken = [], []
    for row, body in enumerate(bodies):
        at = 0
        while at + 4 <= len(body):
            number, length = struct.unpack_from(">HH", body, at)
            if length < 4 or at + length > len(body):
                if number or length:
                    broken.append(row)
                break
            sets.append((row, number, body[at + 4 : at + length]))
            at += length
    return sets, broken


def test_sets_come_in_the_order_of_their_datagrams() -> None:
    """Rounds are put back into the order of arrival."""
    _, sets = walked(
        flow_set(256, b"abcd") + flow_set(257, b""), b"", flow_set(0, b"ef") + flow_set(258, b"g")
    )

    assert sets == [(0, 256, b"abcd"), (0, 257, b""), (2, 0, b"ef"), (2, 258, b"g")]


@pytest.mark.parametrize("length", [0, 1, 3, 9, 65_535])
def test_an_impossible_length_ends_the_datagram_and_keeps_what_was_before(length: int) -> None:
    """Shorter than its header or leaving the datagram; a length of 0 does not loop for ever."""
    found, sets = walked(flow_set(256, b"abcd") + flow_set(257, b"efgh", length=length))

    assert sets == [(0, 256, b"abcd")]
    assert found.broken.tolist() == [0]


@pytest.mark.parametrize("zeros", [1, 3, 4, 5, 1_000])
def test_zeros_behind_the_last_set_are_padding(zeros: int) -> None:
    """Some exporters fill the datagram up (robustness case 11)."""
    found, sets = walked(flow_set(256, b"abcd") + bytes(zeros))

    assert sets == [(0, 256, b"abcd")]
    assert not found.broken.size


def test_a_set_never_reaches_into_the_next_datagram() -> None:
    """Behind the end lies a neighbour's data in the same buffer."""
    found, sets = walked(flow_set(256, b"", length=8), flow_set(257, b"ab"))

    assert sets == [(1, 257, b"ab")]
    assert found.broken.tolist() == [0]


def test_the_number_of_sets_is_bounded() -> None:
    """A datagram of nothing but set headers costs so many rounds and no more."""
    found, sets = walked(flow_set(256, b"") * (MOST_SETS + 1), flow_set(256, b"") * MOST_SETS)

    assert len(sets) == 2 * MOST_SETS
    assert found.crowded.tolist() == [0]


def test_the_sets_of_a_batch_are_bounded() -> None:
    """The first of each datagram come before the second of any: nobody is left without."""
    count = MOST_IN_BATCH // 8
    found, sets = walked(*[flow_set(256, b"") * 9] * count, flow_set(257, b"a"))

    rows = np.bincount([row for row, *_ in sets])
    assert len(sets) <= MOST_IN_BATCH
    assert rows.min() == 1
    assert rows[:-1].min() == 7
    assert found.crowded.size == count


def test_no_datagrams_have_no_sets() -> None:
    """An empty batch is walked without a round."""
    nothing = np.zeros(0, np.int64)

    assert len(walk(np.zeros(64, np.uint8), nothing, nothing).sets) == 0


SETS = st.builds(
    lambda number, body, length: flow_set(number, body, length=length),
    st.integers(0, 65_535) | st.sampled_from([0, 256]),
    st.binary(max_size=12),
    st.none() | st.integers(0, 30),
)


@given(st.lists(st.lists(SETS | st.binary(max_size=6), max_size=5).map(b"".join), max_size=6))
def test_lock_step_finds_what_one_by_one_finds(bodies: list[bytes]) -> None:
    """Sets and broken datagrams are those of a plain loop over each datagram."""
    found, sets = walked(*bodies)
    expected, broken = straight(bodies)

    assert sets == expected
    assert sorted(found.broken.tolist()) == broken
