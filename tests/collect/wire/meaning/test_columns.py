"""Unsigned columns to signed ones."""

import numpy as np

from hinomi.collect.wire.meaning.columns import constant, first_of, narrowed, signed, some_of
from hinomi.collect.wire.sets.groups import element
from recordgroups import group


def test_what_does_not_fit_into_64_signed_bits_comes_out_negative() -> None:
    """So it is found by one comparison, and never wraps to a number that looks right."""
    assert signed(np.array([0, 2**63 - 1, 2**63, 2**64 - 1], np.uint64)).tolist() == [
        0, 2**63 - 1, -(2**63), -1,
    ]  # fmt: skip
    assert signed(np.array([0, 2**32 - 1], np.uint32)).tolist() == [0, 2**32 - 1]


def test_a_wider_number_keeps_its_low_bits() -> None:
    """An exporter that sends four bytes for a port has the port in the last two."""
    wide = np.array([0x1_01BB], np.uint32)
    same = np.array([443], np.uint16)

    assert narrowed(wide, np.uint16).tolist() == [443]
    assert narrowed(same, np.uint16) is same


def test_the_first_element_that_is_there_is_taken() -> None:
    """Elements with an enterprise are others, though their number be the same."""
    numbers = {element(2): np.array([2]), element(1, 29_305): np.array([1])}

    taken = first_of(numbers, 1, 2)

    assert taken is numbers[element(2)]
    assert first_of(numbers, 1, enterprise=29_305) is numbers[element(1, 29_305)]
    assert first_of(numbers, 3) is None


def test_a_constant_takes_no_memory() -> None:
    """All rows are one number in memory."""
    column = constant(1_000, -1, np.int16)

    assert column.tolist() == [-1] * 1_000
    assert column.dtype == np.int16
    assert column.strides == (0,)


def test_some_records_are_taken_with_all_their_columns() -> None:
    """Numbers, addresses and frames keep step, in the order asked for."""
    whole = group(
        {1: [10, 11, 12]},
        datagram=[0, 1, 2],
        six={27: ["2001:db8::1", "2001:db8::2", "2001:db8::3"]},
        frames={315: [(0, 5), (6, 7), (8, 9)]},
    )

    some = some_of(whole, np.array([2, 0]))

    assert some.datagram.tolist() == [2, 0]
    assert some.numbers[element(1)].tolist() == [12, 10]
    assert some.addresses[element(27)][1].tolist() == [3, 1]
    assert [column.tolist() for column in some.frames[element(315)]] == [[8, 0], [9, 5]]
