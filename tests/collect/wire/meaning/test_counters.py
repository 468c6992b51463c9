"""Packets and bytes of records, one way or both."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.meaning.counters import (
    BYTES_FROM_FRAMES,
    BYTES_MISSING,
    COUNTS_ABSURD,
    COUNTS_TOTAL,
    MOST_COUNT,
    PACKETS_ASSUMED,
    Counts,
    read_counts,
)
from hinomi.collect.wire.sets.groups import REVERSE_PEN
from recordgroups import columns

Numbers = Mapping[int | tuple[int, int], Sequence[int]]
Pairs = list[tuple[int, int]]


def read(
    numbers: Numbers, *, post_is_reverse: Collection[int] = (), sources: Sequence[int] | None = None
) -> tuple[Pairs, Pairs | None, list[bool] | None, dict[str, int]]:
    """Give (packets, bytes) of both ways, which rows can be, and what was counted."""
    ledger = Ledger()
    laid = columns(numbers)
    rows = len(next(iter(laid.values())))
    found = read_counts(
        laid,
        np.array([0] * rows if sources is None else sources, np.int32),
        ledger,
        post_is_reverse=post_is_reverse,
    )
    assert found is not None
    there, back, possible = found
    return (
        pairs(there),
        None if back is None else pairs(back),
        None if possible is None else possible.tolist(),
        dict(ledger.counts[0]),
    )


def pairs(counts: Counts) -> Pairs:
    """Give packets and bytes of each record."""
    return list(zip(counts.packets.tolist(), counts.octets.tolist(), strict=True))


@pytest.mark.parametrize(
    ("numbers", "counted"),
    [
        ({2: [10], 1: [1_000]}, {}),
        ({298: [10], 231: [1_000]}, {}),
        ({24: [10], 23: [1_000]}, {}),
        ({86: [10], 85: [1_000]}, {COUNTS_TOTAL: 1}),
        ({172: [10], 171: [1_000]}, {COUNTS_TOTAL: 1}),
        ({2: [10], 352: [1_140]}, {BYTES_FROM_FRAMES: 1}),
        ({86: [10], 353: [1_140]}, {BYTES_FROM_FRAMES: 1, COUNTS_TOTAL: 1}),
        ({2: [10], 1: [1_000], 23: [7], 24: [8], 352: [1_140], 85: [9], 86: [9]}, {}),
        ({2: [0], 1: [0], 24: [10], 23: [1_000]}, {}),
        ({2: [0], 1: [0], 298: [10], 231: [1_000]}, {}),
    ],
)
def test_what_is_counted_is_found_in_any_element(numbers: Numbers, counted: dict[str, int]) -> None:
    """Deltas first; the others where those are absent or 0; layer 2 less 14 a packet."""
    there, back, possible, doubts = read(numbers)

    assert there == [(10, 1_000)]
    assert back is None
    assert possible is None
    assert doubts == counted


def test_one_frame_is_one_packet() -> None:
    """A sampled frame states its size alone."""
    there, _, _, counted = read({312: [114]})

    assert there == [(1, 100)]
    assert counted == {BYTES_FROM_FRAMES: 1, PACKETS_ASSUMED: 1}


def test_bytes_without_packets_are_one_packet_and_counted() -> None:
    """Firewalls count bytes alone; nothing at all stays nothing."""
    assert read({231: [5_000, 0]})[0] == [(1, 5_000), (0, 0)]
    assert read({231: [5_000, 0]})[3] == {PACKETS_ASSUMED: 1}
    assert read({1: [5_000, 9], 2: [0, 1]})[0] == [(1, 5_000), (1, 9)]


def test_an_absurd_neighbour_hides_no_missing_packets() -> None:
    """A count beyond 63 bits is negative inside: the record beside it still gets its packet."""
    there, _, possible, _ = read({1: [60, 60], 2: [2**63, 0]})

    assert there[1] == (1, 60)
    assert possible == [False, True]


def test_packets_without_bytes_have_none_and_are_counted() -> None:
    """Nobody guesses the size of a packet."""
    there, _, _, counted = read({2: [3, 0]})

    assert there == [(3, 0), (0, 0)]
    assert counted == {BYTES_MISSING: 1}


def test_what_nothing_counts_is_told() -> None:
    """Events of address translation have addresses and no counters."""
    assert read_counts(columns({8: [1]}), np.zeros(1, np.int32), Ledger()) is None


def test_initiator_and_responder_are_two_ways() -> None:
    """Elements 231 and 232, with packets or without."""
    there, back, _, counted = read({231: [100, 50], 232: [900, 0], 298: [1, 2], 299: [3, 0]})

    assert (there, back) == ([(1, 100), (2, 50)], [(3, 900), (0, 0)])
    assert counted == {}


def test_a_responder_beside_plain_counts_is_not_counted_twice() -> None:
    """Where elements 1 and 2 count, they stand alone; where they are 0 both ways count."""
    there, back, _, _ = read(
        {1: [500, 0], 2: [5, 0], 231: [100, 100], 232: [900, 900], 298: [1, 1], 299: [3, 3]}
    )

    assert (there, back) == ([(5, 500), (1, 100)], [(0, 0), (3, 900)])


def test_the_way_back_of_a_biflow_counts_for_itself() -> None:
    """RFC 5103; a record may have that way alone."""
    there, back, _, _ = read({2: [1], 1: [60], (2, REVERSE_PEN): [2], (1, REVERSE_PEN): [90]})
    alone, answers, _, _ = read({(2, REVERSE_PEN): [2], (1, REVERSE_PEN): [90]})

    assert (there, back) == ([(1, 60)], [(2, 90)])
    assert (alone, answers) == ([(0, 0)], [(2, 90)])


def test_elements_after_a_middlebox_count_the_way_back_only_where_the_operator_says_so() -> None:
    """Case 18: against the standard at one vendor, so for named exporters only."""
    numbers: Numbers = {1: [60, 60, 0], 2: [1, 1, 0], 23: [90, 90, 90], 24: [2, 2, 2]}

    plain = read(numbers)
    there, back, _, _ = read(numbers, post_is_reverse={5}, sources=[0, 5, 5])

    assert plain[:2] == ([(1, 60), (1, 60), (2, 90)], None)
    assert (there, back) == ([(1, 60), (1, 60), (0, 0)], [(0, 0), (2, 90), (2, 90)])


def test_counts_that_cannot_be_are_told_and_counted() -> None:
    """A petabyte in one record, or beyond 64 bits: also in the way back."""
    _, _, possible, counted = read({1: [60, 2**64 - 1, 60, MOST_COUNT + 1], 2: [1, 1, 2**63, 1]})
    *_, of_back, _ = read({1: [6, 6], 2: [1, 1], (1, REVERSE_PEN): [6, 2**60]})

    assert possible == [True, False, False, False]
    assert counted == {COUNTS_ABSURD: 3}
    assert of_back == [True, False]


any_count = st.sampled_from([0, 1, 40, MOST_COUNT, MOST_COUNT + 1, 2**63, 2**64 - 1])


@given(
    st.dictionaries(
        st.sampled_from([1, 2, 23, 24, 85, 86, 171, 172, 231, 232, 298, 299, 312, 352, 353])
        | st.tuples(st.sampled_from([1, 2, 23, 85, 86]), st.just(REVERSE_PEN)),
        st.tuples(any_count, any_count),
        min_size=1,
    )
)
def test_possible_counts_are_bounded_whatever_is_stated(
    numbers: dict[int | tuple[int, int], tuple[int, int]],
) -> None:
    """Rows that pass have both counts from 0 to the most; bytes never come without packets."""
    found = read_counts(columns(numbers), np.zeros(2, np.int32), Ledger())

    if found is None:
        return
    there, back, possible = found
    good = np.ones(2, np.bool_) if possible is None else possible
    for way in (there, back):
        if way is not None:
            for packets, octets in np.array(pairs(way))[good].tolist():
                assert 0 <= packets <= MOST_COUNT
                assert 0 <= octets <= MOST_COUNT
                assert packets > 0 or octets == 0
