"""Arithmetic modulo 2^61 - 1, checked against Python's whole numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.share.private import field
from hinomi.share.private.field import PRIME, Elements

_EDGES = (0, 1, 2, 2**30, 2**31 - 1, 2**31, 2**32, 2**60, PRIME - 2, PRIME - 1)
_numbers = st.one_of(st.sampled_from(_EDGES), st.integers(0, PRIME - 1))
_lists = st.lists(_numbers, min_size=1, max_size=20)


def _array(numbers: list[int]) -> Elements:
    return np.array(numbers, np.uint64)


def _ints(values: Elements) -> list[int]:
    return [int(value) for value in values]


@given(_lists, _numbers)
def test_products_are_those_of_whole_numbers(numbers: list[int], factor: int) -> None:
    """No product overflows, whatever the halves are."""
    product = field.multiply(_array(numbers), factor)

    assert _ints(product) == [number * factor % PRIME for number in numbers]


@given(st.lists(st.tuples(_numbers, _numbers), min_size=1, max_size=20))
def test_sums_and_differences_are_those_of_whole_numbers(pairs: list[tuple[int, int]]) -> None:
    """Results stay canonical."""
    ones, others = _array([one for one, _ in pairs]), _array([other for _, other in pairs])

    assert _ints(field.add(ones, others)) == [(a + b) % PRIME for a, b in pairs]
    assert _ints(field.subtract(ones, others)) == [(a - b) % PRIME for a, b in pairs]


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20))
def test_any_word_becomes_canonical(words: list[int]) -> None:
    """Also the prime itself, and the largest word."""
    assert _ints(field.canonical(_array(words))) == [word % PRIME for word in words]


@given(st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=10))
def test_bytes_become_their_remainder(words: list[bytes]) -> None:
    """128 bits, in network order."""
    made = field.from_bytes(b"".join(words))

    assert _ints(made) == [int.from_bytes(word, "big") % PRIME for word in words]


@given(st.integers(1, PRIME - 1))
def test_a_number_times_its_inverse_is_one(number: int) -> None:
    """For every number but zero."""
    assert number * field.inverse(number) % PRIME == 1


@given(st.lists(_lists.map(lambda row: (row * 3)[:3]), min_size=1, max_size=5), _numbers)
def test_polynomials_have_no_constant_term(rows: list[list[int]], at: int) -> None:
    """The first coefficients are those of x."""
    values = field.evaluate([_array(row) for row in rows], at)

    assert _ints(values) == [
        sum(row[n] * pow(at, power, PRIME) for power, row in enumerate(rows, 1)) % PRIME
        for n in range(3)
    ]


def test_a_point_is_never_zero() -> None:
    """The secret lies there; where the bytes say zero, or the prime, others are drawn."""
    words = iter([0, PRIME, 2 * PRIME, PRIME + 5])

    assert field.draw_point(lambda count: next(words).to_bytes(count, "big")) == 5


def test_a_callers_bug_is_named() -> None:
    """Zero has no inverse and is no point, and factors are canonical."""
    for point in (0, -1, PRIME):
        with pytest.raises(ValueError, match="evaluation point"):
            field.check_point(point)
    with pytest.raises(ValueError, match="inverse"):
        field.inverse(PRIME)
    with pytest.raises(ValueError, match="canonical"):
        field.multiply(_array([1]), PRIME)
